"""The curves of some runs as plain values: what the figure draws, few enough for a browser."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grokyolo.gap import Event
from grokyolo.gap.series import FloatArray
from grokyolo.view.panels import CELLS, not_finite, rows_to_draw
from grokyolo.view.report.facts import RunFacts

CURVES = ("train_loss", "probe_loss", "val_loss", "probe_score", "val_score")
FEWEST_CELLS = 300
"""Cells along an axis of each run, where many share them."""
DIGITS = 6
"""Telling digits of a number in the page; more cannot be seen in a picture."""
WIDTH = 640
"""Pixels of the narrowest chart that has words at its events."""
LETTER = 6.2
"""Pixels of a letter at an event."""
CLOSE = 30
"""Pixels below which events share their words."""
Column = list[Any]


@dataclass(frozen=True)
class Bars:
    """90 % intervals of a score, epoch by epoch."""

    epoch: list[int]
    low: list[float]
    high: list[float]

    def words(self, epochs: Iterable[int]) -> list[str]:
        """Return the interval of each epoch in words, empty where there is none."""
        known = {
            epoch: f", 90 % interval {low:.3f}–{high:.3f}"
            for epoch, low, high in zip(self.epoch, self.low, self.high, strict=True)
        }
        return [known.get(epoch, "") for epoch in epochs]


@dataclass(frozen=True)
class Curves:
    """One run as the figure draws it.

    Attributes:
        name: as its reader gave it.
        short: without the folders that all runs share.
        like_for_like: whether the gap is.
        columns: `epoch` and the curves that were measured, of one length; None where not measured.
        bars: intervals of `probe` and `val`.
        memorised: epoch, or None.
        jump: start, middle and end, or None.
        events: all of them.
        not_finite: the first epoch of each stretch in which the validation loss was not finite.
    """

    name: str
    short: str
    like_for_like: bool
    columns: dict[str, Column]
    bars: dict[str, Bars]
    memorised: int | None
    jump: tuple[int, int, int] | None
    events: tuple[Event, ...]
    not_finite: list[int]


def curves_of(runs: Sequence[RunFacts]) -> list[Curves]:
    """Return what the figure draws of each run, in order."""
    cells = cells_for(len(runs))
    shorts = short_names([run.series.run for run in runs])
    return [_curves(run, short, cells) for run, short in zip(runs, shorts, strict=True)]


def cells_for(runs: int) -> int:
    """Return the cells of each run when so many share a picture."""
    return max(FEWEST_CELLS, CELLS // max(runs, 1))


def short_names(names: Sequence[str]) -> list[str]:
    """Return names of runs without the folders that all share."""
    parts = [name.rstrip("/").split("/") for name in names]
    shared, most = 0, min(map(len, parts)) - 1 if len(names) > 1 else 0
    while shared < most and len({part[shared] for part in parts}) == 1:
        shared += 1
    return ["/".join(part[shared:]) for part in parts] if len(names) > 1 else list(names)


def _curves(run: RunFacts, short: str, cells: int) -> Curves:
    series, jump = run.series, run.assessment.jump
    curves = {name: getattr(series, name) for name in CURVES}
    rows = rows_to_draw(series.epoch, list(curves.values()), cells, _marked(run))
    measured = {name: _cells(values[rows]) for name, values in curves.items() if np.isfinite(values).any()}
    parts = ("probe", "val") if series.like_for_like else ("val",)  # a results.csv beside errors.csv knows no probe
    return Curves(
        name=series.run,
        short=short,
        like_for_like=series.like_for_like,
        columns={"epoch": series.epoch[rows].tolist(), **measured},
        bars={part: bars for part in parts if (bars := _bars(run, part)).epoch},
        memorised=run.assessment.memorised_epoch,
        jump=None if jump is None else (jump.start, jump.epoch, jump.end),
        events=series.events,
        not_finite=not_finite(series).tolist(),
    )


def _marked(run: RunFacts) -> Iterable[int]:
    """Return the epochs that are marked or spoken of: they stay, whatever is left out around them."""
    assessment, jump = run.assessment, run.assessment.jump
    marks = [assessment.memorised_epoch, assessment.best_epoch]
    marks += [jump.start, jump.epoch, jump.end] if jump else []
    told = {*(row.epoch for row in run.bars), *(event.epoch for event in run.series.events)}
    return told | {epoch for epoch in marks if epoch is not None}


def _bars(run: RunFacts, part: str) -> Bars:
    known = [(row.epoch, *ends) for row in run.bars if (ends := row.ends(part))]
    return Bars([row[0] for row in known], [_digits(row[1]) for row in known], [_digits(row[2]) for row in known])


def _cells(values: FloatArray) -> list[float | None]:
    return [
        _digits(value) if known else None for value, known in zip(values.tolist(), np.isfinite(values), strict=True)
    ]


def _digits(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


# Words at events --------------------------------------------------------------------------------------------------


RANGES: dict[str, Callable[[float], float]] = {"log": math.log, "linear": float}


def place_of(axis: str, first: int, last: int) -> Callable[[int], float]:
    """Return the function from an epoch to its pixel in the narrowest chart."""
    scale = RANGES[axis]
    span = scale(max(last, first + 1)) - scale(first)
    return lambda epoch: WIDTH * (scale(epoch) - scale(first)) / span


def event_labels(events: Sequence[Event], place: Callable[[int], float]) -> dict[str, list[str]]:
    """Return the words at each event and the side on which they stand, most of them empty.

    Events that stand close together share their words, `lr-changed ×3, recover`, on a side where there is room; those
    that move the curves choose first. Without room there are none: hovering and the table of events tell them.
    """
    x = [place(event.epoch) for event in events]
    groups: list[list[int]] = []
    for i in range(len(events)):
        if groups and x[i] - x[groups[-1][-1]] < CLOSE:
            groups[-1].append(i)
        else:
            groups.append([i])
    texts, sides = [""] * len(events), ["middle right"] * len(events)
    taken = [(x[group[0]] - 6, x[group[-1]] + 6) for group in groups]
    for group in sorted(groups, key=lambda group: not any(events[i].kind.confounds for i in group)):
        for text, row, side, low, high in _choices([events[i] for i in group], group, x):
            if low >= 0 and high <= WIDTH and all(high <= start or low >= end for start, end in taken):
                texts[row], sides[row] = literal(text), side
                taken.append((low, high))
                break
    return {"text": texts, "textposition": sides}


def _choices(
    events: Sequence[Event], rows: Sequence[int], x: Sequence[float]
) -> Iterator[tuple[str, int, str, float, float]]:
    """Yield words, row, side and the pixels they take, best first."""
    counts = Counter(event.kind.value for event in events)
    words = [f"{kind} ×{count}" if count > 1 else kind for kind, count in counts.items()]
    for text in [", ".join(words), *([f"{words[0]}, …"] if len(words) > 1 else [])]:
        length = LETTER * len(text)
        yield text, rows[-1], "middle right", x[rows[-1]] + 7, x[rows[-1]] + 7 + length
        yield text, rows[0], "middle left", x[rows[0]] - 7 - length, x[rows[0]] - 7


def literal(text: str) -> str:
    """Return text that Plotly shows as it is: it reads a little HTML, and `%{…}` in what it fills in."""
    return html.escape(text, quote=False).replace("%", "&#37;")
