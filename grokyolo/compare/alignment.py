"""The four clocks that runs can be laid next to each other by."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np

from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray

ROUND = (1, 2, 3, 5, 7)
NEAR = 0.9
"""Round places nearer to the last one than this share of it are left out."""


class By(str, Enum):
    """A clock: epochs, optimizer steps, seconds trained, or e-folds of weight decay."""

    EPOCH = "epoch"
    STEP = "step"
    TIME = "time"
    BUDGET = "budget"

    @property
    def unit(self) -> str:
        """What the clock counts."""
        return {"epoch": "epochs", "step": "steps", "time": "seconds", "budget": "e-folds"}[self.value]


def clock(series: Series, by: By) -> FloatArray:
    """Return what the clock shows at each epoch, shape (n,); NaN where the log does not tell."""
    if by is By.EPOCH:
        return series.epoch.astype(np.float64)
    if by is By.STEP:
        return series.step
    return series.seconds if by is By.TIME else series.decay_budget


def clocks(series: Series) -> dict[By, FloatArray]:
    """Return all four clocks."""
    return {by: clock(series, by) for by in By}


def score_at(series: Series, by: By, where: FloatArray) -> FloatArray:
    """Return the score that was last measured when the clock showed each of `where`; NaN before and after the run.

    Args:
        series: the run.
        by: which clock.
        where: shape (m,), what the clock shows.
    """
    at = clock(series, by)
    known = np.isfinite(series.val_score) & np.isfinite(at)
    at, score = at[known], series.val_score[known]
    found = np.full(len(where), np.nan)
    if len(at):
        index = np.searchsorted(at, where, side="right") - 1
        inside = (index >= 0) & (where <= at[-1])
        found[inside] = score[index[inside]]
    return found


def positions(series: Sequence[Series], by: By, count: int = 9) -> FloatArray:
    """Return the last places of 1, 2, 3, 5, 7, 10, 20, ... on the clock that a run has reached, and the very last.

    Args:
        series: the runs.
        by: which clock.
        count: how many at most.
    """
    shown = [at[np.isfinite(at) & (at > 0)] for at in (clock(one, by) for one in series)]
    shown = [at for at in shown if len(at)]
    if not shown:
        return np.array([])
    first, last = min(at[0] for at in shown), max(at[-1] for at in shown)
    powers = 10.0 ** np.arange(np.floor(np.log10(first)), np.ceil(np.log10(last)) + 1)
    places = np.outer(powers, ROUND).ravel()
    inner = places[(places >= first) & (places <= NEAR * last)]
    return np.append(inner[-count + 1 :], last)
