"""Runs at a glance: several of them in one table, one of them in one line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from grokyolo.format import MISSING, format_duration, format_score, printable
from grokyolo.view.progress import fitted
from grokyolo.view.screen import QUIET, View, last_known
from grokyolo.view.table import ROUGH_NOTE, STYLES, last_gap

FINISHED = "finished"
"""State of a run that has all its epochs."""
OTHER_COLUMNS = 60
"""What the table needs beside the names of the runs."""


def many(views: Sequence[View], width: int, height: int) -> Table:
    """Return the table of several runs: at most `height` lines of at most `width` columns.

    Where not all have room, those that go on are shown before those that are over.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold", show_edge=False)
    table.add_column("run", no_wrap=True)
    for name in ("epoch", "left", "verdict", "probe", "val", "gap"):
        table.add_column(name, justify="left" if name == "verdict" else "right", no_wrap=True)
    rough = any(view.assessment is not None and not view.assessment.like_for_like for view in views)
    room = height - 1 - rough
    shown = list(views) if len(views) <= room else _chosen(views, room - 1)
    for view in shown:
        table.add_row(_name(view, width - OTHER_COLUMNS), *_row(view))
    if len(shown) < len(views):
        table.add_row(Text(f"and {len(views) - len(shown)} more", style="dim"))
    if rough:
        table.caption, table.caption_justify = ROUGH_NOTE, "left"
    return table


def _chosen(views: Sequence[View], count: int) -> list[View]:
    """Return so many of the runs in their order, first of all those that go on."""
    over = [view.state == FINISHED or view.over or view.state.startswith(QUIET) for view in views]
    first = sorted(range(len(views)), key=lambda i: over[i])[:count]
    return [views[i] for i in sorted(first)]


def _name(view: View, room: int) -> Text:
    name = printable(view.run.rstrip("/")) or view.run
    if cell_len(name) > room:  # runs of one folder differ in their ends
        name = f"…{set_cell_size(name[::-1], room - 1)[::-1]}"
    return Text(name)


def _row(view: View) -> list[Text]:
    series, assessment = view.series, view.assessment
    if series is None or assessment is None:
        return [Text("–"), Text(view.state), *[Text("–")] * 4]
    return [
        Text(f"{view.epoch}" + ("" if view.epochs is None else f"/{view.epochs}")),
        Text(_left(view)),
        Text(assessment.verdict.value, style=STYLES[assessment.verdict]),
        Text(format_score(last_known(series.probe_score))),
        Text(format_score(last_known(series.val_score))),
        Text(last_gap(assessment)),
    ]


def _left(view: View) -> str:
    if view.state == FINISHED or view.over:
        return view.state
    if view.state.startswith(QUIET):
        return "quiet"
    return MISSING if view.time_left is None else format_duration(view.time_left)


def line(view: View, width: int) -> str:
    """Return one run in one line, as much of it as fits."""
    if view.series is None or view.assessment is None:
        return view.said
    score, probe = last_known(view.series.val_score), last_known(view.series.probe_score)
    fields = [
        (0, f"{view.epoch}" + ("" if view.epochs is None else f"/{view.epochs}")),
        (3, f"{view.series.score_name or 'score'} probe {format_score(probe)} val {format_score(score)}"),
        (1, view.assessment.verdict.value),
        (4, view.state),
    ]
    if view.time_left is not None:
        fields.append((2, f"{format_duration(view.time_left)} left"))
    if view.next_command:
        fields.append((5, f"next: {view.next_command}"))
    return fitted(fields, width)
