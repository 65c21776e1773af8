"""How much a score would move with other images: the percentile bootstrap over images.

Draw as many images as there are, with replacement, score the draw, repeat; the 5th and the 95th percentile of these
scores are a 90 % interval (B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
A draw is written as counts, how often each image is in it: nothing is copied, and many draws are scored at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from grokyolo.gap import Intervals

Array = npt.NDArray[Any]

DRAWS = 200
"""With so many, the ends of an interval move by about a tenth of its length from one seed to another."""
FEWEST = 50
"""With fewer, the 5th percentile is little more than the lowest draw: then there is no interval."""
BLOCK = 2**19
"""How many numbers one step of the arithmetic makes: draws at a time, times what one draw takes."""
PERCENTILES = (5.0, 95.0)

RECALLS = np.linspace(0, 1, 101)
"""Where average precision is read off its curve, in COCO and in Ultralytics."""
_AROUND = np.concatenate([[0.0], np.diff(RECALLS) / 2, [0.0]])
AREAS = np.concatenate([[0.0], np.cumsum(_AROUND[:-1] + _AROUND[1:])])
"""Entry j, of 102: what the first j of `RECALLS` weigh in the trapezoidal rule."""


class Scorer(Protocol):
    """What was found in the images of one set, ready to be scored for any draw.

    Attributes:
        images: how many images there are.
        size: how many numbers scoring one draw takes.
    """

    images: int
    size: int

    def scores(self, counts: Array) -> Array:
        """Return the score of each draw, shape (draws,), for `counts` of shape (draws, images)."""


class Hits:
    """Top-1 accuracy.

    Args:
        correct: whether the most confident class is the true one, shape (images,).
    """

    def __init__(self, correct: Array) -> None:
        self.images = self.size = len(correct)
        self._correct = np.asarray(correct, dtype=np.float64)

    def scores(self, counts: Array) -> Array:
        """Return the accuracy of each draw, rounded to single precision as Ultralytics' is."""
        right = (counts @ self._correct).astype(np.float32)
        return (right / np.float32(self.images)).astype(np.float64)


class Detections:
    """Mean average precision over classes and IoU thresholds, for detect, segment, pose and obb.

    It is that of Ultralytics' `ap_per_class` on the drawn images, without making their lists. Only correct
    detections are points of the precision-recall curve that count: precision has its peaks there, recall rises
    nowhere else, so the envelope is flat from one to the next. Of the others it is enough to know how many rank
    higher, and in which images; what ranks below the last correct one of its class cannot matter.

    Args:
        correct: per image, whether each detection is right at each threshold, shape (detections, thresholds).
        confidence: per image, of each detection, shape (detections,).
        predicted: per image, the class of each detection, shape (detections,).
        target: per image, the class of each labelled object, shape (objects,).
    """

    def __init__(
        self,
        correct: Sequence[Array],
        confidence: Sequence[Array],
        predicted: Sequence[Array],
        target: Sequence[Array],
    ) -> None:
        self.images = len(target)
        image = np.repeat(np.arange(self.images), [len(labels) for labels in target])
        classes, label_class = np.unique(np.concatenate(target), return_inverse=True)
        order = np.argsort(label_class, kind="stable")
        self._label_image, self._label_starts = image[order], _starts(label_class[order])

        image = np.repeat(np.arange(self.images), [len(confidences) for confidences in confidence])
        right = np.concatenate(correct).astype(bool)
        order, found = _ranked(np.concatenate(confidence), np.concatenate(predicted), classes)
        kept = _down_to_the_last(np.any(right[order], axis=1), found)
        order, found = order[kept], found[kept]
        right, self._image = right[order], image[order]
        points = np.flatnonzero(right.any(axis=1))
        self._segments = np.concatenate([[0], points + 1])[:-1]
        self._point_first = _firsts(found[points])

        self._thresholds = right.shape[1]
        threshold, self._point = np.nonzero(right[points].T)
        self._class = found[points][self._point]
        self._hit_image = self._image[points][self._point]
        curve = threshold * len(classes) + self._class
        self._hit_first, self._starts = _firsts(curve), _starts(curve)
        self.size = max(len(self._image), len(self._point), len(self._label_image))

    def scores(self, counts: Array) -> Array:
        """Return the mAP of each draw; 0 where a draw has no labels, as Ultralytics has it."""
        if not len(self._point):
            return np.zeros(len(counts))
        times = np.ascontiguousarray(counts.T)  # draws side by side: every step below runs along them
        labels = np.add.reduceat(times[self._label_image], self._label_starts, axis=0)
        ranked = _running(np.add.reduceat(times[self._image], self._segments, axis=0), self._point_first)
        hits = _running(times[self._hit_image], self._hit_first)
        precision = hits / np.maximum(ranked[self._point], 1)
        for start, end in zip(self._starts, [*self._starts[1:], len(precision)], strict=True):
            upwards = precision[start:end][::-1]
            np.maximum.accumulate(upwards, axis=0, out=upwards)
        area = AREAS[np.searchsorted(RECALLS, hits / np.maximum(labels[self._class], 1))]
        width = np.diff(area, axis=0, prepend=0.0)
        width[self._starts] = area[self._starts]
        classes = np.maximum(np.count_nonzero(labels, axis=0), 1)
        mean: Array = np.einsum("ij,ij->j", precision, width) / (classes * self._thresholds)
        return mean


