"""The lines of the live screen below its curves: scores, losses, weights, the verdict, the last events."""

from __future__ import annotations

import textwrap

import numpy as np
from rich.text import Text

from grokyolo.format import format_loss, format_score, printable
from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray
from grokyolo.verdict import Assessment
from grokyolo.view.table import STYLES

MARGIN = 10
"""Columns of the labels at the left."""
SHOWN_EVENTS = 4


def facts(series: Series, assessment: Assessment, width: int) -> list[Text]:
    """Return the lines below the curves, as many for every state of a run."""
    return [
        labelled(series.score_name or "score", _score_words(series, assessment)),
        labelled("loss", _loss_words(series)),
        labelled("weights", _weight_words(series)),
        *_verdict_lines(assessment, width),
        labelled("events", _event_words(series)),
    ]


def labelled(label: str, words: str | Text) -> Text:
    """Return a line with its label in front."""
    return Text.assemble((f"{label:<{MARGIN - 1}} ", "dim"), words)


def last_known(values: FloatArray) -> float | None:
    """Return the newest value that was measured, None without any."""
    known = np.flatnonzero(~np.isnan(values))
    return float(values[known[-1]]) if len(known) else None


def _score_words(series: Series, assessment: Assessment) -> str:
    words = [f"val {format_score(last_known(series.val_score))}"]
    if series.like_for_like:
        words.insert(0, f"probe {format_score(last_known(series.probe_score))}")
        widest = f" (widest {format_score(assessment.score_gap_max)})"
        words.append(f"gap {format_score(assessment.score_gap)}{widest}")
    if assessment.best_epoch is not None and assessment.best_score:  # of scores that are all 0 none is best
        words.append(f"best {format_score(assessment.best_score)} at {assessment.best_epoch:,}")
    return " · ".join(words)


def _loss_words(series: Series) -> str:
    words = [("train", series.train_loss), ("probe", series.probe_loss), ("val", series.val_loss)]
    gap = "gap" if series.like_for_like else "rough gap"
    words.append((gap, series.loss_gap))
    return " · ".join(f"{name} {format_loss(known)}" for name, of in words if (known := last_known(of)) is not None)


def _weight_words(series: Series) -> str:
    words = []
    decayed, free = last_known(series.norm_decayed), last_known(series.norm_free)
    if decayed is not None:
        words.append(f"norm {decayed:.4g}" + ("" if free is None else f" decayed, {free:.4g} free"))
    rate, decay, spent = last_known(series.lr), last_known(series.weight_decay), last_known(series.decay_budget)
    if rate is not None:
        words.append(f"lr {rate:.3g}")
    if decay is not None:
        words.append(f"decay {decay:.3g}" + ("" if spent is None else f", {spent:.3g} e-folds"))
    return " · ".join(words) or "nothing in the log"


def _verdict_lines(assessment: Assessment, width: int) -> list[Text]:
    """Return the verdict in as many lines for every verdict, so that nothing below it moves."""
    word = assessment.verdict.value
    rows = 3 if width < 120 else 2
    plain = f"{word} ({assessment.confidence.value}): {printable(assessment.reason)}"
    wrapped = textwrap.wrap(plain, width - MARGIN, max_lines=rows, placeholder=" …")
    lines = [labelled("" if row else "verdict", text) for row, text in enumerate(wrapped)]
    lines[0].stylize(STYLES[assessment.verdict], MARGIN, MARGIN + len(word))
    return [*lines, *(Text() for _ in range(rows - len(lines)))]


def _event_words(series: Series) -> str:
    """Return the last events, the newest first: on a narrow terminal the end is cut off."""
    newest = [f"{event.kind.value} at {event.epoch:,}" for event in series.events[: -SHOWN_EVENTS - 1 : -1]]
    before = len(series.events) - len(newest)
    return " · ".join([*newest, *([f"{before} before"] if before else [])]) or "none"
