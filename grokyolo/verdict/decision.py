"""What a rule decides."""

from __future__ import annotations

from dataclasses import dataclass

from grokyolo.gap.series import Event
from grokyolo.verdict.assessment import Jump, Verdict


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