def _ranked(confidence: Array, predicted: Array, classes: Array) -> tuple[Array, Array]:
    """Return indices of the detections of labelled classes, by class and falling confidence, and their classes.

    Of two with the same confidence, the one comes first that Ultralytics puts first.
    """
    order = np.argsort(-confidence)
    found = np.searchsorted(classes, predicted[order])
    known = np.append(classes, np.nan)[found] == predicted[order]
    order, found = order[known], found[known]
    by_class = np.argsort(found, kind="stable")
    return order[by_class], found[by_class]


def _down_to_the_last(marked: Array, group: Array) -> Array:
    """Return which elements have a marked one at or behind them in their group, for sorted groups."""
    last = np.full(int(group.max(initial=-1)) + 1, -1)
    last[group[marked]] = np.flatnonzero(marked)
    below: Array = np.arange(len(group)) <= last[group]
    return below


def _starts(group: Array) -> Array:
    """Return where each group begins, for sorted groups counted from 0."""
    return np.flatnonzero(np.diff(group, prepend=-1))


def _firsts(group: Array) -> Array:
    """Return for each element where its group begins, for sorted groups counted from 0."""
    starts = _starts(group)
    return np.repeat(starts, np.diff(np.append(starts, len(group))))


def _running(values: Array, firsts: Array) -> Array:
    """Return the sums down to each row within its group; `values` has shape (rows, draws)."""
    sums = np.cumsum(values, axis=0)
    running: Array = sums - (sums[firsts] - values[firsts])
    return running


def draw(images: int, draws: int, generator: np.random.Generator) -> Array:
    """Return how often each image is in each draw with replacement, shape (draws, images)."""
    chosen = generator.integers(images, size=(draws, images)) + images * np.arange(draws)[:, None]
    return np.bincount(chosen.ravel(), minlength=draws * images).reshape(draws, images)


def intervals(
    epoch: int,
    seed: int,
    val: Scorer,
    probe: Scorer | None,
    *,
    until: float,
    clock: Callable[[], float] = time.monotonic,
) -> Intervals | None:
    """Return the error bars of one epoch; None when there was no time for enough draws.

    Args:
        epoch: 1-based; it chooses the draws, together with `seed`.
        seed: of the run. Every random state outside is left alone.
        val: the validation images.
        probe: the probe's images; None without a probe.
        until: when no further draws are begun, on `clock`; a first block of draws always is.
        clock: seconds.
    """
    sets = {"val": val} | ({} if probe is None else {"probe": probe})
    generators = {name: np.random.default_rng([seed, epoch, number]) for number, name in enumerate(sets)}
    block = min(max(BLOCK // max(found.size for found in sets.values()), 1), DRAWS)
    scored: dict[str, list[Array]] = {name: [] for name in sets}
    drawn = 0
    while drawn < DRAWS and (drawn == 0 or clock() < until):
        now = min(block, DRAWS - drawn)
        for name, found in sets.items():
            scored[name].append(found.scores(draw(found.images, now, generators[name])))
        drawn += now
    if drawn < FEWEST:
        return None
    scores = {name: np.concatenate(parts) for name, parts in scored.items()}
    if probe is not None:
        scores["gap"] = scores["probe"] - scores["val"]
    ends: dict[str, float] = {}
    for name, values in scores.items():
        low, high = np.percentile(values, PERCENTILES)
        ends |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return Intervals(epoch, **ends)
