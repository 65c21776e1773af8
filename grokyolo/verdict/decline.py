"""Curves that get worse: a score that falls, with or without coming back, and a loss that goes on rising."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grokyolo.gap.series import FloatArray
from grokyolo.verdict import rules
from grokyolo.verdict.measurements import Curve, Measurements
from grokyolo.verdict.robust import block_edges, block_medians, running_median, scatter, second_difference


@dataclass(frozen=True)
class Fall:
    """The deepest lasting fall of a score below what it had reached.

    Attributes:
        peak_epoch, peak: highest lasting level before it.
        trough_epoch, trough: lowest lasting level after that.
        back_epoch: last epoch around the trough that is below half way between the two.
        final: level at the end.
    """

    peak_epoch: int
    peak: float
    trough_epoch: int
    trough: float
    back_epoch: int
    final: float

    @property
    def least(self) -> float:
        """Return how much less than the peak is a fall at all."""
        low = min(rules.MIN_FALL, rules.FALL_OF_LOW * self.peak)
        return max(low, rules.FALL_SHARE * self.peak)

    @property
    def regained(self) -> float:
        """Return the share of the fall that has been regained at the end."""
        return (self.final - self.trough) / (self.peak - self.trough)

    @property
    def is_double_descent(self) -> bool:
        """Whether the score came back, from a peak that was more than the start of the final rise."""
        return self.regained >= rules.REGAINED and self.peak >= rules.PEAK_HEIGHT * self.final


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
        back_epoch=int(epochs[right]),
        final=curve.end,
    )
    windows = (max((last - first) / width, 1.0), max((right - left) / width, 1.0))
    error = _level_noise(curve, levels, width) * np.sqrt(1 / windows[0] + 1 / windows[1])
    least = (
        fall.least,
        rules.FALL_SIGMA * error,
        rules.FALL_IMAGES * curve.quantum,
    )
    chance = rules.OFF_CHANCE * max(ceiling or 0.0, float(levels.max()))
    if depth < max(least) or levels[peak] < chance or not _lasts(curve, float(epochs[left]), float(epochs[right])):
        return None
    return fall


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
    found = [1.25 * curve.noise / np.sqrt(min(width, 9))]
    for values, lag in ((curve.medians, rules.LEVEL_OF), (levels, width)):
        if len(values) >= 20 * lag:
            found.append(1.4826 * float(np.median(np.abs(second_difference(values, lag)))) / np.sqrt(6))
    return float(max(found))


def _lasts(curve: Curve, first: float, last: float) -> bool:
    """Whether enough measurements and enough time lie between two epochs, for a curve seen in blocks."""
    if len(curve.between(first, last)) < rules.LASTING_MEASUREMENTS:
        return False
    run = curve.epoch[-1] - curve.epoch[0]
    return bool(last - first >= rules.LASTING_SHARE * run or last >= rules.LASTING_RATIO * max(first, 1.0))


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
    """Return the rise of the validation loss in the second half of the time since memorising, if it goes on.

    A loss that rises while the model memorises and then stands does not count.
    """
    later = loss.epoch >= memorised_epoch
    values, epochs = loss.value[later], loss.epoch[later]
    if len(values) < 2 * rules.MIN_MEASUREMENTS:
        return None
    thirds = np.array_split(values[len(values) // 2 :], 3)
    half, middle, final = (float(np.median(part)) for part in thirds)
    begin = float(min(np.median(values[: rules.MEDIAN_OF]), np.median(loss.value[: rules.MEDIAN_OF])))
    lowest = min(begin, float(np.min(loss.medians)))
    rise, total = 1.5 * (final - half), final - lowest
    sigma = scatter(values) * np.sqrt(2 / min(len(thirds[0]), 16))
    if final - middle < rules.LOSS_STILL_RISING * (final - half) or rise < rules.LOSS_RISE_SIGMA * sigma:
        return None
    if rise < rules.LOSS_RISING * total or rise < rules.LOSS_RISE_SHARE * abs(half):
        return None
    return LossRise(int(epochs[len(values) // 2]), half, final)


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
