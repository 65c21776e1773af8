"""The picture of a sweep: the diagram above, the law, critical sizes and double descent below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grokyolo.format import shorten
from grokyolo.sweep.critical import REACHED
from grokyolo.sweep.diagram import Panel, Phases
from grokyolo.sweep.outcome import Cell
from grokyolo.view.panels import SMALL, new_figure, plain, save_picture, style_axes
from grokyolo.view.phase.charts import FAINT, Draw, charts_of
from grokyolo.view.phase.look import LOOKS, from_top, number, place, share, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

ACROSS = 3
"""Panels next to each other."""
BESIDE = 8
"""One panel with so many columns has a chart beside it."""
WIDTH, CHART = 10.0, 3.1
"""Inches: of the whole picture, and how tall a chart is."""
NARROW = 0.4
"""Cells with fewer inches have a star where not all runs agree, not how many do."""


def save_phase_picture(phases: Phases, path: Path) -> None:
    """Draw what a sweep shows and write the picture.

    Args:
        phases: of the sweep.
        path: ends in .png, .svg or .pdf.

    Raises:
        UsageError: the suffix is none of these, or the file cannot be written.
    """
    save_picture(lambda: draw_phases(phases), path)


def draw_phases(phases: Phases) -> Figure:
    """Return the picture as a figure."""
    figure = new_figure()
    charts = charts_of(phases)
    one = len(phases.diagram.panels) == 1 and len(phases.diagram.across.levels) <= BESIDE
    (_beside if one else _above)(figure, phases, charts)
    unit = {"epoch": "epoch of", "budget": "e-folds at"}[phases.by]
    jumped = any(cell.jump(phases.by) for _, _, _, cell in phases.diagram.cells())
    numbers = f" · numbers: {unit} the jump, median" if jumped else ""
    figure.suptitle(f"{plain(shorten(phases.name, 60))}{numbers}", x=0.01, ha="left", fontsize=SMALL + 2)
    return figure


def _beside(figure: Figure, phases: Phases, charts: Sequence[Draw]) -> None:
    """Draw one panel, and the charts beside and below it."""
    count = len(charts) + 1
    columns = min(count, 2)
    rows = -(-count // columns)
    tall = [max(_height(phases, 2) + 0.5, CHART), *[CHART] * (rows - 1)]
    figure.set_size_inches(WIDTH * columns / 2, sum(tall) + 0.3)
    axes = list(figure.subplots(rows, columns, squeeze=False, height_ratios=tall).ravel())
    _panel(axes[0], phases, phases.diagram.panels[0], 2)
    handles = _handles(phases)
    axes[0].legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=min(len(handles), 3),
        handlelength=1.4,
        columnspacing=1.2,
        frameon=False,
        fontsize=SMALL,
    )
    _charts(axes[1:], charts)


def _above(figure: Figure, phases: Phases, charts: Sequence[Draw]) -> None:
    """Draw all panels, and the charts below them."""
    panels = phases.diagram.panels
    columns = min(len(panels), ACROSS)
    rows = -(-len(panels) // columns)
    tall = [_height(phases, columns) * rows + 0.9, CHART * -(-len(charts) // 2)]
    figure.set_size_inches(WIDTH, sum(tall))
    parts: Any = figure.subfigures(2, 1, height_ratios=tall) if charts else [figure]
    axes = parts[0].subplots(rows, columns, squeeze=False).ravel()
    for ax, panel in zip(axes, panels, strict=False):
        _panel(ax, phases, panel, columns)
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    handles = _handles(phases)
    parts[0].legend(
        handles=handles, loc="outside lower center", ncols=min(len(handles), 6), frameon=False, fontsize=SMALL
    )
    if charts:
        columns = min(len(charts), 2)
        _charts(list(parts[1].subplots(-(-len(charts) // columns), columns, squeeze=False).ravel()), charts)


def _charts(axes: Sequence[Axes], charts: Sequence[Draw]) -> None:
    for ax, draw in zip(axes, charts, strict=False):
        draw(ax)
        style_axes(ax)
    for ax in axes[len(charts) :]:
        ax.set_axis_off()


def _height(phases: Phases, columns: int) -> float:
    """Return the inches that a panel needs, so that its cells are neither flat nor huge."""
    diagram = phases.diagram
    cell = min(WIDTH / columns / (len(diagram.across.levels) + 1.5), 0.75)
    return float(np.clip(cell * len(diagram.down.levels), 0.5, 6.0)) + 0.75


def _handles(phases: Phases) -> list[Patch]:
    from matplotlib.patches import Patch

    cells = [cell for _, _, _, cell in phases.diagram.cells()]
    used = {cell.word for cell in cells}
    handles = [
        Patch(facecolor=look.colour, edgecolor=FAINT, linewidth=0.5, label=f"{look.letter}  {word.value}")
        for word, look in LOOKS.items()
        if word in used
    ]
    if any(cell.share[0] < cell.share[1] for cell in cells):
        handles.append(Patch(alpha=0, label="*, 2/3  not all runs"))
    return handles


def _panel(ax: Axes, phases: Phases, panel: Panel, columns: int) -> None:
    from matplotlib.patches import Rectangle

    down, across = phases.diagram.down, phases.diagram.across
    height, width = len(down.levels), len(across.levels)
    room = WIDTH / columns / (width + 1.5)
    for row, cells in enumerate(panel.cells):
        for column, cell in enumerate(cells):
            if cell.word is None:
                continue
            look = LOOKS[cell.word]
            ax.add_patch(Rectangle((column, row), 1, 1, facecolor=look.colour, edgecolor="white", linewidth=0.8))
            if not cell.word.judged:
                hatch = Rectangle((column, row), 1, 1, facecolor="none", edgecolor="#cccccc", linewidth=0, hatch="///")
                ax.add_patch(hatch)
            text, size = _words(cell, phases.by, room)
            ax.text(column + 0.5, row + 0.5, text, color=look.ink, ha="center", va="center", fontsize=size)
    _border(ax, panel)
    ax.set_xlim(0, width)
    ax.set_ylim(*((0, height) if from_top(down)[0] else (height, 0)))
    labels = [plain(short(level.label)) for level in across.levels]
    crowded = max(map(len, labels)) * 0.07 > room
    ax.set_xticks(np.arange(width) + 0.5, labels, rotation=45 if crowded else 0, ha="right" if crowded else "center")
    ax.set_yticks(np.arange(height) + 0.5, [plain(short(level.label)) for level in down.levels])
    ax.set_xlabel(plain(across.name), fontsize=SMALL + 1)
    ax.set_ylabel(plain(down.name), fontsize=SMALL + 1)
    ax.tick_params(labelsize=SMALL, length=0)
    ax.spines[:].set_color(FAINT)
    title = place(dict(panel.fixed)) if panel.fixed else ""
    ax.set_title(plain(title), fontsize=SMALL + 1, loc="left")


def _words(cell: Cell, by: str, room: float) -> tuple[str, float]:
    """Return what stands in a cell and the size of its letters, for so many inches."""
    word, jump = cell.word, cell.jump(by)
    assert word is not None
    count, of = cell.share
    some = "" if count == of else "*" if room < NARROW else f" {share(cell)}"
    lines = [LOOKS[word].letter + some, *([number(jump.median, by)] if jump else [])]
    return "\n".join(lines), float(np.clip(room * 72 / (0.75 * max(*map(len, lines), 3)), 4.5, 11))


def _border(ax: Axes, panel: Panel) -> None:
    """Draw a line between cells that come to generalise and those that do not."""
    height, width = len(panel.cells), len(panel.cells[0])
    sides = [[_reaches(cell) for cell in cells] for cells in panel.cells]
    for row in range(height):
        for column in range(width):
            here = sides[row][column]
            if column + 1 < width and None not in (here, there := sides[row][column + 1]) and here != there:
                ax.plot([column + 1] * 2, [row, row + 1], color="black", linewidth=2.2, solid_capstyle="projecting")
            if row + 1 < height and None not in (here, there := sides[row + 1][column]) and here != there:
                ax.plot([column, column + 1], [row + 1] * 2, color="black", linewidth=2.2, solid_capstyle="projecting")


def _reaches(cell: Cell) -> bool | None:
    return cell.word in REACHED if cell.word is not None and cell.word.judged else None
