"""The critical size: from which amount of data (or of anything else) on a model comes to generalise.

The chance of it is a logistic in the logarithm of the size, half way at the critical one. With few seeds the border is
often sharp: below a size nothing groks, above it everything. Then no slope can be fitted, but the likelihood still says
which borders are possible, so the interval is the profile likelihood's in every case.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from grokyolo.gap.context import as_number
from grokyolo.gap.series import FloatArray
from grokyolo.sweep.axes import Axis, label_of
from grokyolo.sweep.outcome import Moment, Outcome, Run, Word

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


@dataclass(frozen=True)
class Critical:
    """The critical size of one part of a sweep.

    Attributes:
        axis: name of the axis that is the size.
        fixed: what is the same for all its runs, axis to level; empty for the whole sweep.
        tried: sizes, rising.
        border: how it shows.
        rising: whether larger sizes generalise; False where smaller ones do.
        estimate: the critical size; of a sharp border the geometric middle of the two sizes around it.
        low, high: its 95 % interval; None where the sizes tried leave it open.
        below, above: the sizes around a sharp border; the last one tried where there is none.
        left_out: runs that tell neither.
        ends: least and largest budget at the end of the runs, None when unknown.
    """

    axis: str
    fixed: dict[str, str]
    tried: tuple[Tried, ...]
    border: Border
    rising: bool
    estimate: float | None
    low: float | None
    high: float | None
    below: float | None
    above: float | None
    left_out: int
    ends: tuple[float, float] | None

    def sentence(self) -> str:
        """Return what was found, in words."""
        return _sentence(self)

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
    groups: dict[tuple[str, ...], list[Run]] = {}
    for place in np.ndindex(*(len(other.levels) for other in others)):
        groups[tuple(other.levels[level].label for other, level in zip(others, place, strict=True))] = []
    for run in runs:
        labels = (other.levels[other.place(run.values.get(other.key))].label for other in others)
        groups[tuple(labels)].append(run)
    return tuple(
        _critical(axis, {other.name: label for other, label in zip(others, labels, strict=True)}, members, within, by)
        for labels, members in groups.items()
        if members
    )


def reached(outcome: Outcome, within: float | None = None, by: str = "budget") -> bool | None:
    """Tell whether a run came to generalise, within a budget or a number of epochs; None where it does not tell."""
    word = outcome.word
    if word not in REACHED | MISSED or (word in MISSED and outcome.lost):
        return None
    if within is None or word is Word.GENERALISING:
        return word in REACHED
    jump = _on(outcome.jump, by)
    if word in REACHED and jump is not None and jump <= within:
        return True
    end = _on(outcome.end, by)
    return False if word is Word.NEVER_LEARNED or (end is not None and end >= within) else None


def _on(moment: Moment | None, by: str) -> float | None:
    return None if moment is None else moment.on(by)


def _critical(axis: Axis, fixed: dict[str, str], runs: Sequence[Run], within: float | None, by: str) -> Critical:
    told = [(as_number(run.values.get(axis.key)), reached(run.outcome, within, by)) for run in runs]
    known = [(size, found) for size, found in told if size is not None and found is not None]
    tried = tuple(
        Tried(size, sum(found for at, found in known if at == size), sum(at == size for at, _ in known))
        for size in sorted({size for size, _ in known})
    )
    budgets = [run.outcome.end.budget for run in runs if run.outcome.end and run.outcome.end.budget is not None]
    ends = (min(budgets), max(budgets)) if budgets else None
    border, rising, estimate, low, high, below, above = _locate(tried)
    left_out = len(told) - len(known)
    return Critical(axis.name, fixed, tried, border, rising, estimate, low, high, below, above, left_out, ends)


_Found = tuple[Border, bool, "float | None", "float | None", "float | None", "float | None", "float | None"]


def _locate(tried: Sequence[Tried]) -> _Found:
    """Return border, direction, estimate, interval, and the sizes around it."""
    hits, runs = sum(one.reached for one in tried), sum(one.runs for one in tried)
    if not runs:
        return Border.NONE, True, None, None, None, None, None
    if hits == runs:  # the border, if any, lies below
        high = _interval(tried, rising=True)[2]
        return Border.BELOW, True, None, None, high, None, tried[0].size
    if not hits:
        low = _interval(tried, rising=True)[1]
        return Border.ABOVE, True, None, low, None, tried[-1].size, None
    up, down = _interval(tried, rising=True), _interval(tried, rising=False)
    rising = up[3] >= down[3]
    estimate, low, high, height = up if rising else down
    flat = hits * math.log(hits / runs) + (runs - hits) * math.log((runs - hits) / runs)
    below, above = _around(tried, rising)
    if below is not None and above is not None:
        inner = math.sqrt(below * above) if below > 0 else (below + above) / 2
        return Border.SHARP, rising, inner, low, high, below, above
    if height < flat + HALF_CHI_SQUARE or estimate is None:
        return Border.NONE, rising, None, None, None, None, None
    return Border.BLURRED, rising, estimate, low, high, None, None


def _around(tried: Sequence[Tried], rising: bool) -> tuple[float | None, float | None]:
    """Return the last size before and the first after a border at which all runs change, rising; None without one."""
    shares = [one.reached / one.runs for one in tried]
    expected = sorted(shares, reverse=not rising)
    if shares != expected or any(share not in {0.0, 1.0} for share in shares):
        return None, None
    change = next(i for i in range(1, len(shares)) if shares[i] != shares[i - 1])
    return tried[change - 1].size, tried[change].size


def _interval(tried: Sequence[Tried], *, rising: bool) -> tuple[float | None, float | None, float | None, float]:
    """Return the likeliest border, its interval and its log-likelihood; None for an open end.

    Sizes of 0 or less have no logarithm and do not take part.
    """
    some = _thinned([one for one in tried if one.size > 0])
    if len(some) < 2:
        return None, None, None, -math.inf
    size = np.log([one.size for one in some])
    hit = np.array([one.reached for one in some], dtype=np.float64)
    miss = np.array([one.runs for one in some], dtype=np.float64) - hit
    width = float(size[-1] - size[0])
    border = np.linspace(size[0] - width, size[-1] + width, BORDERS)
    steepness = np.geomspace(0.5, 2000, STEEPNESSES) / width * (1 if rising else -1)
    profile = np.max([_log_likelihood(border, k, size, hit, miss) for k in steepness], axis=0)
    best = float(profile.max())
    inside = np.flatnonzero(profile >= best - HALF_CHI_SQUARE)
    tops = np.flatnonzero(profile >= best - 1e-9)
    ends: list[Callable[[], float | None]] = [
        lambda: None if inside[0] == 0 else float(np.exp(border[inside[0]])),
        lambda: None if inside[-1] == BORDERS - 1 else float(np.exp(border[inside[-1]])),
    ]
    return float(np.exp(np.mean(border[tops]))), ends[0](), ends[1](), best


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


def _sentence(found: Critical) -> str:
    where = "".join(f" at {name}={label}" for name, label in found.fixed.items())
    if not found.tried:
        return f"{found.axis}{where}: no run tells."
    first, last = found.tried[0].size, found.tried[-1].size
    hits, runs = sum(one.reached for one in found.tried), sum(one.runs for one in found.tried)
    word = {True: "smallest", False: "largest"}[found.rising]
    text = {
        Border.SHARP: f"{word} that generalises{where} is between {_n(found.below)} and {_n(found.above)}",
        Border.BLURRED: f"half of the runs generalise{where} at {_n(found.estimate)}",
        Border.BELOW: f"all {runs} runs generalise{where}, down to {_n(first)}",
        Border.ABOVE: f"none of {runs} runs generalises{where}, up to {_n(last)}",
        Border.NONE: f"no border{where}: {hits} of {runs} runs generalise, whatever it is",
    }[found.border]
    interval = ""
    if found.border in {Border.SHARP, Border.BLURRED}:
        low, high = (_n(found.low) if found.low else "open"), (_n(found.high) if found.high else "open")
        interval = f" (95 % {low} to {high}, {runs} runs)"
    left = f"; {found.left_out} of its runs do not tell" if found.left_out else ""
    return f"{found.axis}: {text}{interval}{left}."


def _n(value: float | None) -> str:
    return label_of(None if value is None else float(f"{value:.3g}"))
