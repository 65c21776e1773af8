"""How many threads torch computes with on a CPU.

Ultralytics takes all cores but one, up to eight, whatever else runs on the machine. Another number changes the order of
sums and with it the last digits, so a run keeps its number from beginning to end.
"""

from __future__ import annotations

import os

VARIABLE = "GROKYOLO_THREADS"
"""Environment variable: so many instead; what sweeps set for the trainings that they start."""


def limit_threads() -> None:
    """Let trainings on the CPU in this process use as many threads as the environment says, if it does."""
    wanted = os.environ.get(VARIABLE, "")
    if not wanted.isdecimal() or int(wanted) < 1:
        return
    from ultralytics.utils import torch_utils

    torch_utils.NUM_THREADS = int(wanted)  # what `select_device` sets, each time it chooses the CPU
