"""The page: template, styles and scripts put together, with nothing left to load."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from grokyolo.errors import UsageError
from grokyolo.files import write_output
from grokyolo.format import format_setting, format_size, page_text
from grokyolo.gap import Series
from grokyolo.verdict import Assessment
from grokyolo.view.report import words
from grokyolo.view.report.curves import Curves, curves_of
from grokyolo.view.report.figure import figure, layers
from grokyolo.view.report.gathering import Gathered, read_runs
from grokyolo.view.report.themes import DARK, LIGHT, THEMES

if TYPE_CHECKING:
    from markupsafe import Markup

SUFFIXES = frozenset({".html", ".htm"})
"""What the file of a report may end in."""
MOST_EVENTS = 500
"""Rows of a table of events; what is beyond is counted."""


def render(runs: Sequence[tuple[Series, Assessment]]) -> str:
    """Return the report of some runs as one HTML document that needs no network.

    Args:
        runs: at least one run with its verdict, in the order to show.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from grokyolo import __version__

    gathered = [read_runs(series, assessment) for series, assessment in runs]
    plotly, script, style = _plotly(), _text("page.js"), _style()
    environment = Environment(
        autoescape=True, finalize=page_text, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["breakable"] = _breakable
    return environment.from_string(_text("page.html")).render(
        version=__version__,
        title=runs[0][0].run if len(runs) == 1 else f"{len(runs)} runs",
        runs=[_view(number, run) for number, run in enumerate(gathered)],
        policy=_policy([plotly, script], style),
        style=Markup(style),
        plotly=Markup(plotly),
        script=Markup(script),
        data=Markup(_embedded(_data(gathered))),
        glossary=words.GLOSSARY,
    )


def save_report(runs: Sequence[tuple[Series, Assessment]], path: Path) -> None:
    """Write the report of some runs.

    Args:
        runs: at least one run with its verdict, in the order to show.
        path: ends in .html or .htm. A file of that name is replaced once the new one is complete.

    Raises:
        UsageError: another suffix, or the file cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"a report is an .html file, not {path.suffix or 'one without suffix'}",
            where=f"-o {path}",
            hint=f"-o {quote(str(path.with_suffix('.html') if path.name else path / 'report.html'))}",
        )
    if path.is_dir():
        raise UsageError("this is a folder", where=str(path), hint=f"-o {quote(str(path / 'report.html'))}")
    write_output(path, render(runs), what="report", elsewhere="-o FILE.html elsewhere")


def _view(number: int, run: Gathered) -> dict[str, Any]:
    """Return one run as the template shows it: words only, not yet escaped."""
    assessment, series = run.assessment, run.series
    head, rows = words.telling_table(run)
    return {
        "id": f"run-{number + 1}",
        "name": series.run,
        "verdict": assessment.verdict.value,
        "tone": words.TONES[assessment.verdict.value],
        "confidence": assessment.confidence.value,
        "confidence_means": words.CONFIDENCE[assessment.confidence.value],
        "rough": not series.like_for_like,
        "reason": assessment.reason,
        "highlights": words.highlights(run),
        "confounders": [str(event) for event in assessment.confounders],
        "waiting": run.waiting,
        "picture": words.picture(run),
        "telling_head": head,
        "telling_rows": rows,
        "plan": run.plan,
        "chosen": [(value.key, format_setting(value.value), value.source) for value in run.chosen],
        "defaults": [(value.key, format_setting(value.value), value.source) for value in run.defaults],
        "run_facts": run.run_facts,
        "environment": run.environment,
        "events": [
            (event.epoch, event.kind.value, event.kind.confounds, event.detail) for event in series.events[:MOST_EVENTS]
        ],
        "more_events": max(len(series.events) - MOST_EVENTS, 0),
        "checkpoints": [(file.name, format_size(file.size), file.purpose) for file in run.checkpoints],
        "checkpoints_size": format_size(sum(file.size for file in run.checkpoints)),
        "notes": run.notes,
    }


def _data(gathered: Sequence[Gathered]) -> dict[str, Any]:
    """Return what the page's script needs: columns of numbers, switches, and the figure in each theme."""
    runs = curves_of(gathered)
    scores = list(dict.fromkeys(run.series.score_name for run in gathered if run.series.score_name))
    score = scores[0] if len(scores) == 1 else "score"
    return {
        "runs": [{"name": run.name, "short": run.short, "columns": _columns(run)} for run in runs],
        "layers": layers(runs),
        "figures": {name: figure(runs, score, theme).to_plotly_json() for name, theme in THEMES.items()},
    }


def _columns(run: Curves) -> dict[str, list[Any]]:
    """Return the numbers of a run, and the words on its intervals, by the names that traces have for them."""
    words = {f"{part}_interval": bars.words(run.columns["epoch"]) for part, bars in run.bars.items()}
    return {**run.columns, **words}


def _breakable(name: str) -> Markup:
    """Return a long name that a narrow screen may break at its dots, strokes and underscores."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"(?<=[./_-])(?=\w)", "<wbr>", str(escape(page_text(name)))))


def _embedded(value: Any) -> str:
    """Return JSON that no HTML parser can leave, whatever names are in it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(scripts: Sequence[str], style: str) -> str:
    """Return the Content-Security-Policy: these scripts and nothing else, no network, no form, no frame."""
    allowed = " ".join(f"'sha256-{_digest(text)}'" for text in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _plotly() -> str:
    """Return the library that draws, with line ends as an HTML parser hands them to the script."""
    from plotly.offline import get_plotlyjs

    text: str = get_plotlyjs()
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _style() -> str:
    """Return the styles, with the colours that page and figure share."""
    return _text("page.css").replace("/* light */", LIGHT.css()).replace("/* dark */", DARK.css())


@lru_cache
def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")
