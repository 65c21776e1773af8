"""Double descent over size: does the test error at the end rise and fall again as the model or the data grows?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from grokyolo.gap.series import FloatArray
from grokyolo.sweep.axes import Axis, described, parts_of
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


@dataclass(frozen=True, kw_only=True)
class ErrorCurve:
    """How the error goes over sizes.

    Attributes:
        course: in a word.
        peak: index of the size at which it peaks, None without a peak.
        rise, fall: from the lowest error before the peak up to it, and down to the lowest behind it.
        sure: whether rise and fall exceed what the scatter between seeds explains; None where no size has two runs.
        noise: standard deviation between runs of one size; None where no size has two.
    """

    course: Course
    peak: int | None = None
    rise: float | None = None
    fall: float | None = None
    sure: bool | None = None
    noise: float | None = None


@dataclass(frozen=True, kw_only=True)
class Descent(ErrorCurve):
    """The error over size for one part of a sweep.

    Attributes:
        axis: name of the axis that is the size.
        kind: `model-wise`, `sample-wise`, or empty where the axis is neither.
        unit: what the sizes count, `parameters` or `training images`; empty where they are what the axis says.
        fixed: what is the same for all its runs, axis to level.
        sizes: rising, those with a finished run.
    """

    axis: str
    kind: str
    unit: str
    fixed: dict[str, str]
    sizes: tuple[Size, ...]

    @property
    def range(self) -> float:
        """How much the error changes over the sizes."""
        means = [one.mean for one in self.sizes]
        return max(means) - min(means)

    def sentence(self) -> str:
        """Return what was found, in words."""
        where = described(self.fixed)
        kind = f"{self.kind} ({self.axis})" if self.kind else self.axis
        if self.peak is None:
            first, last = self.sizes[0], self.sizes[-1]
            course = "stays level" if self.course is Course.FLAT else self.course.value
            ends = f"from {first.mean:.3f} at {first.label} to {last.mean:.3f} at {last.label}"
            return f"{kind}: test error {course}{where}, {ends}; no second descent."
        peak, scatter = self.sizes[self.peak], f"the scatter between seeds ({self.noise or 0:.3f})"
        up = f"rises by {self.rise:.3f} to {peak.mean:.3f} at {peak.label}"
        path = f"test error{where} {up} and falls by {self.fall:.3f} behind it"
        if self.sure is None:
            return f"{kind}: {path}, but with one run a size nothing tells whether that is chance."
        if not self.sure:
            return f"{kind}: {path}, which {scatter} may explain."
        if self.course is Course.DESCENDS_TWICE:
            return f"{kind}: double descent: {path}, beyond {scatter}."
        return f"{kind}: {path}, beyond {scatter}; no descent before it was tried."

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
            "sizes": [dict(vars(one)) | {"errors": list(one.errors)} for one in self.sizes],
            "sentence": self.sentence(),
        }


def descents(
    runs: Sequence[Run], axis: Axis, others: Sequence[Axis], sizes: Mapping[str, float] | None = None
) -> tuple[Descent, ...]:
    """Return the error over size for each combination of levels of other axes that has three sizes.

    Args:
        runs: of the sweep.
        axis: the size.
        others: axes to keep apart; all that are not here are put together.
        sizes: label to number of parameters or images, where they are known.
    """
    judged = [run for run in runs if run.outcome.word.judged and run.outcome.score is not None]
    kind = "model-wise" if axis.is_model else "sample-wise" if axis.is_size else ""
    found = []
    for fixed, members in parts_of(judged, others):
        points = _sizes(members, axis, sizes or {})
        if len(points) >= 3:
            unit = UNITS.get(kind, "") if all(point.label in (sizes or {}) for point in points) else ""
            curve = _curve([one.errors for one in points])
            found.append(Descent(axis=axis.name, kind=kind, unit=unit, fixed=fixed, sizes=points, **vars(curve)))
    return tuple(found)


def _sizes(runs: Sequence[Run], axis: Axis, sizes: Mapping[str, float]) -> tuple[Size, ...]:
    errors: dict[int, list[float]] = {}
    for run in runs:
        errors.setdefault(axis.level_of(run), []).append(1 - (run.outcome.score or 0.0))
    found = []
    for number in sorted(errors):
        level = axis.levels[number]
        size = sizes.get(level.label, level.middle)
        found.append(Size(level.label, None if math.isnan(size) else size, tuple(errors[number])))
    return tuple(found)


def _curve(errors: Sequence[tuple[float, ...]]) -> ErrorCurve:
    means, counts = np.array([np.mean(one) for one in errors]), np.array([len(one) for one in errors])
    freedom = int((counts - 1).sum())
    noise = math.sqrt(sum(float(np.var(one)) * len(one) for one in errors) / freedom) if freedom else None
    inner = range(1, len(errors) - 1)
    lows = {peak: (int(np.argmin(means[:peak])), peak + 1 + int(np.argmin(means[peak + 1 :]))) for peak in inner}
    heights = {peak: float(means[peak] - max(means[list(around)])) for peak, around in lows.items()}
    peak = max(heights, key=heights.__getitem__)
    if heights[peak] <= LEAST:
        return ErrorCurve(course=_without_peak(means), noise=noise)
    reach = student_quantile(1 - SURE / max(2 * len(inner), 1), freedom) if freedom else math.inf

    def sure(high: int, low: int) -> bool:
        """Whether the error is higher at one size than at another, beyond noise."""
        scatter = reach * (noise or 0.0) * math.sqrt(1 / counts[high] + 1 / counts[low])
        return bool(means[high] - means[low] > max(LEAST, scatter))

    before, after = lows[peak]
    both = None if noise is None else sure(peak, before) and sure(peak, after)
    twice = before > 0 and sure(0, before)
    course = (Course.DESCENDS_TWICE if twice else Course.PEAKS) if both else Course.UNKNOWN
    rise, fall = float(means[peak] - means[before]), float(means[peak] - means[after])
    return ErrorCurve(course=course, peak=peak, rise=rise, fall=fall, sure=both, noise=noise)


def _without_peak(means: FloatArray) -> Course:
    if np.ptp(means) <= LEAST:
        return Course.FLAT
    if min(means[0], means[-1]) - means.min() > LEAST:
        return Course.DIPS
    return Course.FALLS if means[-1] - means[0] < -LEAST else Course.RISES
