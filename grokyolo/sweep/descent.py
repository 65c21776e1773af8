"""Double descent over size: does the test error at the end rise and fall again as the model or the data grows?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from grokyolo.sweep.axes import Axis
from grokyolo.sweep.outcome import Run
from grokyolo.sweep.regression import student_quantile

LEAST = 0.01
"""Errors that differ by less than this are the same for practical ends."""
UNITS = {"model-wise": "parameters", "sample-wise": "training images"}
SURE = 0.05
"""Chance of calling a rise and a fall what is none."""


class Course(str, Enum):
    """How the error goes as the size grows."""

    DESCENDS_TWICE = "descends twice"
    PEAKS = "peaks"
    FALLS = "falls"
    RISES = "rises"
    DIPS = "falls and rises"
    FLAT = "flat"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Size:
    """One size.

    Attributes:
        label: its level on the axis.
        size: number of parameters or images, or what the axis says; None where only the order is known.
        errors: 1 - validation score at the end, one a run.
    """

    label: str
    size: float | None
    errors: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean error."""
        return float(np.mean(self.errors))


@dataclass(frozen=True)
class Descent:
    """The error over size for one part of a sweep.

    Attributes:
        axis: name of the axis that is the size.
        kind: `model-wise`, `sample-wise`, or empty where the axis is neither.
        unit: what the sizes count, `parameters` or `training images`; empty where they are what the axis says.
        fixed: what is the same for all its runs, axis to level.
        sizes: rising, those with a finished run.
        course: how the error goes.
        peak: index of the size at which it peaks, None without a peak.
        rise, fall: from the lowest error before the peak up to it, and down to the lowest behind it.
        sure: whether rise and fall exceed what the scatter between seeds explains; None where no size has two runs.
        noise: standard deviation between runs of one size; None where no size has two.
    """

    axis: str
    kind: str
    unit: str
    fixed: dict[str, str]
    sizes: tuple[Size, ...]
    course: Course
    peak: int | None
    rise: float | None
    fall: float | None
    sure: bool | None
    noise: float | None

    @property
    def range(self) -> float:
        """How much the error changes over the sizes."""
        means = [one.mean for one in self.sizes]
        return max(means) - min(means)

    def sentence(self) -> str:
        """Return what was found, in words."""
        return _sentence(self)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "axis": self.axis,
            "kind": self.kind or None,
            "unit": self.unit or None,
            "at": self.fixed,
            "course": self.course.value,
            "peak": None if self.peak is None else self.sizes[self.peak].label,
            "rise": self.rise,
            "fall": self.fall,
            "beyond_seed_spread": self.sure,
            "noise": self.noise,
            "sizes": [{"label": one.label, "size": one.size, "errors": list(one.errors)} for one in self.sizes],
            "sentence": self.sentence(),
        }


def descents(
    runs: Sequence[Run], axis: Axis, others: Sequence[Axis], sizes: dict[str, float] | None = None
) -> tuple[Descent, ...]:
    """Return the error over size for each combination of levels of other axes that has three sizes.

    Args:
        runs: of the sweep.
        axis: the size.
        others: axes to keep apart; all that are not here are put together.
        sizes: label to number of parameters or images, where they are known.
    """
    groups: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        if run.outcome.word.judged and run.outcome.score is not None:
            labels = tuple(other.levels[other.place(run.values.get(other.key))].label for other in others)
            groups.setdefault(labels, []).append(run)
    kind = "model-wise" if axis.is_model else "sample-wise" if axis.is_size else ""
    found = []
    for labels, members in groups.items():
        fixed = {other.name: label for other, label in zip(others, labels, strict=True)}
        points = _points(members, axis, sizes)
        if len(points) >= 3:
            counted = all(point.label in (sizes or {}) for point in points)
            unit = UNITS.get(kind, "") if counted else ""
            found.append(Descent(axis.name, kind, unit, fixed, points, *_course([one.errors for one in points])))
    return tuple(found)


