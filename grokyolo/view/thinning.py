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
    kept: IntArray = np.unique(_extremes(_cells(np.log(epoch), COLUMNS), values))
    return kept


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
    kept = [np.array([0, len(epoch) - 1]), np.flatnonzero(np.isin(epoch, list(always)))]
    for cell in (_cells(np.log(epoch), cells), _cells(epoch.astype(float), cells)):
        for curve in curves:
            known = np.flatnonzero(np.isfinite(curve))
            if len(known):
                kept.append(known[_extremes(cell[known], curve[known])])
    rows: IntArray = np.unique(np.concatenate(kept))
    return rows


def _cells(at: FloatArray, count: int) -> IntArray:
    """Return in which of `count` cells of an axis, which ends with the first and the last point, each point lies."""
    share = (at - at[0]) / (at[-1] - at[0])
    cell: IntArray = np.minimum((share * count).astype(np.int64), count - 1)
    return cell


def _extremes(cell: IntArray, values: FloatArray) -> IntArray:
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
