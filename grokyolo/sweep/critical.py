"""The critical size: from which amount of data (or of anything else) on a model comes to generalise.

The chance of it is a logistic in the logarithm of the size, half way at the critical one. With few seeds the border is
often sharp: below a size nothing groks, above it everything. Then no slope can be fitted, but the likelihood still says
which borders are possible, so the interval is the profile likelihood's in every case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from grokyolo.gap.series import FloatArray
from grokyolo.gap.settings import as_number
from grokyolo.sweep.axes import Axis, described, label_of, parts_of
from grokyolo.sweep.outcome import Outcome, Run, Word

REACHED = {Word.GROKKED, Word.DELAYED_JUMP, Word.GENERALISING}
MISSED = {Word.MEMORISING, Word.OVERFITTING, Word.NEVER_LEARNED}
"""Other words tell neither: those runs are left out and counted."""
HALF_CHI_SQUARE = 1.92
"""By how much the log-likelihood may fall inside a 95 % interval (Wilks): half of 3.84."""
BORDERS, STEEPNESSES = 601, 40
MOST_SIZES = 100
"""More sizes than this are taken together with their neighbours in the fit."""


class Border(str, Enum):
    """How the border between two phases shows."""

    SHARP = "sharp"
    BLURRED = "blurred"
    BELOW = "below"
    ABOVE = "above"
    NONE = "none"


@dataclass(frozen=True)
class Tried:
    """One size.

    Attributes:
        size: as the axis has it.
        reached, runs: how many came to generalise, of how many that tell.
    """

    size: float
    reached: int
    runs: int


@dataclass(frozen=True, kw_only=True)
class Transition:
    """Where runs come to generalise as the size changes.

    Attributes:
        border: how it shows.
        rising: whether larger sizes generalise; False where smaller ones do.
        estimate: the critical size; of a sharp border the geometric middle of the two sizes around it.
        low, high: its 95 % interval; None where the sizes tried leave it open.
        below, above: the sizes around a sharp border; the last one tried where there is none.
    """

    border: Border
    rising: bool = True
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    below: float | None = None
    above: float | None = None


@dataclass(frozen=True, kw_only=True)
class Critical(Transition):
    """The critical size of one part of a sweep.

    Attributes:
        axis: name of the axis that is the size.
        fixed: what is the same for all its runs, axis to level; empty for the whole sweep.
        tried: sizes, rising.
        left_out: runs that tell neither.
        ends: least and largest budget at the end of the runs, None when unknown.
    """

    axis: str
    fixed: dict[str, str]
    tried: tuple[Tried, ...]
    left_out: int
    ends: tuple[float, float] | None

    def sentence(self) -> str:
        """Return what was found, in words."""
        where = described(self.fixed)
        if not self.tried:
            return f"{self.axis}{where}: no run tells."
        hits, runs = sum(one.reached for one in self.tried), sum(one.runs for one in self.tried)
        word = "smallest" if self.rising else "largest"
        text = {
            Border.SHARP: f"{word} that generalises{where} is between {_short(self.below)} and {_short(self.above)}",
            Border.BLURRED: f"half of the runs generalise{where} at {_short(self.estimate)}",
            Border.BELOW: f"all {runs} runs generalise{where}, down to {_short(self.tried[0].size)}",
            Border.ABOVE: f"none of {runs} runs generalises{where}, up to {_short(self.tried[-1].size)}",
            Border.NONE: f"no border{where}: {hits} of {runs} runs generalise, whatever it is",
        }[self.border]
        if self.border in {Border.SHARP, Border.BLURRED}:
            low, high = (_short(end) if end else "open" for end in (self.low, self.high))
            text += f" (95 % {low} to {high}, {runs} runs)"
        left = f"; {self.left_out} of its runs do not tell" if self.left_out else ""
        return f"{self.axis}: {text}{left}."

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "axis": self.axis,
            "at": self.fixed,
            "border": self.border.value,
            "larger_generalises": self.rising,
            "critical": self.estimate,
            "interval": [self.low, self.high],
            "between": [self.below, self.above],
            "tried": [dict(vars(one)) for one in self.tried],
            "left_out": self.left_out,
            "budget_at_end": None if self.ends is None else list(self.ends),
            "sentence": self.sentence(),
        }


def critical_sizes(
    runs: Sequence[Run], axis: Axis, others: Sequence[Axis], within: float | None = None, by: str = "budget"
) -> tuple[Critical, ...]:
    """Return the critical size for each combination of levels of other axes.

    Args:
        runs: of the sweep.
        axis: of numbers, the size.
        others: axes to keep apart; all that are not here are put together.
        within: count what happened until then only; None for as long as each run lasts.
        by: `budget` (e-folds) or `epoch`, what `within` is in.
    """
    found = []
    for fixed, members in parts_of(runs, others):
        told = [(as_number(run.values.get(axis.key)), reached(run.outcome, within, by)) for run in members]
        known = [(size, hit) for size, hit in told if size is not None and hit is not None]
        tried = tuple(
            Tried(size, sum(hit for at, hit in known if at == size), sum(at == size for at, _ in known))
            for size in sorted({size for size, _ in known})
        )
        budgets = [run.outcome.end.budget for run in members if run.outcome.end and run.outcome.end.budget is not None]
        found.append(
            Critical(
                axis=axis.name,
                fixed=fixed,
                tried=tried,
                left_out=len(told) - len(known),
                ends=(min(budgets), max(budgets)) if budgets else None,
                **vars(_transition(tried)),
            )
        )
    return tuple(found)


def reached(outcome: Outcome, within: float | None = None, by: str = "budget") -> bool | None:
    """Tell whether a run came to generalise, within a budget or a number of epochs; None where it does not tell."""
    word = outcome.word
    if word not in REACHED | MISSED or (word in MISSED and outcome.lost):
        return None
    if within is None or word is Word.GENERALISING:
        return word in REACHED
    jump, end = (moment.on(by) if moment else None for moment in (outcome.jump, outcome.end))
    if word in REACHED and jump is not None and jump <= within:
        return True
    return False if word is Word.NEVER_LEARNED or (end is not None and end >= within) else None


@dataclass(frozen=True)
class _Fit:
    """The likeliest border, its 95 % interval (None for an open end) and its log-likelihood."""

    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    height: float = -math.inf


def _transition(tried: Sequence[Tried]) -> Transition:
    hits, runs = sum(one.reached for one in tried), sum(one.runs for one in tried)
    if not runs:
        return Transition(border=Border.NONE)
    up = _fit(tried, rising=True)
    if hits == runs:  # the border, if any, lies below
        return Transition(border=Border.BELOW, high=up.high, above=tried[0].size)
    if not hits:
        return Transition(border=Border.ABOVE, low=up.low, below=tried[-1].size)
    down = _fit(tried, rising=False)
    rising = up.height >= down.height
    fit = up if rising else down
    if around := _sharp(tried, rising):
        below, above = around
        middle = math.sqrt(below * above) if below > 0 else (below + above) / 2
        return Transition(
            border=Border.SHARP, rising=rising, estimate=middle, low=fit.low, high=fit.high, below=below, above=above
        )
    flat = hits * math.log(hits / runs) + (runs - hits) * math.log((runs - hits) / runs)
    if fit.height < flat + HALF_CHI_SQUARE or fit.estimate is None:
        return Transition(border=Border.NONE, rising=rising)
    return Transition(border=Border.BLURRED, rising=rising, estimate=fit.estimate, low=fit.low, high=fit.high)


def _sharp(tried: Sequence[Tried], rising: bool) -> tuple[float, float] | None:
    """Return the last size before and the first after a border at which all runs change; None without one."""
    shares = [one.reached / one.runs for one in tried]
    if shares != sorted(shares, reverse=not rising) or any(share not in {0.0, 1.0} for share in shares):
        return None
    change = next(i for i in range(1, len(shares)) if shares[i] != shares[i - 1])
    return tried[change - 1].size, tried[change].size


def _fit(tried: Sequence[Tried], *, rising: bool) -> _Fit:
    """Return the border of largest likelihood; sizes of 0 or less have no logarithm and do not take part."""
    some = _thinned([one for one in tried if one.size > 0])
    if len(some) < 2:
        return _Fit()
    size = np.log([one.size for one in some])
    hit = np.array([one.reached for one in some], dtype=np.float64)
    miss = np.array([one.runs for one in some], dtype=np.float64) - hit
    width = float(size[-1] - size[0])
    border = np.linspace(size[0] - width, size[-1] + width, BORDERS)
    steepness = np.geomspace(0.5, 2000, STEEPNESSES) / width * (1 if rising else -1)
    profile = np.max([_log_likelihood(border, k, size, hit, miss) for k in steepness], axis=0)
    best = float(profile.max())
    inside = np.flatnonzero(profile >= best - HALF_CHI_SQUARE)
    first, last = int(inside[0]), int(inside[-1])
    return _Fit(
        estimate=float(np.exp(np.mean(border[profile >= best - 1e-9]))),
        low=None if first == 0 else float(np.exp(border[first])),
        high=None if last == BORDERS - 1 else float(np.exp(border[last])),
        height=best,
    )


def _thinned(tried: Sequence[Tried]) -> list[Tried]:
    """Return sizes put together with their neighbours, where there are many, at their geometric means."""
    parts = [part for part in np.array_split(np.arange(len(tried)), MOST_SIZES) if len(part)]
    found = []
    for part in parts:
        here = [tried[i] for i in part]
        size = math.exp(sum(math.log(one.size) for one in here) / len(here))
        found.append(Tried(size, sum(one.reached for one in here), sum(one.runs for one in here)))
    return found


def _log_likelihood(border: FloatArray, k: float, size: FloatArray, hit: FloatArray, miss: FloatArray) -> FloatArray:
    """Return the log-likelihood of each border for one steepness, shape (borders,)."""
    z = k * (size[None, :] - border[:, None])
    found: FloatArray = -(hit * np.logaddexp(0, -z) + miss * np.logaddexp(0, z)).sum(axis=1)
    return found


def _short(value: float | None) -> str:
    return label_of(None if value is None else float(f"{value:.3g}"))
