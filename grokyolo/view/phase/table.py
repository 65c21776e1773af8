"""What a sweep shows, as text: the diagram, the law, critical sizes, double descent; and its runs as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from grokyolo.files import write_output
from grokyolo.format import MISSING, format_score, format_short, printable
from grokyolo.gap.log import format_float
from grokyolo.sweep.axes import label_of
from grokyolo.sweep.critical import Border, Critical
from grokyolo.sweep.decay_law import AxisEffect, Law, LevelGroup
from grokyolo.sweep.descent import Course, Descent
from grokyolo.sweep.diagram import Panel, Phases
from grokyolo.sweep.outcome import Cell, Moment, Run
from grokyolo.view.console import plain_table
from grokyolo.view.phase.look import LOOKS, UNITS, clearest, from_top, number, place, share, short, times

WIDE = 20
"""Columns that a cell needs to say its word and its times; with fewer it says its letter and the time of the jump."""
SHARED = 6
"""Columns that a cell needs to say how many of its runs agree; with fewer a star says that not all do."""
MOST_ROWS = 24
"""Parts of a sweep that are listed one by one, at most."""
NAMED = 3
"""So many runs that did not jump are named; `--json` has them all."""

FORMULAS = ("=", "+", "-", "@")
COLUMNS = (
    "run", "word", "state", "verdict", "epochs", "planned", "memorised_epoch",
    "memorised_budget", "jump_epoch", "jump_budget", "lateness", "budget", "budget_per_epoch",
    "score", "loss", "train_images", "like_for_like", "reason",
)  # fmt: skip


def phase_tables(phases: Phases, width: int = 80) -> RenderableType:
    """Return everything that a sweep shows as text.

    Args:
        phases: of the sweep.
        width: columns of the terminal.
    """
    parts: list[RenderableType] = [_heading(phases)]
    for panel in phases.diagram.panels:
        parts += [Text(), *_panel(phases, panel, width)]
    parts += [Text(), *_law(phases.law)]
    if phases.criticals:
        parts += [Text(), *_criticals(phases)]
    if phases.descents:
        parts += [Text(), *_descents(phases.descents)]
    if phases.notes:
        parts += [Text(), *(Text.assemble(("note: ", "dim"), printable(note)) for note in phases.notes)]
    return Group(*parts)


def _table(*columns: str, left: Sequence[str] = ()) -> Table:
    return plain_table(*map(escape, columns), left=[escape(name) for name in left], vertical="top", overflow="fold")


def _heading(phases: Phases) -> Text:
    text = Text.assemble((printable(phases.name), "bold"), "\n")
    counts = [f"{count} {word.value}" for word, count in phases.words.most_common()]
    runs = "1 run" if len(phases.runs) == 1 else f"{len(phases.runs):,} runs"
    text.append(f"{runs}: {', '.join(counts)}\n")
    seeds = [axis for axis in phases.diagram.pooled if axis.is_seed]
    over = f", median (least–largest) over {len(seeds[0].levels)} seeds" if seeds else ""
    text.append(f"times in {UNITS[phases.by]}{over}", style="dim")
    return text


def _panel(phases: Phases, panel: Panel, width: int) -> list[RenderableType]:
    down, across = phases.diagram.down, phases.diagram.across
    labels = [printable(short(level.label)) for level in down.levels]
    first = max([len(down.name), *map(len, labels)]) if down.key else 0
    room = (width - first - 1) // max(len(across.levels), 1) - 2
    heads = [short(level.label) for level in across.levels]
    table = _table(down.name, *heads, left=heads)
    table.columns[0].no_wrap = True
    table.padding = (0, 1, 0, 0) if room < SHARED else (0, 1)
    for row in from_top(down):
        if room >= WIDE and table.row_count:
            table.add_row()
        table.add_row(Text(labels[row], style="bold"), *(_cell(cell, phases.by, room) for cell in panel.cells[row]))
    parts: list[RenderableType] = []
    if panel.fixed:
        parts.append(Text(printable(place(dict(panel.fixed))), style="bold"))
    if across.key:
        parts.append(Text.assemble(" " * (first + 2), (across.name, "bold"), (" →", "dim")))
    return [*parts, table, *([] if room >= WIDE else [_legend(phases, panel, room)])]


def _legend(phases: Phases, panel: Panel, room: int) -> Text:
    cells = [cell for row in panel.cells for cell in row]
    used = {cell.word for cell in cells}
    words = ", ".join(f"{look.letter} {word.value}" for word, look in LOOKS.items() if word in used)
    jumped = "; below: the jump" if any(cell.jump(phases.by) for cell in cells) else ""
    starred = "; * not all runs" if room < SHARED and any(cell.share[0] < cell.share[1] for cell in cells) else ""
    return Text(f"{words}{jumped}{starred}", style="dim")


def _cell(cell: Cell, by: str, room: int) -> Text:
    word = cell.word
    if word is None:
        return Text("")
    look, jump = LOOKS[word], cell.jump(by)
    if room < WIDE:
        count, of = cell.share
        some = "" if count == of else "*" if room < SHARED else share(cell)
        text = Text(f"{look.letter}{some}", style=look.style)
        return text.append(f"\n{number(jump.median, by)}", style="default") if jump else text
    text = Text.assemble((word.value, look.style), f" {share(cell)}")
    memorised, score = cell.memorised(by), cell.score
    if memorised:
        text.append(f"\nmemo {times(memorised, by)}")
    if jump:
        some = "" if jump.count == len(cell.runs) else f", {jump.count} of {len(cell.runs)}"
        text.append(f"\njump {times(jump, by)}{some}")
    if score:
        text.append(f"\nscore {format_score(score.median)}")
    return text


def _law(law: Law) -> list[RenderableType]:
    parts: list[RenderableType] = [Text("does the jump keep the time of the decay budget?", style="bold")]
    parts += [Text(sentence) for sentence in law.sentences()]
    if law.waiting:
        names = ", ".join(map(printable, law.waiting[:NAMED]))
        more = len(law.waiting) - NAMED
        parts.append(Text(f"not jumped: {names}{f' and {more} more (--json)' if more > 0 else ''}", style="dim"))
    if len(law.jumps):
        parts += [Text(), _shares(law.shares)]
    return parts


def _shares(shares: Sequence[AxisEffect]) -> Table:
    table = _table("", "", "jumped", "not yet", "e-folds", "scatter", "epoch", left=[""])
    for one in shares:
        for row, group in enumerate(one.groups):
            table.add_row(Text("" if row else printable(one.axis), style="bold"), *map(printable, group_cells(group)))
    return table


def group_cells(group: LevelGroup) -> tuple[str, ...]:
    """Return level, runs that jumped and did not, e-folds at the jump, their scatter, and its epoch."""
    return (
        short(group.level),
        str(group.jumped),
        str(group.waiting),
        MISSING if group.budget is None else number(group.budget, "budget"),
        MISSING if group.spread is None else f"×÷{group.spread:.2f}",
        MISSING if group.epoch is None else number(group.epoch, "epoch"),
    )


def _criticals(phases: Phases) -> list[RenderableType]:
    found = phases.criticals
    unit = "e-folds" if phases.by == "budget" else "epochs"
    within = "" if phases.within is None else f" within {phases.within:g} {unit}"
    parts: list[RenderableType] = [
        Text(f"from which {found[0].axis} on does a run generalise{within}?", style="bold"),
    ]
    table = _table("", "critical", "95 %", "runs", left=["critical"])
    table.columns[1].min_width = 22
    for one in sorted(found, key=lambda one: one.estimate is None)[:MOST_ROWS]:
        table.add_row(_fixed(one.fixed), *critical_cells(one))
    return [*parts, table, *_more(len(found))]


def _more(count: int) -> list[Text]:
    return [Text(f"and {count - MOST_ROWS} more (--json)", style="dim")] if count > MOST_ROWS else []


def _fixed(fixed: dict[str, str]) -> Text:
    return Text(printable(place(fixed)), style="bold")


def critical_cells(found: Critical) -> tuple[str, str, str]:
    """Return where the border is, its interval, and how many runs tell."""
    hits, runs = sum(one.reached for one in found.tried), sum(one.runs for one in found.tried)
    if not found.tried:
        return "no run tells", MISSING, "0"
    words = {
        Border.SHARP: f"between {format_short(found.below)} and {format_short(found.above)}",
        Border.BLURRED: f"half at {format_short(found.estimate)}",
        Border.BELOW: f"all do, down to {format_short(found.tried[0].size)}",
        Border.ABOVE: f"none, up to {format_short(found.tried[-1].size)}",
        Border.NONE: f"no border: {hits} of {runs}",
    }[found.border]
    if found.border in {Border.SHARP, Border.BLURRED} and not found.rising:
        words += ", smaller do"
    left = f" (+{found.left_out} left out)" if found.left_out else ""
    return words, _interval(found), f"{runs}{left}"


def _interval(found: Critical) -> str:
    if found.low is None and found.high is None:
        return MISSING
    low, high = ("" if end is None else format_short(end) for end in (found.low, found.high))
    return f"{low}–{high}"


def _descents(found: Sequence[Descent]) -> list[RenderableType]:
    parts: list[RenderableType] = [Text("does the test error descend twice over size?", style="bold")]
    for axis in dict.fromkeys(one.axis for one in found):
        same = [one for one in found if one.axis == axis]
        table = _table(f"{same[0].kind or 'over'} ({axis})", "error", "peak", "course", left=["course"])
        for one in clearest(same, MOST_ROWS):
            table.add_row(_fixed(one.fixed), *descent_cells(one))
        parts += [table, *_more(len(same))]
    return parts


def descent_cells(found: Descent) -> tuple[str, str, str]:
    """Return the error at both ends, its peak, and its course."""
    first, last = found.sizes[0], found.sizes[-1]
    ends = f"{first.mean:.3f} → {last.mean:.3f}"
    if found.peak is None:
        return ends, MISSING, found.course.value
    peak = found.sizes[found.peak]
    course = found.course.value
    if found.course is Course.UNKNOWN:
        course = "rises and falls, by chance?" if found.sure is False else "rises and falls; one run a size"
    return ends, f"{peak.mean:.3f} at {peak.label}", course


# The CSV file ----------------------------------------------------------------------------------------------------


def save_sheet(phases: Phases, path: Path) -> None:
    """Write one row a run; what is not known is empty.

    Args:
        phases: of the sweep.
        path: the file; one of that name is replaced once the new one is complete.

    Raises:
        UsageError: the file cannot be written.
    """
    write_output(path, sheet(phases), what="table", elsewhere="--csv FILE elsewhere")


def sheet(phases: Phases) -> str:
    """Return the rows as text: the axes by their keys, then what became of each run."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(map(harmless, [*(axis.key for axis in phases.axes), *COLUMNS]))
    for run in phases.runs:
        labels = [label_of(run.values.get(axis.key)) for axis in phases.axes]
        rows.writerow(map(harmless, [*labels, *_sheet_cells(run)]))
    return text.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: text that begins like one gets a `'` before it."""
    cell = printable(cell, keep_lines=True)
    if not cell.startswith(FORMULAS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _sheet_cells(run: Run) -> list[str]:
    outcome = run.outcome
    return [
        run.name,
        outcome.word.value,
        outcome.state.value,
        outcome.verdict.value if outcome.verdict else "",
        str(outcome.epochs),
        "" if outcome.planned is None else str(outcome.planned),
        *_moment(outcome.memorised),
        *_moment(outcome.jump),
        format_float(outcome.lateness),
        *_moment(outcome.end)[1:],
        format_float(outcome.rate),
        format_float(outcome.score),
        format_float(outcome.loss),
        "" if outcome.train_images is None else str(outcome.train_images),
        str(outcome.like_for_like).lower(),
        outcome.reason,
    ]


def _moment(moment: Moment | None) -> tuple[str, str]:
    return ("", "") if moment is None else (str(moment.epoch), format_float(moment.budget))
