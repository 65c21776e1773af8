"""What is written onto the picture of a run: memorised, jump, events, losses that are not finite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.verdict import Assessment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARK, FAINT = "#222222", "#555555"
NEAR = 0.03
"""Events closer than this share of the axis have one label."""
SIDE = 0.2
"""Losses so near to an event, in e-folds of the epoch, may lie below its label."""
LONGEST_LABEL = 3
"""Kinds of event that one label names."""


def draw_span(ax: Axes, assessment: Assessment) -> None:
    """Draw a line where the model had memorised, and a line and a band where it jumped."""
    if assessment.memorised_epoch:
        ax.axvline(assessment.memorised_epoch, color=MARK, linestyle=":", linewidth=1.1)
    if assessment.jump:
        ax.axvspan(assessment.jump.start, assessment.jump.end, color=MARK, alpha=0.08, linewidth=0)
        ax.axvline(assessment.jump.epoch, color=MARK, linewidth=1.1)


def label_span(ax: Axes, assessment: Assessment, size: int) -> None:
    """Write above the axes what the lines are; a label at an edge of the axes leans inwards."""
    labels = []
    if assessment.memorised_epoch:
        labels.append((f"memorised: {assessment.memorised_epoch}", assessment.memorised_epoch))
    if assessment.jump:
        jump = assessment.jump
        labels.append((f"jump: {jump.epoch} ({jump.start}–{jump.end})", jump.epoch))
    positions = [position(ax, epoch) for _, epoch in labels]
    close = len(positions) == 2 and abs(positions[1] - positions[0]) < 0.25
    for number, ((text, epoch), place) in enumerate(zip(labels, positions, strict=True)):
        lean = "left" if place < 0.12 else "right" if place > 0.88 else "center"
        if close:
            lean = "right" if number == int(positions[0] > positions[1]) else "left"
        ax.annotate(
            text,
            (epoch, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 4),
            textcoords="offset points",
            fontsize=size,
            color=MARK,
            ha=lean,
            va="bottom",
        )


def draw_event_lines(ax: Axes, series: Series) -> None:
    """Draw a thin line at every event that moves the curves by something other than learning."""
    for epoch in sorted({event.epoch for event in series.events if event.kind.confounds}):
        ax.axvline(epoch, color=FAINT, linestyle=(0, (1, 3)), linewidth=0.7)


def label_events(ax: Axes, series: Series, size: int) -> None:
    """Tick these events at the lower edge of the axes, and name them beside the curves; close ones share a label."""
    events = [event for event in series.events if event.kind.confounds]
    groups: list[list[Any]] = []
    for event in events:
        if groups and position(ax, event.epoch) - position(ax, groups[-1][0].epoch) < NEAR:
            groups[-1].append(event)
        else:
            groups.append([event])
    tick_events(ax, series)
    for group in groups:
        inwards = position(ax, group[0].epoch) < 0.05
        epoch = group[-1 if inwards else 0].epoch
        above = _room_above(ax, series, epoch)
        ax.annotate(
            group_label([event.kind.value for event in group]),
            (epoch, 0.93 if above else 0.05),
            xycoords=("data", "axes fraction"),
            xytext=(3 if inwards else -3, 0),
            textcoords="offset points",
            rotation=90,
            fontsize=size,
            color=MARK,
            ha="left" if inwards else "right",
            va="top" if above else "bottom",
            bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.5},
        )


def _room_above(ax: Axes, series: Series, epoch: int) -> bool:
    """Tell whether there is more room above the measured losses at an epoch than below them."""
    around = np.abs(np.log(series.epoch / epoch)) < SIDE
    known = np.concatenate([losses[around] for losses in (series.probe_loss, series.val_loss)])
    known = known[np.isfinite(known)]
    if not len(known):
        return False
    points = np.column_stack([np.full(len(known), epoch), known])
    heights = ax.transAxes.inverted().transform(ax.transData.transform(points))[:, 1]
    return bool(1 - heights.max() > heights.min())


def tick_events(ax: Axes, series: Series) -> None:
    """Put a triangle at the lower edge of the axes for each event that moves the curves."""
    epochs = sorted({event.epoch for event in series.events if event.kind.confounds})
    if epochs:
        below = ax.get_xaxis_transform()
        ax.plot(
            epochs, [0.0] * len(epochs), "^", markersize=5, color=MARK, linestyle="none", clip_on=False, transform=below
        )


def group_label(kinds: list[str]) -> str:
    """Return `lr-changed ×3, recover` for the kinds of neighbouring events."""
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    words = [kind if count == 1 else f"{kind} ×{count}" for kind, count in counts.items()]
    return ", ".join(words[:LONGEST_LABEL] + ["…"] * (len(words) > LONGEST_LABEL))


def draw_not_finite(ax: Axes, epoch: IntArray, loss: FloatArray, colour: str) -> None:
    """Cross the upper edge of the axes where the loss was measured and is not finite."""
    broken = np.isinf(loss)
    first = np.flatnonzero(broken & ~np.concatenate([[False], broken[:-1]]))
    if not len(first):
        return
    ax.plot(
        epoch[first],
        np.full(len(first), 0.97),
        marker="x",
        linestyle="none",
        color=colour,
        transform=ax.get_xaxis_transform(),
        label="loss not finite from here",
    )


def position(ax: Axes, epoch: float) -> float:
    """Return where an epoch lies on the axis, between 0 (left) and 1."""
    low, high = ax.get_xlim()
    return float(np.log(epoch / low) / np.log(high / low))
