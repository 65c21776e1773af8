"""The gap table of one run, and the table of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from grokyolo.format import MISSING, format_loss, format_name, format_score
from grokyolo.gap import Intervals, Series
from grokyolo.gap.intervals import intervals_of
from grokyolo.verdict import Assessment, Verdict, outlook
from grokyolo.view.console import plain_table

STYLES = {
    Verdict.GROKKED: "bold green",
    Verdict.GENERALISING: "green",
    Verdict.DELAYED_JUMP: "cyan",
    Verdict.DOUBLE_DESCENT: "cyan",
    Verdict.MEMORISING: "yellow",
    Verdict.OVERFITTING: "red",
    Verdict.DIVERGED: "bold red",
    Verdict.UNDECIDED: "dim",
}


ROUGH_MARK = "~"
ROUGH_NOTE = f"{ROUGH_MARK} rough gap: of losses, no probe was measured"
INTERVAL = "90 % interval by images"


@dataclass(frozen=True)
class Unreadable:
    """A run that could not be read: one row of the table of many.

    Attributes:
        run: as the user typed it.
        reason: what was wrong.
    """

    run: str
    reason: str


def telling_rows(series: Series, assessment: Assessment) -> list[tuple[str, int]]:
    """Return (label, index into the series) of the epochs worth reading, in order of epoch.

    First, memorised, widest gap, jump, collapses, best and last; labels of one epoch are joined.
    """
    measured = np.flatnonzero(series.measured)
    labelled: dict[int, list[str]] = {}

    def mark(label: str, epoch: int | None) -> None:
        if epoch is not None and len(measured):
            nearest = measured[np.argmin(np.abs(series.epoch[measured] - epoch))]
            labelled.setdefault(int(nearest), []).append(label)

    if len(series):
        labelled[0] = ["first"]
        labelled.setdefault(len(series) - 1, []).append("last")
    mark("memorised", assessment.memorised_epoch)
    mark("widest gap", _widest(series))
    if assessment.jump is not None:
        mark("jump starts", assessment.jump.start)
        mark("half way", assessment.jump.epoch)
        mark("jump ends", assessment.jump.end)
    for collapse in assessment.collapses:
        mark("collapse", collapse.epoch)
    mark("best", assessment.best_epoch)
    order = ("first", "memorised", "widest gap", "jump starts", "half way", "jump ends", "collapse", "best", "last")
    return [(", ".join(sorted(names, key=order.index)), i) for i, names in sorted(labelled.items())]


def _widest(series: Series) -> int | None:
    gap = series.score_gap if np.any(~np.isnan(series.score_gap)) else series.loss_gap
    gap = np.where(np.isfinite(gap), gap, -np.inf)
    return int(series.epoch[np.argmax(gap)]) if np.any(np.isfinite(gap)) else None


def run_table(series: Series, assessment: Assessment, last: int = 0) -> RenderableType:
    """Return the table of one run, its verdict, and what it does not know; fits 80 columns.

    Args:
        series: the run.
        assessment: its verdict.
        last: how many of the last epochs to show too.
    """
    rows = telling_rows(series, assessment)
    if last:
        rows += [("", i) for i in range(max(len(series) - last, 0), len(series))]
    gap = "gap" if series.like_for_like else "rough\nloss gap"
    names = ("epoch", "train\nloss", "probe\nloss", "val\nloss", "probe\nscore", "val\nscore", gap)
    table = plain_table("", *names, vertical="bottom")
    table.columns[0].style, table.columns[0].max_width, table.columns[0].vertical = "dim", 22, "top"
    for label, i in rows:
        table.add_row(label, *telling_cells(series, i))
    bars, waiting = interval_lines(series, assessment), _waiting(series, assessment)
    return Group(_heading(series), Text(), table, *bars, Text(), verdict_text(assessment), *waiting)


def _waiting(series: Series, assessment: Assessment) -> list[Text]:
    """Return what is known about waiting, for a run that has memorised and nothing more."""
    expected = outlook(series, assessment)
    if expected is None:
        return []
    return [Text(), Text("and then?", style="bold"), *(Text(f"- {sentence}") for sentence in expected.sentences())]


def telling_cells(series: Series, i: int) -> list[str]:
    """Return epoch, losses, scores and gap of one row."""
    gap = format_score(series.score_gap[i]) if series.like_for_like else format_loss(series.loss_gap[i])
    return [
        str(series.epoch[i]),
        format_loss(series.train_loss[i]),
        format_loss(series.probe_loss[i]),
        format_loss(series.val_loss[i]),
        format_score(series.probe_score[i]),
        format_score(series.val_score[i]),
        gap,
    ]


def _heading(series: Series) -> Text:
    images = [
        f"{count} {word}"
        for count, word in (
            (series.train_images, "training"),
            (series.probe_images, "probe"),
            (series.val_images, "validation images"),
        )
        if count
    ]
    kind = "like-for-like gap" if series.like_for_like else "rough gap (no probe: augmented train loss)"
    parts = [f"{len(series)} epochs", series.score_name or "no score", kind, ", ".join(images)]
    return Text.assemble((series.run, "bold"), "\n", " · ".join(part for part in parts if part))


def interval_lines(series: Series, assessment: Assessment) -> list[Text]:
    """Return what stands below the table of one run: nothing without error bars, else a blank line and one more.

    It holds the interval of the last score gap and that of the best validation score. Few epochs have error bars:
    where those two have none, the last that has stands for the one and the best that has for the other, by name.
    """
    bars, problem = intervals_of(series)
    if problem:
        return [Text(), Text.assemble(("note: ", "dim"), problem)]
    parts = [part for part in (_gap_interval(series, bars), _best_interval(series, assessment, bars)) if part]
    return [Text(), Text.assemble((f"{INTERVAL}: ", "dim"), ", ".join(parts))] if parts else []


def _gap_interval(series: Series, bars: Sequence[Intervals]) -> str:
    found = [(row.epoch, ends) for row in bars if (ends := row.ends("gap"))]
    if not found or not series.like_for_like:  # a results.csv beside errors.csv knows no probe
        return ""
    epoch, ends = found[-1]
    measured = series.epoch[np.isfinite(series.score_gap)]
    return _interval("gap", *ends, "" if epoch == measured.max(initial=0) else f" (epoch {epoch})")


def _best_interval(series: Series, assessment: Assessment, bars: Sequence[Intervals]) -> str:
    scores = dict(zip(series.epoch.tolist(), series.val_score.tolist(), strict=True))
    found = [(row.epoch, ends) for row in bars if (ends := row.ends("val")) and np.isfinite(scores[row.epoch])]
    if not found:
        return ""
    epoch, ends = max(found, key=lambda bar: (bar[0] == assessment.best_epoch, scores[bar[0]]))
    if epoch == assessment.best_epoch:
        return _interval("best score", *ends)
    return _interval("score", *ends, f" (epoch {epoch})")


def _interval(name: str, low: float, high: float, where: str = "") -> str:
    return f"{name} {format_score(low)} to {format_score(high)}{where}"


def verdict_text(assessment: Assessment) -> Text:
    """Return the verdict with its reason, its confounders and warnings, as wrapping text."""
    text = Text()
    text.append(assessment.verdict.value, style=STYLES[assessment.verdict])
    text.append(f" ({assessment.confidence.value}): {assessment.reason}")
    for event in assessment.confounders:
        text.append("\nconfounder: ", style="yellow")
        text.append(str(event))
    for warning in assessment.warnings:
        text.append("\nnote: ", style="dim")
        text.append(warning)
    return text


def many_table(rows: Sequence[Assessment | Unreadable]) -> Table:
    """Return one table with one row a run, in the order given."""
    names = ("epochs", "verdict", "memo-\nrised", "jump", "best", "last\ngap")
    table = plain_table("run", *names, left=["verdict"], vertical="bottom", no_wrap=True)
    table.columns[0].no_wrap, table.columns[0].overflow, table.columns[0].ratio = False, "fold", 1
    for row in rows:
        if isinstance(row, Unreadable):
            table.add_row(escape(format_name(row.run)), "", "[red]refused[/]", *[MISSING] * 4)
        else:
            table.add_row(escape(format_name(row.run)), *_summary(row))
    if any(not isinstance(row, Unreadable) and not row.like_for_like for row in rows):
        table.caption, table.caption_justify = ROUGH_NOTE, "left"
    return table


def _summary(row: Assessment) -> list[str]:
    return [
        str(row.epochs),
        f"[{STYLES[row.verdict]}]{row.verdict.value}[/]",
        str(row.memorised_epoch or MISSING),
        str(row.jump.epoch if row.jump else MISSING),
        format_score(row.best_score),
        last_gap(row),
    ]


def last_gap(row: Assessment) -> str:
    """Return the last score gap, or the last rough gap of losses with its mark in front."""
    if row.like_for_like:
        return format_score(row.score_gap)
    return MISSING if row.loss_gap is None else f"{ROUGH_MARK}{format_loss(row.loss_gap)}"
