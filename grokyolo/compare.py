"""Runs next to each other: what differs between them, which of them generalised first, and at what cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from string import ascii_uppercase
from typing import Any

import numpy as np

from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray
from grokyolo.verdict import Assessment, rules
from grokyolo.verdict.robust import running_median

HALF, MOST = 0.5, 0.9
"""The levels that runs are compared at, as shares of the best final level among them."""
FINAL_SHARE = 0.05
"""Part of a run, at its end, whose median is its final level."""
IGNORED = frozenset({"description", "train.name", "train.project", "train.save_dir", "train.exist_ok", "train.resume"})
"""Keys that say where a run is and what it is called, not how it was trained."""
ROUND = (1, 2, 3, 5, 7)
NEAR = 0.9
"""Round places nearer to the last one than this share of it are left out."""


class By(str, Enum):
    """A clock: epochs, optimizer steps, seconds trained, or e-folds of weight decay."""

    EPOCH = "epoch"
    STEP = "step"
    TIME = "time"
    BUDGET = "budget"

    @property
    def unit(self) -> str:
        """What the clock counts."""
        return {"epoch": "epochs", "step": "steps", "time": "seconds", "budget": "e-folds"}[self.value]


def clock(series: Series, by: By) -> FloatArray:
    """Return what the clock shows at each epoch, shape (n,); NaN where the log does not tell."""
    return clocks(series)[by]


def clocks(series: Series) -> dict[By, FloatArray]:
    """Return all four clocks."""
    epoch = series.epoch.astype(np.float64)
    return {By.EPOCH: epoch, By.STEP: series.step, By.TIME: series.seconds, By.BUDGET: series.decay_budget}


def score_at(series: Series, by: By, where: FloatArray) -> FloatArray:
    """Return the score that was last measured when the clock showed each of `where`; NaN before and after the run.

    Args:
        series: the run.
        by: which clock.
        where: shape (m,), what the clock shows.
    """
    at = clock(series, by)
    known = np.isfinite(series.val_score) & np.isfinite(at)
    at, score = at[known], series.val_score[known]
    found = np.full(len(where), np.nan)
    if len(at):
        index = np.searchsorted(at, where, side="right") - 1
        inside = (index >= 0) & (where <= at[-1])
        found[inside] = score[index[inside]]
    return found


def positions(series: Sequence[Series], by: By, count: int = 9) -> FloatArray:
    """Return the last places of 1, 2, 3, 5, 7, 10, 20, ... on the clock that a run has reached, and the very last.

    Args:
        series: the runs.
        by: which clock.
        count: how many at most.
    """
    shown = [at[np.isfinite(at) & (at > 0)] for at in (clock(one, by) for one in series)]
    shown = [at for at in shown if len(at)]
    if not shown:
        return np.array([])
    first, last = min(at[0] for at in shown), max(at[-1] for at in shown)
    powers = 10.0 ** np.arange(np.floor(np.log10(first)), np.ceil(np.log10(last)) + 1)
    places = np.outer(powers, ROUND).ravel()
    inner = places[(places >= first) & (places <= NEAR * last)]
    return np.append(inner[-count + 1 :], last)


@dataclass(frozen=True)
class Cost:
    """What a run had spent when it reached a level for good.

    Attributes:
        epoch: 1-based.
        step: optimizer steps, None when unknown.
        seconds: wall time trained, None when unknown.
        budget: e-folds of weight decay, None when unknown.
    """

    epoch: int
    step: float | None
    seconds: float | None
    budget: float | None

    def on(self, by: By) -> float | None:
        """Return the cost on one clock."""
        costs = {By.EPOCH: float(self.epoch), By.STEP: self.step, By.TIME: self.seconds, By.BUDGET: self.budget}
        return costs[by]


def final_level(series: Series) -> float | None:
    """Return the median of the scores at the end of the run, None when no score was measured."""
    return end_level(series.val_score)


def end_level(values: FloatArray) -> float | None:
    """Return the median of the last twentieth of what was measured, five values at least; None for nothing."""
    known = values[np.isfinite(values)]
    return float(np.median(known[-max(rules.MEDIAN_OF, round(FINAL_SHARE * len(known))) :])) if len(known) else None


def crossing(series: Series, level: float) -> Cost | None:
    """Return the cost of the first epoch from which on the median of five scores stays at or above a level.

    Args:
        series: the run.
        level: of the validation score.

    Returns:
        None where the run never reached it, or fell below it again.
    """
    measured = np.flatnonzero(np.isfinite(series.val_score))
    if not len(measured):
        return None
    below = np.flatnonzero(running_median(series.val_score[measured], rules.MEDIAN_OF) < level)
    first = int(below[-1]) + 1 if len(below) else 0
    if first == len(measured):
        return None
    at = int(measured[first])
    shown = [float(values[at]) for values in clocks(series).values()]
    epoch, step, seconds, budget = (value if math.isfinite(value) else None for value in shown)
    return Cost(int(epoch or 0), step, seconds, budget)


@dataclass(frozen=True)
class Difference:
    """One setting in which runs differ.

    Attributes:
        key: dotted, as in a recipe.
        values: one for each run in their order; None where a run does not have the key.
    """

    key: str
    values: tuple[Any, ...]


def differences(settings: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Return the settings in which at least two runs differ, in the order in which they come.

    A run without any settings differs in nothing: they are unknown. A key that only a recipe or only an args.yaml
    can have is compared among those that have it.

    Args:
        settings: one map for each run.
    """
    keys = dict.fromkeys(key for one in settings for key in one if key not in IGNORED)
    found = []
    for key in keys:
        values = tuple(one.get(key) for one in settings)
        known = [one[key] for one in settings if key in one]
        alike = all(_same(value, known[0]) for value in known)
        everywhere = all(key in one for one in settings if one)
        if not alike or (not everywhere and known[0] is not None and _same_kind(settings)):
            found.append(Difference(key, values))
    return found


