"""Does the jump keep the time of the decay budget? The law, fitted, with what speaks against it.

The law says: a model jumps when weight decay has spent a certain budget, so the epoch of the jump is that budget over
the e-folds an epoch (learning rate × weight decay × steps). On logarithms that is a line of slope -1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from grokyolo.gap.series import FloatArray
from grokyolo.sweep.axes import MOST_LEVELS, Axis, label_of, parts_of, setting_of
from grokyolo.sweep.outcome import Run, Word
from grokyolo.sweep.regression import (
    BoolArray,
    factor_of_levels,
    fit_censored,
    jackknife,
    numbered,
    spread_factor,
    student_quantile,
)

WAITING = {Word.MEMORISING, Word.OVERFITTING, Word.UNFINISHED}
"""Runs that have memorised and not jumped: they would jump later, if at all."""


@dataclass(frozen=True)
class TimedRun:
    """A run that tells something: when it jumped, or how long it waited.

    Attributes:
        run: the run.
        epoch: of the jump, or its last one.
        rate: e-folds an epoch, above 0.
        jumped: whether it did.
    """

    run: Run
    epoch: int
    rate: float
    jumped: bool

    @property
    def budget(self) -> float:
        """E-folds at that epoch."""
        return self.epoch * self.rate


def timed_runs(runs: Sequence[Run]) -> tuple[list[TimedRun], dict[str, int]]:
    """Return the runs that tell something, and how many do not, by reason."""
    found: list[TimedRun] = []
    left_out: dict[str, int] = {}
    for run in runs:
        outcome = run.outcome
        moment, rate = outcome.jump or outcome.end, outcome.rate
        word = outcome.word
        if outcome.lost:
            why = "lost again"
        elif outcome.jump is None and (word not in WAITING or outcome.memorised is None):
            why = word.value
        elif moment is None or rate is None:
            why = "budget unknown"
        elif not rate > 0:
            why = "no weight decay"
        else:
            found.append(TimedRun(run, moment.epoch, rate, outcome.jump is not None))
            continue
        left_out[why] = left_out.get(why, 0) + 1
    return found, left_out


TOLERANCE = 0.2
"""A slope this near to -1 is the law for practical ends: ten times the rate changes the budget by 1.6 times at most."""
PACE = ("lr0", "weight_decay", "batch", "nbs", "momentum")
"""Last parts of keys that act through the rate; every other axis may move the budget itself."""


class Agreement(str, Enum):
    """What the fit says of the law."""

    KEEPS = "keeps"
    PARTLY = "partly"
    DEPARTS = "departs"
    UNSURE = "unsure"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class LevelGroup:
    """The runs at one level of an axis.

    Attributes:
        level: its label.
        jumped, waiting: how many have jumped, and how many had memorised but not jumped when they ended.
        budget: median of the e-folds at the jump, None when none jumped.
        spread: standard deviation of their logarithm as a factor, None with fewer than two.
        epoch: median epoch of the jump.
    """

    level: str
    jumped: int
    waiting: int
    budget: float | None
    spread: float | None
    epoch: float | None


@dataclass(frozen=True)
class AxisEffect:
    """What one axis does to the budget at the jump, the other axes held fixed.

    Attributes:
        axis: its name.
        groups: by level; none where there are more than can be read.
        factor: largest over smallest level, None when fewer than two levels have jumps.
    """

    axis: str
    groups: tuple[LevelGroup, ...]
    factor: float | None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"factor": self.factor, "levels": [dict(vars(group)) for group in self.groups]}


@dataclass(frozen=True, kw_only=True)
class Slope:
    """The fitted line of log epoch over log rate.

    Attributes:
        slope, low, high: with its 95 % interval; None when unknowable.
        settings: how many settings the interval rests on.
        reason: why there is no slope, or no interval; empty where there are both.
    """

    slope: float | None = None
    low: float | None = None
    high: float | None = None
    settings: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Law(Slope):
    """The law and how well it holds.

    Attributes:
        jumps: shape (n, 2): e-folds an epoch, and epoch of the jump.
        parts: the jumps of each part that may have a budget of its own, by its levels; one of all where there is none.
        waits: shape (m, 2): the same for runs that ended before a jump, at their last epoch.
        budget, spread: median e-folds at the jump, and the standard deviation of their logarithm as a factor.
        epochs_spread: the same for epochs.
        shares: what each axis does to the budget.
        left_out: reason to number of runs that say nothing about the law.
        waiting: names of the runs that ended before a jump.
    """

    jumps: FloatArray
    parts: tuple[tuple[str, FloatArray], ...]
    waits: FloatArray
    budget: float | None
    spread: float | None
    epochs_spread: float | None
    shares: tuple[AxisEffect, ...]
    left_out: dict[str, int]
    waiting: tuple[str, ...]

    @property
    def agreement(self) -> Agreement:
        """Whether the law holds as far as the slope tells."""
        if self.slope is None or self.low is None or self.high is None:
            return Agreement.UNKNOWN
        if self.low >= -1 - TOLERANCE and self.high <= -1 + TOLERANCE:
            return Agreement.KEEPS
        if self.low <= -1 <= self.high:
            return Agreement.UNSURE
        # nearer to the budget's clock than to that of epochs, whose slope is 0
        return Agreement.PARTLY if self.low > -1.5 and self.high < -0.5 else Agreement.DEPARTS

    def sentences(self) -> tuple[str, ...]:
        """Return what was found, in words."""
        return tuple(_sentences(self))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "law": self.agreement.value,
            "slope": self.slope,
            "slope_interval": None if self.low is None else [self.low, self.high],
            "settings": self.settings,
            "budget_at_jump": self.budget,
            "budget_spread": self.spread,
            "epochs_spread": self.epochs_spread,
            "jumped": len(self.jumps),
            "not_jumped": list(self.waiting),
            "left_out": self.left_out,
            "axes": {share.axis: share.to_json() for share in self.shares},
            "sentences": list(self.sentences()),
        }


def fit_law(runs: Sequence[Run], axes: Sequence[Axis]) -> Law:
    """Fit the law to the runs of a sweep.

    Runs that memorised and ended before a jump are censored: the fit takes them to jump later than their end. Levels of
    axes that do not act through the rate, such as the amount of data, may each have a budget of their own. The interval
    leaves out one setting after the other.

    Args:
        runs: of the sweep.
        axes: all that differ.
    """
    timed, left_out = timed_runs(runs)
    jumps = [one for one in timed if one.jumped]
    waits = [one for one in timed if not one.jumped]
    budgets = np.array([one.budget for one in jumps])
    jumped = {one.run.name: one for one in jumps}
    parts = parts_of([one.run for one in jumps], _own(axes))
    return Law(
        **vars(_slope(timed, axes)),
        jumps=_points(jumps),
        parts=tuple(
            (", ".join(f"{name}={label}" for name, label in fixed.items()), _points([jumped[run.name] for run in part]))
            for fixed, part in parts
        ),
        waits=_points(waits),
        budget=float(np.median(budgets)) if len(budgets) else None,
        spread=spread_factor(budgets),
        epochs_spread=spread_factor(np.array([float(one.epoch) for one in jumps])),
        shares=tuple(_share(axis, axes, timed) for axis in axes),
        left_out=left_out,
        waiting=tuple(one.run.name for one in waits),
    )


def _points(timed: Sequence[TimedRun]) -> FloatArray:
    return np.array([(one.rate, one.epoch) for one in timed], dtype=np.float64).reshape(-1, 2)


def _own(axes: Sequence[Axis]) -> list[Axis]:
    """Return the axes whose levels may each have a budget of their own."""
    return [axis for axis in axes if not axis.is_seed and axis.last not in PACE]


def _slope(timed: Sequence[TimedRun], axes: Sequence[Axis]) -> Slope:
    if not any(one.jumped for one in timed):
        return Slope(reason="no run has jumped")
    own = _own(axes)
    budgets = numbered(tuple(axis.level_of(one.run) for axis in own) for one in timed)
    clusters = numbered(setting_of(one.run.values, axes) for one in timed)
    rate, epoch = np.log([one.rate for one in timed]), np.log([float(one.epoch) for one in timed])
    censored = np.array([not one.jumped for one in timed], dtype=bool)
    used = np.isin(budgets, budgets[~censored])  # where nothing jumped there is no budget to be fitted
    rate, epoch, censored, budgets = rate[used], epoch[used], censored[used], budgets[used]
    clusters = np.unique(clusters[used], return_inverse=True)[1]

    def estimate(rows: BoolArray) -> float | None:
        alive = np.unique(budgets[rows & ~censored])
        rows = rows & np.isin(budgets, alive)
        design = np.column_stack([budgets[rows, None] == alive, rate[rows]]).astype(np.float64)
        fit = fit_censored(design, epoch[rows], censored[rows])
        return None if fit is None else float(fit.coefficients[-1])

    slope = estimate(np.ones(len(rate), dtype=bool))
    if slope is None:
        return Slope(reason="no two of the runs that jumped differ in learning rate × weight decay × steps alone")
    settings = int(clusters.max()) + 1
    error = jackknife(estimate, clusters)
    if error is None:
        return Slope(slope=slope, settings=settings, reason="too few settings for an interval")
    reach = student_quantile(0.975, max(settings - len(np.unique(budgets)) - 1, 1)) * error
    return Slope(slope=slope, low=slope - reach, high=slope + reach, settings=settings)


def _share(axis: Axis, axes: Sequence[Axis], timed: Sequence[TimedRun]) -> AxisEffect:
    groups = []
    for number, level in enumerate(axis.levels if len(axis.levels) <= MOST_LEVELS else ()):
        here = [one for one in timed if axis.level_of(one.run) == number]
        jumped = [one for one in here if one.jumped]
        budgets = np.array([one.budget for one in jumped])
        groups.append(
            LevelGroup(
                level=level.label,
                jumped=len(jumped),
                waiting=len(here) - len(jumped),
                budget=float(np.median(budgets)) if jumped else None,
                spread=spread_factor(budgets),
                epoch=float(np.median([one.epoch for one in jumped])) if jumped else None,
            )
        )
    return AxisEffect(axis.name, tuple(groups), _effect(axis, axes, [one for one in timed if one.jumped]))


def _effect(axis: Axis, axes: Sequence[Axis], jumped: Sequence[TimedRun]) -> float | None:
    """Return the factor between the levels of an axis, from runs that are alike in all other axes but seeds.

    Each level is compared with the mean of all runs that differ from it in this axis (and seed) only.
    """
    others = [one for one in axes if one.key != axis.key and (not one.is_seed or axis.is_seed)]
    alike: dict[object, list[TimedRun]] = {}
    for one in jumped:
        alike.setdefault(tuple(label_of(one.run.values.get(other.key)) for other in others), []).append(one)
    places: list[int] = []
    blocks: list[int] = []
    logs: list[float] = []
    for block, members in enumerate(alike.values()):
        levels = [axis.level_of(one.run) for one in members]
        if len(set(levels)) > 1:
            places += levels
            blocks += [block] * len(members)
            logs += [math.log(one.budget) for one in members]
    return factor_of_levels(places, blocks, logs) if logs else None


def _sentences(law: Law) -> Iterator[str]:
    """Return what was found, the most telling first."""
    if law.budget is None:
        yield "No run has jumped with weight decay at work: there is no time of the jump to compare."
    else:
        scatter = ""
        if law.spread is not None and law.epochs_spread is not None:
            scatter = f", scatter a factor of {law.spread:.2f}; in epochs it is {law.epochs_spread:.2f}"
        yield f"The jump comes at {law.budget:.3g} e-folds (median of {len(law.jumps)} runs{scatter})."
    if conclusion := _conclusion(law):
        yield conclusion
    moving = [share for share in law.shares if share.factor is not None]
    if moving:
        factors = ", ".join(f"{share.axis} {share.factor:.2f}" for share in moving)
        yield f"Factor between the levels of an axis in the budget at the jump, the others held fixed: {factors}."
    if law.waiting:
        run = "run" if len(law.waiting) == 1 else "runs"
        yield f"{len(law.waiting)} {run} had memorised and ended before any jump, which counts as later than the end."
    if law.left_out:
        reasons = ", ".join(f"{count} {why}" for why, count in law.left_out.items())
        yield f"Left out, since they say nothing about it: {reasons}."


def _conclusion(law: Law) -> str:
    if law.slope is None:
        return f"Whether it keeps the budget's time cannot be told: {law.reason}." if law.budget is not None else ""
    if law.low is None or law.high is None:
        return f"Slope of log epoch over log rate: {law.slope:.2f}, where the law says -1; {law.reason}."
    slope = (
        f"slope {law.slope:.2f} (95 % {law.low:.2f} to {law.high:.2f}, {law.settings} settings), where the law says -1"
    )
    if law.agreement is Agreement.UNSURE:
        return f"The jump may keep the budget's time or not: {slope}; more settings would tell."
    if law.agreement is Agreement.KEEPS:
        nearly = "" if law.low <= -1 <= law.high else ", nearly"
        return f"The jump keeps the time of the decay budget{nearly}: {slope}."
    how = (
        "keeps the budget's time only in part"
        if law.agreement is Agreement.PARTLY
        else "does not keep the budget's time"
    )
    change = f"{10 ** abs(law.slope + 1):.2g} times {'more' if law.slope > -1 else 'less'}"
    return f"The jump {how}: {slope}; ten times the rate needs {change} of it."
