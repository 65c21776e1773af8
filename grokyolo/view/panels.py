"""What all pictures are put together from: panels of scores and losses, axes, a legend, few enough points, a file."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grokyolo.compare import By, clock
from grokyolo.errors import UsageError
from grokyolo.format import printable, shorten
from grokyolo.gap import Series
from grokyolo.gap.intervals import intervals_of
from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.view.table import INTERVAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

PROBE, VALIDATION, ROUGH, GAP = "#0072B2", "#D55E00", "#7f7f7f", "#56B4E9"
"""Okabe and Ito's colours: told apart by colour-blind readers. In grey the dashes tell them apart: in every picture
validation is solid, the probe dashed and the running train loss dotted."""
LINES: dict[str, dict[str, Any]] = {
    "val": {"color": VALIDATION, "linewidth": 1.8, "label": "validation"},
    "probe": {"color": PROBE, "linestyle": (0, (5, 2)), "linewidth": 1.6, "label": "probe (training images)"},
    "train": {"color": ROUGH, "linestyle": (0, (1, 1)), "linewidth": 1.0, "label": "train (running mean, rough)"},
}
CLOCKS = {By.EPOCH: "epoch", By.STEP: "optimizer step", By.TIME: "seconds trained", By.BUDGET: "e-folds of decay"}
"""What is written below an axis."""
SMALL = 8
"""Size of the letters at marks, ticks and in the legend."""
ENTRY = 1.9
"""Inches of an entry of the legend."""
FEW = 3
"""So few points are drawn as dots too: one alone makes no line."""
NARROWEST = 6
"""So many of the narrowest letters take no more room than one letter is high."""
FORMATS = frozenset({".png", ".svg", ".pdf"})
PAPER = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "grokyolo"}
"""Settings of matplotlib for print: TrueType fonts, which journals ask for, text as text, the same file each time."""
UNDATED = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
"""Metadata that would make two files of one picture differ."""
COLUMNS = 1500
"""Cells along the axis, about one for each pixel of the picture."""
CELLS = 1000
"""Cells along each axis for one run where the reader can zoom, about one for each pixel."""
NUMBERS, FEW_NUMBERS = 12, 6
"""Numbers that have room along the width of a picture and along the height of a panel; more: powers of ten alone."""


@dataclass(frozen=True)
class Look:
    """How a picture is wanted.

    Attributes:
        size: width and height in inches; None as it comes.
        title: instead of the picture's own; empty for none, None for its own.
        by: the clock along the picture.
    """

    size: tuple[float, float] | None = None
    title: str | None = None
    by: By = By.EPOCH


PLAIN = Look()


def new_figure(**options: Any) -> Figure:
    """Return an empty figure that needs no window; options as of matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(layout="constrained", **options)
    FigureCanvasAgg(figure)
    return figure


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


