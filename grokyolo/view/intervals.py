"""Error bars of the scores, where a run has them: a line below the table, thin bars in the picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from rich.text import Text

from grokyolo.errors import RunError
from grokyolo.format import format_score
from grokyolo.gap import Intervals, Series, read_intervals
from grokyolo.gap.intervals import FILE_NAME
from grokyolo.gap.run import find_log
from grokyolo.verdict import Assessment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABEL = "90 % interval by images"


def lines(series: Series, assessment: Assessment) -> list[Text]:
    """Return what stands below the table of one run: nothing without error bars, else a blank line and one more.

    It holds the interval of the last score gap and that of the best validation score. Few epochs have error bars:
    where those two have none, the last that has stands for the one and the best that has for the other, by name.
    """
    try:
        bars = _read(series)
    except RunError as error:
        return [Text(), Text.assemble(("note: ", "dim"), f"no intervals from {FILE_NAME}: {error.what}")]
    parts = [part for part in (_gap(series, bars), _best(series, assessment, bars)) if part]
    return [Text(), Text.assemble((f"{LABEL}: ", "dim"), ", ".join(parts))] if parts else []


def draw(ax: Axes, series: Series, colours: Mapping[str, str]) -> None:
    """Draw a thin bar for the score of each epoch that has one; axes with fixed limits grow to hold them.

    Args:
        ax: shows scores over epochs.
        series: the run.
        colours: of `probe` and `val`.
    """
    try:
        bars = _read(series)
    except RunError:  # the table says so
        return
    for name, colour in colours.items():
        if name == "probe" and not series.like_for_like:
            continue
        found = [(row.epoch, *ends) for row in bars if (ends := _ends(row, name))]
        if not found:
            continue
        epoch, low, high = np.array(found).T
        ax.errorbar(
            epoch,
            (low + high) / 2,
            (high - low) / 2,
            fmt="none",
            ecolor=colour,
            elinewidth=0.8,
            capsize=2,
            label=LABEL if name == "val" else None,
        )
        bottom, top = ax.get_ylim()
        ax.set_ylim(bottom, max(top, 1.03 * float(high.max())))


def _read(series: Series) -> list[Intervals]:
    """Return the error bars of epochs that the log has.

    Raises:
        RunError: errors.csv cannot be read.
    """
    try:
        log = find_log(series.run)
    except RunError:  # gone since it was read, or never a file
        return []
    known = set(series.epoch.tolist())
    return [row for row in read_intervals(log) if row.epoch in known]


def _ends(row: Intervals, name: str) -> tuple[float, float] | None:
    low, high = getattr(row, f"{name}_low"), getattr(row, f"{name}_high")
    return None if low is None or high is None else (low, high)


def _gap(series: Series, bars: list[Intervals]) -> str:
    found = [(row.epoch, ends) for row in bars if (ends := _ends(row, "gap"))]
    if not found or not series.like_for_like:  # a results.csv beside errors.csv knows no probe
        return ""
    epoch, ends = found[-1]
    measured = series.epoch[np.isfinite(series.score_gap)]
    return _words("gap", *ends, "" if epoch == measured.max(initial=0) else f" (epoch {epoch})")


def _best(series: Series, assessment: Assessment, bars: list[Intervals]) -> str:
    scores = dict(zip(series.epoch.tolist(), series.val_score.tolist(), strict=True))
    found = [(row.epoch, ends) for row in bars if (ends := _ends(row, "val")) and np.isfinite(scores[row.epoch])]
    if not found:
        return ""
    epoch, ends = max(found, key=lambda bar: (bar[0] == assessment.best_epoch, scores[bar[0]]))
    if epoch == assessment.best_epoch:
        return _words("best score", *ends)
    return _words("score", *ends, f" (epoch {epoch})")


def _words(name: str, low: float, high: float, where: str = "") -> str:
    return f"{name} {format_score(low)} to {format_score(high)}{where}"
