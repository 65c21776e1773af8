"""One run of a sweep, and several in a cell of its diagram: verdict, when what happened, how it ended."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from grokyolo.compare import end_level
from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray
from grokyolo.verdict import Assessment, Verdict, rules

LEARNED = {"top1": 0.3}
LEARNED_ELSE = 0.05
"""A probe that never lasts at this score has not learned its own training images; mAP50-95 is low by nature."""
LOST = 0.25
"""A score that ends by this much below its peak has been lost again."""


class State(str, Enum):
    """How far a run has come."""

    FINISHED = "finished"
    UNFINISHED = "unfinished"
    FAILED = "failed"
    NOT_STARTED = "not started"


class Word(str, Enum):
    """What a cell of the diagram says, the weakest word first: of two that come equally often, the weaker counts."""

    NOT_STARTED = "not started"
    UNFINISHED = "unfinished"
    FAILED = "failed"
    DIVERGED = "diverged"
    NEVER_LEARNED = "never learned"
    UNDECIDED = "undecided"
    OVERFITTING = "overfitting"
    MEMORISING = "memorising"
    DOUBLE_DESCENT = "double-descent"
    GENERALISING = "generalising"
    DELAYED_JUMP = "delayed-jump"
    GROKKED = "grokked"

    @property
    def judged(self) -> bool:
        """Whether it speaks of a finished run."""
        return self not in {Word.NOT_STARTED, Word.UNFINISHED, Word.FAILED}


@dataclass(frozen=True)
class Moment:
    """A point of a run, on two clocks.

    Attributes:
        epoch: 1-based.
        budget: e-folds of weight decay spent by then; None when the log does not tell.
    """

    epoch: int
    budget: float | None

    def on(self, by: str) -> float | None:
        """Return it in epochs or, by `budget`, in e-folds."""
        return self.budget if by == "budget" else float(self.epoch)


@dataclass(frozen=True)
class Outcome:
    """One run of a sweep.

    Attributes:
        state: how far it came.
        epochs: last epoch in the log; 0 without one.
        planned: epochs it was meant to have, None when unknown.
        verdict: on what there is so far, None without a log.
        reason: the sentence of the verdict, or why there is none.
        learned: whether the training images were learned at all; None without a probe.
        score_name: the task's headline metric.
        like_for_like: whether the gap is against a probe.
        memorised, jump, end: when the model had memorised, was half way up its jump, and how long it is.
        lateness: epoch of the jump / epoch of memorising.
        score, loss: of validation at the end, the median of the last twentieth.
        peak: the highest median of five validation scores in a row.
        train_images: None when unknown.
    """

    state: State
    epochs: int = 0
    planned: int | None = None
    verdict: Verdict | None = None
    reason: str = ""
    learned: bool | None = None
    score_name: str = ""
    like_for_like: bool = False
    memorised: Moment | None = None
    jump: Moment | None = None
    end: Moment | None = None
    lateness: float | None = None
    score: float | None = None
    loss: float | None = None
    peak: float | None = None
    train_images: int | None = None

    @property
    def word(self) -> Word:
        """What the diagram says of it."""
        if self.state is not State.FINISHED or self.verdict is None:
            return Word(self.state.value)
        if self.learned is False and self.verdict in {Verdict.UNDECIDED, Verdict.GENERALISING}:
            return Word.NEVER_LEARNED
        return Word(self.verdict.value)

    @property
    def lost(self) -> bool:
        """Whether it had risen and fell again, so that a verdict without a jump does not mean that there was none."""
        if self.jump is not None or self.peak is None or self.score is None:
            return False
        return self.peak - self.score > LOST

    @property
    def rate(self) -> float | None:
        """E-folds of weight decay an epoch, up to the jump, or to the end where there is none."""
        moment = self.jump or self.end
        return None if moment is None or moment.budget is None else moment.budget / moment.epoch

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values; absent is None."""
        found: dict[str, Any] = dict(vars(self))
        for name in ("memorised", "jump", "end"):
            moment = found[name]
            found[name] = None if moment is None else [moment.epoch, moment.budget]
        return {**found, "state": self.state.value, "verdict": self.verdict and self.verdict.value}


