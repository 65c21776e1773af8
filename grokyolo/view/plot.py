"""The picture of a run: probe and validation over a log axis of epochs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grokyolo.errors import UsageError
from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.verdict import Assessment
from grokyolo.view import intervals, marks
from grokyolo.view.thinning import telling

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PROBE, VALIDATION, ROUGH, GAP = "#0072B2", "#D55E00", "#7f7f7f", "#56B4E9"
"""Okabe and Ito's colours: told apart by colour-blind readers. In grey the dashes tell them apart."""
LINES: dict[str, dict[str, Any]] = {
    "probe": {"color": PROBE, "linestyle": (0, (5, 2)), "linewidth": 1.6, "label": "probe (training images)"},
    "val": {"color": VALIDATION, "linewidth": 1.8, "label": "validation"},
    "train": {"color": ROUGH, "linewidth": 0.8, "label": "train (running mean, rough)"},
}
FORMATS = frozenset({".png", ".svg", ".pdf"})
SMALL = 8
"""Size of the letters at marks, ticks and in the legend."""
FEW = 3
"""So few points are drawn as dots too: one alone makes no line."""
DECADES = 4
"""Axes with more decades than this label the powers of ten only."""


def save_plot(series: Series, assessment: Assessment, path: Path) -> None:
    """Draw scores above losses for one run and write the picture.

    Args:
        series: the run.
        assessment: its verdict; the jump and the epoch of memorising are marked.
        path: ends in .png, .svg or .pdf.

    Raises:
        UsageError: the suffix is none of these, or the file cannot be written.
    """
    save_picture(lambda: draw(series, assessment), path)


def save_picture(make: Callable[[], Figure], path: Path) -> None:
    """Write the figure that `make` draws.

    Raises:
        UsageError: the suffix of `path` is none of `FORMATS`, or the file cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"cannot draw a {path.suffix or 'file without suffix'}",
            where=f"--plot {path}",
            hint=f"--plot {path.with_suffix('.png')}",
        )
    figure = make()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing")  # a name in a script the font lacks
            figure.savefig(path, dpi=150)
    except OSError as error:
        raise UsageError(
            f"cannot write the picture: {error.strerror or error}",
            where=str(path),
            hint="--plot FILE elsewhere",
        ) from error


def draw(series: Series, assessment: Assessment) -> Figure:
    """Return the picture of a run as a figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    has_score = bool(np.any(np.isfinite(series.val_score)))
    figure = Figure(figsize=(8, 6 if has_score else 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes: list[Axes] = list(figure.subplots(2 if has_score else 1, 1, sharex=True, squeeze=False)[:, 0])
    _scale_epochs(axes[-1], series)
    if has_score:
        _draw_scores(axes[0], series)
    _draw_losses(axes[-1], series)
    for ax in axes:
        ax.tick_params(which="both", labelsize=SMALL)
        ax.spines[["top", "right"]].set_visible(False)
        marks.draw_span(ax, assessment)
        marks.draw_event_lines(ax, series)
    marks.label_span(axes[0], assessment, SMALL)
    marks.label_events(axes[-1], series, SMALL - 1)
    axes[0].set_title(_title(series, assessment), loc="left", fontsize=SMALL + 2, pad=18)
    _legend(figure, axes)
    return figure


def _title(series: Series, assessment: Assessment) -> str:
    gap = "" if series.like_for_like else " · rough gap"
    jump = f" at epoch {assessment.jump.epoch}" if assessment.jump else ""
    name = series.run if len(series.run) <= 40 else f"…{series.run[-39:]}"
    escaped = "".join(letter if letter.isprintable() else "?" for letter in name).replace("$", r"\$")
    return f"{escaped} · {assessment.verdict.value}{jump} ({assessment.confidence.value}){gap}"


def _legend(figure: Figure, axes: list[Axes]) -> None:
    """One legend for all axes, below them, where it hides no curve."""
    named: dict[str, Any] = {}
    for ax in axes:
        handles, labels = ax.get_legend_handles_labels()
        for handle, label in zip(handles, labels, strict=True):
            named.setdefault(label, handle)
    if named:
        columns = len(named) if len(named) <= 4 else 3
        figure.legend(
            list(named.values()), list(named), loc="outside lower center", ncols=columns, frameon=False, fontsize=SMALL
        )


def _scale_epochs(ax: Axes, series: Series) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    first, last = int(series.epoch[0]), int(series.epoch[-1])
    ax.set_xscale("log")
    ax.set_xlim(first * 0.9, last * 1.12)
    subs = (1.0,) if last / first >= 10**DECADES else (1.0, 2.0, 5.0)
    ax.xaxis.set_major_locator(LogLocator(subs=subs, numticks=30))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel("epoch", fontsize=SMALL + 1)


def _draw_scores(ax: Axes, series: Series) -> None:
    if series.like_for_like:
        _draw_gap(ax, series.epoch, series.probe_score, series.val_score, "gap")
        _draw_line(ax, series.epoch, series.probe_score, "probe")
    _draw_line(ax, series.epoch, series.val_score, "val")
    known = np.concatenate([series.probe_score, series.val_score])
    top = float(np.max(known[np.isfinite(known)]))
    top = 1.0 if top > 0.5 else max(top * 1.1, 0.05)
    ax.set_ylim(-0.03 * top, 1.03 * top)
    intervals.draw(ax, series, {"probe": PROBE, "val": VALIDATION})
    ax.set_ylabel(series.score_name or "score", fontsize=SMALL + 1)


def _draw_losses(ax: Axes, series: Series) -> None:
    reference = series.probe_loss if series.like_for_like else series.train_loss
    _draw_gap(ax, series.epoch, reference, series.val_loss, "gap" if series.like_for_like else "rough gap")
    _draw_line(ax, series.epoch, series.train_loss, "train")
    if series.like_for_like:
        _draw_line(ax, series.epoch, series.probe_loss, "probe")
    _draw_line(ax, series.epoch, series.val_loss, "val")
    losses = np.concatenate([series.train_loss, series.probe_loss, series.val_loss])
    losses = losses[np.isfinite(losses)]
    if len(losses) and losses.min() > 0:
        ax.set_yscale("log")
    ax.set_ylabel("loss", fontsize=SMALL + 1)
    marks.draw_not_finite(ax, series.epoch, series.val_loss, VALIDATION)


def _draw_line(ax: Axes, epoch: IntArray, values: FloatArray, name: str) -> None:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return
    kept = known[telling(epoch[known], values[known])]
    ax.plot(epoch[kept], values[kept], marker="o" if len(known) <= FEW else None, markersize=4, **LINES[name])


def _draw_gap(ax: Axes, epoch: IntArray, one: FloatArray, other: FloatArray, label: str) -> None:
    both = np.flatnonzero(np.isfinite(one) & np.isfinite(other))
    if len(both) < 2:
        return
    kept = both[np.union1d(telling(epoch[both], one[both]), telling(epoch[both], other[both]))]
    ax.fill_between(epoch[kept], one[kept], other[kept], color=GAP, alpha=0.18, linewidth=0, label=label)
