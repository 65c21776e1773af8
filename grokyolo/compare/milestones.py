"""When a run reached a level for good, and what that had cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grokyolo.compare.alignment import By, clocks
from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray

MEDIAN_OF = 5
"""Measurements of which the median counts: one lucky epoch is no level."""
FINAL_SHARE = 0.05
"""Part of a run, at its end, whose median is its final level."""


@dataclass(frozen=True)
class Cost:
    """What a run had spent when it reached a level for good.

    Attributes:
        epoch: 1-based.
        step: optimizer steps, None when unknown.
        seconds: wall time trained, None when unknown.
        budget: e-folds of weight decay, None when unknown.
    """

    epoch: int
    step: float | None
    seconds: float | None
    budget: float | None

    def on(self, by: By) -> float | None:
        """Return the cost on one clock."""
        costs = {By.EPOCH: float(self.epoch), By.STEP: self.step, By.TIME: self.seconds, By.BUDGET: self.budget}
        return costs[by]


def final_level(series: Series) -> float | None:
    """Return the median of the scores at the end of the run, None when no score was measured."""
    scores = series.val_score[np.isfinite(series.val_score)]
    if not len(scores):
        return None
    return float(np.median(scores[-max(MEDIAN_OF, round(FINAL_SHARE * len(scores))) :]))


def crossing(series: Series, level: float) -> Cost | None:
    """Return the cost of the first epoch from which on the median of five scores stays at or above a level.

    Args:
        series: the run.
        level: of the validation score.

    Returns:
        None where the run never reached it, or fell below it again.
    """
    measured = np.flatnonzero(np.isfinite(series.val_score))
    if not len(measured):
        return None
    below = np.flatnonzero(_running_median(series.val_score[measured]) < level)
    first = int(below[-1]) + 1 if len(below) else 0
    if first == len(measured):
        return None
    at = int(measured[first])
    epoch, step, seconds, budget = (_known(values[at]) for values in clocks(series).values())
    return Cost(int(epoch or 0), step, seconds, budget)


def _running_median(scores: FloatArray) -> FloatArray:
    """Return the median of five scores around each, of fewer at the ends."""
    padded = np.pad(scores, MEDIAN_OF // 2, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_OF)
    median: FloatArray = np.nanmedian(windows, axis=1)
    return median


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
