"""The picture of a run: probe and validation over a log axis of epochs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from grokyolo.errors import UsageError
from grokyolo.gap import Series
from grokyolo.verdict import Assessment
from grokyolo.view import marks, panels
from grokyolo.view.panels import SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = frozenset({".png", ".svg", ".pdf"})
PAPER = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "grokyolo"}
"""Settings of matplotlib for print: TrueType fonts, which journals ask for, text as text, the same file each time."""
UNDATED = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
"""Metadata that would make two files of one picture differ."""
ROOM = 4.0
"""Inches for a run's name in the title."""


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
    from matplotlib import rc_context

    figure, suffix = make(), path.suffix.lower()
    try:
        with warnings.catch_warnings(), rc_context(PAPER):
            warnings.filterwarnings("ignore", message="Glyph .* missing")  # a name in a script the font lacks
            figure.savefig(path, dpi=150, metadata=UNDATED.get(suffix))
    except OSError as error:
        raise UsageError(
            f"cannot write the picture: {error.strerror or error}",
            where=str(path),
            hint="write another file behind --plot",
        ) from error


def draw(series: Series, assessment: Assessment) -> Figure:
    """Return the picture of a run as a figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    scored = panels.has_score(series)
    figure = Figure(figsize=(8, 6 if scored else 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes: list[Axes] = list(figure.subplots(2 if scored else 1, 1, sharex=True, squeeze=False)[:, 0])
    panels.scale_epochs(axes[-1], int(series.epoch[0]), int(series.epoch[-1]))
    if scored:
        panels.scale_scores(axes[0], panels.scores_of(series))
        panels.draw_scores(axes[0], series)
    panels.draw_losses(axes[-1], series)
    panels.scale_losses(axes[-1], panels.losses_of(series))
    for ax in axes:
        panels.style_axes(ax)
        marks.draw_span(ax, assessment)
        marks.draw_event_lines(ax, series)
    marks.label_span(axes[0], assessment, SMALL)
    marks.label_events(axes[-1], series, SMALL - 1)
    axes[0].set_title(_title(series, assessment), loc="left", fontsize=SMALL + 2, pad=18)
    panels.legend(figure, axes)
    return figure


def _title(series: Series, assessment: Assessment) -> str:
    gap = "" if series.like_for_like else " · rough gap"
    jump = f" at epoch {assessment.jump.epoch}" if assessment.jump else ""
    name = panels.fit_name(series.run, ROOM, SMALL + 2)
    return f"{name} · {assessment.verdict.value}{jump} ({assessment.confidence.value}){gap}"
