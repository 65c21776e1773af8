"""The largest sharp rise of the validation score after the model had memorised."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.verdict import rules
from grokyolo.verdict.measurements import Curve
from grokyolo.verdict.robust import (
    block_edges,
    block_medians,
    lasting_levels,
    level,
    monotone_fit,
    running_median,
)


@dataclass(frozen=True)
class Rise:
    """A rise from one level to another.

    Attributes:
        start, middle, end: measured epochs nearest to the 10, 50 and 90 % crossings.
        low, high: levels before and after.
        uncertainty: standard deviation of `high - low`.
        plateau: measurements between memorising and `start`.
        after: measurements after `end`.
        climbing: what the curve still gains in the last third of the time from `middle` to 4 times `end`, as a share of
            the rise.
        elsewhere: what the curve gains in the factor of 2.5 before `start`, or in that after `end`, whichever
            is more, as a share of the rise; large for a slow rise of which this is only the middle.
        climbing_on: what it gains in the second half of the time from `end` to 4 times `end` over the first, likewise.
        slope_before: mean slope before `start`, as a share of that from `start` to `end`; 0 on a plateau.
    """

    start: int
    middle: int
    end: int
    low: float
    high: float
    uncertainty: float
    plateau: int
    after: int
    climbing: float
    elsewhere: float
    slope_before: float
    climbing_on: float = 0.0

    @property
    def size(self) -> float:
        """Return by how much the curve rose."""
        return self.high - self.low

    def blur(self, quantum: float) -> float:
        """Return by which share of itself noise and whole images may have changed the rise."""
        return min((0.5 * quantum + self.uncertainty) / self.size, rules.MAX_BLUR)

    def top_is_seen(self, last: float, quantum: float) -> bool:
        """Whether the log goes on for long enough after the rise to tell its top from a step on the way up.

        Args:
            last: last epoch of the log.
            quantum: smallest step of the curve; in whole images a rise is a staircase.
        """
        least = rules.TOP_SEEN + rules.TOP_SEEN_IMAGES * quantum / self.size
        return last - self.end >= least * (self.end - self.start)

    def is_sharp(self, quantum: float) -> bool:
        """Whether this is a jump, not a part of a rise that goes on for much longer.

        Args:
            quantum: smallest step of the curve; the last whole image may come late.
        """
        blur = self.blur(quantum)
        gradual = self.elsewhere + max(self.climbing_on, 0.0) > rules.ELSEWHERE + blur
        gradual |= self.slope_before > rules.SLOPE_BEFORE
        return self.end <= rules.SHARPNESS * self.start * (1 + blur) and not gradual


def find_rises(curve: Curve, since: int) -> tuple[Rise, ...]:
    """Find the largest rise that fits between some epoch t and 4 t, and the largest before and after it, in order.

    Args:
        curve: the validation score.
        since: epoch of memorising.
    """
    later = curve.since(since)
    main = _find_rise(later, since)
    if main is None:
        return ()
    before = _find_rise(later.until(main.start), since)
    if before is not None and before.size < rules.MIN_RISE:
        before = None
    after = _find_rise(later.since(main.end), main.end)
    if after is not None and (after.size < rules.MIN_RISE or after.start < rules.APART * main.end):
        after = None
    if after is not None:
        main = _find_rise(later.until(after.start), since) or main
    return tuple(rise for rise in (before, main, after) if rise is not None)


def _find_rise(later: Curve, since: int) -> Rise | None:
    """Find the largest rise of a piece of curve.

    The curve is replaced by the nearest non-decreasing one up to its highest lasting level, in which levels
    and crossings are unambiguous however the noise behaves.
    """
    if len(later) < rules.MIN_MEASUREMENTS:
        return None
    epochs, fit = _rising_part(later)
    window = _best_window(epochs, fit)
    if window is None:
        return None
    before, top = window
    low_values = later.between(max(since, before / rules.SHARPNESS), before)
    high_values = later.between(top, min(rules.SHARPNESS * top, epochs[-1]))
    if len(high_values) < rules.SETTLED_MEASUREMENTS:
        high_values = later.between(top, later.epoch[-1])
    low, high = level(low_values), level(high_values)
    if not high > low:
        return None
    levels = Levels(before, top, low, high, level_error(later.noise, low_values, high_values))
    rise = _measure(later, levels)
    tail = later.between(rise.end, min(rules.SHARPNESS * rise.end, epochs[-1]))
    if len(tail) < rules.SETTLED_MEASUREMENTS or level(tail) <= high:
        return rise
    return _measure(later, replace(levels, high=level(tail)))  # `top` was still on the way up


@dataclass(frozen=True)
class Levels:
    """Two levels, the epochs between which the curve goes from one to the other, and their error."""

    before: float
    top: float
    low: float
    high: float
    error: float


def _rising_part(curve: Curve) -> tuple[FloatArray, FloatArray]:
    """Return epochs of block ends and the monotone fit, up to the highest lasting level."""
    edges = block_edges(len(curve), rules.MAX_BLOCKS)
    values = block_medians(curve.value, edges)
    if len(edges) == len(curve) + 1:
        values = running_median(values, 3)
    epochs = curve.epoch[edges[1:] - 1]
    kept, low, high = _reach(values)
    fit = monotone_fit(values[kept], np.diff(edges)[kept].astype(np.float64))
    return epochs[kept], np.clip(fit, low, high)


def _reach(values: FloatArray) -> tuple[IntArray, float, float]:
    """Return the indices up to the highest lasting level, the lowest lasting level before it, and itself.

    A curve that rises and falls again is cut there; one that stays up is not cut at a peak of its noise. What is
    far below the top after the top was reached, a collapse say, is left out.
    """
    lasting = lasting_levels(values, max(5, len(values) // 30))
    high = float(lasting.max())
    low = float(lasting[: int(np.argmax(lasting)) + 1].min())
    top = lasting >= low + rules.TOP_SHARE * (high - low)
    first, last = int(np.argmax(top)), int(np.flatnonzero(top)[-1])
    sound = top | (np.arange(len(values)) < first)
    return np.flatnonzero(sound[: last + 1]), low, high


def _best_window(epochs: FloatArray, fit: FloatArray) -> tuple[float, float] | None:
    """Return the epochs between which the fit gains most, no more than a factor of 4 apart."""
    ends = np.searchsorted(epochs, rules.SHARPNESS * epochs, side="right") - 1
    gains = fit[ends] - fit
    best = float(gains.max())
    if not best > 0:
        return None
    a = int(np.flatnonzero(gains >= 0.97 * best)[-1])
    b = int(np.searchsorted(fit, fit[a] + 0.9 * gains[a]))
    return float(epochs[a]), float(epochs[min(b, len(epochs) - 1)])


def level_error(noise: float, before: FloatArray, after: FloatArray) -> float:
    """Return the error of the difference of two levels; neighbours are not independent, so few count."""
    return float(noise * np.sqrt(1 / min(max(len(before), 1), 16) + 1 / min(max(len(after), 1), 16)))


def _measure(curve: Curve, levels: Levels) -> Rise:
    """Find where a finer fit around the rise crosses 10, 50 and 90 %, and what it does before and after."""
    centres, fit = _fine_fit(curve, levels.before / rules.SHARPNESS, levels.top * rules.SHARPNESS)
    size = levels.high - levels.low
    start, middle, end = (
        _nearest(curve.epoch, _crossing(centres, fit, levels.low + share * size)) for share in (0.1, 0.5, 0.9)
    )
    earliest = max(min(2.0 * curve.epoch[0], 0.6 * start), start / rules.AROUND)
    latest = min(rules.AROUND * end, centres[-1])
    there = np.interp([earliest, start, end, latest], centres, fit)
    return Rise(
        start=start,
        middle=middle,
        end=end,
        low=levels.low,
        high=levels.high,
        uncertainty=levels.error,
        plateau=int(np.sum(curve.epoch < start)),
        after=int(np.sum(curve.epoch > end)),
        climbing=_climbing(curve.until(rules.SHARPNESS * end), middle) / size,
        elsewhere=float(max(there[1] - there[0], there[3] - there[2]) / size),
        slope_before=float((there[1] - there[0]) / max(start - earliest, 1) * max(end - start, 1) / (0.8 * size)),
        climbing_on=_climbing_on(curve.between(end + 1, rules.SHARPNESS * end)) / size,
    )


def _fine_fit(curve: Curve, first: float, last: float) -> tuple[FloatArray, FloatArray]:
    """Return block centres and the monotone fit between two epochs, up to the highest lasting level."""
    around = (curve.epoch >= first) & (curve.epoch <= last)
    epochs, values = curve.epoch[around], curve.value[around]
    edges = block_edges(len(epochs), 2 * rules.MAX_BLOCKS)
    medians = running_median(block_medians(values, edges), 3)
    centres = (epochs[edges[:-1]] + epochs[edges[1:] - 1]) / 2
    kept, _, high = _reach(medians)
    return centres[kept], np.minimum(monotone_fit(medians[kept]), high)


def _climbing(curve: Curve, middle: int) -> float:
    """Return the gain of the last third of the time since `middle` over the third before it."""
    parts = np.array_split(curve.value[curve.epoch >= middle], 3)
    return level(parts[2]) - level(parts[1]) if len(parts[2]) else 0.0


def _climbing_on(values: FloatArray) -> float:
    """Return the gain of the second half of what comes after a rise over the first half; 0 where that is little."""
    first, second = np.array_split(values, 2)
    return level(second) - level(first) if len(second) >= rules.SETTLED_MEASUREMENTS else 0.0


def _crossing(epochs: FloatArray, fit: FloatArray, height: float) -> float:
    """Return the epoch, between two blocks, at which a non-decreasing fit reaches a height."""
    i = int(np.searchsorted(fit, height))
    if i == 0:
        return float(epochs[0])
    if i == len(fit):
        return float(epochs[-1])
    share = (height - fit[i - 1]) / (fit[i] - fit[i - 1])
    return float(epochs[i - 1] + share * (epochs[i] - epochs[i - 1]))


def _nearest(epochs: FloatArray, epoch: float) -> int:
    """Return the measured epoch nearest to an interpolated one."""
    return int(epochs[np.argmin(np.abs(epochs - epoch))])
