"""How often to measure, so that the probe keeps within its share of the time."""

from __future__ import annotations

import math
from statistics import median

WARM_UP = 5
"""Measured epochs before the first decision: the first ones pay for caches and kernels."""
CHEAP = 1.0
"""Seconds that a probe may always take: an epoch of a small set is short, and each of its epochs is to be seen."""


class Cadence:
    """Decides which epochs are measured.

    Args:
        every: epochs between measurements, from the recipe.
        budget: largest share of an epoch's time that the probe may take; None for no limit.
    """

    def __init__(self, every: int, budget: float | None) -> None:
        self.every = every
        self.budget = budget
        self._probe_seconds: list[float] = []
        self._epoch_seconds: list[float] = []

    def due(self, epoch: int, last: int) -> bool:
        """Tell whether the 1-based `epoch` is measured; the first and the last always are."""
        return epoch == 1 or epoch >= last or epoch % self.every == 0

    def spent(self, probe_seconds: float, epoch_seconds: float) -> bool:
        """Note what one measured epoch cost; return True when the cadence has widened.

        Args:
            probe_seconds: time for scoring the probe.
            epoch_seconds: time for the rest of the epoch.
        """
        self._probe_seconds.append(probe_seconds)
        self._epoch_seconds.append(epoch_seconds)
        if self.budget is None or len(self._probe_seconds) < WARM_UP:
            return False
        wanted = widened(median(self._probe_seconds), median(self._epoch_seconds), self.budget)
        self._probe_seconds.clear()
        self._epoch_seconds.clear()
        if wanted <= self.every:
            return False
        self.every = wanted
        return True


def widened(probe_seconds: float, epoch_seconds: float, budget: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, 50 … epochs at which the probe keeps within `budget`, or is cheap.

    >>> widened(2.0, 10.0, 0.1)
    2
    >>> widened(0.9, 0.1, 0.1)
    1
    """
    if probe_seconds <= CHEAP:
        return 1
    needed = probe_seconds / max(budget * epoch_seconds, 1e-9)
    power = 10 ** max(math.floor(math.log10(max(needed, 1.0))), 0)
    return next(step * power for step in (1, 2, 5, 10) if step * power >= needed - 1e-9)
