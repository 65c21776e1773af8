"""Weight decay that begins late: none while the model memorises, the recipe's own afterwards.

No paper's recipe but the experiment that its mechanism suggests: memorising takes large weights, and decay is what then
draws them towards the smaller ones of a general solution (Omnigrok, arXiv 2210.01117, section 2; Lyu et al.,
arXiv 2311.18817). A change of weight decay moves curves by itself, so the log calls it `wd-changed`.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Any, Literal

import torch

from grokyolo.gap import EventKind
from grokyolo.training.accelerate.base import Accelerator
from grokyolo.training.weights import decayed_groups

MEMORISED = 0.95
"""Probe score from which the training images count as known by heart."""
LASTING = 5
"""Measurements whose median must be that high."""


class LateDecay(Accelerator):
    """Keeps weight decay at zero up to an epoch, or until the probe shows that the training set is memorised.

    Args:
        after: the last epoch without decay, or `memorised`: the one in which the median of the last five measured
            probe scores has reached 95 %.

    Attributes:
        since: the first epoch with decay, None while it is not known.
    """

    def __init__(self, after: int | Literal["memorised"]) -> None:
        self.since = None if after == "memorised" else int(after) + 1
        self._recent: deque[float] = deque(maxlen=LASTING)
        self._full: list[float] = []
        self._on: bool | None = None

    def built(self, optimizer: torch.optim.Optimizer) -> None:
        """Remember the decay that the recipe asks for."""
        self._full = [group["weight_decay"] for group in decayed_groups(optimizer)]

    def begin_epoch(self, epoch: int, optimizer: torch.optim.Optimizer) -> tuple[EventKind, ...]:
        """Switch decay off or on."""
        on = self.since is not None and epoch >= self.since
        for group, full in zip(decayed_groups(optimizer), self._full, strict=True):
            group["weight_decay"] = full if on else 0.0
        changed = self._on is not None and on is not self._on and any(self._full)
        self._on = on
        return (EventKind.WD_CHANGED,) if changed else ()

    def measured(self, epoch: int, probe_score: float | None) -> None:
        """Decide from the probe; decay that has begun stays."""
        if self.since is not None or probe_score is None:
            return
        self._recent.append(probe_score)
        if len(self._recent) == LASTING and median(self._recent) >= MEMORISED:
            self.since = epoch + 1

    def state(self) -> dict[str, Any]:
        """Return what has been decided, and from which scores."""
        return {"since": self.since, "recent": list(self._recent), "on": self._on}

    def put(self, state: dict[str, Any], device: torch.device) -> None:
        """Take that back. After a recovery from NaN, what was on in this process is known better."""
        self.since = state["since"]
        self._recent = deque(state["recent"], maxlen=LASTING)
        self._on = state["on"] if self._on is None else self._on
