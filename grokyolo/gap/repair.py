"""Repairs on columns: which epochs are real, which cells were measured, which only repeat an earlier one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.gap.table import Column

BoolArray = NDArray[np.bool_]

MAX_EPOCH = 10**9
"""Anything above is a broken cell, not an epoch."""

_MIN_BLOCKS = 3
_REGULAR_SHARE = 0.7


def valid_epochs(cells: FloatArray) -> BoolArray:
    """Return shape (n,): True where the cell is a whole number that can be an epoch."""
    with np.errstate(invalid="ignore"):
        valid: BoolArray = (cells >= 0) & (cells < MAX_EPOCH) & (cells == np.floor(cells))
    return valid


def repeated_rows(columns: Mapping[str, FloatArray]) -> BoolArray:
    """Return shape (n,): True where all cells equal those of the row before and some were measured."""
    if not columns:
        return np.zeros(0, dtype=bool)
    table = np.column_stack(list(columns.values()))
    same = np.zeros(len(table), dtype=bool)
    equal = (table[1:] == table[:-1]) | (np.isnan(table[1:]) & np.isnan(table[:-1]))
    same[1:] = equal.all(axis=1) & ~np.isnan(table[1:]).all(axis=1)
    return same


def block_length(repeats: BoolArray) -> int:
    """Return k when the rows come in blocks of about k equal ones, else 1.

    Weights that move every k epochs only give the same validation k times. Warm-up makes the first blocks
    shorter and the end may cut the last one, so most rows, not all, must sit in blocks of k or k ± 1. A curve
    that is constant throughout is no pattern of blocks: it says 1.
    """
    starts = np.flatnonzero(~repeats)
    if len(starts) < _MIN_BLOCKS:
        return 1
    lengths = np.diff(np.append(starts, len(repeats)))
    rows_in = np.bincount(lengths, weights=lengths)
    k = int(rows_in.argmax())
    if k < 2:
        return 1
    regular = lengths[np.abs(lengths - k) <= 1].sum()
    return k if regular >= _REGULAR_SHARE * len(repeats) else 1


def blank_repeats(
    columns: Mapping[str, FloatArray], steps: FloatArray | None = None
) -> tuple[BoolArray, tuple[str, ...]]:
    """Find the rows whose validation is that of an earlier row because the weights did not move.

    Such a row says nothing new. Kept, a block of them would look like a plateau and count as so many
    measurements; so the first row of a block stays and the others count as not measured.

    Args:
        columns: everything measured with the validated weights, each of shape (n,).
        steps: optimizer steps so far, when known: then a repeat must also have the step of the row before.

    Returns:
        Shape (n,): True where the row repeats the one before it; and a note when there are any.
    """
    repeats = repeated_rows(columns)
    if steps is not None:
        repeats[1:] &= steps[1:] == steps[:-1]
    k = block_length(repeats)
    if k < 2:
        return np.zeros(len(repeats), dtype=bool), ()
    return repeats, (
        f"validation repeats in blocks of {k} epochs: the weights move only every {k} epochs "
        "(a set smaller than nbs), so each block counts as one measurement",
    )


def measured_interval(epochs: IntArray, columns: Mapping[str, FloatArray], repeats: BoolArray) -> int:
    """Return the usual number of epochs between two different measurements, at least 1."""
    if not columns or not len(epochs):
        return 1
    measured = ~repeats & ~np.isnan(np.column_stack(list(columns.values()))).all(axis=1)
    gaps = np.diff(epochs[measured])
    return max(1, int(np.median(gaps))) if len(gaps) else max(1, len(epochs))


def skipped_rows(measured: Sequence[Column], val: Sequence[Column]) -> tuple[BoolArray, tuple[str, ...]]:
    """Find the rows in which validation was skipped and zeros were written instead.

    With `val: false` (YOLOv5: `noval`) every metric and every validation loss is literally 0, up to the last
    row. A validation loss that is really 0 in all its items together with a score of 0 does not exist; so
    where the log has no validation losses, zeros are taken for measured ones.

    Args:
        measured: all columns of validation, metrics and losses.
        val: those of the validation losses.

    Returns:
        Shape (n,): True where validation was skipped; and a note when there are any such rows.
    """
    if not measured:
        return np.zeros(0, dtype=bool), ()
    values = np.column_stack([column.values for column in measured])
    if not val:
        return np.zeros(len(values), dtype=bool), ()
    skipped: BoolArray = (values == 0).all(axis=1)
    count = int(skipped.sum())
    if not count:
        return skipped, ()
    return skipped, (
        f"validation was skipped in {count} of {len(skipped)} epochs: its zeros are not measurements",
    )
