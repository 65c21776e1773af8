"""Runs that broke: losses that are no numbers any more, probes that collapsed."""

from __future__ import annotations

import numpy as np

from grokyolo.gap.series import FloatArray, Series
from grokyolo.verdict import rules
from grokyolo.verdict.measurements import Curve, Measurements
from grokyolo.verdict.memorising import ceiling_of
from grokyolo.verdict.robust import running_median


def broken_since(series: Series) -> int | None:
    """Return the epoch from which a loss is not finite up to the end, over at least 5 measurements, or None."""
    found = [
        since
        for loss in (series.val_loss, series.probe_loss, series.train_loss)
        if (since := _not_finite_since(series, loss)) is not None
    ]
    return min(found) if found else None


def _not_finite_since(series: Series, loss: FloatArray) -> int | None:
    """Infinite cells count, and so do blanks beside a score that was measured in the same epoch."""
    known = np.isfinite(loss)
    blank = np.isnan(loss) & ~np.isnan(series.val_score)
    told = np.flatnonzero(known | np.isinf(loss) | (blank if known.any() else np.zeros_like(blank)))
    if len(told) < rules.LAST_MEASUREMENTS:
        return None
    finite = np.flatnonzero(known[told])
    last = int(finite[-1]) if len(finite) else -1
    if len(told) - 1 - last < rules.LAST_MEASUREMENTS or not np.isinf(loss[told[last + 1 :]]).any():
        return None
    return int(series.epoch[told[last + 1]])


def collapsed_since(measured: Measurements) -> int | None:
    """Return the epoch from which the probe score stays below half of its best, or None."""
    probe: Curve = measured.probe_score
    if len(probe) < 2 * rules.LAST_MEASUREMENTS:
        return None
    best = ceiling_of(probe)
    medians = running_median(probe.value, rules.MEDIAN_OF)
    high = np.flatnonzero(medians >= rules.COLLAPSE_SHARE * best)
    last = int(high[-1])
    if best < rules.MIN_GAP or len(probe) - 1 - last < max(rules.LAST_MEASUREMENTS, 0.02 * len(probe)):
        return None
    return int(probe.epoch[last + 1])
