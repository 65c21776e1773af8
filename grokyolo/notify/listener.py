"""What a training tells those who watch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grokyolo.gap import EpochRecord
from grokyolo.notify.figures import Figures


@dataclass(frozen=True)
class Progress:
    """What a display needs after each epoch.

    Attributes:
        record: the row just written to gap.csv.
        epochs: planned length of the run.
        score_name: the task's headline metric.
        figures: decay budget, usual time and the verdict as it stands.
    """

    record: EpochRecord
    epochs: int
    score_name: str
    figures: Figures | None = None


@dataclass(frozen=True)
class Listener:
    """Where a training tells what happens; called in the training process, between epochs.

    Attributes:
        started: the run folder exists and training begins.
        epoch: one epoch is finished.
        warning: a warning of Ultralytics or of grokyolo.
    """

    started: Callable[[Path], None]
    epoch: Callable[[Progress], None]
    warning: Callable[[str], None]
