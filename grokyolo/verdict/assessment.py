"""What the detector says about a run: the verdict and every number that it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

from grokyolo.gap.series import Event


class Verdict(str, Enum):
    """The eight words (DESIGN section 5). `grokked` is the strongest and the rarest."""

    GENERALISING = "generalising"
    MEMORISING = "memorising"
    GROKKED = "grokked"
    DELAYED_JUMP = "delayed-jump"
    OVERFITTING = "overfitting"
    DOUBLE_DESCENT = "double-descent"
    DIVERGED = "diverged"
    UNDECIDED = "undecided"


class Confidence(str, Enum):
    """How much the validation set can carry: 20 images or more, 8 to 19, or fewer."""

    FIRM = "firm"
    INDICATIVE = "indicative"
    LOSS_ONLY = "loss-only"


@dataclass(frozen=True)
class Jump:
    """The lasting rise of the validation score after the plateau.

    Attributes:
        start, epoch, end: epochs of the 10, 50 and 90 % crossings.
        low, high: levels of the validation score before and after; NaN when only losses were measured.
        lateness: `epoch` / epoch of memorising; None when the model did not memorise first.
    """

    epoch: int
    start: int
    end: int
    low: float
    high: float
    lateness: float | None


@dataclass(frozen=True)
class Collapse:
    """A deep fall of a score that came back.

    Attributes:
        what: `val_score` or `probe_score`.
        start, epoch, end: when it fell, when it was lowest, and when it was back.
        high, low: the score before, and at the lowest.
    """

    what: str
    start: int
    epoch: int
    end: int
    high: float
    low: float

    def __str__(self) -> str:
        name = "validation" if self.what == "val_score" else "probe"
        return (
            f"the {name} score collapsed from {self.high:.3f} to {self.low:.3f} around epoch {self.epoch} and was back "
            f"after epoch {self.end}"
        )


@dataclass(frozen=True)
class Decision:
    """A verdict with its sentence, and what it names.

    Attributes:
        verdict: one of the eight words.
        reason: one sentence; its numbers can be found in the table.
        jump: the jump the verdict speaks of.
        confounders: events in reach of what the verdict speaks of.
    """

    verdict: Verdict
    reason: str
    jump: Jump | None = None
    confounders: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """The verdict on one run.

    Attributes:
        run: as the user named it.
        verdict: one of the eight words.
        reason: one sentence that a person can check in the table or the picture.
        confidence: how much the validation set can carry.
        epochs: last epoch in the log.
        score_name: the task's headline metric.
        like_for_like: whether the gap is against a probe; else it is a rough gap.
        memorised_epoch: when the model had memorised, None when it has not.
        jump: the jump the verdict speaks of, if any.
        loss_gap, score_gap: at the last measured epoch; None when unknown.
        score_gap_max: the largest measured score gap.
        best_epoch, best_score: the highest validation score and when.
        confounders: events in reach of the jump, or of the change that the verdict speaks of.
        warnings: what the reader of the verdict should know; one sentence each.
        collapses: deep falls of a score that came back, deepest first.
    """

    run: str
    verdict: Verdict
    reason: str
    confidence: Confidence
    epochs: int
    score_name: str
    like_for_like: bool
    memorised_epoch: int | None = None
    jump: Jump | None = None
    loss_gap: float | None = None
    score_gap: float | None = None
    score_gap_max: float | None = None
    best_epoch: int | None = None
    best_score: float | None = None
    confounders: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()
    collapses: tuple[Collapse, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the object that `grokyolo gap --json` prints (DESIGN section 5); no NaN, absent is None."""
        jump = None
        if self.jump is not None:
            jump = {
                "epoch": self.jump.epoch,
                "start": self.jump.start,
                "end": self.jump.end,
                "from": _finite(self.jump.low),
                "to": _finite(self.jump.high),
                "lateness": _finite(self.jump.lateness),
            }
        best = {"epoch": self.best_epoch, "score": _finite(self.best_score)}
        return {
            "run": self.run,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "epochs": self.epochs,
            "score_name": self.score_name or None,
            "like_for_like": self.like_for_like,
            "confidence": self.confidence.value,
            "memorised_epoch": self.memorised_epoch,
            "jump": jump,
            "gap": {
                "loss": _finite(self.loss_gap),
                "score": _finite(self.score_gap),
                "score_max": _finite(self.score_gap_max),
            },
            "best": best if self.best_epoch is not None else None,
            "confounders": [str(event) for event in self.confounders],
            "warnings": list(self.warnings),
            "collapses": [
                {"what": c.what, "start": c.start, "epoch": c.epoch, "end": c.end, "from": c.high, "to": c.low}
                for c in self.collapses
            ],
        }


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
