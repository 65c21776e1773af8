"""Runs that broke: losses that are no numbers any more, probes that collapsed."""

from __future__ import annotations

import numpy as np

from grokyolo.gap.series import FloatArray, Series
from grokyolo.verdict import rules
from grokyolo.verdict.measurements import Curve
from grokyolo.verdict.memorising import ceiling_of


def broken_since(series: Series) -> int | None:
    """Return the epoch from which a loss is not finite up to the end, over at least 5 measurements, or None."""
    losses = (series.val_loss, series.probe_loss, series.train_loss)
    found = [since for loss in losses if (since := _not_finite_since(series, loss)) is not None]
    return min(found) if found else None


def _not_finite_since(series: Series, loss: FloatArray) -> int | None:
    """Blanks are not measured and do not count, unless the run wrote them beside infinite cells."""
    known = np.isfinite(loss)
    blank = np.isnan(loss) & ~np.isnan(series.val_score)
    told = np.flatnonzero(known | np.isinf(loss) | (blank & known.any()))
    finite = np.flatnonzero(known[told])
    since = int(finite[-1]) + 1 if len(finite) else 0
    last = told[since:]
    if len(last) < rules.LAST_MEASUREMENTS or not np.isinf(loss[last]).any():
        return None
    return int(series.epoch[last[0]])


def collapsed_since(probe: Curve) -> int | None:
    """Return the epoch from which the probe score stays below half of its best, or None."""
    if len(probe) < 2 * rules.LAST_MEASUREMENTS:
        return None
    best = ceiling_of(probe)
    last = int(np.flatnonzero(probe.medians >= rules.COLLAPSE_SHARE * best)[-1])
    lasting = max(rules.LAST_MEASUREMENTS, rules.COLLAPSE_LASTS * len(probe))
    if best < rules.MIN_GAP or len(probe) - 1 - last < lasting:
        return None
    return int(probe.epoch[last + 1])
