"""Curves drawn with the dots of braille letters, over a log axis of epochs, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.text import Text

from grokyolo.format import format_tick
from grokyolo.gap.series import FloatArray, IntArray

LABELS = 7
"""Columns at the left: a number of at most six letters, and the axis."""
BLANK = 0x2800
"""The braille letter without a dot; the eight low bits of the others are their dots."""
DASH = 3
"""A dashed curve leaves out one letter in so many."""
SAMPLES = {False: "⠤⠤⠤", True: "⠤ ⠤"}
"""A piece of a whole and of a dashed curve for the legend."""


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes:
        name: stands in the legend.
        values: shape (n,), one for each epoch; what is not finite is left out.
        style: of Rich.
        dashed: drawn with gaps, so that two curves are told apart without colour.
    """

    name: str
    values: FloatArray
    style: str
    dashed: bool = False


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`, both finite.

    Attributes:
        low, high: ends of the axis; a log axis has both above zero.
        log: equal ratios are equally far apart.
    """

    low: float
    high: float
    log: bool = False

    def share(self, values: FloatArray) -> FloatArray:
        """Return where values lie on the axis: 0 at `low`, 1 at `high`."""
        if self.high == self.low:
            return np.full(np.shape(values), 0.5)
        if self.log:
            share: FloatArray = np.log(values / self.low) / math.log(self.high / self.low)
        else:
            share = (values - self.low) / (self.high - self.low)
        return share

    def ticks(self) -> list[float]:
        """Return the values to label: powers of ten where a log axis has two or more, else ends and middle."""
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            if last > first:
                return [10.0**power for power in range(first, last + 1)]
            return [self.low, self.high]
        return [self.low, (self.low + self.high) / 2, self.high]


def scale_of(curves: Sequence[Line], *, score: bool) -> Scale | None:
    """Return an axis that holds all curves, None when none has a finite value.

    Args:
        curves: what the chart will show.
        score: values in [0, 1]; the axis then begins at 0. Otherwise losses, on a log axis where that is possible.
    """
    known = np.concatenate([curve.values[np.isfinite(curve.values)] for curve in curves])
    if not len(known):
        return None
    low, high = float(known.min()), float(known.max())
    if score:
        return Scale(0.0, 1.0 if high > 0.5 else max(_rounded_up(high), 0.01))
    return Scale(low, high, log=low > 0)


def _rounded_up(value: float) -> float:
    """Return the next of 1, 2, 3, ... 9 times a power of ten."""
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return math.ceil(value / power - 1e-9) * power


def chart(
    title: str,
    epoch: IntArray,
    curves: Sequence[Line],
    *,
    width: int,
    height: int,
    last: int,
    score: bool,
    marks: Sequence[int] = (),
    events: Sequence[int] = (),
) -> list[Text]:
    """Return `height` lines of `width` columns: the legend, the curves, the axis with its labels.

    Args:
        title: of the quantity, in front of the legend.
        epoch: shape (n,), rising, above zero.
        curves: later ones lie on top of earlier ones.
        width, height: of the whole chart; at least 20 and 5.
        last: where the axis of epochs ends.
        score: values in [0, 1], else losses.
        marks: epochs with a faint upright line.
        events: epochs with a tick on the axis.
    """
    legend = Text.assemble((title, "bold"), no_wrap=True, overflow="ellipsis")
    for curve in curves:
        legend.append("  ").append(SAMPLES[curve.dashed], style=curve.style).append(f" {curve.name}", "dim")
    scale = scale_of(curves, score=score)
    if scale is None:
        nothing = Text(" " * LABELS + "not measured", style="dim")
        return [legend, nothing, *(Text() for _ in range(height - 2))]
    axis = Scale(float(epoch[0]), float(max(last, epoch[-1])), log=True)
    columns, rows = width - LABELS, height - 3
    cells = _cells(axis, scale, epoch, curves, (columns, rows))
    upright = {_column(axis, mark, columns) for mark in marks}
    labels = _row_labels(scale, rows)
    body = [_line(labels.get(row, ""), cells[row], upright) for row in range(rows)]
    return [legend, *body, _axis_line(axis, columns, events), _axis_labels(axis, columns)]


_Cell = tuple[int, str]
"""The dots of a letter and its style."""


def _cells(
    axis: Scale, scale: Scale, epoch: IntArray, curves: Sequence[Line], size: tuple[int, int]
) -> list[list[_Cell]]:
    from plotille import Canvas

    columns, rows = size
    cells: list[list[_Cell]] = [[(0, "")] * columns for _ in range(rows)]
    for curve in curves:
        known = np.isfinite(curve.values)
        x = np.rint(axis.share(epoch[known].astype(float)) * (2 * columns - 1)).astype(int)
        y = np.rint(scale.share(curve.values[known]) * (4 * rows - 1)).astype(int)
        canvas = Canvas(columns, rows, 0, 0, 2 * columns, 4 * rows)
        for one, other in _segments(x, y):
            canvas.line(*one, *other)
        start = int(x[0]) // 2 if len(x) else 0
        for row, line in enumerate(canvas.plot("\n").split("\n")):
            for column, letter in enumerate(line):
                dots = ord(letter) - BLANK
                if dots and not (curve.dashed and (column - start) % DASH == DASH - 1):
                    cells[row][column] = (dots, curve.style)  # a letter has one colour: dots of others would lie
    return cells


_Point = tuple[int, int]


def _segments(x: IntArray, y: IntArray) -> list[tuple[_Point, _Point]]:
    """Return the lines to draw between dots; a column of dots shows its lowest and its highest value.

    Args:
        x, y: shape (n,), in dots; x rises.
    """
    if not len(x):
        return []
    starts = np.flatnonzero(np.diff(x, prepend=-1))
    at = x[starts].tolist()
    low = np.minimum.reduceat(y, starts).tolist()
    high = np.maximum.reduceat(y, starts).tolist()
    first = y[starts].tolist()
    final = y[np.append(starts[1:], len(y)) - 1].tolist()
    lines = [((c, lo), (c, hi)) for c, lo, hi in zip(at, low, high, strict=True)]
    between = [((at[i], final[i]), (at[i + 1], first[i + 1])) for i in range(len(at) - 1)]
    return [*lines, *between]


def _line(label: str, cells: Sequence[_Cell], upright: set[int]) -> Text:
    """Return one row: its label, the axis, and runs of letters of one style."""
    line = Text.assemble((f"{label:>{LABELS - 1}}", "dim"), no_wrap=True)
    line.append("┤" if label else "│", style="dim")
    letters, style = "", ""
    for column, (dots, wanted) in enumerate(cells):
        letter = chr(BLANK + dots) if dots else "┊" if column in upright else " "
        wanted = wanted if dots else "dim" if column in upright else ""  # noqa: PLW2901
        if wanted != style:
            line.append(letters, style=style)
            letters, style = "", wanted
        letters += letter
    return line.append(letters, style=style)


def _row_labels(scale: Scale, rows: int) -> dict[int, str]:
    """Return the label of each row that has one, row 0 at the top; labels have a free row between them."""
    labels: dict[int, str] = {}
    ticks = scale.ticks()
    for tick in [ticks[-1], ticks[0], *ticks[1:-1]]:
        row = rows - 1 - min(int(float(scale.share(np.array(tick))) * rows), rows - 1)
        if not {row - 1, row, row + 1} & labels.keys():
            labels[row] = format_tick(tick)
    return labels


def _column(axis: Scale, epoch: int, columns: int) -> int:
    return round(float(axis.share(np.array(float(epoch)))) * (2 * columns - 1)) // 2


def _axis_line(axis: Scale, columns: int, events: Sequence[int]) -> Text:
    line = ["─"] * columns
    for tick in _epoch_ticks(axis):
        line[_column(axis, tick, columns)] = "┴"
    for event in events:
        if axis.low <= event <= axis.high:
            line[_column(axis, event, columns)] = "▲"
    return Text(" " * (LABELS - 1) + "└" + "".join(line), style="dim", no_wrap=True)


def _axis_labels(axis: Scale, columns: int) -> Text:
    """Return the numbers below the axis; the ends first, then what has room between them."""
    letters = [" "] * columns
    ticks = _epoch_ticks(axis)
    for tick in [ticks[0], ticks[-1], *ticks[1:-1]]:
        text = f"{tick:,}"
        start = min(max(_column(axis, tick, columns) - len(text) // 2, 0), columns - len(text))
        end = start + len(text)
        if start >= 0 and not "".join(letters[max(start - 1, 0) : end + 1]).strip():
            letters[start:end] = text
    return Text(" " * LABELS + "".join(letters), style="dim", no_wrap=True)


def _epoch_ticks(axis: Scale) -> list[int]:
    """Return the first epoch, the powers of ten, and the last."""
    low, high = int(axis.low), int(axis.high)
    inner = [10**power for power in range(len(str(low)), len(str(high))) if low < 10**power < high]
    return [low, *inner, high] if high > low else [low]
