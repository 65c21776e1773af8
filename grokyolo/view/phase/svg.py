"""A small chart as SVG text, whose colours the page chooses: dots, lines and bars over two axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 620, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 12, 46


@dataclass(frozen=True)
class Layer:
    """What belongs together in a chart.

    Attributes:
        points: (x, y, what a reader is told of it).
        kind: `dots`, `open` (hollow triangles), or `line`, which has dots too where points have words.
        colour: number of its colour in the page.
        bars: (low, high) of each point, or nothing.
        label: for the legend; empty for none.
        dash: number of the dashes of a line; that of its colour by default.
    """

    points: Sequence[tuple[float, float, str]]
    kind: str = "dots"
    colour: int = 0
    bars: Sequence[tuple[float, float]] = ()
    label: str = ""
    dash: int | None = None


@dataclass(frozen=True)
class Scale:
    """One axis.

    Attributes:
        label: what it is.
        log: whether it is logarithmic.
        ticks: (value, label); empty for round numbers.
        zero: whether it begins at 0.
    """

    label: str
    log: bool = False
    ticks: Sequence[tuple[float, str]] = ()
    zero: bool = False


def chart(layers: Sequence[Layer], x: Scale, y: Scale, words: str) -> str:
    """Return a chart as an SVG element.

    Args:
        layers: drawn in this order.
        x, y: the axes.
        words: what the chart shows, for those who cannot see it.
    """
    xs = [point[0] for layer in layers for point in layer.points]
    ys = [point[1] for layer in layers for point in layer.points]
    ys += [end for layer in layers for bar in layer.bars for end in bar]
    across = _Range(xs, x, LEFT, WIDTH - RIGHT)
    up = _Range(ys, y, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}">',
        *_axes(across, up, x, y),
        *(part for layer in layers for part in _layer(layer, across, up)),
        "</svg>",
    ]
    return "".join(parts)


class _Range:
    """Values of one axis to places in the picture."""

    def __init__(self, values: Sequence[float], scale: Scale, start: float, stop: float) -> None:
        self.log = scale.log
        known = [self._linear(value) for value in [*values, *(tick for tick, _ in scale.ticks)]] or [0.0]
        low, high = min(known), max(known)
        if scale.zero:
            low = min(low, 0.0)
        pad = 0.05 * (high - low) or 0.5
        self.low = low if scale.zero and low == 0 else low - pad
        self.high = high + pad
        self.start, self.stop = start, stop

    def _linear(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def at(self, value: float) -> float:
        """Return the place of a value."""
        share = (self._linear(value) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.stop - self.start), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Return round values, 3 to 8 of them."""
        if not self.log:
            step = _round_step((self.high - self.low) / 5)
            first = math.ceil(self.low / step)
            return [(i * step, f"{i * step:.6g}") for i in range(first, math.floor(self.high / step) + 1)]
        span = self.high - self.low
        subs = (1,) if span > 3 else (1, 2, 5) if span > 0.7 else (1, 1.5, 2, 3, 4, 5, 6, 7, 8)
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        found = [sub * 10.0**power for power in powers for sub in subs]
        return [(value, _short(value)) for value in found if self.low <= math.log10(value) <= self.high]


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _axes(across: _Range, up: _Range, x: Scale, y: Scale) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for value, label in x.ticks or across.ticks():
        place = across.at(value)
        yield f'<line class="grid" x1="{place}" x2="{place}" y1="{TOP}" y2="{bottom}"/>'
        yield f'<text x="{place}" y="{bottom + 16}" text-anchor="middle">{escape(label)}</text>'
    for value, label in y.ticks or up.ticks():
        place = up.at(value)
        yield f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{place}" y2="{place}"/>'
        yield f'<text x="{LEFT - 7}" y="{place + 4}" text-anchor="end">{escape(label)}</text>'
    middle = (LEFT + right) / 2
    yield f'<text class="name" x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x.label)}</text>'
    half = (TOP + bottom) / 2
    turned = f'transform="rotate(-90 14 {half})"'
    yield f'<text class="name" x="14" y="{half}" text-anchor="middle" {turned}>{escape(y.label)}</text>'


def _layer(layer: Layer, across: _Range, up: _Range) -> Iterator[str]:
    colour = f"c{layer.colour}"
    places = [(across.at(x), up.at(y), words) for x, y, words in layer.points]
    for (x, _, _), (low, high) in zip(places, layer.bars, strict=False):
        yield f'<line class="bar {colour}" x1="{x}" x2="{x}" y1="{up.at(low)}" y2="{up.at(high)}"/>'
    if layer.kind == "line":
        path = " ".join(f"{x},{y}" for x, y, _ in places)
        dash = layer.colour % 4 if layer.dash is None else layer.dash
        yield f'<polyline class="line {colour} d{dash}" points="{path}"/>'
    for x, y, words in places:
        if not words:
            continue
        title = f"<title>{escape(words)}</title>"
        if layer.kind == "open":
            yield f'<path class="open {colour}" d="M{x - 4} {y + 3.5}h8l-4 -7.5z">{title}</path>'
        else:
            yield f'<circle class="dot {colour}" cx="{x}" cy="{y}" r="4">{title}</circle>'