def _same_kind(settings: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether all settings are recipes, or none is: an args.yaml names every argument, a recipe few."""
    return len({any(key.startswith(("gap.", "checkpoint.")) for key in one) for one in settings if one}) == 1


def _same(one: Any, other: Any) -> bool:
    # True == 1 in Python, but `cache: true` and `cache: 1` are not the same to Ultralytics
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


@dataclass(frozen=True)
class Compared:
    """One run of a comparison.

    Attributes:
        label: its short name, A, B, ... in the order given.
        series, assessment: the run and its verdict.
        settings: by dotted key; empty when unknown.
        final: median score at its end, None when it has no score.
        half, most: cost of reaching 50 and 90 % of the best final level for good; None when it never did.
        scores: shape (m,), at the positions of the comparison; NaN where the run has none.
    """

    label: str
    series: Series
    assessment: Assessment
    settings: Mapping[str, Any]
    final: float | None
    half: Cost | None
    most: Cost | None
    scores: FloatArray

    def cost(self, share: float) -> Cost | None:
        """Return `half` or `most` by its share."""
        return self.half if share == HALF else self.most

    def to_json(self, by: By) -> dict[str, Any]:
        """Return the object that `grokyolo compare --json` prints for a run."""
        verdict = self.assessment.to_json()
        return {
            "run": self.series.run,
            "label": self.label,
            "by": by.value,
            "verdict": verdict["verdict"],
            "epochs": verdict["epochs"],
            "score_name": verdict["score_name"],
            "like_for_like": verdict["like_for_like"],
            "memorised_epoch": verdict["memorised_epoch"],
            "jump": verdict["jump"],
            "final_score": self.final,
            "half": _cost_json(self.half),
            "most": _cost_json(self.most),
            "scores": [None if math.isnan(score) else score for score in self.scores.tolist()],
        }


@dataclass(frozen=True)
class Comparison:
    """Several runs next to each other.

    Attributes:
        by: the clock by which they are aligned.
        runs: in the order given.
        best_final: the highest final level, None when no run has a score.
        positions: shape (m,), places on the clock, rising, at which scores are compared.
        differences: settings in which they differ.
        notes: what should be known before trusting it, one sentence each.
    """

    by: By
    runs: tuple[Compared, ...]
    best_final: float | None
    positions: FloatArray
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    def first(self, share: float) -> tuple[Compared, ...]:
        """Return the run that reached a share of the best final level first by the clock; several at a tie.

        Args:
            share: HALF or MOST.
        """
        reached = [(at, run) for run in self.runs if (cost := run.cost(share)) and (at := cost.on(self.by)) is not None]
        earliest = min((at for at, _ in reached), default=None)
        return tuple(run for at, run in reached if at == earliest)

    def to_json(self) -> list[dict[str, Any]]:
        """Return what `grokyolo compare --json` prints: one object for each run, and one of what they differ in."""
        names = [run.series.run for run in self.runs]
        return [
            *(run.to_json(self.by) for run in self.runs),
            {
                "runs": names,
                "by": self.by.value,
                "positions": self.positions.tolist(),
                "best_final_score": self.best_final,
                "first": {
                    "half": [run.series.run for run in self.first(HALF)],
                    "most": [run.series.run for run in self.first(MOST)],
                },
                "differences": {one.key: [_plain(value) for value in one.values] for one in self.differences},
                "notes": list(self.notes),
            },
        ]


def compare(
    judged: Sequence[tuple[Series, Assessment]], settings: Sequence[Mapping[str, Any]], by: By = By.EPOCH
) -> Comparison:
    """Compare runs.

    Args:
        judged: the runs with their verdicts.
        settings: of each, as `flat_settings` returns them.
        by: the clock.
    """
    finals = [final_level(series) for series, _ in judged]
    best = max((final for final in finals if final is not None), default=None)
    places = positions([series for series, _ in judged], by)
    runs = tuple(
        Compared(
            label(number),
            series,
            assessment,
            known,
            final,
            crossing(series, HALF * best) if best else None,
            crossing(series, MOST * best) if best else None,
            score_at(series, by, places),
        )
        for number, ((series, assessment), known, final) in enumerate(zip(judged, settings, finals, strict=True))
    )
    return Comparison(by, runs, best, places, tuple(differences(settings)), tuple(_notes(runs, by)))


def label(number: int) -> str:
    """Return A, B, ... Z, AA, AB, ... for 0, 1, ..."""
    first, second = divmod(number, len(ascii_uppercase))
    return (label(first - 1) if first else "") + ascii_uppercase[second]


def _notes(runs: Sequence[Compared], by: By) -> list[str]:
    notes = []
    names = {run.series.score_name for run in runs if run.series.score_name}
    if len(names) > 1:
        notes.append(f"the scores are not of one kind: {', '.join(sorted(names))}")
    silent = [run.label for run in runs if np.isnan(clock(run.series, by)).all()]
    if silent:
        notes.append(f"the log does not tell the {by.unit}: {' '.join(silent)}")
    unknown = [run.label for run in runs if not run.settings]
    if unknown:
        notes.append(f"no settings beside the log, so what differs is not known: {' '.join(unknown)}")
    rough = [run.label for run in runs if not run.series.like_for_like]
    if rough and len(rough) < len(runs):
        notes.append(f"no probe, so only a rough gap: {' '.join(rough)}")
    return notes


def _plain(value: Any) -> Any:
    """Return a value of a YAML file as JSON can hold it."""
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else str(value)


def _cost_json(cost: Cost | None) -> dict[str, Any] | None:
    return None if cost is None else dict(vars(cost))
