"""What the live screen shows of one run, as lines of text; it draws nothing and waits for nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from grokyolo.files import exists, is_folder
from grokyolo.format import format_duration, format_loss, format_score, printable
from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray
from grokyolo.verdict import Assessment
from grokyolo.view.chart import Line, chart
from grokyolo.view.table import STYLES

MARGIN = 10
"""Columns of the labels at the left."""
SHOWN_EVENTS = 4
MIN_WIDTH, MIN_HEIGHT = 60, 16
"""A smaller terminal gets one line instead."""
BESIDE = 76
"""From this width on the two charts stand side by side."""
TALLEST = 26
"""Lines of a chart at most: taller ones say no more."""
PROBE, VALIDATION = "color(32)", "color(208)"
"""Blue and orange, as in the pictures: told apart by colour-blind readers, on dark and on light."""
PROGRESS_LINE = 1
"""Which line of the screen changes with every epoch."""
WIDEST_TIMES = 41
"""Columns kept for the times behind the bar, so that its end stays where it is."""
RECENT = 20
"""Epochs over which the time per epoch is averaged."""
STOPPED, KILLED, QUIET = "stopped", "killed", "nothing new"
"""How the state of a run begins that does not get on."""
FILES = ("gap.csv", "results.csv", "results.txt", "weights/best.pt", "weights/last.pt")


@dataclass(frozen=True, eq=False)
class View:
    """What is known of a run at one moment; two are the same only when they are one.

    Attributes:
        run: as the user named it.
        state: one or two words for what happens to it, such as `training`.
        epoch: the newest finished one; 0 before the first.
        epochs: planned length, None when unknown.
        per_epoch: seconds per epoch lately, None when unknown.
        series: the log so far, which may lag a little behind `epoch`; None when there is none yet.
        assessment: the verdict on `series`.
        said: what cannot be read, or is awaited; stands where the curves would.
        resumable: whether `grokyolo resume` knows such runs.
    """

    run: str
    state: str
    epoch: int = 0
    epochs: int | None = None
    per_epoch: float | None = None
    series: Series | None = None
    assessment: Assessment | None = None
    said: str = ""
    resumable: bool = False

    @property
    def over(self) -> bool:
        """Whether no process trains it any more, before its end."""
        return self.state in {STOPPED, KILLED}

    @property
    def next_command(self) -> str:
        """What makes a run go on that is over; empty where nothing has to."""
        return f"grokyolo resume {quote(self.run)}" if self.over and self.resumable else ""

    @property
    def time_left(self) -> float | None:
        """Seconds until the planned end at the present pace; None when unknown, at the end, or nothing goes on."""
        if self.epochs is None or self.per_epoch is None or self.epochs <= self.epoch:
            return None
        if self.over or self.state.startswith(QUIET):
            return None
        return (self.epochs - self.epoch) * self.per_epoch


def seconds_per_epoch(series: Series) -> float | None:
    """Return the time that one of the last epochs took, None when the log does not tell."""
    known = np.flatnonzero(np.isfinite(series.seconds))[-RECENT - 1 :]
    if len(known) < 2:
        return None
    first, last = known[0], known[-1]
    each = float(series.seconds[last] - series.seconds[first]) / int(series.epoch[last] - series.epoch[first])
    return each if each > 0 else None


def fits(width: int, height: int) -> bool:
    """Tell whether a terminal has room for the screen."""
    return width >= MIN_WIDTH and height >= MIN_HEIGHT


def frame(view: View, width: int, height: int) -> list[Text]:
    """Return the screen: at most `height` lines of at most `width` columns.

    Args:
        view: what to show.
        width, height: such that `fits` is true.
    """
    head = [_title(view, width), progress_line(view, width), Text(printable(_next_line(view)))]
    if view.series is None or view.assessment is None:
        return _cropped([*head, Text(view.said, style="dim"), Text(), _files(view, width)], width, height)
    foot = [Text(), *facts(view.series, view.assessment, width), _files(view, width)]
    room = min(height - len(head) - len(foot), TALLEST)
    return _cropped([*head, *_charts(view, width, room), *foot], width, height)


def _next_line(view: View) -> str:
    return f"next: {view.next_command}" if view.next_command else ""


def _cropped(lines: Sequence[Text], width: int, height: int) -> list[Text]:
    cut = list(lines[:height])
    for line in cut:
        line.no_wrap = True
        line.truncate(width, overflow="ellipsis")
    return cut


def _title(view: View, width: int) -> Text:
    state = f"  {view.state}"
    name = Text(printable(view.run), style="bold")
    name.truncate(width - cell_len(state), overflow="ellipsis", pad=True)
    return Text.assemble(name, (state, "dim"))


def progress_line(view: View, width: int) -> Text:
    """Return how far the run is: a bar, the share, the time per epoch and the time left."""
    times = [f"{format_duration(view.per_epoch)} an epoch"] if view.per_epoch is not None else []
    if view.epochs is None and not view.epoch:
        return Text("starting", no_wrap=True)
    if view.epochs is None:
        return Text(" · ".join([f"epoch {view.epoch:,}", *times]), no_wrap=True)
    if view.time_left is not None:
        times.append(f"{format_duration(view.time_left)} left")
    before = f"epoch {view.epoch:,} of {view.epochs:,}"
    share = min(view.epoch / view.epochs, 1.0)
    after = " · ".join([f"{int(100 * share):3} %", *times])
    room = max(width - len(before) - WIDEST_TIMES, 0)
    done = int(share * room + 1e-9)
    return Text.assemble(
        before, "  ", ("━" * done, VALIDATION), ("─" * (room - done), "dim"), f" {after}", no_wrap=True
    )


def _charts(view: View, width: int, height: int) -> list[Text]:
    series, assessment = view.series, view.assessment
    assert series is not None and assessment is not None
    scores = [Line("validation", series.val_score, VALIDATION)]
    losses = [Line("validation", series.val_loss, VALIDATION)]
    if series.like_for_like:
        scores.insert(0, Line("probe", series.probe_score, PROBE, dashed=True))
        losses.insert(0, Line("probe", series.probe_loss, PROBE, dashed=True))
    else:
        losses.insert(0, Line("train (rough)", series.train_loss, PROBE, dashed=True))
    marks = [assessment.memorised_epoch, assessment.jump.epoch if assessment.jump else None]
    last = max(view.epochs or 0, view.epoch, int(series.epoch[-1]))

    def drawn(title: str, curves: list[Line], columns: int, rows: int, *, score: bool) -> list[Text]:
        return chart(
            title,
            series.epoch,
            curves,
            width=columns,
            height=rows,
            last=last,
            score=score,
            marks=[mark for mark in marks if mark],
            events=[event.epoch for event in series.events if event.kind.confounds],
        )

    has_score = bool(np.any(np.isfinite(series.val_score)))
    name = series.score_name or "score"
    if not has_score:
        return drawn("loss", losses, width, height, score=False)
    if width >= BESIDE:
        half = (width - 2) // 2
        left = drawn(name, scores, half, height, score=True)
        right = drawn("loss", losses, width - 2 - half, height, score=False)
        return [_joined(one, other, half + 2) for one, other in zip(left, right, strict=True)]
    if height >= 16:
        half = height // 2
        return [
            *drawn(name, scores, width, height - half, score=True),
            *drawn("loss", losses, width, half, score=False),
        ]
    return drawn(name, scores, width, height, score=True)


def _joined(left: Text, right: Text, at: int) -> Text:
    line = left.copy()
    line.truncate(at, pad=True)
    return line.append_text(right)


def _files(view: View, width: int) -> Text:
    run = Path(view.run)
    folder = run if is_folder(run) else run.parent
    names = " · ".join(name for name in FILES if exists(folder / name))
    where = printable(str(folder))
    whole = f"{where}: {names}" if names else where
    return labelled("files", whole if cell_len(whole) <= width - MARGIN or not names else names)


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


def fitted(fields: Sequence[tuple[int, str]], width: int) -> str:
    """Join as many fields as fit into `width` columns, dropping the highest rank first."""
    kept = list(fields)
    while len(kept) > 1 and len(_in_line(kept)) > width:
        kept.remove(max(kept, key=lambda field: field[0]))
    return _in_line(kept)[:width]


def _in_line(fields: Sequence[tuple[int, str]]) -> str:
    return " · ".join(text for _, text in fields)
