"""Runs next to each other: a table that fits 80 columns, and one picture with all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from grokyolo.compare import HALF, MOST, By, Compared, Comparison, Cost, Difference, clock
from grokyolo.format import MISSING, format_duration, format_name, format_score, format_short, printable, shorten
from grokyolo.gap.series import FloatArray
from grokyolo.view.console import plain_table
from grokyolo.view.panels import (
    CLOCKS,
    LINES,
    NUMBERS,
    PLAIN,
    SMALL,
    Look,
    new_figure,
    number_decades,
    plain,
    points_to_draw,
    save_picture,
    scale_losses,
    style_axes,
)
from grokyolo.view.table import STYLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours without the yellow, which white paper swallows."""
MARKERS = ("o", "s", "^", "D")
"""They change with every run, so that runs are told apart in grey, and colours and markers repeat only after 28."""
MARKED_EVERY = 0.15
"""Share of the picture between two markers of a curve."""
ACROSS = 3
"""So many runs have a column each in the list of differences; of more, runs with the same value share a line."""
VALUE_WIDTH = 24
SCORED = 8
"""Runs whose scores fit next to each other into 80 columns."""
NAMES = {HALF: "half", MOST: "90 %"}


def compare_tables(comparison: Comparison) -> RenderableType:
    """Return everything about a comparison as text; fits 80 columns."""
    parts: list[RenderableType] = [_runs(comparison)]
    for share in (HALF, MOST):
        parts += [Text(), *_race(comparison, share)]
    if len(comparison.positions) and comparison.best_final is not None:
        parts += [Text(), _scores(comparison)]
    parts += [Text(), *_differences(comparison)]
    parts += [Text.assemble(("note: ", "dim"), printable(note)) for note in comparison.notes]
    return Group(*parts)


def _table(*columns: str, left: Sequence[str] = ()) -> Table:
    table = plain_table(*columns, left=left, no_wrap=True, vertical="bottom")
    table.columns[0].no_wrap = False
    return table


def _runs(comparison: Comparison) -> Table:
    name = next((run.series.score_name for run in comparison.runs if run.series.score_name), "score")
    table = _table("", "run", "verdict", "epochs", "memo-\nrised", "jump", f"final\n{name}", left=("run", "verdict"))
    table.columns[1].no_wrap = False
    table.columns[1].overflow = "fold"
    for column in table.columns:
        column.vertical = "top"
    for run in comparison.runs:
        assessment = run.assessment
        table.add_row(
            Text(run.label, style="bold"),
            escape(format_name(run.series.run)),
            f"[{STYLES[assessment.verdict]}]{assessment.verdict.value}[/]",
            str(assessment.epochs),
            str(assessment.memorised_epoch or MISSING),
            str(assessment.jump.epoch if assessment.jump else MISSING),
            format_score(run.final),
        )
    return table


def _race(comparison: Comparison, share: float) -> list[RenderableType]:
    """Return who reached a share of the best final level first, and what it cost each."""
    if comparison.best_final is None:
        return [Text(f"who came to {NAMES[share]} of the best first: no run has a score")] if share == HALF else []
    head = f"{NAMES[share]} of the best final level ({format_score(share * comparison.best_final)})"
    first = [run.label for run in comparison.first(share)]
    who = f"first by {comparison.by.value}: {', '.join(first)}" if first else "nobody reached it for good"
    table = _table("", "epoch", "steps", "time", "e-folds")
    for run in comparison.runs:
        table.add_row(Text(run.label, style="bold green" if run.label in first else "bold"), *_costs(run.cost(share)))
    return [Text.assemble((head, "bold"), f": {who}"), table]


def _costs(cost: Cost | None) -> list[str]:
    if cost is None:
        return ["never", *[MISSING] * 3]
    return [
        f"{cost.epoch:,}",
        MISSING if cost.step is None else f"{cost.step:,.0f}",
        MISSING if cost.seconds is None else format_duration(cost.seconds),
        format_short(cost.budget),
    ]


def _scores(comparison: Comparison) -> Table:
    shown = comparison.runs[:SCORED]
    table = _table(f"score by {comparison.by.value}", *(run.label for run in shown))
    table.columns[0].justify = "right"
    for i, place in enumerate(comparison.positions.tolist()):
        table.add_row(_place(place, comparison.by), *(format_score(run.scores[i]) for run in shown))
    if len(shown) < len(comparison.runs):
        table.caption = f"and {len(comparison.runs) - len(shown)} more runs; --json has them all"
    return table


def _place(value: float, by: By) -> str:
    if by is By.TIME:
        return format_duration(value)
    return format_short(value) if by is By.BUDGET else f"{value:,.0f}"


