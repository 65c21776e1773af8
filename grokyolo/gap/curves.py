"""Columns of a foreign log in, one curve out: sums of loss items, scores, time, learning rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.gap.table import Column, counted


def written_values(column: Column) -> FloatArray:
    """Return the cells with a written nan as +inf, so that only cells not measured are NaN."""
    return np.where(column.written & np.isnan(column.values), np.inf, column.values)


def losses(column: Column) -> FloatArray:
    """Return a loss: NaN where it was not measured, +inf where it was and is not finite."""
    return np.where(column.written & ~np.isfinite(column.values), np.inf, column.values)


def sum_losses(items: Sequence[Column], rows: int) -> FloatArray:
    """Sum loss items.

    Returns:
        Shape (rows,): NaN where an item was not measured, +inf where one is not finite.
    """
    if not items:
        return np.full(rows, np.nan)
    with np.errstate(over="ignore"):
        total: FloatArray = np.sum([losses(item) for item in items], axis=0)
    return total


def clean_scores(column: Column | None, rows: int) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the scores, shape (rows,), without those that no score can be; and notes."""
    if column is None:
        return np.full(rows, np.nan), ("no score in this log, only losses",)
    with np.errstate(invalid="ignore"):
        odd = (column.values < 0) | (column.values > 1)
    notes = (f"{counted(int(odd.sum()), 'score')} left out: not between 0 and 1",) if odd.any() else ()
    return np.where(odd, np.nan, column.values), notes


def time_trained(column: Column | None, rows: int) -> tuple[FloatArray, IntArray]:
    """Return the seconds trained so far, and the rows at which the clock of the log starts over.

    Ultralytics counts from the start of the process, so the clock of a resumed run falls back to zero.
    """
    if column is None:
        return np.full(rows, np.nan), np.zeros(0, dtype=np.int64)
    known = np.flatnonzero(np.isfinite(column.values))
    clock = column.values[known]
    back = np.flatnonzero(np.diff(clock) < 0) + 1
    before = np.zeros(len(clock))
    before[back] = clock[back - 1]
    seconds = np.full(rows, np.nan)
    seconds[known] = clock + np.cumsum(before)
    return seconds, known[back]


def learning_rate(groups: Sequence[Column], rows: int) -> FloatArray:
    """Return the learning rate that most weights have, shape (rows,): the lower median of the groups.

    Biases warm up from a rate of their own, in whichever group a release puts them; MuSGD has for every
    group a second one with three times the rate.
    """
    if not groups:
        return np.full(rows, np.nan)
    rates = np.sort(np.column_stack([group.values for group in groups]), axis=1)
    lower: FloatArray = rates[:, (rates.shape[1] - 1) // 2]
    return lower
