"""The rule for a late rise of the validation score: grokked, a delayed jump, or not to be decided."""

from __future__ import annotations

import math

from grokyolo.gap.series import Event
from grokyolo.verdict import rules
from grokyolo.verdict.assessment import Decision, Jump, Verdict
from grokyolo.verdict.confounders import in_reach
from grokyolo.verdict.evidence import Evidence, Late
from grokyolo.verdict.memorising import Memorising
from grokyolo.verdict.rise import Rise


def judge_late_rises(evidence: Evidence) -> Decision | None:
    """Decide on the late rises that are over and have lasted; None where there is none.

    A rise that is a grok speaks first, then the largest.
    """
    memory = evidence.memorising
    if memory is None:
        return None
    found = [(late, judge(evidence, late, memory)) for late in evidence.late]
    decided = [(late, decision) for late, decision in found if decision is not None]
    if not decided:
        return None
    groks = [decision for _, decision in decided if decision.verdict is Verdict.GROKKED]
    return groks[0] if groks else max(decided, key=lambda pair: pair[0].rise.size)[1]


def judge(evidence: Evidence, late: Late, memory: Memorising) -> Decision | None:
    """Decide on one late rise; None where it is not over, has not lasted, or the probe jumps along."""
    rise = late.rise
    if late.kept < rules.KEPT_SHARE or late.probe_jumps_along or not _is_over(evidence, late):
        return None
    jump = as_jump(evidence, late)
    if late.loss is not None and not late.loss.agrees and not evidence.measured.loss_only:
        if evidence.few_images and ((late.gap_left or 0.0) > rules.GAP_LEFT or not evidence.loss_gap_is_large):
            return None
        return Decision(Verdict.UNDECIDED, _disagreement(late), jump)
    over = rise.end if rise.climbing < rules.TOP_REACHED else min(rules.SHARPNESS * rise.end, evidence.raw.last_epoch)
    confounders = in_reach(evidence.series, rise.start, over + _slack_after(evidence, late), _slack(evidence, late))
    if late.seam is not None:
        confounders = tuple(sorted({*confounders, late.seam}, key=lambda event: event.epoch))
    shortcoming = _shortcoming(evidence, late, memory, confounders)
    path = _path(evidence, late, memory)
    if shortcoming:
        return Decision(Verdict.DELAYED_JUMP, f"{path}, but {shortcoming}", jump, confounders)
    return Decision(Verdict.GROKKED, f"{path}, and the gap closed to {late.gap:.3f}", jump)


def as_jump(evidence: Evidence, late: Late) -> Jump:
    """Return a rise as the verdict shows it; without scores its levels are unknown."""
    rise = late.rise
    low, high = (math.nan, math.nan) if evidence.measured.loss_only else (rise.low, rise.high)
    return Jump(rise.middle, rise.start, rise.end, low, high, late.lateness)


def is_cut_off(evidence: Evidence, late: Late) -> bool:
    """Whether the log ends before the rise does, so that neither its height nor its end is known yet."""
    rise, last = late.rise, evidence.raw.last_epoch
    if rise.after < rules.SETTLED_MEASUREMENTS:
        return True
    gap_left = 1.0 if late.gap_left is None else late.gap_left
    if gap_left <= rules.NEARLY_CLOSED:
        return False
    quantum = evidence.measured.val_score.quantum
    blur = rise.blur(quantum)
    taken = rise.end / (rules.SHARPNESS * rise.start)
    perhaps_gradual = rules.NEARLY < taken <= 1 and last < rules.SEEN_WHOLE * rise.end
    if perhaps_gradual and rise.climbing > rules.TOP_REACHED + blur:
        return True
    return gap_left <= rules.GAP_LEFT and not rise.top_is_seen(last, quantum) and rise.climbing > rules.CLIMBING + blur


