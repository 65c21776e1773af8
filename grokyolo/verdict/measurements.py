"""A Series reduced to its measurements: rows that say something new, cells that can be used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from grokyolo.gap.series import FloatArray, Series
from grokyolo.verdict import rules
from grokyolo.verdict.robust import level, running_median, scatter

BoolArray = NDArray[np.bool_]

_HUGE = 1e100
"""Larger numbers are finite only by luck, and would overflow when squared."""

_SMALLEST = 1e-6
"""A loss below this share of its highest level is as good as 0."""


@dataclass(frozen=True)
class Curve:
    """One quantity where it was measured and is finite.

    Attributes:
        epoch: shape (n,), rising.
        value: shape (n,), finite.
        quantum: smallest step that the value can take, such as one validation image; 0 when unknown.
    """

    epoch: FloatArray
    value: FloatArray
    quantum: float = 0.0

    def __len__(self) -> int:
        return len(self.epoch)

    @cached_property
    def medians(self) -> FloatArray:
        """Medians of five measurements, shape (n,): what DESIGN's "stays at" is about."""
        return running_median(self.value, rules.MEDIAN_OF)

    @cached_property
    def noise(self) -> float:
        """Standard deviation from one measurement to the next; that of rounding at least."""
        return max(scatter(self.value), self.quantum / math.sqrt(12))

    def at_epoch(self, epoch: float) -> float:
        """Return the value at one epoch."""
        return float(np.interp(epoch, self.epoch, self.value))

    @property
    def end(self) -> float:
        """Level at the end: that of the last twentieth, five measurements at least."""
        return level(self.value[-max(rules.MEDIAN_OF, len(self) // 20) :])

    def since(self, epoch: float) -> Curve:
        """Return the part from `epoch` on."""
        first = int(np.searchsorted(self.epoch, epoch))
        return Curve(self.epoch[first:], self.value[first:], self.quantum)

    def until(self, epoch: float) -> Curve:
        """Return the part up to `epoch`."""
        stop = int(np.searchsorted(self.epoch, epoch, side="right"))
        return Curve(self.epoch[:stop], self.value[:stop], self.quantum)

    def first(self, count: int) -> Curve:
        """Return the first measurements."""
        return Curve(self.epoch[:count], self.value[:count], self.quantum)

    def between(self, first: float, last: float) -> FloatArray:
        """Return the values in epochs `first` to `last`, both included."""
        low, high = np.searchsorted(self.epoch, first), np.searchsorted(self.epoch, last, side="right")
        return self.value[low:high]

    def without(self, stretches: Sequence[tuple[float, float]]) -> Curve:
        """Return the curve without the measurements in these stretches of epochs, both ends included."""
        keep = np.ones(len(self), dtype=bool)
        for first, last in stretches:
            keep &= (self.epoch < first) | (self.epoch > last)
        return self if keep.all() else Curve(self.epoch[keep], self.value[keep], self.quantum)

    def cadence_at(self, epoch: float) -> float:
        """Return how many epochs apart measurements are around an epoch; cadences may widen."""
        i = int(np.searchsorted(self.epoch, epoch))
        around = np.diff(self.epoch[max(i - 2, 0) : i + 3])
        return float(around.max()) if len(around) else 1.0

    def at(self, epoch: FloatArray) -> FloatArray:
        """Return values at these epochs, linearly between measurements."""
        return np.interp(epoch, self.epoch, self.value)


@dataclass(frozen=True)
class Measurements:
    """All curves of a run.

    Attributes:
        val_score, probe_score: scores in [0, 1]; made from losses when `loss_only`.
        score_gap: probe minus validation, where both are known.
        val_loss, probe_loss, train_loss: finite losses.
        cadence: usual number of epochs between two measurements.
        last_epoch: last epoch of the log, 0 when it is empty.
        loss_only: whether there were no scores to judge by.
        broken: epochs at which the validation or the train loss was not finite.
    """

    val_score: Curve
    probe_score: Curve
    score_gap: Curve
    val_loss: Curve
    probe_loss: Curve
    train_loss: Curve
    cadence: float
    last_epoch: int
    loss_only: bool = False
    broken: FloatArray = field(default_factory=lambda: np.zeros(0))

    @property
    def scores(self) -> tuple[Curve, ...]:
        """The scores that were measured, validation first."""
        return tuple(curve for curve in (self.val_score, self.probe_score) if len(curve))

    @property
    def what(self) -> str:
        """What `val_score` is, for sentences."""
        return "validation, on a scale made from the losses," if self.loss_only else "the validation score"


def measure(series: Series) -> Measurements:
    """Extract the measurements of a run."""
    new = ~_repeats(series) & ~_in_spell(series)
    curves = {name: _curve(series, getattr(series, name), new) for name in ("val_loss", "probe_loss")}
    val, probe = (_curve(series, _as_score(values), new) for values in (series.val_score, series.probe_score))
    loss_only = len(val) < rules.MIN_MEASUREMENTS <= len(curves["val_loss"])
    if loss_only:
        val, probe = _scores_from(curves["val_loss"], curves["probe_loss"])
    elif series.val_images:
        val = replace(val, quantum=1.0 / series.val_images)
        if series.probe_images:
            probe = replace(probe, quantum=1.0 / series.probe_images)
    return Measurements(
        val_score=val,
        probe_score=probe,
        score_gap=_difference(probe, val),
        **curves,
        train_loss=_curve(series, series.train_loss, np.ones(len(series), dtype=bool)),
        cadence=float(np.median(np.diff(val.epoch))) if len(val) > 1 else 1.0,
        last_epoch=int(series.epoch[-1]) if len(series) else 0,
        loss_only=loss_only,
        broken=series.epoch[np.isinf(series.val_loss) | np.isinf(series.train_loss)].astype(np.float64),
    )


def _in_spell(series: Series) -> BoolArray:
    """Return shape (n,): rows of a spell of NaN, in which a score of 0 is no measurement.

    A spell is where the train loss, or both other losses, are not finite, and the row after it.
    """
    broken = np.isinf(series.train_loss) | (np.isinf(series.val_loss) & np.isinf(series.probe_loss))
    zero = (series.val_score == 0) | (series.probe_score == 0)
    spell: BoolArray = broken & zero
    spell[1:] |= broken[:-1] & zero[1:]
    return spell


def _curve(series: Series, values: FloatArray, rows: BoolArray) -> Curve:
    usable = rows & (np.abs(values) < _HUGE)
    return Curve(series.epoch[usable].astype(np.float64), values[usable].astype(np.float64))


def _as_score(values: FloatArray) -> FloatArray:
    """Return the scores without those that no score can be."""
    return np.where((values >= 0.0) & (values <= 1.0), values, np.nan)


def _scores_from(val_loss: Curve, probe_loss: Curve) -> tuple[Curve, Curve]:
    """Return both losses on one scale from 0, the highest lasting level, to 1, the lowest; logarithmic.

    Late in a run a loss changes by factors: 10 to 1 is as much of a jump as 1 to 0.1.
    """
    losses = [curve for curve in (val_loss, probe_loss) if len(curve)]
    high = max(float(curve.medians.max()) for curve in losses)
    low = max(min(float(curve.medians.min()) for curve in losses), _SMALLEST * high)
    if not high > low > 0:
        return replace(val_loss, value=np.zeros(len(val_loss))), replace(probe_loss, value=np.zeros(len(probe_loss)))
    span = np.log(high / low)
    val, probe = (
        replace(curve, value=np.clip(np.log(high / np.maximum(curve.value, low)) / span, 0.0, 1.0))
        for curve in (val_loss, probe_loss)
    )
    return val, probe


def _difference(upper: Curve, lower: Curve) -> Curve:
    """Return upper minus lower at the epochs of `lower` that `upper` spans."""
    if not len(upper) or not len(lower):
        return Curve(np.zeros(0), np.zeros(0))
    inside = (lower.epoch >= upper.epoch[0]) & (lower.epoch <= upper.epoch[-1])
    epoch = lower.epoch[inside]
    return Curve(epoch, upper.at(epoch) - lower.value[inside], lower.quantum)


def _repeats(series: Series) -> BoolArray:
    """Return shape (n,): rows that repeat the row before because the weights did not move between them.

    A repeat counts only where the run is known to step less than once an epoch, and only up to the length
    of its blocks where the log does not count steps.
    """
    repeats = np.zeros(len(series), dtype=bool)
    if series.measured_every <= 1 or len(series) < 2:
        return repeats
    table = np.column_stack([series.val_loss, series.val_score, series.probe_loss, series.probe_score])
    equal = ((table[1:] == table[:-1]) | (np.isnan(table[1:]) & np.isnan(table[:-1]))).all(axis=1)
    moved = np.diff(series.step)
    still = np.concatenate([[False], equal & ~(np.abs(moved) > 0)])
    rows = np.arange(len(series))
    place = rows - np.maximum.accumulate(np.where(still, 0, rows))
    repeats[:] = still & ((place % series.measured_every > 0) | np.concatenate([[False], moved == 0]))
    return repeats
