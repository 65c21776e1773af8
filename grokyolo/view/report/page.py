"""The report: one HTML file with the verdicts, the curves and everything that is known about some runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from grokyolo.errors import UsageError
from grokyolo.files import write_output
from grokyolo.format import format_loss, format_score, format_setting, format_size
from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.verdict import Assessment
from grokyolo.view.page import THEMES, read_text, render_page
from grokyolo.view.report.curves import Curves, curves_of
from grokyolo.view.report.facts import RunFacts, read_facts
from grokyolo.view.report.figure import figure, layers
from grokyolo.view.table import telling_rows

SUFFIXES = frozenset({".html", ".htm"})
"""What the file of a report may end in."""
MOST_EVENTS = 500
"""Rows of a table of events; what is beyond is counted."""
TONES = {
    "grokked": "good",
    "generalising": "good",
    "delayed-jump": "notable",
    "double-descent": "notable",
    "memorising": "waiting",
    "overfitting": "bad",
    "diverged": "bad",
    "undecided": "open",
}

CONFIDENCE = {
    "firm": "20 validation images or more",
    "indicative": "under 20 validation images: one image moves the score a lot",
    "loss-only": "under 8 validation images: may rest on losses alone",
}

GLOSSARY = (
    ("probe", "a fixed part of the training images, scored exactly as validation is"),
    ("score", "the headline metric of the task, between 0 and 1"),
    ("like-for-like gap", "validation against probe: same weights, same validator, same epoch, no augmentation"),
    ("rough gap", "validation against the running train loss: all that a plain log allows"),
    ("memorised", "the probe stays near its ceiling and validation does not"),
    ("jump", "the lasting rise of the validation score after the plateau; it starts at 10 % and ends at 90 % of it"),
    ("lateness", "epoch half way up the jump, divided by the epoch of memorising"),
    ("confounder", "something other than learning that moves a curve"),
    ("decay budget", "by how many e-folds weight decay alone would shrink the weights"),
    ("90 % interval", "how much a score would move with other images from the same source"),
)


def render(runs: Sequence[tuple[Series, Assessment]]) -> str:
    """Return the report of some runs as one HTML document that needs no network.

    Args:
        runs: at least one run with its verdict, in the order to show.
    """
    from markupsafe import Markup

    facts = [read_facts(series, assessment) for series, assessment in runs]
    return render_page(
        "report/page.html",
        scripts=[_plotly(), read_text("report/page.js")],
        title=runs[0][0].run if len(runs) == 1 else f"{len(runs)} runs",
        runs=[_view(number, run) for number, run in enumerate(facts)],
        data=Markup(_embedded(_data(facts))),
        glossary=GLOSSARY,
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


def _view(number: int, run: RunFacts) -> dict[str, Any]:
    """Return one run as the template shows it: words only, not yet escaped."""
    assessment, series = run.assessment, run.series
    head, rows = telling_table(run)
    return {
        "id": f"run-{number + 1}",
        "name": series.run,
        "verdict": assessment.verdict.value,
        "tone": TONES[assessment.verdict.value],
        "confidence": assessment.confidence.value,
        "confidence_means": CONFIDENCE[assessment.confidence.value],
        "rough": not series.like_for_like,
        "reason": assessment.reason,
        "highlights": highlights(run),
        "confounders": [str(event) for event in assessment.confounders],
        "waiting": run.waiting,
        "picture": list(sentences(run)),
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


def _data(facts: Sequence[RunFacts]) -> dict[str, Any]:
    """Return what the page's script needs: columns of numbers, switches, and the figure in each theme."""
    runs = curves_of(facts)
    scores = list(dict.fromkeys(run.series.score_name for run in facts if run.series.score_name))
    score = scores[0] if len(scores) == 1 else "score"
    return {
        "runs": [{"name": run.name, "short": run.short, "columns": _columns(run)} for run in runs],
        "layers": layers(runs),
        "figures": {name: figure(runs, score, theme).to_plotly_json() for name, theme in THEMES.items()},
    }


def _columns(run: Curves) -> dict[str, list[Any]]:
    """Return the numbers of a run, and the words on its intervals, by the names that traces have for them."""
    intervals = {f"{part}_interval": bars.words(run.columns["epoch"]) for part, bars in run.bars.items()}
    return {**run.columns, **intervals}


