"""The charts below a phase diagram: the law of the decay budget, critical sizes, test error over size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from grokyolo.sweep.critical import Border, Critical
from grokyolo.sweep.decay_law import Law
from grokyolo.sweep.descent import Descent
from grokyolo.sweep.diagram import Phases
from grokyolo.view.compare import COLOURS
from grokyolo.view.panels import NUMBERS, SMALL, number_decades, plain
from grokyolo.view.phase.look import clearest, law_line, law_parts, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = "osD^vP*X"
FAINT, GREY = "#555555", "#999999"
FEW, MOST_FLAT = 6, 12
"""More labels on an axis than this stand upright, or give way to round numbers."""

MOST_DOTS = 2000
"""Of more runs than this, evenly spread ones are drawn."""
MOST_ROWS, MOST_LINES = 14, 8
"""Parts of a sweep that are drawn one by one, at most."""

FEWEST = 4
"""Through fewer jumps than this no line is drawn: two points lie on any."""

Draw = Callable[["Axes"], Mapping[str, Sequence[str]]]
"""Draws into axes, and returns words on each dot of what has an id."""


def charts_of(phases: Phases) -> list[Draw]:
    """Return what draws each chart that a sweep has something for."""
    found = law_charts(phases)
    if found and any(group.budget for one in phases.law.shares for group in one.groups):
        found.append(partial(_budgets, law=phases.law))
    borders = [one for one in phases.criticals if one.estimate is not None]
    if borders:
        found.append(partial(_criticals, found=borders[:MOST_ROWS], of=len(borders)))
    return found + descent_charts(phases)


def law_charts(phases: Phases) -> list[Draw]:
    """Return what draws the jumps over the rate of decay; nothing where none has jumped."""
    return [partial(_law, law=phases.law)] if len(phases.law.jumps) else []


def descent_charts(phases: Phases) -> list[Draw]:
    """Return what draws the test error over each size."""
    found: list[Draw] = []
    for axis in dict.fromkeys(one.axis for one in phases.descents):
        same = [one for one in phases.descents if one.axis == axis]
        found.append(partial(_descents, found=clearest(same, MOST_LINES), of=len(same), score=phases.score_name))
    return found


def _law(ax: Axes, law: Law) -> dict[str, list[str]]:
    titles = {}
    if len(law.waits):
        waits = law.waits[:: -(-len(law.waits) // MOST_DOTS)]
        ax.plot(*waits.T, "^", color=GREY, markersize=4, fillstyle="none", label="no jump by then", gid="waits")
        titles["waits"] = [f"ended at epoch {epoch:.0f}" for epoch in waits[:, 1]]
    parts = law_parts(law, len(COLOURS))
    style: dict[str, Any] = {"linestyle": (0, (5, 2)), "linewidth": 1.2}
    lines = 0
    for number, (label, jumps) in enumerate(parts):
        look: dict[str, Any] = {"color": COLOURS[number], "marker": MARKERS[number], "linestyle": "none"}
        shown = jumps[:: -(-len(jumps) // MOST_DOTS)]
        name = f"jumps-{number}"
        ax.plot(*shown.T, markersize=4, alpha=0.8, label=plain(label) or "half way up the jump", gid=name, **look)
        titles[name] = [
            f"{label}{': ' if label else ''}epoch {epoch:.0f}, {rate * epoch:.3g} e-folds" for rate, epoch in shown
        ]
        if law.slope is not None and len(jumps) >= FEWEST:
            ax.plot(*law_line(law, jumps).T, color=COLOURS[number], **style)
            lines += 1
    if law.budget is not None and len(parts) == 1 and len(law.jumps) >= FEWEST:
        ends = law_line(law, law.jumps)[:, 0]
        ax.plot(ends, law.budget / ends, color="black", linewidth=1.0, label=f"{law.budget:.3g} e-folds (slope -1)")
    if lines:
        ax.plot([], [], color=FAINT, label=_slope(law), **style)
    _log_axis(ax, "x")
    _log_axis(ax, "y")
    ax.set_xlabel("e-folds of decay an epoch", fontsize=SMALL + 1)
    ax.set_ylabel("epoch", fontsize=SMALL + 1)
    ax.set_title("when it jumps, over how fast weights decay", fontsize=SMALL + 1, loc="left")
    ax.legend(frameon=False, fontsize=SMALL - 1)
    return titles


def _slope(law: Law) -> str:
    interval = "" if law.low is None else f" ({law.low:.2f} to {law.high:.2f})"
    return f"fitted: slope {law.slope:.2f}{interval}"


def _log_axis(ax: Axes, which: str) -> None:
    """Set a log axis with plain numbers, more of them where there are few decades."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    low, high = ax.get_xlim() if which == "x" else ax.get_ylim()
    number_decades(axis, low, high, NUMBERS)


