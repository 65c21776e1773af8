"""When a model had memorised its training images, and how large a gap that left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grokyolo.verdict import rules
from grokyolo.verdict.measurements import Curve, Measurements
from grokyolo.verdict.robust import first_stay, level, scatter

_LEAST = rules.MEDIAN_OF


@dataclass(frozen=True)
class Memorising:
    """That a model has memorised.

    Attributes:
        epoch: first measured epoch of it.
        ceiling: highest lasting level of the probe score; None when only losses tell.
        gap_max: largest lasting score gap; None when only losses tell.
        gap_end: score gap at the end of the run; None when only losses tell.
        by: `probe score`, `probe loss` or `train loss`: what shows it.
        loss_gap_share: where a loss shows it, how far above it the validation loss ends, as a share of the range
            of that loss; else None.
        gap_is_open: whether the score gap at the end of the run is worth a verdict.
    """

    epoch: int
    ceiling: float | None
    gap_max: float | None
    gap_end: float | None
    by: str
    loss_gap_share: float | None = None
    gap_is_open: bool = False

    @property
    def gap_left(self) -> float | None:
        """Return the share of the largest gap that is left at the end."""
        return None if self.gap_end is None or not self.gap_max else self.gap_end / self.gap_max

    @property
    def gap_is_large(self) -> bool:
        """Return whether the gap at the end is worth a verdict."""
        if self.gap_end is None or self.ceiling is None:
            return (self.loss_gap_share or 0.0) >= rules.LARGE_LOSS_GAP
        return self.gap_is_open


def memorised(measured: Measurements) -> Memorising | None:
    """Return when the model had memorised while validation did not follow, or None if it never did."""
    if len(measured.probe_score) >= _LEAST:
        return _by_score(measured)
    if len(measured.probe_loss) >= _LEAST:
        return _by_loss(measured.probe_loss, measured.val_loss, "probe loss")
    if len(measured.train_loss) >= _LEAST:
        return _by_loss(measured.train_loss, measured.val_loss, "train loss")
    return None


def ceiling_of(probe: Curve) -> float:
    """Return the highest lasting level of a score: the best quarter of the time it spends near its top."""
    near = probe.value[probe.medians >= 0.9 * np.quantile(probe.medians, 0.9)]
    parts = [part for part in np.array_split(near, 4) if len(part) >= _LEAST]
    return float(max(np.median(part) for part in parts)) if parts else float(np.median(near))


def _by_score(measured: Measurements) -> Memorising | None:
    probe, gap = measured.probe_score, measured.score_gap
    if len(gap) < _LEAST:
        return None
    ceiling = ceiling_of(probe)
    unsure = max(_unsure(probe), _flicker(probe, ceiling))
    enough = max(min(rules.CEILING_SHARE * ceiling, ceiling - unsure), rules.LEAST_SHARE * ceiling)
    start = _stays(probe, probe.medians >= enough, probe.value >= enough - _unsure(probe))
    if ceiling < rules.MIN_CEILING or start is None:
        return None
    lasting = gap.medians
    least = max(rules.MIN_GAP, min(rules.GAP_SIGMA * scatter(lasting), 0.5 * float(lasting.max())))
    opened = first_stay((lasting >= least) & (gap.epoch >= start), _LEAST, 0.0)
    if opened is None:
        return None
    gap_max = float(np.max(lasting[opened:]))
    is_open = _is_open(gap, max(rules.LARGE_GAP * ceiling, rules.MIN_GAP))
    return Memorising(int(gap.epoch[opened]), ceiling, gap_max, _lately(gap), "probe score", gap_is_open=is_open)


def _is_open(gap: Curve, border: float) -> bool:
    """Whether a gap is large at the end of the run; near the border, whether it was before.

    So that noise does not turn the word back and forth, it is followed from its beginning, in every run alike.
    """
    if gap.quantum > 1 / rules.FIRM_IMAGES:
        border = max(border, rules.GAP_IMAGES * gap.quantum)
    count, is_open = float(rules.GAP_OF), _lately(gap.first(rules.GAP_OF)) >= border
    while count < len(gap):
        is_open = _opens(_lately(gap.first(int(count))), border, is_open)
        count *= rules.GAP_OVER
    return _opens(_lately(gap), border, is_open)


def _opens(lately: float, border: float, before: bool) -> bool:
    return lately >= border * (1 - rules.GAP_BORDER if before else 1 + rules.GAP_BORDER)


def _flicker(probe: Curve, ceiling: float) -> float:
    """Return one image where a small probe at its ceiling flickers by one, else 0."""
    near = probe.value[probe.medians >= ceiling - 1.5 * probe.quantum]
    return probe.quantum if len(near) and level(near) < ceiling - 0.25 * probe.quantum else 0.0


def _lately(gap: Curve) -> float:
    """Return the level of the gap at the end of a run."""
    count = max(int(np.sum(gap.epoch >= gap.epoch[-1] / rules.GAP_OVER)), rules.GAP_OF)
    return level(gap.value[-count:])


def _by_loss(loss: Curve, val: Curve, by: str) -> Memorising | None:
    """Memorised by a loss near its floor, while the validation loss stays above by a tenth of its range."""
    floor = float(np.quantile(loss.medians, 0.05))
    spread = float(np.max(loss.value[: max(3, len(loss) // 20)])) - floor
    if not spread > 0 or len(val) < _LEAST:
        return None
    enough = floor + max(rules.FLOOR_SHARE * spread, min(_unsure(loss), (1 - rules.LEAST_SHARE) * spread))
    start = _stays(loss, loss.medians <= enough, loss.value <= enough + _unsure(loss))
    if start is None:
        return None
    above = val.value - loss.at(val.epoch) >= rules.MIN_GAP * spread
    opened = first_stay(above & (val.epoch >= start), _LEAST, 0.0)
    if opened is None:
        return None
    share = (val.end - loss.end) / spread
    return Memorising(int(val.epoch[opened]), None, None, None, by, share)


def _unsure(curve: Curve) -> float:
    """Return by how much medians of five may miss a level that the curve has reached."""
    return rules.UNSURE_SIGMA * max(0.55 * scatter(curve.value), scatter(curve.medians))


def _stays(curve: Curve, medians_hold: NDArray[np.bool_], value_holds: NDArray[np.bool_]) -> float | None:
    """Return the epoch from which medians hold for good; the first of them must hold by itself too.

    For good is to the end of the run, or until four times as late: a run that is extended has memorised all the same.
    """
    first = first_stay(medians_hold, _LEAST, rules.STAYING_SHARE)
    for_long = _holds_for_long(curve, medians_hold)
    if for_long is not None and (first is None or for_long < first):
        first = for_long
    if first is None:
        return None
    both = (medians_hold & value_holds)[first:]
    return float(curve.epoch[first + int(np.argmax(both))])


def _holds_for_long(curve: Curve, holds: NDArray[np.bool_]) -> int | None:
    """Return the first index from which a condition holds throughout, until an epoch four times as late at least."""
    stops = np.searchsorted(curve.epoch, rules.FOR_LONG * curve.epoch)
    held = np.concatenate([[0], np.cumsum(holds)])
    starts = np.arange(len(curve))
    inside = (stops < len(curve)) & (stops - starts >= rules.FOR_LONG_MEASUREMENTS)
    found = np.flatnonzero(inside & holds & (held[stops] - held[starts] >= rules.FOR_LONG_SHARE * (stops - starts)))
    return int(found[0]) if len(found) else None
