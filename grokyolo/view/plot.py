"""The pictures of runs: one alone with all its marks, several side by side with the same axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grokyolo.compare import By
from grokyolo.errors import UsageError
from grokyolo.gap import Event, Series
from grokyolo.verdict import Assessment
from grokyolo.view import panels
from grokyolo.view.panels import PLAIN, SMALL, Look, new_figure, save_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Judged = tuple[Series, Assessment]

MARK, FAINT = "#222222", "#555555"
MEMORISED: dict[str, Any] = {"color": MARK, "linestyle": ":", "linewidth": 1.1}
JUMP: dict[str, Any] = {"color": MARK, "linewidth": 1.1}
EVENT: dict[str, Any] = {"color": MARK, "linestyle": "none", "marker": "^", "markersize": 5}
ROOM = 4.0
"""Inches for a run's name in the title."""
NEAR = 0.03
"""Events closer than this share of the axis have one label."""
SIDE = 0.2
"""Losses so near to an event, in e-folds of the epoch, may lie below its label."""
LONGEST_LABEL = 3
"""Kinds of event that one label names."""
MOST = 36
"""Runs that one picture holds; of more nobody could read one."""
WIDE, NARROW = 4.0, 3.0
"""Inches of a column, where there are up to two of them, and where there are more."""
BESIDE = 0.55
"""Inches of a column that its panels leave to the numbers beside them."""
NUMBERS_AN_INCH = 3
"""Numbers at the epochs that have room in an inch."""


def save_plot(series: Series, assessment: Assessment, path: Path, look: Look = PLAIN) -> None:
    """Draw scores above losses for one run and write the picture.

    Args:
        series: the run.
        assessment: its verdict; the jump and the epoch of memorising are marked.
        path: ends in .png, .svg or .pdf.
        look: how it is wanted.

    Raises:
        UsageError: the suffix is none of these, the file cannot be written, or the log does not tell the clock.
    """
    save_picture(lambda: draw(series, assessment, look), path)


def draw(series: Series, assessment: Assessment, look: Look = PLAIN) -> Figure:
    """Return the picture of a run as a figure.

    Raises:
        UsageError: the log does not tell the clock.
    """
    scored = panels.has_score(series)
    figure = new_figure(figsize=look.size or (8, 6 if scored else 3.8))
    axes: list[Axes] = list(figure.subplots(2 if scored else 1, 1, sharex=True, squeeze=False)[:, 0])
    panels.scale_epochs(axes[-1], int(series.epoch[0]), int(series.epoch[-1]))
    if look.by is not By.EPOCH:
        panels.scale_clock(axes[-1], series, look.by)
    if scored:
        panels.scale_scores(axes[0], panels.scores_of(series))
        panels.draw_scores(axes[0], series)
    panels.draw_losses(axes[-1], series)
    panels.scale_losses(axes[-1], panels.losses_of(series))
    for ax in axes:
        panels.style_axes(ax)
        _draw_span(ax, assessment)
        _draw_event_lines(ax, series)
    _label_span(axes[0], assessment, SMALL)
    _label_events(axes[-1], series, SMALL - 1)
    title = _title(series, assessment) if look.title is None else look.title
    axes[0].set_title(title, loc="left", fontsize=SMALL + 2, pad=18)
    panels.legend(figure, axes)
    return figure


def _title(series: Series, assessment: Assessment) -> str:
    gap = "" if series.like_for_like else " · rough gap"
    jump = f" at epoch {assessment.jump.epoch}" if assessment.jump else ""
    name = panels.fit_name(series.run, ROOM, SMALL + 2)
    return f"{name} · {assessment.verdict.value}{jump} ({assessment.confidence.value}){gap}"


# Several runs ----------------------------------------------------------------------------------------------------


def save_multiples(runs: Sequence[Judged], path: Path, look: Look = PLAIN) -> None:
    """Draw several runs side by side and write the picture.

    Args:
        runs: each with its verdict, in the order to show.
        path: ends in .png, .svg or .pdf.
        look: how it is wanted; the clock is that of epochs.

    Raises:
        UsageError: there are more runs than anybody could read, the suffix is none of these, or the file cannot be
            written.
    """
    if len(runs) > MOST:
        raise UsageError(
            f"{len(runs)} runs do not fit into one picture: {MOST} at most",
            where=f"--plot {path}",
            hint="name fewer runs, or --plot without FILE: a picture in the folder of each",
        )
    save_picture(lambda: draw_multiples(runs, look), path)


