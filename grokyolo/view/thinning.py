"""Fewer points for a picture, so that nobody can see that some are missing."""

from __future__ import annotations

import numpy as np

from grokyolo.gap.series import FloatArray, IntArray

COLUMNS = 1500
"""Cells along the axis, about one for each pixel of the picture."""


def telling(epoch: IntArray, values: FloatArray) -> IntArray:
    """Return the indices of the points to draw: the first, last, lowest and highest of each cell of a log axis.

    Args:
        epoch: shape (n,), strictly rising.
        values: shape (n,), finite.
    """
    if len(epoch) <= 2 * COLUMNS:
        return np.arange(len(epoch))
    position = np.log(epoch / epoch[0]) / np.log(epoch[-1] / epoch[0])
    kept: IntArray = np.unique(extremes(cells(position, COLUMNS), values))
    return kept


def cells(position: FloatArray, count: int) -> IntArray:
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
