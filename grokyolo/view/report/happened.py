"""What the log of a run says of each thing that its plan foresaw."""

from __future__ import annotations

import numpy as np

from grokyolo.format import format_number
from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray, Source
from grokyolo.view.plan import average_words

EMPTY = ""
"""Said of what no log holds."""


def words(what: str, series: Series) -> str:
    """Return what happened in words, empty where the log does not tell.

    Args:
        what: a row of the plan: `data`, `optimizer`, `steps`, `decay`, `budget`, `warm-up`, `probe`.
        series: the log.
    """
    teller = _TELLERS.get(what)
    return EMPTY if teller is None else teller(series)


def _images(series: Series) -> str:
    counts = (("training", series.train_images), ("validation", series.val_images))
    parts = [f"{count:,} {name}" for name, count in counts if count is not None]
    return f"{', '.join(parts)} images" if parts else EMPTY


def _rate(series: Series) -> str:
    found = _course(series.lr)
    return f"learning rate {found}" if found else EMPTY


def _steps(series: Series) -> str:
    steps = _known(series.step)
    return f"{_about(series)}{steps[-1]:,.0f} in {int(series.epoch[-1]):,} epochs" if len(steps) else EMPTY


def _decay(series: Series) -> str:
    return _course(series.weight_decay) if series.source is Source.GROKYOLO else EMPTY  # no other log has it


def _budget(series: Series) -> str:
    spent = _known(series.decay_budget)
    return f"{_about(series)}{format_number(spent[-1])} e-folds spent" if len(spent) else EMPTY


def _average(series: Series) -> str:
    from grokyolo.dynamics import ema_window

    steps = _known(series.step)
    if len(steps) < 2 or steps[-1] <= 0:
        return EMPTY
    each = steps[-1] / int(series.epoch[-1])
    return average_words(ema_window(steps[-1]) / each)


def _probe(series: Series) -> str:
    if not series.like_for_like:
        return EMPTY
    images = "" if series.probe_images is None else f"{series.probe_images:,} images, "
    return f"{images}measured in {int(series.measured.sum()):,} of {len(series):,} epochs"


_TELLERS = {
    "data": _images,
    "optimizer": _rate,
    "steps": _steps,
    "decay": _decay,
    "budget": _budget,
    "warm-up": _average,
    "probe": _probe,
}


def _about(series: Series) -> str:
    """Other logs do not count optimizer steps: they are reckoned from what the curves show."""
    return "" if series.source is Source.GROKYOLO else "about "


def _course(values: FloatArray) -> str:
    """Return first, most extreme and last value, without repeating what is the same."""
    known = _known(values)
    if not len(known):
        return EMPTY
    highest = known.max() if known.max() > max(known[0], known[-1]) else known[-1]
    told = [f"{value:.3g}" for value in (known[0], highest, known[-1])]
    return " → ".join(text for i, text in enumerate(told) if not i or text != told[i - 1])


def _known(values: FloatArray) -> FloatArray:
    found: FloatArray = values[np.isfinite(values)]
    return found
