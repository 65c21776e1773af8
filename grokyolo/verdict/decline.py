"""Curves that get worse: scores that fall, with or without coming back, losses that rise, runs that broke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grokyolo.gap.series import FloatArray, Series
from grokyolo.verdict import rules
from grokyolo.verdict.measurements import Curve, Measurements
from grokyolo.verdict.memorising import ceiling_of
from grokyolo.verdict.robust import (
    block_edges,
    block_medians,
    correlated_share,
    level,
    mean_error,
    running_median,
    second_difference,
)

_RUNG = 1.08
"""How much longer a run is from one rung to the next."""


@dataclass(frozen=True)
class Dip:
    """A fall of a score that came back.

    Attributes:
        what: `validation` or `probe`: whose score.
        start, end: first and last epoch at which the score was clearly below its level before.
        peak: that level.
        trough_epoch, trough: the lowest lasting level, and when.
    """

    what: str
    start: int
    end: int
    peak: float
    trough_epoch: int
    trough: float

    @property
    def depth(self) -> float:
        """Return by how much the score fell."""
        return self.peak - self.trough

    def overlaps(self, other: Dip) -> bool:
        """Whether two dips share epochs."""
        return self.start <= other.end and other.start <= self.end


def find_dips(curve: Curve, what: str) -> tuple[Dip, ...]:
    """Return the falls of a score that came back, in order, however short or long; at least three in four of each."""
    if len(curve) < rules.MIN_MEASUREMENTS:
        return ()
    edges = block_edges(len(curve), rules.MAX_BLOCKS)
    values = block_medians(curve.value, edges)
    levels, lasting = running_median(values, 3), running_median(values, rules.LEVEL_OF)
    first_epochs, last_epochs = curve.epoch[edges[:-1]], curve.epoch[edges[1:] - 1]
    reached = np.maximum.accumulate(lasting)
    least = np.maximum(rules.DIP, rules.DIP_SHARE * reached) + rules.FALL_SIGMA * curve.noise + curve.quantum
    below = reached - levels
    found: list[Dip] = []
    i = 0
    while i < len(levels):
        if below[i] < least[i]:
            i += 1
            continue
        left, right = i, i
        while left > 0 and below[left - 1] > (1 - rules.REGAINED) * least[i]:
            left -= 1
        trough = i
        while right + 1 < len(levels) and below[right + 1] > (1 - rules.REGAINED) * below[trough]:
            right += 1
            trough = right if levels[right] < levels[trough] else trough
        if left > 0 and right + 1 < len(levels) - 1:
            peak, low = float(reached[i]), float(levels[trough])
            found.append(
                Dip(what, int(first_epochs[left]), int(last_epochs[right]), peak, int(last_epochs[trough]), low)
            )
        back = np.flatnonzero(below[right + 1 :] < least[right + 1 :])
        i = right + 1 + int(back[0]) if len(back) else len(levels)
    return tuple(found)


def is_collapse(dip: Dip, measured: Measurements, restarts: Sequence[int]) -> bool:
    """Whether a dip of the validation score is none of generalisation.

    So it is where it is brief, where losses were not finite meanwhile, where the model itself fell alike (its probe
    score, or without one its train loss),
    where it follows a planned restart of the learning rate, or where few images flip and the loss stands.
    """
    score = measured.val_score
    count = len(score.between(dip.start, dip.end))
    lasting = min(max(0.1 * len(score), rules.LASTING_MEASUREMENTS), rules.LASTING_MOST)
    if count < lasting or dip.end < rules.LASTING_RATIO * max(dip.start, 1):
        return True
    first, last = np.searchsorted(measured.broken, (dip.start, dip.end + 1))
    if last - first >= rules.BROKEN_SHARE * count:
        return True
    slack = 2 * score.cadence_at(dip.start) + 0.05 * (dip.end - dip.start)
    if any(abs(epoch - dip.start) <= slack for epoch in restarts):
        return True
    before = max(dip.start - 0.5 * (dip.end - dip.start), dip.start / 1.2)
    return _fell_alike(dip, measured) or not borne_out(measured, before, dip.start, dip.end)


def _fell_alike(dip: Dip, measured: Measurements) -> bool:
    before = max(dip.start - (dip.end - dip.start), dip.start / 2)
    if len(measured.probe_score) >= rules.MIN_MEASUREMENTS:
        probe = measured.probe_score
        inside = probe.between(dip.start, dip.end)
        known = probe.between(before, dip.start - 1)
        if not len(inside) or not len(known):
            return False
        least = max(rules.ALIKE * dip.depth / dip.peak, rules.MIN_FALL)
        return 1 - float(np.quantile(inside, 0.25)) / max(float(np.median(known)), 1e-9) >= least
    train = measured.train_loss
    inside, known = train.between(dip.start, dip.end), train.between(before, dip.start - 1)
    if not len(inside) or not len(known):
        return False
    rise = float(np.quantile(inside, 0.75)) - float(np.median(known))
    return rise > max(rules.ALIKE_LOSS * abs(float(np.median(known))), rules.LOSS_SIGMA * train.noise)


def borne_out(measured: Measurements, peak: float, first: float, last: float) -> bool:
    """Whether the validation loss bears out that the score was worse from `first` to `last` than around `peak`.

    Asked only where there are few images, whose score flips.
    """
    quantum, loss = measured.val_score.quantum, measured.val_loss
    if measured.loss_only or quantum <= 1 / rules.FIRM_IMAGES:
        return True
    inside = loss.between(first, last)
    around = loss.between(peak / 1.2, min(1.1 * peak, first))
    if len(around) < rules.NEAR_MEASUREMENTS:
        middle = int(np.searchsorted(loss.epoch, peak))
        around = loss.value[max(middle - rules.NEAR_MEASUREMENTS // 2, 0) : middle + rules.NEAR_MEASUREMENTS // 2]
    if len(inside) < rules.SETTLED_MEASUREMENTS or len(around) < rules.SETTLED_MEASUREMENTS:
        return False
    error = loss.noise * np.sqrt(1 / min(len(inside), 16) + 1 / min(len(around), 16))
    rise = level(inside) - level(around)
    return bool(rise > max(rules.LOSS_SIGMA * error, rules.LOSS_RISE_SHARE * abs(level(around))))


@dataclass(frozen=True)
class Fall:
    """The deepest lasting fall of a score below what it had reached.

    Attributes:
        peak_epoch, peak: highest lasting level before it.
        trough_epoch, trough: lowest lasting level after that.
        down_epoch, back_epoch: first and last epoch around the trough that are below half way between the two.
        final: level at the end.
    """

    peak_epoch: int
    peak: float
    trough_epoch: int
    trough: float
    down_epoch: int
    back_epoch: int
    final: float

    @property
    def least(self) -> float:
        """Return how much less than the peak is a fall at all."""
        low = min(rules.MIN_FALL, rules.FALL_OF_LOW * self.peak)
        return max(low, rules.FALL_SHARE * self.peak, rules.NOTHING_LEARNED)

    @property
    def regained(self) -> float:
        """Return the share of the fall that has been regained at the end."""
        return (self.final - self.trough) / (self.peak - self.trough)

    @property
    def is_double_descent(self) -> bool:
        """Whether the score came back, from a peak that was more than the start of the final rise."""
        least = max(min(rules.MIN_DESCENT, rules.DESCENT_OF_LOW * self.peak), rules.DESCENT_SHARE * self.peak)
        deep = self.peak - self.trough >= least
        return deep and self.regained >= rules.REGAINED and self.peak >= rules.PEAK_HEIGHT * self.final


def find_fall(curve: Curve, ceiling: float | None) -> Fall | None:
    """Return the deepest lasting fall of the validation score, or None if it never fell for long.

    Args:
        curve: the validation score.
        ceiling: the highest lasting level of the probe; None when unknown.
    """
    if len(curve) < rules.MIN_MEASUREMENTS:
        return None
    edges = block_edges(len(curve), rules.MAX_BLOCKS)
    width = min(max(rules.LEVEL_OF, len(edges) // 40), max(5, len(edges) // 5))
    levels = running_median(block_medians(curve.value, edges), width)
    epochs = curve.epoch[edges[1:] - 1]
    trough = int(np.argmax(np.maximum.accumulate(levels) - levels))
    peak = int(np.argmax(levels[: trough + 1]))
    depth, middle = float(levels[peak] - levels[trough]), float(levels[peak] + levels[trough]) / 2
    left, right = _stretch(levels < middle, trough)
    first, last = _stretch(levels >= middle, peak)
    fall = Fall(
        peak_epoch=int(epochs[peak]),
        peak=float(levels[peak]),
        trough_epoch=int(epochs[trough]),
        trough=float(levels[trough]),
        down_epoch=int(epochs[left]),
        back_epoch=int(epochs[right]),
        final=curve.end,
    )
    windows = (max((last - first) / width, 1.0), max((right - left) / width, 1.0))
    error = _level_noise(curve, levels, width) * np.sqrt(1 / windows[0] + 1 / windows[1])
    # Peak and trough are the extremes of many levels; what lasts around them is not chosen by its noise.
    lasting = float(np.mean(levels[first : last + 1]) - np.mean(levels[left : right + 1]))
    chance = rules.OFF_CHANCE * max(ceiling or 0.0, float(levels.max()))
    brief = len(curve.between(float(epochs[left]), float(epochs[right]))) < rules.FALL_OF_ONE_LASTS
    images = 2 * rules.FALL_IMAGES if brief else rules.FALL_IMAGES
    if depth < max(fall.least, images * curve.quantum):
        return None
    if lasting < max(rules.FALL_SIGMA * error, rules.FALL_KEPT * fall.least):
        return None
    return fall if levels[peak] >= chance and _lasts(curve, float(epochs[left]), float(epochs[right])) else None


def _stretch(holds: NDArray[np.bool_], around: int) -> tuple[int, int]:
    """Return the first and the last index around one between which a condition holds throughout."""
    fails = np.flatnonzero(~holds)
    before, after = fails[fails < around], fails[fails > around]
    return (
        int(before[-1]) + 1 if len(before) else 0,
        int(after[0]) - 1 if len(after) else len(holds) - 1,
    )


def _level_noise(curve: Curve, levels: FloatArray, width: int) -> float:
    """Return the noise of levels: what independent noise leaves of itself, or what wandering shows.

    Early blocks are short and late ones long, so wandering is looked for in the measurements and in the levels.
    """
    wandering = correlated_share(curve.value)
    found = [curve.noise * np.sqrt((1 - wandering) * 1.25**2 / min(width, 9) + 1.5 * wandering)]
    for values, lag in ((curve.medians, rules.LEVEL_OF), (levels, width)):
        if len(values) >= 20 * lag:
            found.append(1.4826 * float(np.median(np.abs(second_difference(values, lag)))) / np.sqrt(6))
    return float(max(found))


def _lasts(curve: Curve, first: float, last: float) -> bool:
    """Whether enough measurements and enough time lie between two epochs, for a curve seen in blocks."""
    if len(curve.between(first, last)) < rules.LASTING_MEASUREMENTS:
        return False
    run = curve.epoch[-1] - curve.epoch[0]
    return bool(last - first >= rules.FALL_LASTS * run or last >= rules.LASTING_RATIO * max(first, 1.0))


@dataclass(frozen=True)
class LossRise:
    """A validation loss that goes on rising.

    Attributes:
        half_epoch, half: where the second half of the time since memorising begins, and the loss there.
        final: the loss at the end.
    """

    half_epoch: int
    half: float
    final: float


def loss_goes_on_rising(loss: Curve, memorised_epoch: int) -> LossRise | None:
    """Return the rise of the validation loss well after memorising, if it goes on.

    A loss that rises while the model memorises and then stands does not count, nor does a rise that is dying out.
    So that noise does not turn the word back and forth as a run grows, a rise must have been clear for some time, and
    need only be visible since.
    """
    later = loss.since(memorised_epoch)
    if len(later) < 2 * rules.MIN_MEASUREMENTS:
        return None
    edges = block_edges(len(later), rules.MAX_BLOCKS)
    values, epochs = block_medians(later.value, edges), later.epoch[edges[1:] - 1]
    medians = loss.until(memorised_epoch).medians
    lowest = np.minimum.accumulate(running_median(values, rules.MEDIAN_OF))
    lowest = np.minimum(lowest, medians.min()) if len(medians) else lowest
    clear, held = False, 0
    for stop in _rungs(len(values)):
        found = _rise_until(epochs[:stop], values[:stop], float(lowest[stop - 1]))
        held = held + 1 if _goes_on(found, memorised_epoch, clear) is not clear else 0
        if held == rules.LOSS_RISE_HELD:
            clear, held = not clear, 0
    found = _rise_until(epochs, values, float(lowest[-1])) if clear else None
    return found.rise if found is not None else None


def _goes_on(found: _Rising | None, memorised_epoch: int, before: bool) -> bool:
    if found is None or found.rise.half_epoch < rules.WELL_AFTER * memorised_epoch:
        return False
    if before:
        return found.shape_at_best >= rules.LOSS_RISE_SEEN and found.clarity >= rules.LOSS_RISE_LEFT
    return min(found.shape, found.clarity) >= rules.LOSS_RISE_SURE


def _rungs(count: int) -> list[int]:
    """Return where a shorter run would have ended: a ladder that begins at 20 blocks, the same for every run."""
    rungs, rung = [], float(2 * rules.MIN_MEASUREMENTS)
    while rung <= count:
        rungs.append(int(rung))
        rung *= _RUNG
    return rungs


@dataclass(frozen=True)
class _Rising:
    """How a loss rises in the second half of the time since memorising, in units of what is asked.

    Attributes:
        rise: what is said of it.
        shape: how much it is a rise that goes on.
        shape_at_best: that where noise has hidden as much of it as its standard deviation.
        clarity: how far it is beyond noise.
    """

    rise: LossRise
    shape: float
    shape_at_best: float
    clarity: float


def _rise_until(epochs: FloatArray, values: FloatArray, lowest: float) -> _Rising | None:
    half = int(np.searchsorted(epochs, (epochs[0] + epochs[-1]) / 2))
    thirds = np.array_split(values[half:], 3)
    if len(thirds[2]) < 3:
        return None
    begin, middle, final = (level(part) for part in thirds)
    rise, total = 1.5 * (final - begin), final - lowest
    if rise <= 0 or total <= 0:
        return None
    error = mean_error(values[half:], len(thirds[2])) * 2**0.5
    shape, at_best = (
        min(
            (rise + hidden) / (rules.LOSS_RISING * total),
            (final - middle + hidden) / (rules.LOSS_STILL_RISING * (final - begin)),
        )
        for hidden in (0.0, error)
    )
    clarity = min(
        rise / max(rules.LOSS_RISE_SIGMA * error, 1e-12),
        rise / (rules.LOSS_RISE_SHARE * abs(begin) + 1e-12),
    )
    return _Rising(LossRise(int(epochs[half]), begin, final), shape, at_best, clarity)


@dataclass(frozen=True)
class Turn:
    """A validation loss that turned upwards.

    Attributes:
        epoch, low: when it was lowest, and how low.
        final: the loss at the end.
    """

    epoch: int
    low: float
    final: float


def find_turn(measured: Measurements) -> Turn | None:
    """Return the turn of the validation loss, if the train loss fell since and the score gained nothing."""
    loss, score, train = measured.val_loss, measured.val_score, measured.train_loss
    if len(loss) < 2 * rules.MIN_MEASUREMENTS or len(train) < 2 * rules.MIN_MEASUREMENTS or not len(score):
        return None
    lowest = int(np.argmin(loss.medians))
    epoch, low, final = float(loss.epoch[lowest]), float(loss.medians[lowest]), loss.end
    if lowest > rules.TURNED_BEFORE * len(loss) or not final > (1 + rules.LOSS_TURNED) * low > 0:
        return None
    then = float(np.interp(epoch, score.epoch, score.medians))
    if score.end > then + rules.MIN_FALL or train.end > float(np.interp(epoch, train.epoch, train.medians)):
        return None
    return Turn(int(epoch), low, final)


def broken_since(series: Series) -> int | None:
    """Return the epoch from which training is broken up to the end, over at least 5 measurements, or None.

    A validation or probe loss alone may overflow in half precision: it counts where the train loss or the
    scores break too.
    """
    train = _not_finite_since(series, series.train_loss)
    if train is not None:
        return train
    found = [since for loss in (series.val_loss, series.probe_loss) if (since := _not_finite_since(series, loss))]
    return min(found) if found and _scores_broke(series, min(found)) else None


def _scores_broke(series: Series, since: int) -> bool:
    """Whether every known score fell below half of what it had been, from an epoch on."""
    broke = []
    for score in (series.val_score, series.probe_score):
        known = np.isfinite(score)
        before, after = score[known & (series.epoch < since)], score[known & (series.epoch >= since)]
        if len(after):
            best = float(before.max()) if len(before) else 0.0
            broke.append(float(np.median(after)) <= rules.COLLAPSE_SHARE * best)
    return bool(broke) and all(broke)


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
    high = np.flatnonzero(probe.medians >= rules.COLLAPSE_SHARE * best)
    last = int(high[-1]) if len(high) else len(probe)  # a best that never lasted is none to fall from
    lasting = max(rules.LAST_MEASUREMENTS, rules.COLLAPSE_LASTS * len(probe))
    if best < rules.MIN_GAP or len(probe) - 1 - last < lasting:
        return None
    return int(probe.epoch[last + 1])
