"""A Series reduced to its measurements: rows that say something new, cells that can be used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grokyolo.gap.series import FloatArray, IntArray, Series

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Curve:
    """One quantity where it was measured and is finite.

    Attributes:
        epoch: shape (n,), rising.
        value: shape (n,), finite.
    """

    epoch: FloatArray
    value: FloatArray

    def __len__(self) -> int:
        return len(self.epoch)

    def between(self, first: float, last: float) -> FloatArray:
        """Return the values in epochs `first` to `last`, both included."""
        low, high = np.searchsorted(self.epoch, first), np.searchsorted(self.epoch, last, side="right")
        return self.value[low:high]

    def at(self, epoch: FloatArray) -> FloatArray:
        """Return values at these epochs, linearly between measurements."""
        return np.interp(epoch, self.epoch, self.value)


@dataclass(frozen=True)
class Measurements:
    """All curves of a run.

    Attributes:
        epochs: shape (n,), epochs in which validation was measured anew.
        rows: shape (n,), their indices in the series.
        val_score, probe_score, score_gap: scores in [0, 1], and probe minus validation where both exist.
        val_loss, probe_loss, train_loss: finite losses.
        quantum: the smallest step of the validation score, 1 / images; 0 when unknown.
        last_epoch: last epoch of the log.
    """

    epochs: IntArray
    rows: IntArray
    val_score: Curve
    probe_score: Curve
    score_gap: Curve
    val_loss: Curve
    probe_loss: Curve
    train_loss: Curve
    quantum: float
    last_epoch: int

    def __len__(self) -> int:
        return len(self.epochs)


def measure(series: Series) -> Measurements:
    """Extract the measurements of a run."""
    rows = np.flatnonzero(series.measured & ~_repeats(series))
    fresh = np.zeros(len(series), dtype=bool)
    fresh[rows] = True
    val_score = _curve(series, series.val_score, fresh, score=True)
    probe_score = _curve(series, series.probe_score, ~_repeats(series), score=True)
    quantum = 1.0 / series.val_images if series.val_images else 0.0
    return Measurements(
        epochs=series.epoch[rows],
        rows=rows,
        val_score=val_score,
        probe_score=probe_score,
        score_gap=_difference(probe_score, val_score),
        val_loss=_curve(series, series.val_loss, fresh),
        probe_loss=_curve(series, series.probe_loss, ~_repeats(series)),
        train_loss=_curve(series, series.train_loss, np.ones(len(series), dtype=bool)),
        quantum=quantum,
        last_epoch=int(series.epoch[-1]) if len(series) else 0,
    )


def _curve(series: Series, values: FloatArray, rows: BoolArray, score: bool = False) -> Curve:
    usable = rows & np.isfinite(values) & (np.abs(values) < 1e100)
    if score:
        with np.errstate(invalid="ignore"):
            usable &= (values >= -1e-9) & (values <= 1 + 1e-9)
    return Curve(series.epoch[usable].astype(np.float64), values[usable].astype(np.float64))


def _difference(upper: Curve, lower: Curve) -> Curve:
    """Return upper minus lower at the epochs of `lower` that `upper` spans."""
    if not len(upper) or not len(lower):
        return Curve(np.zeros(0), np.zeros(0))
    inside = (lower.epoch >= upper.epoch[0]) & (lower.epoch <= upper.epoch[-1])
    epoch = lower.epoch[inside]
    return Curve(epoch, upper.at(epoch) - lower.value[inside])


def _repeats(series: Series) -> BoolArray:
    """Return shape (n,): rows that repeat the row before because the weights did not move between them.

    A repeat counts only where the run is known to step less than once an epoch.
    """
    repeats = np.zeros(len(series), dtype=bool)
    if series.measured_every <= 1 or len(series) < 2:
        return repeats
    table = np.column_stack([series.val_loss, series.val_score, series.probe_loss, series.probe_score])
    equal = ((table[1:] == table[:-1]) | (np.isnan(table[1:]) & np.isnan(table[:-1]))).all(axis=1)
    known = ~np.isnan(series.step[1:]) & ~np.isnan(series.step[:-1])
    moved = known & (series.step[1:] != series.step[:-1])
    run = 0
    for i in np.flatnonzero(equal & ~moved) + 1:
        run = run + 1 if repeats[i - 1] else 1
        if run < series.measured_every:
            repeats[i] = True
    return repeats
