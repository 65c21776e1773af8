"""When a model had memorised its training images, and how large a gap that left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grokyolo.gap.series import FloatArray
from grokyolo.verdict import rules
from grokyolo.verdict.measurements import Curve, Measurements
from grokyolo.verdict.robust import first_stay, level, running_median, scatter

_LEAST = 5


@dataclass(frozen=True)
class Memorising:
    """That a model has memorised.

    Attributes:
        epoch: first measured epoch of it.
        ceiling: highest lasting level of the probe score; None when only losses tell.
        gap_max: largest lasting score gap; None when only losses tell.
        gap_end: score gap at the end of the run; None when only losses tell.
        by: `probe score`, `probe loss` or `train loss`: what shows it.
    """

    epoch: int
    ceiling: float | None
    gap_max: float | None
    gap_end: float | None
    by: str


def ceiling_of(probe: Curve) -> float:
    """Return the highest lasting level of a score: the best quarter of the time it spends near its top."""
    medians = running_median(probe.value, rules.MEDIAN_OF)
    near = probe.value[medians >= 0.9 * np.quantile(medians, 0.9)]
    parts = [part for part in np.array_split(near, 4) if len(part) >= _LEAST]
    return float(max(np.median(part) for part in parts)) if parts else float(np.median(near))


def memorised(measured: Measurements) -> Memorising | None:
    """Return when the model had memorised while validation did not follow, or None if it never did."""
    if len(measured.probe_score) >= _LEAST:
        return _by_score(measured)
    if len(measured.probe_loss) >= _LEAST:
        return _by_loss(measured, measured.probe_loss, "probe loss")
    if len(measured.train_loss) >= _LEAST:
        return _by_loss(measured, measured.train_loss, "train loss")
    return None


def end_level(values: FloatArray) -> float:
    """Return the level at the end of a curve: that of its last twentieth, five values at least."""
    return level(values[-max(_LEAST, len(values) // 20) :])


def _unsure(values: FloatArray, medians: FloatArray) -> float:
    """Return by how much running medians of five may lie below a level that the curve has reached."""
    return 2.5 * max(0.55 * scatter(values), scatter(medians))


def _by_score(measured: Measurements) -> Memorising | None:
    probe, gap = measured.probe_score, measured.score_gap
    ceiling = ceiling_of(probe)
    if ceiling < rules.MIN_CEILING:
        return None
    medians = running_median(probe.value, rules.MEDIAN_OF)
    unsure = _unsure(probe.value, medians)
    enough = max(min(rules.CEILING_SHARE * ceiling, ceiling - unsure), 0.8 * ceiling)
    there = (medians >= enough) & (probe.value >= enough - unsure)
    first = first_stay(medians >= enough, _LEAST, rules.STAYING_SHARE)
    if first is not None:
        first += int(np.argmax(there[first:]))
    if first is None or len(gap) < _LEAST:
        return None
    start = probe.epoch[first]
    wide = running_median(gap.value, rules.MEDIAN_OF)
    least = max(rules.MIN_GAP, min(rules.GAP_SIGMA * scatter(wide), 0.5 * float(wide.max())))
    opened = first_stay((wide >= least) & (gap.epoch >= start), _LEAST, 0.0)
    if opened is None:
        return None
    epoch = int(gap.epoch[opened])
    return Memorising(epoch, ceiling, float(np.max(wide[opened:])), end_level(gap.value), "probe score")


def _by_loss(measured: Measurements, loss: Curve, by: str) -> Memorising | None:
    """Memorised by a loss near its floor, while the validation loss stays above by a tenth of its range."""
    medians = running_median(loss.value, rules.MEDIAN_OF)
    floor = float(np.quantile(medians, 0.05))
    top = float(np.max(medians[: max(3, len(medians) // 20)]))
    spread = top - floor
    if not spread > 0:
        return None
    unsure = _unsure(loss.value, medians)
    near = medians <= floor + max(rules.FLOOR_SHARE * spread, unsure)
    first = first_stay(near, _LEAST, rules.STAYING_SHARE)
    if first is None:
        return None
    val = measured.val_loss
    above = val.value - loss.at(val.epoch) >= rules.MIN_GAP * spread if len(val) else np.zeros(0, dtype=bool)
    opened = first_stay(above & (val.epoch >= loss.epoch[first]), _LEAST, 0.0)
    return None if opened is None else Memorising(int(val.epoch[opened]), None, None, None, by)