def scale_epochs(ax: Axes, first: int, last: int, room: int = NUMBERS) -> None:
    """Make the horizontal axis a log axis of epochs with up to `room` numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.set_xlim(first * 0.9, last * 1.12)
    subs = (1.0,) if 3 * math.log10(last / first) > room else (1.0, 2.0, 5.0)
    ax.xaxis.set_major_locator(LogLocator(subs=subs, numticks=30))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel("epoch", fontsize=SMALL + 1)


def scale_clock(ax: Axes, series: Series, by: By) -> None:
    """Let the horizontal axis show another clock, on a log axis; what is drawn stays at its epoch.

    Raises:
        UsageError: the log does not tell it.
    """
    from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

    at = clock(series, by)
    known = np.flatnonzero(np.isfinite(at) & (at > 0))
    rising = known[np.concatenate([[True], np.diff(np.maximum.accumulate(at[known])) > 0])] if len(known) else known
    if len(rising) < FEW:
        others = [one.value for one in By if one is not by]
        raise UsageError(f"the log does not tell its {by.unit}", where=f"--by {by.value}", hint=f"--by {others[0]}")
    epochs, shown = np.log(series.epoch[rising].astype(float)), np.log(at[rising])
    ends = np.array([-10.0, 10.0])  # far outside what is drawn
    epochs, shown = ([values[0] + ends[0], *values, values[-1] + ends[1]] for values in (epochs, shown))

    def forward(epoch: Any) -> Any:
        return np.interp(np.log(np.maximum(epoch, 1e-9)), epochs, shown)

    def inverse(place: Any) -> Any:
        return np.exp(np.interp(place, shown, epochs))

    ax.set_xscale("function", functions=(forward, inverse))
    low, high = at[rising[0]], at[rising[-1]]
    subs = (1.0,) if 3 * math.log10(high / low) > NUMBERS else (1.0, 2.0, 5.0)
    ticks = [tick for tick in LogLocator(subs=subs, numticks=30).tick_values(low, high) if low <= tick <= high]
    ax.xaxis.set_major_locator(FixedLocator(list(inverse(np.log(ticks)))))
    ax.xaxis.set_major_formatter(lambda epoch, _: f"{float(f'{np.exp(forward(epoch)):.3g}'):,.10g}")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(f"{CLOCKS[by]}; marks name epochs", fontsize=SMALL + 1)


def scale_losses(ax: Axes, losses: Iterable[FloatArray], *, cut: bool = False) -> None:
    """Make the vertical axis a log axis where all losses have a logarithm, with numbers as people write them.

    Args:
        ax: shows losses.
        losses: all that it shows.
        cut: where a few have no logarithm, let them run out of the axes instead of giving it up.
    """
    known = np.concatenate([values[np.isfinite(values)] for values in losses])
    positive = known[known > 0]
    if not len(positive) or (len(positive) < len(known) and not cut):
        return
    low, high = float(positive.min()), float(positive.max())
    ax.set_yscale("log")
    if len(positive) < len(known):
        ax.set_ylim(0.8 * low, 1.25 * high)
    number_decades(ax.yaxis, low, high)


def number_decades(axis: Axis, low: float, high: float, room: int = FEW_NUMBERS) -> None:
    """Put numbers at a log axis as people write them: as many as a plain axis has where it spans less than a decade.

    Args:
        axis: has a log scale.
        low, high: ends of what is drawn, above zero.
        room: numbers that have room.
    """
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator

    decades = math.log10(high / low)
    if decades < 1:
        axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
        axis.set_minor_locator(NullLocator())
    else:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if 3 * decades <= room else (1.0,), numticks=30))
        axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(lambda value, _: f"{value:,.10g}")


def scale_scores(ax: Axes, scores: Iterable[FloatArray]) -> None:
    """Let the vertical axis go from 0 to 1, or to a little above the highest score where all are low."""
    known = np.concatenate([values[np.isfinite(values)] for values in scores])
    top = float(known.max(initial=0.0))
    top = 1.0 if top > 0.5 else max(top * 1.1, 0.05)
    ax.set_ylim(-0.03 * top, 1.03 * top)


def draw_scores(ax: Axes, series: Series) -> None:
    """Draw probe and validation score, the gap between them, and error bars where there are any."""
    if series.like_for_like:
        _draw_gap(ax, series.epoch, series.probe_score, series.val_score, "gap")
    _draw_line(ax, series.epoch, series.val_score, "val")
    if series.like_for_like:
        _draw_line(ax, series.epoch, series.probe_score, "probe")
    draw_intervals(ax, series)
    ax.set_ylabel(series.score_name or "score", fontsize=SMALL + 1)


def draw_losses(ax: Axes, series: Series) -> None:
    """Draw all losses and the gap; without a probe it is the rough one."""
    reference = series.probe_loss if series.like_for_like else series.train_loss
    _draw_gap(ax, series.epoch, reference, series.val_loss, "gap" if series.like_for_like else "rough gap")
    _draw_line(ax, series.epoch, series.train_loss, "train")
    _draw_line(ax, series.epoch, series.val_loss, "val")
    if series.like_for_like:
        _draw_line(ax, series.epoch, series.probe_loss, "probe")
    ax.set_ylabel("loss", fontsize=SMALL + 1)
    _draw_not_finite(ax, series)


def draw_intervals(ax: Axes, series: Series) -> None:
    """Draw a thin bar for the score of each epoch that has error bars; fixed limits grow to hold them."""
    bars, _ = intervals_of(series)  # what is wrong with them the table says
    for name, colour in (("probe", PROBE), ("val", VALIDATION)):
        if name == "probe" and not series.like_for_like:
            continue
        found = [(row.epoch, *ends) for row in bars if (ends := row.ends(name))]
        if not found:
            continue
        epoch, low, high = np.array(found).T
        look: dict[str, Any] = {"fmt": "none", "ecolor": colour, "elinewidth": 0.8, "capsize": 2}
        ax.errorbar(epoch, (low + high) / 2, (high - low) / 2, label=INTERVAL if name == "val" else None, **look)
        bottom, top = ax.get_ylim()
        ax.set_ylim(bottom, max(top, 1.03 * float(high.max())))


def losses_of(series: Series) -> list[FloatArray]:
    """Return every loss that is drawn."""
    return [series.train_loss, series.probe_loss, series.val_loss]


def scores_of(series: Series) -> list[FloatArray]:
    """Return every score that is drawn."""
    return [series.probe_score, series.val_score]


def has_score(series: Series) -> bool:
    """Tell whether a run has a validation score to draw."""
    return bool(np.any(np.isfinite(series.val_score)))


def style_axes(ax: Axes) -> None:
    """Give axes the looks that all pictures share."""
    ax.tick_params(which="both", labelsize=SMALL)
    ax.spines[["top", "right"]].set_visible(False)


def legend(figure: Figure, axes: Sequence[Axes], more: Sequence[Any] = ()) -> None:
    """Put one legend for all axes below them, where it hides no curve.

    Args:
        figure: holds the axes.
        axes: where the curves are; of curves with the same label one counts.
        more: handles of what is no curve.
    """
    named: dict[str, Any] = {}
    for ax in axes:
        handles, labels = ax.get_legend_handles_labels()
        for handle, label in zip(handles, labels, strict=True):
            named.setdefault(label, handle)
    named.update({handle.get_label(): handle for handle in more})
    curves = [line["label"] for line in LINES.values()]
    named = dict(sorted(named.items(), key=lambda one: curves.index(one[0]) if one[0] in curves else len(curves)))
    if named:
        most = min(4, max(int(figure.get_figwidth() / ENTRY), 1))
        columns = math.ceil(len(named) / math.ceil(len(named) / most))
        figure.legend(
            list(named.values()), list(named), loc="outside lower center", ncols=columns, frameon=False, fontsize=SMALL
        )


def plain(text: str) -> str:
    """Return text as a picture can hold it: no dollar begins a formula."""
    return printable(text).replace("$", r"\$")


def fit_name(run: str, inches: float, size: float) -> str:
    """Return a run's name for a picture: its end where it is too long, nothing that a font or TeX stumbles over.

    Args:
        run: as the user typed it.
        inches: room for it.
        size: of the letters.
    """
    name = printable(run)
    kept = min(len(name), int(inches * 72 / size * NARROWEST) + 1)
    while kept > 1 and wide(shown := name if kept == len(name) else shorten(name, kept + 1), size) > inches:
        kept -= 1
    return plain(shown) if kept > 1 else "…"


def wide(text: str, size: float) -> float:
    """Return how many inches a line takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        return float(TextToPath().get_text_width_height_descent(text, FontProperties(size=size), ismath=False)[0]) / 72