def _points(runs: Sequence[Run], axis: Axis, sizes: dict[str, float] | None) -> tuple[Size, ...]:
    places = [axis.place(run.values.get(axis.key)) for run in runs]
    found = []
    for number, level in enumerate(axis.levels):
        here = [run.outcome for run, place in zip(runs, places, strict=True) if place == number]
        errors = tuple(1 - outcome.score for outcome in here if outcome.score is not None)
        size = (sizes or {}).get(level.label, level.middle)
        if errors:
            found.append(Size(level.label, None if math.isnan(size) else size, errors))
    return tuple(found)


def _course(
    errors: Sequence[tuple[float, ...]],
) -> tuple[Course, int | None, float | None, float | None, bool | None, float | None]:
    """Return course, peak, rise, fall, whether they are sure, and the noise between runs of one size."""
    means = np.array([np.mean(one) for one in errors])
    counts = np.array([len(one) for one in errors])
    freedom = int((counts - 1).sum())
    noise = None
    if freedom:
        noise = math.sqrt(sum(float(np.var(one)) * len(one) for one in errors) / freedom)
    comparisons = max(2 * (len(errors) - 2), 1)
    reach = student_quantile(1 - SURE / comparisons, freedom) if freedom else math.inf

    def beyond(high: int, low: int) -> float:
        """How much higher the error is at one size than at another, as a multiple of what would be sure."""
        if noise is None:
            return 0.0
        least = max(LEAST, reach * noise * math.sqrt(1 / counts[high] + 1 / counts[low]))
        return float((means[high] - means[low]) / least)

    inner = range(1, len(errors) - 1)
    lows = {peak: (int(np.argmin(means[:peak])), peak + 1 + int(np.argmin(means[peak + 1 :]))) for peak in inner}
    heights = {peak: float(means[peak] - max(means[list(around)])) for peak, around in lows.items()}
    peak = max(heights, key=heights.__getitem__)
    before, after = lows[peak]
    rise, fall = float(means[peak] - means[before]), float(means[peak] - means[after])
    sure = None if noise is None else bool(min(beyond(peak, before), beyond(peak, after)) > 1)
    if heights[peak] > LEAST:
        first_descent = before > 0 and means[0] - means[before] > LEAST
        course = Course.UNKNOWN
        if sure:
            course = Course.DESCENDS_TWICE if first_descent and beyond(0, before) > 1 else Course.PEAKS
        return course, peak, rise, fall, sure, noise
    total, dip = float(means[-1] - means[0]), float(min(means[0], means[-1]) - means.min())
    course = Course.DIPS if dip > LEAST else Course.FALLS if total < -LEAST else Course.RISES
    course = Course.FLAT if np.ptp(means) <= LEAST else course
    return course, None, None, None, None, noise


def _sentence(found: Descent) -> str:
    where = "".join(f" at {name}={label}" for name, label in found.fixed.items())
    first, last = found.sizes[0], found.sizes[-1]
    kind = f"{found.kind} ({found.axis})" if found.kind else found.axis
    ends = f"from {first.mean:.3f} at {first.label} to {last.mean:.3f} at {last.label}"
    if found.peak is None or found.rise is None or found.fall is None:
        plain = "stays level" if found.course is Course.FLAT else found.course.value
        return f"{kind}: test error {plain}{where}, {ends}; no second descent."
    peak = found.sizes[found.peak]
    up, down = f"rises by {found.rise:.3f} to {peak.mean:.3f} at {peak.label}", f"falls by {found.fall:.3f} behind it"
    path = f"test error{where} {up} and {down}"
    if found.sure is None:
        return f"{kind}: {path}, but with one run a size nothing tells whether that is chance."
    if not found.sure:
        return f"{kind}: {path}, which the scatter between seeds ({found.noise:.3f}) may explain."
    if found.course is Course.DESCENDS_TWICE:
        return f"{kind}: double descent: {path}, beyond the scatter between seeds ({found.noise:.3f})."
    return f"{kind}: {path}, beyond the scatter between seeds ({found.noise:.3f}); no descent before it was tried."
