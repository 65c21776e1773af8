"""The page of a sweep: one HTML file that needs no network and runs no script."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from grokyolo.files import write_output
from grokyolo.format import MISSING, format_score, page_text
from grokyolo.sweep.diagram import Panel, Phases
from grokyolo.sweep.outcome import Cell, Run, Word
from grokyolo.view.phase.charts import descent_charts, law_charts
from grokyolo.view.phase.look import LOOKS, MEANINGS, from_top, number, place, share, times
from grokyolo.view.phase.svg import chart_of
from grokyolo.view.phase.table import critical_cells, descent_cells, group_cells

MOST_RUNS = 2000
"""Rows of the table of runs; what is beyond is counted, and in the CSV."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


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
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from grokyolo import __version__

    law = [chart_of(draw, " ".join(phases.law.sentences())) for draw in law_charts(phases)]
    axes = dict.fromkeys(one.axis for one in phases.descents)
    words = [" ".join(one.sentence() for one in phases.descents if one.axis == axis) for axis in axes]
    environment = Environment(
        autoescape=True, finalize=page_text, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["drawn"] = Markup
    return environment.from_string(_text("grokyolo.view.phase", "page.html")).render(
        version=__version__,
        policy=POLICY,
        style=Markup(_text("grokyolo.view.report", "page.css") + _text("grokyolo.view.phase", "page.css") + _colours()),
        name=phases.name,
        recipe=phases.recipe,
        counts=[(word.value, _id(word), count) for word, count in phases.words.most_common()],
        runs_count=f"{len(phases.runs):,}",
        unit={"epoch": "epochs", "budget": "e-folds of weight decay"}[phases.by],
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
            yield _id(word), look.letter, word.value, MEANINGS[word]


def _id(word: Word) -> str:
    return f"w-{word.value.replace(' ', '-')}"


def _colours() -> str:
    rules = (f".{_id(word)}{{background:{look.colour};color:{look.ink}}}" for word, look in LOOKS.items())
    return "\n".join(rules)


@lru_cache
def _text(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")