def _differences(comparison: Comparison) -> list[RenderableType]:
    known = [run for run in comparison.runs if run.settings]
    if not comparison.differences:
        what = "nothing in their settings" if len(known) > 1 else "not known"
        return [Text.assemble(("what differs", "bold"), f": {what}")]
    if len(comparison.runs) <= ACROSS:
        table = _table("what differs", *(run.label for run in comparison.runs))
        for one in comparison.differences:
            table.add_row(Text(one.key), *(_value(value) for value in one.values))
        return [table]
    table = _table("what differs", "value", "runs", left=("value", "runs"))
    table.columns[2].no_wrap = False
    for one in comparison.differences:
        for number, (value, names) in enumerate(_grouped(one, comparison.runs).items()):
            table.add_row(Text("" if number else one.key), Text(value), Text(names))
    return [table]


def _grouped(difference: Difference, runs: Sequence[Compared]) -> dict[str, str]:
    groups: dict[str, list[str]] = {}
    for run, value in zip(runs, difference.values, strict=True):
        groups.setdefault(_value(value).plain, []).append(run.label)
    return {value: " ".join(names) for value, names in groups.items()}


def _value(value: object) -> Text:
    text = Text(MISSING if value is None else printable(str(value)) or "''")
    text.truncate(VALUE_WIDTH, overflow="ellipsis")
    return text


# The picture -----------------------------------------------------------------------------------------------------


def save_comparison(comparison: Comparison, path: Path, look: Look = PLAIN) -> None:
    """Draw all runs into one picture and write it.

    Args:
        comparison: the runs; a dot marks 50 % of each jump.
        path: ends in .png, .svg or .pdf.
        look: how it is wanted; the clock is that of the comparison.

    Raises:
        UsageError: the suffix is none of these, no run can be drawn, or the file cannot be written.
    """
    save_picture(lambda: draw_comparison(comparison, look), path)


def draw_comparison(comparison: Comparison, look: Look = PLAIN) -> Figure:
    """Return the picture: scores above losses, validation solid and probe dashed, over the clock of the comparison."""
    figure = new_figure(figsize=look.size or (8, 6.5))
    above, below = figure.subplots(2, 1, sharex=True)
    handles = []
    for run, colour, marker in zip(comparison.runs, cycle(COLOURS), cycle(MARKERS), strict=False):
        label = f"{run.label}  {_caption(run)}"
        style = {"color": colour, "marker": marker, "markersize": 4, "markevery": MARKED_EVERY}
        val = {**style, "linewidth": 1.6}
        probe = {**style, "linewidth": 0.9, "linestyle": LINES["probe"]["linestyle"], "alpha": 0.7}
        at = clock(run.series, comparison.by)
        _line(above, at, run.series.val_score, **val)
        _line(above, at, run.series.probe_score, **probe)
        handles += _line(below, at, run.series.val_loss, label=label, **val)
        _line(below, at, run.series.probe_loss, **probe)
        _mark_jump(above, run, at, colour)
    _label_axes(above, below, comparison, look)
    if handles:
        figure.legend(handles=handles, loc="outside lower center", frameon=False, fontsize=SMALL)
    return figure


def _caption(run: Compared) -> str:
    return f"{plain(shorten(run.series.run, 60))} · {run.assessment.verdict.value}"


def _line(ax: Axes, at: FloatArray, values: FloatArray, **style: Any) -> list[Any]:
    known = np.flatnonzero(np.isfinite(values) & np.isfinite(at) & (at > 0))
    if not len(known):
        return []
    rising = known[np.maximum.accumulate(at[known]) == at[known]]
    kept = rising[points_to_draw(at[rising], values[rising])]
    return list(ax.plot(at[kept], values[kept], **style))


def _mark_jump(ax: Axes, run: Compared, at: FloatArray, colour: str) -> None:
    if run.assessment.jump is None:
        return
    row = int(np.argmin(np.abs(run.series.epoch - run.assessment.jump.epoch)))
    if math.isfinite(at[row]) and math.isfinite(run.series.val_score[row]):
        ax.plot([at[row]], [run.series.val_score[row]], marker="o", markersize=9, color=colour, linestyle="none")


def _label_axes(above: Axes, below: Axes, comparison: Comparison, look: Look) -> None:
    names = {run.series.score_name for run in comparison.runs if run.series.score_name}
    above.set_ylabel(" / ".join(sorted(names)) or "score", fontsize=SMALL + 1)
    title = "validation solid, probe dashed; a large dot half way up a jump" if look.title is None else look.title
    above.set_title(title, loc="left", fontsize=SMALL + 1)
    below.set_ylabel("loss", fontsize=SMALL + 1)
    below.set_xlabel(CLOCKS[comparison.by], fontsize=SMALL + 1)
    if below.lines:
        below.set_xscale("log")
        at = np.concatenate([np.asarray(line.get_xdata(), dtype=float) for line in below.lines])
        number_decades(below.xaxis, float(at.min()), float(at.max()), NUMBERS)
        scale_losses(below, [np.asarray(line.get_ydata()) for line in below.lines])
    for ax in (above, below):
        style_axes(ax)
