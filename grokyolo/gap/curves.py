"""Columns of a log in, curves out: which cells are measurements, sums of losses, scores, time, learning rate, steps.

Zeros of a skipped validation, scores without a label, and repeats of a row are no measurements.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from grokyolo.dynamics import warmup_steps
from grokyolo.format import format_count
from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.gap.table import Column

BoolArray = NDArray[np.bool_]

MAX_EPOCH = 10**9
"""Anything above is a broken cell, not an epoch."""

MAX_BLOCK = 64
"""The longest block that gradient accumulation can make: nbs batches of one image, one batch an epoch."""

_MIN_BLOCKS = 3
_PLACES = re.compile(r"/(box|giou)_(loss|om|oo)$")
_REGULAR_SHARE = 0.9


def valid_epochs(cells: FloatArray) -> BoolArray:
    """Return shape (n,): True where the cell is a whole number that can be an epoch."""
    with np.errstate(invalid="ignore"):
        valid: BoolArray = (cells >= 0) & (cells < MAX_EPOCH) & (cells == np.floor(cells))
    return valid


def skipped_rows(measured: Sequence[Column], val: Sequence[Column]) -> tuple[BoolArray, tuple[str, ...]]:
    """Find the rows in which validation was skipped and zeros were written instead.

    With `val: false` (YOLOv5: `noval`) every metric and every validation loss is literally 0, up to the last
    row. A validation loss that is really 0 in all its items together with a score of 0 does not exist; so
    where the log has no validation losses, zeros are taken for measured ones.

    Args:
        measured: all columns of validation, metrics and losses, of shape (n,); at least one.
        val: those of the validation losses.

    Returns:
        Shape (n,): True where validation was skipped; and a note when there are any such rows.
    """
    skipped = np.logical_and.reduce([column.values == 0 for column in measured])
    if not val:
        skipped[:] = False
    count = int(skipped.sum())
    if not count:
        return skipped, ()
    return skipped, (f"validation was skipped in {count} of {len(skipped)} epochs: its zeros are not measured",)


def has_labels(metrics: Sequence[Column], val: Mapping[str, Column], skipped: BoolArray) -> bool:
    """Whether any validation image had a label, as far as a log tells.

    Without one, no box is ever matched: the loss of places is 0 to the last bit in every epoch while the loss of
    classes is not, and Ultralytics writes 0 for every metric, which nobody measured.

    Args:
        metrics: the columns of the metrics, of shape (n,).
        val: those of the validation losses, by name.
        skipped: shape (n,), True where validation was skipped.
    """
    places = [column for name, column in val.items() if _PLACES.search(name.lower())]
    rows = np.logical_and.reduce([column.written for column in val.values()] or [~skipped]) & ~skipped
    if not places or not metrics or not rows.any():
        return True
    return any((column.values[rows] != 0).any() for column in (*places, *metrics))


def repeated_rows(columns: Mapping[str, FloatArray], steps: FloatArray | None = None) -> BoolArray:
    """Find the rows that equal the measurement before them in every cell.

    Args:
        columns: everything measured with the validated weights, each of shape (n,), NaN where not measured.
        steps: optimizer steps so far; where they have moved, equal cells are no repeat.

    Returns:
        Shape (n,).
    """
    table = np.column_stack(list(columns.values()))
    rows = np.flatnonzero(~np.isnan(table).all(axis=1))
    now, before = table[rows[1:]], table[rows[:-1]]
    equal = ((now == before) | (np.isnan(now) & np.isnan(before))).all(axis=1)
    if steps is not None:
        equal &= steps[rows[1:]] == steps[rows[:-1]]
    repeats = np.zeros(len(table), dtype=bool)
    repeats[rows[1:]] = equal
    return repeats


def block_lengths(repeats: BoolArray) -> IntArray:
    """Return how many rows each block of equal rows has, in order."""
    starts = np.flatnonzero(~repeats)
    lengths: IntArray = np.diff(np.append(starts, len(repeats)))
    return lengths


def is_accumulation(lengths: IntArray) -> bool:
    """Whether blocks of equal rows come from weights that stand still, not from a curve that has settled.

    Accumulating gradients over k epochs makes blocks that grow during warm-up, since `accumulate` does, and
    then keep their length, give or take one; only the last may be cut short. A curve that has settled at a
    constant makes one long block or blocks of any length.
    """
    whole = lengths[:-1]
    if (whole > 1).sum() < _MIN_BLOCKS or lengths.max() > MAX_BLOCK:
        return False
    growing = whole >= np.maximum.accumulate(whole) - 1
    return bool(growing.mean() >= _REGULAR_SHARE)


def usual_block(lengths: IntArray) -> int:
    """Return the length that blocks settle at: the longest that comes more than once."""
    values, counts = np.unique(lengths, return_counts=True)
    again = values[counts > 1]
    return int(again.max() if len(again) else values.max())


def frozen_rows(
    columns: Mapping[str, FloatArray], steps: FloatArray | None = None
) -> tuple[BoolArray, int, tuple[str, ...]]:
    """Find the rows whose validation is that of an earlier row because the weights did not move.

    Such a row says nothing new. Kept, a block of them would look like a plateau and count as so many
    measurements; so the first row of a block stays and the others count as not measured.

    Args:
        columns: everything measured with the validated weights, each of shape (n,), NaN where not measured.
        steps: optimizer steps so far, when the log knows them: they decide. Without them the pattern does.

    Returns:
        Shape (n,): True where the row repeats an earlier one; the epochs between two steps, 1 when no row
        does; and a note when any does.
    """
    repeats = repeated_rows(columns, steps)
    lengths = block_lengths(repeats)
    if not repeats.any() or (steps is None and not is_accumulation(lengths)):
        return np.zeros(len(repeats), dtype=bool), 1, ()
    usual = usual_block(lengths)
    note = (
        f"validation repeats in blocks of {usual} epochs, since the weights move only once in {usual} "
        "(a set smaller than nbs): each block counts as one measurement"
    )
    return repeats, usual, (note,)


def measured_interval(epochs: IntArray, measured: BoolArray) -> int:
    """Return the usual number of epochs between two measurements, at least 1.

    Args:
        epochs: shape (n,), n > 0, rising.
        measured: shape (n,).
    """
    gaps = np.diff(epochs[measured])
    return max(1, int(np.median(gaps))) if len(gaps) else max(1, len(epochs))


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
    notes = (f"{format_count(int(odd.sum()), 'score')} left out: not between 0 and 1",) if odd.any() else ()
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


# Batches and steps, from the warm-up ----------------------------------------------------------------------------------

# Both stand in no file of a plain run, yet steps are what weight decay and the weight average count in. In the warm-up
# the rate rises with every batch, from 0 by equal amounts, and the log holds it after the last batch of each epoch:
# (n - 1, 2n - 1, 3n - 1) amounts after the first three epochs of n batches, each times the schedule. Three numbers for
# two unknowns: where they disagree, the rate was not made this way and nothing is claimed.

_AGREEMENT = 0.01
_LEAST_WARMUP = 100
_LONGEST_WARMUP = 1e6


def batches_per_epoch(epochs: IntArray, lr: FloatArray, schedule: Callable[[int], float]) -> int | None:
    """Return how many batches an epoch has, or None when the warm-up does not tell.

    Args:
        epochs: shape (n,), rising.
        lr: shape (n,), learning rate of the weights (not the biases, which warm up from above).
        schedule: factor on the rate by 0-based epoch.
    """
    if not np.array_equal(epochs[:3], [1, 2, 3]):
        return None
    planned = [schedule(epoch) for epoch in range(3)]
    if not all(planned):
        return None
    return _count(*(rate / factor for rate, factor in zip(lr[:3].tolist(), planned, strict=True)))


def _count(first: float, second: float, third: float) -> int | None:
    """Return n for which the three rates are as n - 1, 2n - 1 and 3n - 1, or None when there is none."""
    if not 0 <= first < second < third < math.inf:
        return None
    if first == 0:
        return 1 if abs(third - 2 * second) <= _AGREEMENT * third else None
    beyond = second / first - 2, third / first - 3
    if min(beyond) <= 0:
        return None
    one, other = 1 + 1 / beyond[0], 1 + 2 / beyond[1]
    return round((one + other) / 2) if abs(one - other) <= max(0.1, _AGREEMENT * one) else None


def warmup_batches(
    epochs: IntArray, lr: FloatArray, schedule: Callable[[int], float], batches: int, warmup_epochs: float
) -> int:
    """Return how many batches the warm-up took.

    Earlier versions of Ultralytics let it take 100 batches at least; since 8.4 it is as short as the settings say.
    A rate that stands after so few batches tells the one from the other.

    Args:
        epochs, lr, schedule: as for `batches_per_epoch`, which told `batches`.
        batches: per epoch.
        warmup_epochs: as in the settings.
    """
    short = round(warmup_epochs * batches)
    if short >= _LEAST_WARMUP or warmup_epochs <= 0:
        return short
    rates = lr / np.array([schedule(epoch) or np.nan for epoch in (epochs - 1).tolist()])
    amount = rates[1] / max(2 * batches - 1, 1)
    reached = float(np.nanmax(rates)) / amount if amount > 0 else math.inf
    over = epochs[-1] * batches - 1 > short
    return short if over and abs(reached - short) <= max(0.5, _AGREEMENT * short) else _LEAST_WARMUP


def optimizer_steps(epochs: IntArray, batches: int, accumulate: int, warm: int) -> FloatArray:
    """Return the optimizer steps done by the end of each epoch, as the trainer of Ultralytics counts them.

    Args:
        epochs: shape (n,), 1-based.
        batches: per epoch.
        accumulate: batches that make one step after the warm-up; within it the number grows from 1.
        warm: batches of the warm-up, 0 for none.

    Returns:
        Shape (n,); NaN throughout when the warm-up is longer than any real one, for then it is no warm-up.
    """
    if warm > _LONGEST_WARMUP:
        return np.full(len(epochs), np.nan)
    early = warmup_steps(warm, warm, accumulate)
    last = int(early[-1]) if len(early) else -1
    ends = batches * epochs.astype(np.int64) - 1
    later = np.where(ends > (warm or -1), np.maximum(ends - last, 0) // accumulate, 0)
    steps: FloatArray = (np.searchsorted(early, ends, side="right") + later).astype(float)
    return steps
