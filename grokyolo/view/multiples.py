"""Several runs in one picture, side by side: the same axes for all, so that heights and epochs compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokyolo.errors import UsageError
from grokyolo.gap import Series
from grokyolo.verdict import Assessment
from grokyolo.view import marks, panels
from grokyolo.view.panels import SMALL
from grokyolo.view.plot import save_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Judged = tuple[Series, Assessment]

MOST = 36
"""Runs that one picture holds; of more nobody could read one."""
WIDE, NARROW = 4.0, 3.0
"""Inches of a column, where there are up to two of them, and where there are more."""
BESIDE = 0.55
"""Inches of a column that its panels leave to the numbers beside them."""
NUMBERS_AN_INCH = 3
"""Numbers at the epochs that have room in an inch."""


def save_multiples(runs: Sequence[Judged], path: Path) -> None:
    """Draw several runs side by side and write the picture.

    Args:
        runs: each with its verdict, in the order to show.
        path: ends in .png, .svg or .pdf.

    Raises:
        UsageError: there are more runs than anybody could read, the suffix is none of these, or the file cannot be
            written.
    """
    if len(runs) > MOST:
        raise UsageError(
            f"{len(runs)} runs do not fit into one picture: {MOST} at most",
            where=f"--plot {path}",
            hint="name fewer runs, or --plot without FILE: a picture in the folder of each",
        )
    save_picture(lambda: draw_multiples(runs), path)


def draw_multiples(runs: Sequence[Judged]) -> Figure:
    """Return the picture: for each run its scores above its losses, all with the same axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    scored = any(panels.has_score(series) for series, _ in runs)
    columns = _columns(len(runs))
    rows, each = math.ceil(len(runs) / columns), 2 if scored else 1
    width = WIDE if columns <= 2 else NARROW
    figure = Figure(figsize=(columns * width, (3.1 if scored else 2.0) * rows + 0.9), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows * each, columns, sharex=True, squeeze=False)
    cells = [list(grid[each * (i // columns) : each * (i // columns) + each, i % columns]) for i in range(len(runs))]
    _share(cells, runs, width - BESIDE, scored=scored)
    for cell, (series, assessment) in zip(cells, runs, strict=True):
        _draw(cell, series, assessment)
        cell[0].set_title(_title(series, assessment, width - BESIDE), loc="left", fontsize=SMALL)
    _tidy(grid, len(runs), columns, each)
    panels.legend(figure, [ax for cell in cells for ax in cell], _handles(runs))
    return figure


def _columns(runs: int) -> int:
    """Return how many columns make a picture that is about as wide as it is high, six columns at most."""
    return runs if runs <= 3 else min(math.ceil(math.sqrt(runs)), 6)


def _share(cells: Sequence[list[Axes]], runs: Sequence[Judged], width: float, *, scored: bool) -> None:
    """Give all panels of a kind the same axes, wide enough for every run."""
    every = [series for series, _ in runs]
    first, last = min(int(one.epoch[0]) for one in every), max(int(one.epoch[-1]) for one in every)
    panels.scale_epochs(cells[0][-1], first, last, round(NUMBERS_AN_INCH * width))
    cells[0][-1].set_xlabel("")
    losses = [values for one in every for values in panels.losses_of(one)]
    for cell in cells[1:]:
        cell[-1].sharey(cells[0][-1])
        if scored:
            cell[0].sharey(cells[0][0])
    for cell in cells:
        panels.scale_losses(cell[-1], losses, cut=True)
        for ax in cell:
            ax.minorticks_off()
    if scored:
        panels.scale_scores(cells[0][0], [values for one in every for values in panels.scores_of(one)])


def _draw(cell: list[Axes], series: Series, assessment: Assessment) -> None:
    if len(cell) > 1 and panels.has_score(series):
        panels.draw_scores(cell[0], series)
    elif len(cell) > 1:
        cell[0].text(0.5, 0.5, "no score in this log", transform=cell[0].transAxes, ha="center", fontsize=SMALL)
    panels.draw_losses(cell[-1], series)
    for ax in cell:
        panels.style_axes(ax)
        marks.draw_span(ax, assessment)
        marks.draw_event_lines(ax, series)
    marks.tick_events(cell[-1], series)


def _title(series: Series, assessment: Assessment, inches: float) -> str:
    """Return two lines: the run, and what became of it; of that what fits."""
    jump = f" at {assessment.jump.epoch:,}" if assessment.jump else ""
    words = [f"{assessment.verdict.value}{jump}", assessment.confidence.value]
    if not series.like_for_like:
        words.insert(1, "rough gap")
    if assessment.memorised_epoch is not None:
        words.insert(1, f"memorised at {assessment.memorised_epoch:,}")
    while panels.wide(" · ".join(words), SMALL) > inches:
        words.pop()
    return f"{panels.fit_name(series.run.rstrip('/'), inches, SMALL)}\n{' · '.join(words)}"


def _tidy(grid: Any, runs: int, columns: int, each: int) -> None:
    """Leave numbers and names at the outer axes only, and no axes where there is no run."""
    for i in range(len(grid) // each * columns):
        row, column = each * (i // columns), i % columns
        cell, first = grid[row : row + each, column], grid[row : row + each, 0]
        for ax, leader in zip(cell, first, strict=True):
            ax.tick_params(labelbottom=False, labelleft=not column)
            if i >= runs:
                ax.set_axis_off()
            elif column and ax.get_ylabel() == leader.get_ylabel():
                ax.set_ylabel("")
        if i < runs <= i + columns:
            cell[-1].tick_params(labelbottom=True)
            cell[-1].set_xlabel("epoch", fontsize=SMALL + 1)


def _handles(runs: Sequence[Judged]) -> list[Any]:
    """Return what the legend says of marks: in small panels they have no labels of their own."""
    from matplotlib.lines import Line2D

    found = []
    if any(assessment.memorised_epoch for _, assessment in runs):
        found.append(Line2D([], [], color=marks.MARK, linestyle=":", linewidth=1.1, label="memorised"))
    if any(assessment.jump for _, assessment in runs):
        found.append(Line2D([], [], color=marks.MARK, linewidth=1.1, label="half way up the jump"))
    if any(event.kind.confounds for series, _ in runs for event in series.events):
        label = "event that moves the curves"
        found.append(Line2D([], [], color=marks.MARK, linestyle="none", marker="^", markersize=5, label=label))
    return found
