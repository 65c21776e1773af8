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
    cell = np.minimum((position * COLUMNS).astype(np.int64), COLUMNS - 1)
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    ends = np.append(starts[1:], len(cell)) - 1
    by_value = np.lexsort((values, cell))  # cells stay where they are; inside each the values rise
    kept: IntArray = np.unique(np.concatenate([starts, ends, by_value[starts], by_value[ends]]))
    return kept