def _draw_line(ax: Axes, epoch: IntArray, values: FloatArray, name: str) -> None:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return
    kept = known[points_to_draw(epoch[known], values[known])]
    ax.plot(epoch[kept], values[kept], marker="o" if len(known) <= FEW else None, markersize=4, **LINES[name])


def _draw_gap(ax: Axes, epoch: IntArray, one: FloatArray, other: FloatArray, label: str) -> None:
    both = np.flatnonzero(np.isfinite(one) & np.isfinite(other))
    if len(both) < 2:
        return
    kept = both[np.union1d(points_to_draw(epoch[both], one[both]), points_to_draw(epoch[both], other[both]))]
    ax.fill_between(epoch[kept], one[kept], other[kept], color=GAP, alpha=0.18, linewidth=0, label=label)


def not_finite(series: Series) -> IntArray:
    """Return the first epoch of each stretch in which the validation loss was measured and is not finite."""
    broken = np.isinf(series.val_loss)
    epochs: IntArray = series.epoch[broken & ~np.concatenate([[False], broken[:-1]])]
    return epochs


def _draw_not_finite(ax: Axes, series: Series) -> None:
    """Cross the upper edge of the axes where the loss is not finite."""
    epochs = not_finite(series)
    if len(epochs):
        look: dict[str, Any] = {"marker": "x", "linestyle": "none", "color": VALIDATION}
        edge = ax.get_xaxis_transform()
        ax.plot(epochs, np.full(len(epochs), 0.97), transform=edge, label="loss not finite from here", **look)


