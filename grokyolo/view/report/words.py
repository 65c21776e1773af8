"""The report in words and numbers: facts of a verdict, the picture for those who cannot see it, telling epochs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from grokyolo.format import format_loss, format_score
from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.view.report.gathering import Gathered
from grokyolo.view.table import telling_rows

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


def highlights(run: Gathered) -> list[tuple[str, str]]:
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


def picture(run: Gathered) -> list[str]:
    """Return what the curves show, in sentences."""
    return list(_sentences(run))


def _sentences(run: Gathered) -> Iterator[str]:
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


def telling_table(run: Gathered) -> tuple[list[str], list[list[str]]]:
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
