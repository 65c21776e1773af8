"""Fewer points for a picture, so that nobody can see that some are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from grokyolo.gap.series import FloatArray, IntArray

COLUMNS = 1500
"""Cells along the axis, about one for each pixel of the picture."""
CELLS = 1000
"""Cells along each axis for one run, about one for each pixel; several runs share them ..."""
FEWEST_CELLS = 300
"""... down to so many each."""


def points_to_draw(epoch: IntArray, values: FloatArray) -> IntArray:
    """Return the indices of the points to draw: the first, last, lowest and highest of each cell of a log axis.

    Args:
        epoch: shape (n,), strictly rising.
        values: shape (n,), finite.
    """
    if len(epoch) <= 2 * COLUMNS:
        return np.arange(len(epoch))
    position = np.log(epoch / epoch[0]) / np.log(epoch[-1] / epoch[0])
    kept: IntArray = np.unique(extremes(cell_of(position, COLUMNS), values))
    return kept


def cell_of(position: FloatArray, count: int) -> IntArray:
    """Return in which of `count` cells of an axis each point lies, for positions between 0 and 1."""
    cell: IntArray = np.minimum((position * count).astype(np.int64), count - 1)
    return cell


def extremes(cell: IntArray, values: FloatArray) -> IntArray:
    """Return the indices of the first, last, lowest and highest point of each cell; an index may come twice.

    Args:
        cell: shape (n,), not falling.
        values: shape (n,), finite.
    """
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    ends = np.append(starts[1:], len(cell)) - 1
    by_value = np.lexsort((values, cell))  # cells stay where they are; inside each the values rise
    found: IntArray = np.concatenate([starts, ends, by_value[starts], by_value[ends]])
    return found


def cells_for(runs: int) -> int:
    """Return the cells of each run when so many share a picture."""
    return max(FEWEST_CELLS, CELLS // max(runs, 1))


def rows_to_draw(
    epoch: IntArray, curves: Sequence[FloatArray], cells: int = CELLS, always: Iterable[int] = ()
) -> IntArray:
    """Return the rows to draw, rising.

    Of each curve the first, last, lowest and highest point of each cell stay, both for cells of a log axis and for
    those of a linear one: the reader can switch. All curves share their rows, so that one look at an epoch tells
    them all.

    Args:
        epoch: shape (n,), strictly rising, from 1 on.
        curves: each of shape (n,); what is not finite draws nothing.
        cells: along each axis.
        always: epochs that stay in any case.
    """
    if len(epoch) <= 2 * cells:
        return np.arange(len(epoch))
    span = float(epoch[-1] - epoch[0])
    log, linear = np.log(epoch / epoch[0]) / np.log(epoch[-1] / epoch[0]), (epoch - epoch[0]) / span
    kept = [np.array([0, len(epoch) - 1]), np.flatnonzero(np.isin(epoch, list(always)))]
    for position in (log, linear):
        cell = cell_of(position, cells)
        for curve in curves:
            known = np.flatnonzero(np.isfinite(curve))
            if len(known):
                kept.append(known[extremes(cell[known], curve[known])])
    rows: IntArray = np.unique(np.concatenate(kept))
    return rows