# Fewer points, so that nobody can see that some are missing ----------------------------------------------------


def points_to_draw(epoch: IntArray, values: FloatArray) -> IntArray:
    """Return the indices of the points to draw: the first, last, lowest and highest of each cell of a log axis.

    Args:
        epoch: shape (n,), strictly rising.
        values: shape (n,), finite.
    """
    if len(epoch) <= 2 * COLUMNS:
        return np.arange(len(epoch))
    kept: IntArray = np.unique(_extremes(_cells(np.log(epoch), COLUMNS), values))
    return kept


def rows_to_draw(
    epoch: IntArray, curves: Sequence[FloatArray], cells: int = CELLS, always: Iterable[int] = ()
) -> IntArray:
    """Return the rows to draw, rising.

    Of each curve the first, last, lowest and highest point of each cell stay, both for cells of a log axis and for
    those of a linear one: the reader can switch. All curves share their rows, so that one look at an epoch tells
    them all.

    Args:
        epoch: shape (n,), strictly rising, from 1 on.
        curves: each of shape (n,); what is not finite draws nothing.
        cells: along each axis.
        always: epochs that stay in any case.
    """
    if len(epoch) <= 2 * cells:
        return np.arange(len(epoch))
    kept = [np.array([0, len(epoch) - 1]), np.flatnonzero(np.isin(epoch, list(always)))]
    for cell in (_cells(np.log(epoch), cells), _cells(epoch.astype(float), cells)):
        for curve in curves:
            known = np.flatnonzero(np.isfinite(curve))
            if len(known):
                kept.append(known[_extremes(cell[known], curve[known])])
    rows: IntArray = np.unique(np.concatenate(kept))
    return rows


def _cells(at: FloatArray, count: int) -> IntArray:
    """Return in which of `count` cells of an axis, which ends with the first and the last point, each point lies."""
    share = (at - at[0]) / (at[-1] - at[0])
    cell: IntArray = np.minimum((share * count).astype(np.int64), count - 1)
    return cell


def _extremes(cell: IntArray, values: FloatArray) -> IntArray:
    """Return the indices of the first, last, lowest and highest point of each cell; an index may come twice.

    Args:
        cell: shape (n,), not falling.
        values: shape (n,), finite.
    """
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    ends = np.append(starts[1:], len(cell)) - 1
    by_value = np.lexsort((values, cell))  # cells stay where they are; inside each the values rise
    found: IntArray = np.concatenate([starts, ends, by_value[starts], by_value[ends]])
    return found