def _budgets(ax: Axes, law: Law) -> dict[str, list[str]]:
    """Draw the budget at the jump, level by level of each axis."""
    at, ticks, labels = 0.0, [], []
    for colour, marker, one in zip(cycle(COLOURS), cycle(MARKERS), law.shares, strict=False):
        groups = [(group.level, group.budget, group.spread or 1.0) for group in one.groups if group.budget is not None]
        for level, budget, factor in groups:
            around = [[budget - budget / factor], [budget * factor - budget]]
            ax.errorbar([at], [budget], around, fmt=marker, color=colour, markersize=5, capsize=2, linewidth=1)
            ticks.append(at)
            labels.append(plain(level))
            at += 1
        if groups:
            ax.annotate(
                plain(one.axis),
                (at - (len(groups) + 1) / 2, 1.0),
                xycoords=("data", "axes fraction"),
                color=colour,
                ha="center",
                va="bottom",
                fontsize=SMALL - 1,
            )
            at += 0.8
    if law.budget is not None and len(law.jumps) >= FEWEST:
        ax.axhline(law.budget, color="black", linewidth=0.8, zorder=0)
    ax.set_xticks(ticks, labels, rotation=90 if len(ticks) > FEW else 0)
    ax.set_ylim(0, None)
    ax.set_ylabel("e-folds at the jump", fontsize=SMALL + 1)
    return {}


def _criticals(ax: Axes, found: Sequence[Critical], of: int) -> dict[str, list[str]]:
    """Draw each critical size with its interval, and below it the share of runs that generalise at each size tried."""
    tried = sorted({one.size for each in found for one in each.tried if one.size > 0})
    for row, one in enumerate(reversed(found)):
        left, right = one.low or tried[0] / 1.2, one.high or tried[-1] * 1.2
        ax.plot([left, right], [row, row], color=COLOURS[0], linewidth=1.6)
        for is_open, end, marker in ((one.low is None, left, "<"), (one.high is None, right, ">")):
            ax.plot([end] * is_open, [row] * is_open, marker, color=COLOURS[0], markersize=5)
        marker = "o" if one.border is Border.BLURRED else "|"
        ax.plot([one.estimate or left], [row], marker, color=COLOURS[0], markersize=7)
        shown = [each for each in one.tried if each.size > 0]
        ax.scatter(
            [each.size for each in shown],
            [row - 0.28] * len(shown),
            c=[each.reached / each.runs for each in shown],
            cmap="Greys",
            vmin=0,
            vmax=1,
            s=20 if len(shown) <= MOST_FLAT else 8,
            edgecolors=FAINT,
            linewidths=0.6,
        )
    ax.set_yticks(range(len(found)), [plain(place(one.fixed)) for one in reversed(found)])
    ax.set_ylim(-0.6, len(found) - 0.5)
    _log_axis(ax, "x")
    if len(tried) <= MOST_FLAT:
        ax.set_xticks(tried, [f"{size:g}" for size in tried], rotation=45 if len(tried) > FEW else 0)
    ax.set_xlabel(plain(found[0].axis), fontsize=SMALL + 1)
    some = f"; {len(found)} of {of}" if of > len(found) else ""
    ax.set_title(f"critical size, 95 %; dots: share that generalises{some}", fontsize=SMALL + 1, loc="left")
    return {}


def _descents(ax: Axes, found: Sequence[Descent], of: int, score: str) -> dict[str, list[str]]:
    titles: dict[str, list[str]] = {}
    counted = all(size.size is not None and size.size > 0 for one in found for size in one.sizes)
    labels = list(dict.fromkeys(size.label for one in found for size in one.sizes))
    for one, colour, marker in zip(found, cycle(COLOURS), cycle(MARKERS), strict=False):
        at = [float(size.size or 0) if counted else labels.index(size.label) for size in one.sizes]
        means = np.array([size.mean for size in one.sizes])
        low, high = np.array([[min(size.errors), max(size.errors)] for size in one.sizes]).T
        bars = ax.errorbar(
            at,
            means,
            np.maximum([means - low, high - means], 0),  # a mean of equal numbers may be a little more than they are
            color=colour,
            marker=marker,
            markersize=4,
            capsize=2,
            linewidth=1.3,
            elinewidth=0.8,
            label=plain(place(one.fixed)),
        )
        name = f"error-{len(titles)}"
        bars.lines[0].set_gid(name)
        titles[name] = [
            f"{place(one.fixed)}, {one.axis}={size.label}: {size.mean:.3f} ({len(size.errors)} runs)"
            for size in one.sizes
        ]
    if counted:
        _log_axis(ax, "x")
    else:
        ax.set_xticks(range(len(labels)), [plain(label) for label in labels])
    kind = found[0].kind
    unit = found[0].unit if counted else ""
    ax.set_xlabel(plain(f"{found[0].axis} ({unit})" if unit else found[0].axis), fontsize=SMALL + 1)
    ax.set_ylabel(f"1 - {score or 'score'} at the end", fontsize=SMALL + 1)
    ax.set_ylim(0, 1.05 * max(max(size.errors) for one in found for size in one.sizes) or 1)
    some = f"; {len(found)} of {of}" if of > len(found) else ""
    title = f"test error over size{f', {kind}' if kind else ''}; bars: all seeds{some}"
    ax.set_title(title, fontsize=SMALL + 1, loc="left")
    if any(one.fixed for one in found):
        columns = 2 if len(found) > 3 else 1
        ax.legend(frameon=False, fontsize=SMALL - 2, ncols=columns, loc="upper left", bbox_to_anchor=(0, -0.2))
    return titles
