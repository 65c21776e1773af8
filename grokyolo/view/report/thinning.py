"""Which epochs of a run the report draws: few enough for a browser, and nobody can see that some are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.view import thinning

CELLS = 1000
"""Cells along each axis for one run, about one for each pixel; several runs share them ..."""
FEWEST_CELLS = 300
"""... down to so many each."""


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
        cell = thinning.cells(position, cells)
        for curve in curves:
            known = np.flatnonzero(np.isfinite(curve))
            if len(known):
                kept.append(known[thinning.extremes(cell[known], curve[known])])
    rows: IntArray = np.unique(np.concatenate(kept))
    return rows
