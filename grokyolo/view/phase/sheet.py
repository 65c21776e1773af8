"""All runs of a sweep as a CSV file: one row a run, the axes first."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from grokyolo.files import write_output
from grokyolo.format import printable
from grokyolo.gap.log import format_float
from grokyolo.sweep.axes import label_of
from grokyolo.sweep.diagram import Phases
from grokyolo.sweep.outcome import Moment, Run

FORMULAS = ("=", "+", "-", "@")
COLUMNS = (
    "run",
    "word",
    "state",
    "verdict",
    "epochs",
    "planned",
    "memorised_epoch",
    "memorised_budget",
    "jump_epoch",
    "jump_budget",
    "lateness",
    "budget",
    "budget_per_epoch",
    "score",
    "loss",
    "train_images",
    "like_for_like",
    "reason",
)


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
        rows.writerow(map(harmless, [*labels, *_cells(run)]))
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


def _cells(run: Run) -> list[str]:
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
