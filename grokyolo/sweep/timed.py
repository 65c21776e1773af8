"""Runs on the clock of the decay budget: when they jumped, or how long they waited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grokyolo.sweep.diagram import Run
from grokyolo.sweep.outcome import Word

WAITING = {Word.MEMORISING, Word.OVERFITTING, Word.UNFINISHED}
"""Runs that have memorised and not jumped: they would jump later, if at all."""


@dataclass(frozen=True)
class Timed:
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


def timed_runs(runs: Sequence[Run]) -> tuple[list[Timed], dict[str, int]]:
    """Return the runs that tell something, and how many do not, by reason."""
    found: list[Timed] = []
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
            found.append(Timed(run, moment.epoch, rate, outcome.jump is not None))
            continue
        left_out[why] = left_out.get(why, 0) + 1
    return found, left_out