def draw_multiples(runs: Sequence[Judged], look: Look = PLAIN) -> Figure:
    """Return the picture: for each run its scores above its losses, all with the same axes."""
    scored = any(panels.has_score(series) for series, _ in runs)
    columns = _columns(len(runs))
    rows, each = math.ceil(len(runs) / columns), 2 if scored else 1
    width = look.size[0] / columns if look.size else WIDE if columns <= 2 else NARROW
    height = look.size[1] if look.size else (3.1 if scored else 2.0) * rows + 0.9
    figure = new_figure(figsize=(columns * width, height))
    if look.title:
        figure.suptitle(look.title, fontsize=SMALL + 2)
    grid = figure.subplots(rows * each, columns, sharex=True, squeeze=False)
    cells = [list(grid[each * (i // columns) : each * (i // columns) + each, i % columns]) for i in range(len(runs))]
    _share(cells, runs, width - BESIDE, scored=scored)
    for cell, (series, assessment) in zip(cells, runs, strict=True):
        _draw(cell, series, assessment)
        cell[0].set_title(_short_title(series, assessment, width - BESIDE), loc="left", fontsize=SMALL)
    _tidy(grid, len(runs), columns, each)
    panels.legend(figure, [ax for cell in cells for ax in cell], _handles(runs))
    return figure


def _columns(runs: int) -> int:
    """Return how many columns make a picture that is about as wide as it is high, six columns at most."""
    return runs if runs <= 3 else min(math.ceil(math.sqrt(runs)), 6)


def _share(cells: Sequence[list[Axes]], runs: Sequence[Judged], width: float, *, scored: bool) -> None:
    """Give all panels of a kind the same axes, wide enough for every run."""
    every = [series for series, _ in runs]
    first, last = min(int(one.epoch[0]) for one in every), max(int(one.epoch[-1]) for one in every)
    panels.scale_epochs(cells[0][-1], first, last, round(NUMBERS_AN_INCH * width))
    cells[0][-1].set_xlabel("")
    losses = [values for one in every for values in panels.losses_of(one)]
    for cell in cells[1:]:
        cell[-1].sharey(cells[0][-1])
        if scored:
            cell[0].sharey(cells[0][0])
    for cell in cells:
        panels.scale_losses(cell[-1], losses, cut=True)
        for ax in cell:
            ax.minorticks_off()
    if scored:
        panels.scale_scores(cells[0][0], [values for one in every for values in panels.scores_of(one)])


def _draw(cell: list[Axes], series: Series, assessment: Assessment) -> None:
    if len(cell) > 1 and panels.has_score(series):
        panels.draw_scores(cell[0], series)
    elif len(cell) > 1:
        cell[0].text(0.5, 0.5, "no score in this log", transform=cell[0].transAxes, ha="center", fontsize=SMALL)
    panels.draw_losses(cell[-1], series)
    for ax in cell:
        panels.style_axes(ax)
        _draw_span(ax, assessment)
        _draw_event_lines(ax, series)
    _tick_events(cell[-1], series)


def _short_title(series: Series, assessment: Assessment, inches: float) -> str:
    """Return two lines: the run, and what became of it; of that what fits."""
    jump = f" at {assessment.jump.epoch:,}" if assessment.jump else ""
    words = [f"{assessment.verdict.value}{jump}", assessment.confidence.value]
    if not series.like_for_like:
        words.insert(1, "rough gap")
    if assessment.memorised_epoch is not None:
        words.insert(1, f"memorised at {assessment.memorised_epoch:,}")
    while panels.wide(" · ".join(words), SMALL) > inches:
        words.pop()
    return f"{panels.fit_name(series.run.rstrip('/'), inches, SMALL)}\n{' · '.join(words)}"


def _tidy(grid: Any, runs: int, columns: int, each: int) -> None:
    """Leave numbers and names at the outer axes only, and no axes where there is no run."""
    for i in range(len(grid) // each * columns):
        row, column = each * (i // columns), i % columns
        cell, first = grid[row : row + each, column], grid[row : row + each, 0]
        for ax, leader in zip(cell, first, strict=True):
            ax.tick_params(labelbottom=False, labelleft=not column)
            if i >= runs:
                ax.set_axis_off()
            elif column and ax.get_ylabel() == leader.get_ylabel():
                ax.set_ylabel("")
        if i < runs <= i + columns:
            cell[-1].tick_params(labelbottom=True)
            cell[-1].set_xlabel("epoch", fontsize=SMALL + 1)


def _handles(runs: Sequence[Judged]) -> list[Any]:
    """Return what the legend says of marks: in small panels they have no labels of their own."""
    from matplotlib.lines import Line2D

    found = []
    if any(assessment.memorised_epoch for _, assessment in runs):
        found.append(Line2D([], [], label="memorised", **MEMORISED))
    if any(assessment.jump for _, assessment in runs):
        found.append(Line2D([], [], label="half way up the jump", **JUMP))
    if any(event.kind.confounds for series, _ in runs for event in series.events):
        found.append(Line2D([], [], label="event that moves the curves", **EVENT))
    return found


# What is written onto the curves --------------------------------------------------------------------------------


def _draw_span(ax: Axes, assessment: Assessment) -> None:
    """Draw a line where the model had memorised, and a line and a band where it jumped."""
    if assessment.memorised_epoch:
        ax.axvline(assessment.memorised_epoch, **MEMORISED)
    if assessment.jump:
        ax.axvspan(assessment.jump.start, assessment.jump.end, color=MARK, alpha=0.08, linewidth=0)
        ax.axvline(assessment.jump.epoch, **JUMP)


def _label_span(ax: Axes, assessment: Assessment, size: int) -> None:
    """Write above the axes what the lines are; a label at an edge of the axes leans inwards."""
    labels = []
    if assessment.memorised_epoch:
        labels.append((f"memorised: {assessment.memorised_epoch}", assessment.memorised_epoch))
    if assessment.jump:
        jump = assessment.jump
        labels.append((f"jump: {jump.epoch} ({jump.start}–{jump.end})", jump.epoch))
    positions = [_position(ax, epoch) for _, epoch in labels]
    close = len(positions) == 2 and abs(positions[1] - positions[0]) < 0.25
    for number, ((text, epoch), place) in enumerate(zip(labels, positions, strict=True)):
        lean = "left" if place < 0.12 else "right" if place > 0.88 else "center"
        if close:
            lean = "right" if number == int(positions[0] > positions[1]) else "left"
        _annotate(ax, text, (epoch, 1.0), (0, 4), fontsize=size, ha=lean, va="bottom")


def _draw_event_lines(ax: Axes, series: Series) -> None:
    """Draw a thin line at every event that moves the curves by something other than learning."""
    for epoch in sorted({event.epoch for event in series.events if event.kind.confounds}):
        ax.axvline(epoch, color=FAINT, linestyle=(0, (1, 3)), linewidth=0.7)


def _label_events(ax: Axes, series: Series, size: int) -> None:
    """Tick these events at the lower edge of the axes, and name them beside the curves; close ones share a label."""
    groups: list[list[Event]] = []
    for event in series.events:
        if not event.kind.confounds:
            continue
        if groups and _position(ax, event.epoch) - _position(ax, groups[-1][0].epoch) < NEAR:
            groups[-1].append(event)
        else:
            groups.append([event])
    _tick_events(ax, series)
    ground = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.5}
    for group in groups:
        inwards = _position(ax, group[0].epoch) < 0.05
        epoch = group[-1 if inwards else 0].epoch
        above = _room_above(ax, series, epoch)
        place: dict[str, Any] = {"ha": "left" if inwards else "right", "va": "top" if above else "bottom"}
        text, at = group_label([event.kind.value for event in group]), (epoch, 0.93 if above else 0.05)
        _annotate(ax, text, at, (3 if inwards else -3, 0), rotation=90, fontsize=size, bbox=ground, **place)


def _annotate(ax: Axes, text: str, at: tuple[float, float], away: tuple[int, int], **options: Any) -> None:
    """Write at an epoch and a share of the height, so many points away."""
    where: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "xytext": away, "textcoords": "offset points"}
    ax.annotate(text, at, color=MARK, **where, **options)


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


def _tick_events(ax: Axes, series: Series) -> None:
    """Put a triangle at the lower edge of the axes for each event that moves the curves."""
    epochs = sorted({event.epoch for event in series.events if event.kind.confounds})
    if epochs:
        ax.plot(epochs, [0.0] * len(epochs), clip_on=False, transform=ax.get_xaxis_transform(), **EVENT)


def group_label(kinds: list[str]) -> str:
    """Return `lr-changed ×3, recover` for the kinds of neighbouring events."""
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    words = [kind if count == 1 else f"{kind} ×{count}" for kind, count in counts.items()]
    return ", ".join(words[:LONGEST_LABEL] + ["…"] * (len(words) > LONGEST_LABEL))


def _position(ax: Axes, epoch: float) -> float:
    """Return where an epoch lies on the axis, between 0 (left) and 1."""
    return float(ax.transAxes.inverted().transform(ax.get_xaxis_transform().transform((epoch, 0.0)))[0])
