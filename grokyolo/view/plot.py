"""The picture of a run: probe and validation over a log axis of epochs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grokyolo.errors import UsageError
from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray
from grokyolo.verdict import Assessment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROBE, VALIDATION, ROUGH, MARK = "#0072B2", "#D55E00", "#999999", "#333333"
"""Okabe and Ito's colours: told apart by colour-blind readers, and by lightness in grey."""
FORMATS = frozenset({".png", ".svg", ".pdf"})


def save_plot(series: Series, assessment: Assessment, path: Path) -> None:
    """Draw scores above losses for one run and write the picture.

    Args:
        series: the run.
        assessment: its verdict; the jump and the epoch of memorising are marked.
        path: ends in .png, .svg or .pdf.

    Raises:
        UsageError: the suffix is none of these, or the file cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"cannot draw a {path.suffix or 'file without suffix'}",
            where=f"--plot {path}",
            hint=f"--plot {path.with_suffix('.png')}",
        )
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    has_score = bool(np.any(~np.isnan(series.val_score)))
    figure = Figure(figsize=(8, 6 if has_score else 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes: list[Axes] = list(figure.subplots(2 if has_score else 1, 1, sharex=True, squeeze=False)[:, 0])
    if has_score:
        _draw_scores(axes[0], series)
    _draw_losses(axes[-1], series)
    for ax in axes:
        _draw_marks(ax, series, assessment)
    _draw_events(axes[0], series)
    axes[0].set_title(_title(series, assessment), loc="left", fontsize=10)
    axes[-1].set_xlabel("epoch")
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise UsageError(
            f"cannot write the picture: {error.strerror or error}",
            where=str(path),
            hint="--plot FILE elsewhere",
        ) from error


def _title(series: Series, assessment: Assessment) -> str:
    gap = "" if series.like_for_like else " · rough gap"
    jump = f" at epoch {assessment.jump.epoch}" if assessment.jump else ""
    name = series.run if len(series.run) <= 40 else f"…{series.run[-39:]}"
    escaped = name.replace("$", r"\$")
    return f"{escaped} · {assessment.verdict.value}{jump} ({assessment.confidence.value}){gap}"


def _known(series: Series, values: FloatArray) -> tuple[Any, FloatArray]:
    mask = np.isfinite(values)
    return series.epoch[mask], values[mask]


def _draw_scores(ax: Axes, series: Series) -> None:
    if series.like_for_like:
        both = np.isfinite(series.probe_score) & np.isfinite(series.val_score)
        ax.fill_between(
            series.epoch[both],
            series.probe_score[both],
            series.val_score[both],
            color=PROBE,
            alpha=0.12,
            linewidth=0,
            label="gap",
        )
        ax.plot(*_known(series, series.probe_score), color=PROBE, linestyle="--", label="probe (training images)")
    ax.plot(*_known(series, series.val_score), color=VALIDATION, label="validation")
    ax.set_ylabel(series.score_name or "score")
    ax.set_ylim(-0.03, 1.03)
    ax.legend(loc="best", frameon=False, fontsize=8)


def _draw_losses(ax: Axes, series: Series) -> None:
    if series.like_for_like:
        ax.plot(*_known(series, series.probe_loss), color=PROBE, linestyle="--", label="probe")
    ax.plot(*_known(series, series.train_loss), color=ROUGH, linewidth=0.8, label="train (running mean, rough)")
    ax.plot(*_known(series, series.val_loss), color=VALIDATION, label="validation")
    losses = np.concatenate([series.train_loss, series.probe_loss, series.val_loss])
    losses = losses[np.isfinite(losses)]
    if len(losses) and losses.min() > 0:
        ax.set_yscale("log")
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:.0f}")
    ax.set_ylabel("loss")
    ax.legend(loc="best", frameon=False, fontsize=8)


def _draw_marks(ax: Axes, series: Series, assessment: Assessment) -> None:
    top: dict[str, Any] = {
        "xycoords": ("data", "axes fraction"),
        "fontsize": 8,
        "color": MARK,
        "rotation": 90,
        "va": "top",
    }
    if assessment.memorised_epoch:
        ax.axvline(assessment.memorised_epoch, color=MARK, linestyle=":", linewidth=1)
        ax.annotate("memorised ", (assessment.memorised_epoch, 0.98), ha="right", **top)
    if assessment.jump:
        ax.axvspan(assessment.jump.start, assessment.jump.end, color=MARK, alpha=0.08, linewidth=0)
        ax.axvline(assessment.jump.epoch, color=MARK, linewidth=1)
        ax.annotate(f"jump {assessment.jump.epoch} ", (assessment.jump.epoch, 0.98), ha="right", **top)


def _draw_events(ax: Axes, series: Series) -> None:
    """Tick every event that confounds at the lower edge of the axes."""
    for event in series.events:
        if event.kind.confounds:
            ax.plot(
                [event.epoch],
                [0.0],
                marker="^",
                color=MARK,
                clip_on=False,
                transform=ax.get_xaxis_transform(),
            )
            ax.annotate(
                event.kind.value,
                (event.epoch, 0.02),
                xycoords=("data", "axes fraction"),
                rotation=90,
                fontsize=7,
                ha="right",
                va="bottom",
            )
