"""The page of a sweep: one HTML file that needs no network and runs no script."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from grokyolo.files import write_output
from grokyolo.format import MISSING, format_score, printable
from grokyolo.sweep.diagram import Panel, Phases
from grokyolo.sweep.outcome import Cell, Run, Word
from grokyolo.view.compare import COLOURS
from grokyolo.view.page import read_text, render_page
from grokyolo.view.panels import PAPER, UNDATED, new_figure, style_axes
from grokyolo.view.phase.charts import FAINT, GREY, Draw, descent_charts, law_charts
from grokyolo.view.phase.look import LOOKS, UNITS, from_top, number, place, share, times
from grokyolo.view.phase.table import critical_cells, descent_cells, group_cells

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_RUNS = 2000
"""Rows of the table of runs; what is beyond is counted, and in the CSV."""

SIZE = (6.2, 3.5)
"""Inches."""
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
VARIABLES = {
    **{colour.lower(): f"var(--c{number})" for number, colour in enumerate(COLOURS)},
    FAINT: "var(--soft)",
    GREY: "var(--train)",
    "#000000": "var(--ink)",
}
"""Colours of the picture and what they are called in the page, which has others in the dark."""


def save_phase_page(phases: Phases, path: Path) -> None:
    """Write the page of a sweep.

    Args:
        phases: of the sweep.
        path: ends in .html or .htm. A file of that name is replaced once the new one is complete.

    Raises:
        UsageError: the file cannot be written.
    """
    write_output(path, render(phases), what="page", elsewhere="--plot FILE.html elsewhere")


def render(phases: Phases) -> str:
    """Return the page of a sweep as one HTML document."""
    law = [chart_of(draw, " ".join(phases.law.sentences())) for draw in law_charts(phases)]
    axes = dict.fromkeys(one.axis for one in phases.descents)
    words = [" ".join(one.sentence() for one in phases.descents if one.axis == axis) for axis in axes]
    return render_page(
        "phase/page.html",
        style=read_text("phase/page.css") + _colours(),
        title=phases.name,
        recipe=phases.recipe,
        counts=[(word.value, _id(word), count) for word, count in phases.words.most_common()],
        runs_count=f"{len(phases.runs):,}",
        unit=UNITS[phases.by],
        score=phases.score_name or "score",
        legend=list(_legend(phases)),
        across=phases.diagram.across.name,
        down=phases.diagram.down.name,
        columns=[level.label for level in phases.diagram.across.levels],
        panels=[_panel(phases, panel) for panel in phases.diagram.panels],
        law=phases.law.sentences(),
        law_charts=law,
        shares=[
            (one.axis, [list(group_cells(group)) for group in one.groups]) for one in phases.law.shares if one.groups
        ],
        waiting=phases.law.waiting[:MOST_RUNS],
        criticals=[(place(one.fixed), *critical_cells(one), one.sentence()) for one in phases.criticals],
        critical_axis=phases.criticals[0].axis if phases.criticals else "",
        descents=[(one.axis, place(one.fixed), *descent_cells(one)) for one in phases.descents],
        charts=[chart_of(draw, about) for draw, about in zip(descent_charts(phases), words, strict=True)],
        axes=[axis.name for axis in phases.axes],
        runs=[_run(phases, run) for run in phases.runs[:MOST_RUNS]],
        more_runs=max(len(phases.runs) - MOST_RUNS, 0),
        notes=phases.notes,
    )


def _panel(phases: Phases, panel: Panel) -> dict[str, Any]:
    down = phases.diagram.down
    rows = [(down.levels[row].label, [_cell(cell, phases.by) for cell in panel.cells[row]]) for row in from_top(down)]
    return {"title": place(dict(panel.fixed)) if panel.fixed else "", "rows": rows}


def _cell(cell: Cell, by: str) -> dict[str, Any] | None:
    word = cell.word
    if word is None:
        return None
    lines = [
        (name, times(found, by))
        for name, found in (("memorised", cell.memorised(by)), ("jump", cell.jump(by)))
        if found
    ]
    if cell.score:
        lines.append(("score", format_score(cell.score.median)))
    jump = cell.jump(by)
    return {
        "id": _id(word),
        "letter": LOOKS[word].letter,
        "word": word.value,
        "share": share(cell),
        "unanimous": cell.share[0] == cell.share[1],
        "jump": number(jump.median, by) if jump else "",
        "lines": lines,
        "others": ", ".join(f"{count} {other.value}" for other, count in cell.words.items() if other is not word),
    }


def _run(phases: Phases, run: Run) -> dict[str, Any]:
    outcome = run.outcome
    moments = [moment.on(phases.by) if moment else None for moment in (outcome.memorised, outcome.jump)]
    return {
        "name": run.name,
        "id": _id(outcome.word),
        "word": outcome.word.value,
        "cells": [
            f"{outcome.epochs:,}" if outcome.epochs else MISSING,
            *(MISSING if moment is None else number(moment, phases.by) for moment in moments),
            format_score(outcome.score),
        ],
        "reason": outcome.reason,
    }


def _legend(phases: Phases) -> Iterable[tuple[str, str, str, str]]:
    used = {cell.word for _, _, _, cell in phases.diagram.cells()} | set(phases.words)
    for word, look in LOOKS.items():
        if word in used:
            yield _id(word), look.letter, word.value, look.meaning


def _id(word: Word) -> str:
    return f"w-{word.value.replace(' ', '-')}"


def _colours() -> str:
    rules = (f".{_id(word)}{{background:{look.colour};color:{look.ink}}}" for word, look in LOOKS.items())
    return "\n".join(rules)


# Charts: those of the picture, in the colours of the page, with words behind every dot --------------------------


@dataclass(frozen=True)
class Chart:
    """One chart of the page.

    Attributes:
        title: above it.
        svg: the drawing.
    """

    title: str
    svg: Markup


def chart_of(draw: Draw, words: str) -> Chart:
    """Return a chart of the picture for the page.

    Args:
        draw: from `charts`.
        words: what the chart shows, for those who cannot see it.
    """
    from markupsafe import Markup
    from matplotlib import rc_context

    figure = new_figure(figsize=SIZE, facecolor="none")
    ax = figure.subplots()
    titles = draw(ax)
    style_axes(ax)
    ax.patch.set_visible(False)
    title = ax.get_title(loc="left")
    ax.set_title("", loc="left")
    file = io.StringIO()
    with rc_context(PAPER):
        figure.savefig(file, format="svg", metadata=UNDATED[".svg"])
    root = ET.fromstring(file.getvalue())
    _fit_into_page(root, words)
    for group in root.iter(f"{{{SVG}}}g"):
        if texts := titles.get(group.get("id", "")):
            group.set("class", "dots")
            for dot, text in zip(group.iter(f"{{{SVG}}}use"), texts, strict=True):
                ET.SubElement(dot, f"{{{SVG}}}title").text = printable(text)
    _drop_ids(root)
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    return Chart(title[:1].upper() + title[1:], Markup(ET.tostring(root, encoding="unicode")))


def _fit_into_page(root: ET.Element, words: str) -> None:
    """Let the page choose size and colours."""
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", printable(words))
    for name in ("metadata", "defs"):
        for part in root.findall(f"{{{SVG}}}{name}"):
            if name == "metadata" or part.find(f"{{{SVG}}}style") is not None:
                root.remove(part)
    for part in root.iter():
        if style := part.get("style"):
            for colour, variable in VARIABLES.items():
                style = style.replace(colour, variable)
            part.set("style", style)


def _drop_ids(root: ET.Element) -> None:
    """Remove names that nothing refers to: several charts of a page have the same."""
    used = set(_references(root))
    for part in root.iter():
        if part.get("id") not in used:
            part.attrib.pop("id", None)


def _references(root: ET.Element) -> Iterator[str]:
    for part in root.iter():
        for value in part.attrib.values():
            if value.startswith("#"):
                yield value[1:]
            elif value.startswith("url(#"):
                yield value[5:-1]
