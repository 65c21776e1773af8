"""Curves that get worse: a score that falls, with or without coming back, and a loss that goes on rising."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grokyolo.gap.series import FloatArray
from grokyolo.verdict import rules
from grokyolo.verdict.measurements import Curve
from grokyolo.verdict.memorising import end_level
from grokyolo.verdict.robust import block_edges, block_medians, running_median, scatter, second_difference


@dataclass(frozen=True)
class Fall:
    """The deepest lasting fall of a score below what it had reached.

    Attributes:
        peak_epoch, peak: highest lasting level before it.
        trough_epoch, trough: lowest lasting level after that.
        final: level at the end.
    """

    peak_epoch: int
    peak: float
    trough_epoch: int
    trough: float
    final: float

    @property
    def regained(self) -> float:
        """Return the share of the fall that has been regained at the end."""
        return (self.final - self.trough) / (self.peak - self.trough)

    @property
    def is_double_descent(self) -> bool:
        """Whether the score came back, from a peak that was more than the start of the final rise."""
        return self.regained >= rules.REGAINED and self.peak >= rules.PEAK_HEIGHT * self.final


def find_fall(curve: Curve, ceiling: float | None, quantum: float) -> Fall | None:
    """Return the deepest lasting fall of the validation score, or None if it never fell for long.

    Args:
        curve: the validation score.
        ceiling: the highest lasting level of the probe; None when unknown.
        quantum: smallest step of the curve, 0 when unknown.
    """
    if len(curve) < rules.MIN_MEASUREMENTS:
        return None
    edges = block_edges(len(curve), rules.MAX_BLOCKS)
    width = max(2 * rules.LASTING_MEASUREMENTS - 1, len(edges) // 40)
    levels = running_median(block_medians(curve.value, edges), min(width, max(5, len(edges) // 5)))
    epochs = curve.epoch[edges[1:] - 1]
    highest = np.maximum.accumulate(levels)
    trough = int(np.argmax(highest - levels))
    peak = int(np.argmax(levels[: trough + 1]))
    depth = float(levels[peak] - levels[trough])
    sigma = _level_noise(curve, levels, width, quantum)
    if depth < max(rules.MIN_FALL, rules.FALL_SHARE * levels[peak], rules.FALL_SIGMA * sigma):
        return None
    if levels[peak] < rules.OFF_CHANCE * max(ceiling or 0.0, float(levels.max())):
        return None
    below = levels < (levels[peak] + levels[trough]) / 2
    left = trough - int(np.argmin(below[: trough + 1][::-1])) if not below[: trough + 1].all() else 0
    right = trough + int(np.argmin(below[trough:])) if not below[trough:].all() else len(below)
    if not _lasts(curve, float(epochs[left]), float(epochs[right - 1])):
        return None
    return Fall(
        int(epochs[peak]),
        float(levels[peak]),
        int(epochs[trough]),
        float(levels[trough]),
        end_level(curve.value),
    )


def _level_noise(curve: Curve, levels: FloatArray, width: int, quantum: float) -> float:
    """Return the noise of running medians: what independent noise leaves, or what wandering shows."""
    independent = 1.25 * scatter(curve.value, quantum) / np.sqrt(min(width, 9))
    if len(levels) < 10 * width:
        return float(independent)
    wander = 1.4826 * np.median(np.abs(second_difference(levels, width))) / np.sqrt(6)
    return float(max(independent, wander))


def _lasts(curve: Curve, first: float, last: float) -> bool:
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
    lowest = min(begin, float(np.min(running_median(loss.value, rules.MEDIAN_OF))))
    rise, total = 1.5 * (final - half), final - lowest
    sigma = scatter(values) * np.sqrt(2 / min(len(thirds[0]), 16))
    if not half < middle < final or rise < rules.FALL_SIGMA * sigma:
        return None
    if rise < rules.LOSS_RISING * total or rise < rules.LOSS_RISE_SHARE * abs(half):
        return None
    return LossRise(int(epochs[len(values) // 2]), half, final)
