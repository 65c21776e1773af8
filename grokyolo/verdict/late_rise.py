"""The rule for a late rise of the validation score: grokked, a delayed jump, or not to be decided."""

from __future__ import annotations

import math

from grokyolo.gap.series import Event
from grokyolo.verdict import rules
from grokyolo.verdict.assessment import Jump, Verdict
from grokyolo.verdict.confounders import in_reach
from grokyolo.verdict.decision import Decision
from grokyolo.verdict.evidence import Evidence
from grokyolo.verdict.memorising import Memorising
from grokyolo.verdict.rise import Rise


def late_rise(evidence: Evidence) -> tuple[Rise, Memorising] | None:
    """Return the rise and the memorising before it, if it came at least 3 times as late."""
    rise, memory = evidence.rise, evidence.memorising
    if rise is None or memory is None or rise.middle < rules.LATE * memory.epoch:
        return None
    return rise, memory


def as_jump(evidence: Evidence, rise: Rise, memory: Memorising) -> Jump:
    """Return a rise as the verdict shows it; without scores its levels are unknown."""
    low, high = (math.nan, math.nan) if evidence.measured.loss_only else (rise.low, rise.high)
    return Jump(rise.middle, rise.start, rise.end, low, high, rise.middle / memory.epoch)


def judge_late_rise(evidence: Evidence) -> Decision | None:
    """Decide on a late rise that is over and has lasted; None where there is none."""
    found = late_rise(evidence)
    if found is None:
        return None
    rise, memory = found
    if rise.kept < rules.KEPT_SHARE or not _is_over(evidence, rise, memory):
        return None
    jump = as_jump(evidence, rise, memory)
    disagreement = _disagreement(evidence, rise)
    if disagreement:
        return Decision(Verdict.UNDECIDED, disagreement, jump)
    over = rise.end if rise.climbing < rules.TOP_REACHED else evidence.measured.last_epoch
    confounders = in_reach(evidence.series, rise.start, over, _slack(evidence, rise))
    shortcoming = _shortcoming(evidence, rise, memory, confounders)
    path = _path(evidence, rise, memory)
    if shortcoming:
        return Decision(Verdict.DELAYED_JUMP, f"{path}, but {shortcoming}", jump, confounders)
    return Decision(Verdict.GROKKED, f"{path}, and the gap closed to {memory.gap_end:.3f}", jump)


def _is_over(evidence: Evidence, rise: Rise, memory: Memorising) -> bool:
    """Whether the rise is over, rather than cut off by the end of the log.

    While the gap is open a gradual rise counts as going on, for that is what it looks like.
    """
    if rise.after < rules.SETTLED_MEASUREMENTS:
        return False
    if memory.gap_left is None or memory.gap_left <= rules.GAP_LEFT:
        return True
    return rise.climbing <= rules.CLIMBING and rise.is_sharp(evidence.measured.val_score.quantum)


def _path(evidence: Evidence, rise: Rise, memory: Memorising) -> str:
    score = evidence.measured.val_score
    steps = [f"{score.at_epoch(epoch):.3f} at epoch {epoch}" for epoch in (rise.start, rise.middle, rise.end)]
    return (
        f"memorised at epoch {memory.epoch}; {evidence.measured.what} rose {rise.middle / memory.epoch:.1f} times "
        f"as late, from {steps[0]} over {steps[1]} to {steps[2]}"
    )


def _disagreement(evidence: Evidence, rise: Rise) -> str:
    change = evidence.loss_change
    if change is None or change.agrees or evidence.measured.loss_only:
        return ""
    return (
        f"score and loss disagree: the validation score rose from {rise.low:.3f} to {rise.high:.3f} around epoch "
        f"{rise.middle} while the validation loss went from {change.before:.3g} to {change.after:.3g}"
    )


def _slack(evidence: Evidence, rise: Rise) -> float:
    """Return by how many epochs the crossings may be wrong: cadence, noise and whole images blur them."""
    score = evidence.measured.val_score
    blur = (2 * score.noise + score.quantum) / rise.size
    return 2.0 * evidence.measured.cadence + min(0.1 + 2.5 * blur, 1.0) * (rise.end - rise.start)


def _shortcoming(evidence: Evidence, rise: Rise, memory: Memorising, confounders: tuple[Event, ...]) -> str:
    """Return the first thing that keeps a jump from being a grok, or nothing."""
    plateau, run = rise.start - memory.epoch, evidence.measured.last_epoch
    left = memory.gap_left
    conditions = (
        (confounders, " and ".join(str(event) for event in confounders[:3]) + " can have made it"),
        (not evidence.series.like_for_like, "only a rough gap is known, since no probe was measured"),
        (left is None or evidence.measured.loss_only, "no scores were measured, only losses"),
        (
            not rise.is_sharp(evidence.measured.val_score.quantum),
            f"it is gradual: the rise does not fit between an epoch and {rules.SHARPNESS:.0f} times it",
        ),
        (
            rise.middle < rules.VERY_LATE * memory.epoch,
            f"a grok comes at least {rules.VERY_LATE:.0f} times as late",
        ),
        (
            left is not None and left > rules.GAP_LEFT,
            f"a gap of {memory.gap_end or 0:.3f} is left, {left or 0:.0%} of the largest",
        ),
        (
            rise.plateau < rules.PLATEAU_MEASUREMENTS,
            f"only {rise.plateau} measurements lie between memorising and the rise",
        ),
        (
            plateau < rules.PLATEAU_SHARE * run,
            f"the plateau of {plateau} epochs before it is less than {rules.PLATEAU_SHARE:.0%} of the run",
        ),
        (evidence.loss_change is None, "no validation loss was measured to confirm it"),
    )
    return next((text for failed, text in conditions if failed), "")