@dataclass(frozen=True)
class Run:
    """One run with its place in the sweep.

    Attributes:
        name: of its folder.
        values: key to value.
        outcome: what became of it.
    """

    name: str
    values: Mapping[str, object]
    outcome: Outcome


@dataclass(frozen=True)
class Spread:
    """A number that several runs have.

    Attributes:
        median, low, high: over the runs that have it; low and high are the least and the largest.
        count: how many have it.
    """

    median: float
    low: float
    high: float
    count: int


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return the spread of the values that are known, None when none is."""
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    if not len(known):
        return None
    return Spread(float(np.median(known)), float(known.min()), float(known.max()), len(known))


@dataclass(frozen=True)
class Cell:
    """All runs at one place of the diagram.

    Attributes:
        runs: in the order of the sweep; none where the sweep has no point.
    """

    runs: tuple[Run, ...]

    @property
    def words(self) -> Counter[Word]:
        """How often each word comes."""
        return Counter(run.outcome.word for run in self.runs)

    @property
    def word(self) -> Word | None:
        """The word of most runs that are finished; else of most others. Of two equals the weaker; None without runs."""
        words = self.words
        pool = {word: count for word, count in words.items() if word.judged} or dict(words)
        order = list(Word)
        return max(pool, key=lambda word: (pool[word], -order.index(word)), default=None)

    @property
    def share(self) -> tuple[int, int]:
        """How many runs have the word of the cell, of how many."""
        word = self.word
        return (self.words[word] if word else 0), len(self.runs)

    def memorised(self, by: str) -> Spread | None:
        """Return when the runs had memorised, in epochs or e-folds."""
        return spread(moment.on(by) for run in self.runs if (moment := run.outcome.memorised))

    def jump(self, by: str) -> Spread | None:
        """Return when those that jumped were half way up, in epochs or e-folds."""
        return spread(moment.on(by) for run in self.runs if (moment := run.outcome.jump))

    @property
    def score(self) -> Spread | None:
        """The validation score at the end of finished runs."""
        return spread(run.outcome.score for run in self.runs if run.outcome.word.judged)


def from_json(found: Mapping[str, Any]) -> Outcome:
    """Return what `Outcome.to_json` was made of.

    Raises:
        ValueError, TypeError: it is no such thing.
    """
    fields = dict(found)
    for name in ("memorised", "jump", "end"):
        if fields.get(name) is not None:
            fields[name] = Moment(*fields[name])
    verdict = fields.get("verdict")
    fields["verdict"] = None if verdict is None else Verdict(verdict)
    fields["state"] = State(fields.get("state"))
    return Outcome(**fields)


def outcome_of(series: Series, assessment: Assessment, *, ended_early: bool = False) -> Outcome:
    """Return what a sweep keeps of a run.

    Args:
        series, assessment: the run and its verdict.
        ended_early: whether it is finished although it has not all of its epochs, as `train.patience` ends runs.
    """
    budget, planned = series.decay_budget, series.epochs_planned
    last = int(series.epoch[-1])
    finished = planned is None or last >= planned or ended_early

    def moment(epoch: int | None) -> Moment | None:
        if epoch is None:
            return None
        spent = float(budget[min(int(np.searchsorted(series.epoch, epoch)), len(series) - 1)])
        return Moment(epoch, spent if math.isfinite(spent) else None)

    return Outcome(
        state=State.FINISHED if finished else State.UNFINISHED,
        epochs=last,
        planned=planned,
        verdict=assessment.verdict,
        reason=assessment.reason,
        learned=_learned(series),
        score_name=series.score_name,
        like_for_like=series.like_for_like,
        memorised=moment(assessment.memorised_epoch),
        jump=moment(assessment.jump.epoch if assessment.jump else None),
        end=moment(last),
        lateness=assessment.jump.lateness if assessment.jump else None,
        score=end_level(series.val_score),
        loss=end_level(series.val_loss),
        peak=_peak(series.val_score),
        train_images=series.train_images,
    )


def _learned(series: Series) -> bool | None:
    peak = _peak(series.probe_score)
    return None if peak is None else peak >= LEARNED.get(series.score_name, LEARNED_ELSE)


def _peak(values: FloatArray) -> float | None:
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    windows = np.lib.stride_tricks.sliding_window_view(known, min(rules.MEDIAN_OF, len(known)))
    return float(np.median(windows, axis=1).max())