def _embedded(value: Any) -> str:
    """Return JSON that no HTML parser can leave, whatever names are in it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@lru_cache(maxsize=1)
def _plotly() -> str:
    """Return the library that draws, with line ends as an HTML parser hands them to the script."""
    from plotly.offline import get_plotlyjs

    text: str = get_plotlyjs()
    return text.replace("\r\n", "\n").replace("\r", "\n")


# In words ----------------------------------------------------------------------------------------------------------


def highlights(run: RunFacts) -> list[tuple[str, str]]:
    """Return the few numbers that stand beside the verdict."""
    assessment = run.assessment
    pairs = [("epochs", f"{assessment.epochs:,}")]
    if assessment.memorised_epoch is not None:
        pairs.append(("memorised at", f"{assessment.memorised_epoch:,}"))
    if assessment.jump is not None:
        jump = assessment.jump
        pairs.append(("jump at", f"{jump.epoch:,} ({jump.start:,}–{jump.end:,})"))
        if jump.lateness is not None:
            pairs.append(("lateness", f"{jump.lateness:.1f}×"))
    if assessment.best_score and assessment.best_epoch is not None:  # of scores that are all 0 none is best
        score = assessment.score_name or "score"
        pairs.append((f"best {score}", f"{format_score(assessment.best_score)} at {assessment.best_epoch:,}"))
    if assessment.like_for_like and assessment.score_gap is not None:
        pairs.append(("last score gap", format_score(assessment.score_gap)))
    elif assessment.loss_gap is not None:
        kind = "loss gap" if assessment.like_for_like else "rough loss gap"
        pairs.append((f"last {kind}", format_loss(assessment.loss_gap)))
    return pairs


def sentences(run: RunFacts) -> Iterator[str]:
    """Yield what the curves show, for those who cannot see them."""
    series, assessment = run.series, run.assessment
    score = series.score_name or "score"
    curves = (
        (f"validation {score}", series.val_score, True),
        (f"probe {score}", series.probe_score, True),
        ("validation loss", series.val_loss, False),
        ("probe loss", series.probe_loss, False),
        ("train loss (running mean, rough)", series.train_loss, False),
    )
    for name, values, is_score in curves:
        if sentence := _course(name, series.epoch, values, is_score=is_score):
            yield sentence
    if assessment.memorised_epoch is not None:
        yield f"A dotted line marks epoch {assessment.memorised_epoch:,}, where the model had memorised."
    if assessment.jump is not None:
        jump = assessment.jump
        yield f"A band marks the jump from epoch {jump.start:,} to {jump.end:,}, a line its middle at {jump.epoch:,}."
    if moving := sum(event.kind.confounds for event in series.events):
        are = "event that moves" if moving == 1 else "events that move"
        yield f"{moving:,} {are} the curves by something other than learning: see the events below."


def _course(name: str, epoch: IntArray, values: FloatArray, *, is_score: bool) -> str:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return ""
    spelled = format_score if is_score else format_loss
    first, last = known[0], known[-1]
    extreme = known[np.argmax(values[known]) if is_score else np.argmin(values[known])]
    kind = "highest" if is_score else "lowest"
    return (
        f"The {name} goes from {spelled(values[first])} at epoch {epoch[first]:,} to {spelled(values[last])} at epoch "
        f"{epoch[last]:,}; {kind} {spelled(values[extreme])} at epoch {epoch[extreme]:,}."
    )


def telling_table(run: RunFacts) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of the table of telling epochs; columns that nobody measured are left out."""
    series = run.series
    bars = {row.epoch: row for row in run.bars}
    columns = [
        ("train loss (rough)", series.train_loss, format_loss),
        ("probe loss", series.probe_loss, format_loss),
        ("val loss", series.val_loss, format_loss),
        ("loss gap" if series.like_for_like else "rough loss gap", series.loss_gap, format_loss),
        ("probe score", series.probe_score, format_score),
        ("val score", series.val_score, format_score),
        ("score gap", series.score_gap, format_score),
    ]
    columns = [column for column in columns if not np.isnan(column[1]).all()]
    rows = []
    for label, i in telling_rows(series, run.assessment):
        row = [label, f"{series.epoch[i]:,}", *(spelled(values[i]) for _, values, spelled in columns)]
        bar = bars.get(int(series.epoch[i]))
        has_bar = bar is not None and bar.val_low is not None
        rows.append([*row, f"{format_score(bar.val_low)}–{format_score(bar.val_high)}" if bar and has_bar else ""])
    head = ["which", "epoch", *(name for name, _, _ in columns), "90 % interval of val score"]
    if not any(row[-1] for row in rows):
        return head[:-1], [row[:-1] for row in rows]
    return head, rows