def _is_over(evidence: Evidence, late: Late) -> bool:
    """Whether the rise is over, rather than cut off by the end of the log.

    While the gap is open a gradual rise counts as going on, for that is what it looks like.
    """
    rise = late.rise
    if is_cut_off(evidence, late):
        return False
    if late.gap_left is None or late.gap_left <= rules.GAP_LEFT:
        return True
    quantum = evidence.measured.val_score.quantum
    seen = rise.top_is_seen(evidence.raw.last_epoch, quantum)
    return seen and rise.climbing <= rules.CLIMBING and rise.is_sharp(quantum)


def _path(evidence: Evidence, late: Late, memory: Memorising) -> str:
    score, rise = evidence.measured.val_score, late.rise
    epochs = (rise.start, rise.middle, rise.end)
    measured = [score.at_epoch(epoch) for epoch in epochs]
    steps = [f"{value:.3f} at epoch {epoch}" for value, epoch in zip(measured, epochs, strict=True)]
    path = f"from {steps[0]} over {steps[1]} to {steps[2]}"
    if measured != sorted(measured):  # single measurements scatter more than the rise has gained by then
        path = f"from a level of {rise.low:.3f} before epoch {rise.start} to {rise.high:.3f} after epoch {rise.end}"
    return f"memorised at epoch {memory.epoch}; {evidence.measured.what} rose {late.lateness:.1f} times as late, {path}"


def _disagreement(late: Late) -> str:
    rise, loss = late.rise, late.loss
    assert loss is not None
    return (
        f"score and loss disagree: the validation score rose from {rise.low:.3f} to {rise.high:.3f} around epoch "
        f"{rise.middle} while the validation loss went from {loss.before:.3g} to {loss.after:.3g}"
    )


def _slack(evidence: Evidence, late: Late) -> float:
    """Return by how many epochs the 10 % crossing may be wrong: cadence, noise and whole images blur it."""
    score, rise = evidence.measured.val_score, late.rise
    cadence = max(score.cadence_at(rise.start), score.cadence_at(rise.end))
    return cadence + min(0.02 + 1.2 * _blur(evidence, late), 1.0) * (rise.end - rise.start)


def _slack_after(evidence: Evidence, late: Late) -> float:
    """Return by how many more epochs the 90 % crossing may be wrong: a curve comes to its top slowly."""
    return min(0.1 + 1.3 * _blur(evidence, late), 1.0) * (late.rise.end - late.rise.start)


def _blur(evidence: Evidence, late: Late) -> float:
    score = evidence.measured.val_score
    return (2 * score.noise + score.quantum) / late.rise.size


def _shortcoming(evidence: Evidence, late: Late, memory: Memorising, confounders: tuple[Event, ...]) -> str:
    """Return the first thing that keeps a jump from being a grok, or nothing."""
    rise = late.rise
    conditions = (
        (confounders, " and ".join(str(event) for event in confounders[:3]) + " can have made it"),
        (not evidence.series.like_for_like, "only a rough gap is known, since no probe was measured"),
        (late.gap_left is None or evidence.measured.loss_only, "no scores were measured, only losses"),
        (
            not rise.is_sharp(evidence.measured.val_score.quantum),
            f"it is gradual: {_gradual(rise)}",
        ),
        (
            late.lateness < rules.VERY_LATE,
            f"a grok comes at least {rules.VERY_LATE:.0f} times as late",
        ),
        (
            late.gap_left is not None and late.gap_left > rules.GAP_LEFT,
            f"a gap of {late.gap or 0:.3f} is left, {late.gap_left or 0:.0%} of the largest",
        ),
        (
            rise.plateau < rules.PLATEAU_MEASUREMENTS,
            f"only {rise.plateau} measurements lie between memorising and the rise",
        ),
        (late.loss is None, "no validation loss was measured to confirm it"),
    )
    return next((text for failed, text in conditions if failed), "")


def _gradual(rise: Rise) -> str:
    if rise.end > rules.SHARPNESS * rise.start:
        return f"it took from epoch {rise.start} to {rise.end}, more than {rules.SHARPNESS:.0f} times as long"
    return "the score rose before it, or goes on rising after it, by much of what it gains there"
