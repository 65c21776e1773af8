"""The charts of the page: the law of the decay budget and the test error over size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grokyolo.sweep.descent import Descent
from grokyolo.sweep.diagram import Phases
from grokyolo.view.phase.charts import MOST_DOTS
from grokyolo.view.phase.look import fitted, law_parts, place, telling
from grokyolo.view.phase.svg import Layer, Scale, chart

LAW_PARTS = 6
COLOURS = 8
"""So many lines can be told apart."""


@dataclass(frozen=True)
class Chart:
    """One chart of the page.

    Attributes:
        title: above it.
        svg: the drawing.
        legend: (number of its colour, label).
    """

    title: str
    svg: str
    legend: tuple[tuple[int, str], ...]


def law_chart(phases: Phases) -> Chart | None:
    """Return when runs jump over how fast their weights decay; None where none has jumped."""
    law = phases.law
    if not len(law.jumps) or law.budget is None:
        return None
    waits = law.waits[:: max(-(-len(law.waits) // MOST_DOTS), 1)]
    ended = [(rate, at, f"ended at epoch {at:.0f}") for rate, at in waits.tolist()]
    layers = [Layer(ended, "open", 6, label="no jump by then")]
    for number, (label, jumps) in enumerate(law_parts(law, LAW_PARTS)):
        shown = jumps[:: -(-len(jumps) // MOST_DOTS)]
        words = f"{label}: " if label else ""
        dots = [(rate, at, f"{words}epoch {at:.0f}, {rate * at:.3g} e-folds") for rate, at in shown.tolist()]
        layers.append(Layer(dots, "dots", number, label=label or "half way up the jump"))
        if law.slope is not None:
            name = f"fitted: slope {law.slope:.2f}" if not number else ""
            ends = [(rate, at, "") for rate, at in fitted(law, jumps).tolist()]
            layers.append(Layer(ends, "line", number, label=name, dash=1))
    layers = [layer for layer in layers if layer.points]
    drawn = chart(layers, Scale("e-folds of decay an epoch", True), Scale("epoch", True), " ".join(law.sentences()))
    return Chart("When runs jump, over how fast their weights decay", drawn, _legend(layers))


def descent_charts(phases: Phases) -> list[Chart]:
    """Return the test error over each size."""
    axes = dict.fromkeys(one.axis for one in phases.descents)
    found = [[one for one in phases.descents if one.axis == axis] for axis in axes]
    return [_descent(telling(same, COLOURS), len(same), phases.score_name) for same in found]


def _descent(found: Sequence[Descent], of: int, score: str) -> Chart:
    counted = all(size.size is not None and size.size > 0 for one in found for size in one.sizes)
    labels = list(dict.fromkeys(size.label for one in found for size in one.sizes))
    layers = []
    for number, one in enumerate(found):
        points = [
            (
                float(size.size or 0) if counted else float(labels.index(size.label)),
                size.mean,
                f"{place(one.fixed)}, {one.axis}={size.label}: {size.mean:.3f} ({len(size.errors)} runs)",
            )
            for size in one.sizes
        ]
        bars = [(min(size.errors), max(size.errors)) for size in one.sizes]
        layers.append(Layer(points, "line", number, bars, place(one.fixed)))
    kind = found[0].kind
    unit = found[0].unit if counted else ""
    ticks = () if counted else tuple((float(i), label) for i, label in enumerate(labels))
    across = Scale(f"{found[0].axis} ({unit})" if unit else found[0].axis, counted, ticks)
    words = " ".join(one.sentence() for one in found)
    drawn = chart(layers, across, Scale(f"1 - {score or 'score'} at the end", zero=True), words)
    some = f" ({len(found)} of {of})" if of > len(found) else ""
    return Chart(f"Test error over size{f', {kind}' if kind else ''}{some}", drawn, _legend(layers))


def _legend(layers: Sequence[Layer]) -> tuple[tuple[int, str], ...]:
    return tuple((layer.colour, layer.label) for layer in layers if layer.label)
