"""The rules in their order: from evidence to one of the eight words and one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from grokyolo.gap.series import Event
from grokyolo.verdict import rules
from grokyolo.verdict.assessment import Jump, Verdict
from grokyolo.verdict.confounders import in_reach
from grokyolo.verdict.divergence import broken_since, collapsed_since
from grokyolo.verdict.evidence import Evidence
from grokyolo.verdict.memorising import Memorising, ceiling_of, end_level
from grokyolo.verdict.rise import Rise
from grokyolo.verdict.robust import jitter


@dataclass(frozen=True)
class Decision:
    """A verdict with its sentence, and what it names."""

    verdict: Verdict
    reason: str
    jump: Jump | None = None
    confounders: tuple[Event, ...] = ()


def decide(evidence: Evidence) -> Decision:
    """Apply the rules; the first that speaks decides."""
    for rule in (_diverged, _too_little, _fell, _jumped, _memorising):
        decision = rule(evidence)
        if decision is not None:
            return decision
    return _following(evidence)


def _diverged(evidence: Evidence) -> Decision | None:
    since = broken_since(evidence.series)
    if since is not None:
        return Decision(Verdict.DIVERGED, f"the loss is not finite from epoch {since} to the end")
    since = collapsed_since(evidence.measured)
    if since is not None:
        return Decision(
            Verdict.DIVERGED,
            f"the probe score fell below half of its best at epoch {since} and stayed there",
        )
    return None


def _too_little(evidence: Evidence) -> Decision | None:
    measured = evidence.measured
    if len(measured) < rules.MIN_MEASUREMENTS:
        return Decision(
            Verdict.UNDECIDED,
            f"too few measurements: validation was measured {len(measured)} times, "
            f"at least {rules.MIN_MEASUREMENTS} are needed",
        )
    if len(measured.val_score) < rules.MIN_MEASUREMENTS:
        return Decision(Verdict.UNDECIDED, "too few measurements of the validation score")
    scores = (measured.probe_score, measured.val_score)
    if max(ceiling_of(curve) for curve in scores if len(curve)) < rules.NOTHING_LEARNED:
        return Decision(Verdict.UNDECIDED, "too short: no score has left the floor yet")
    for name, curve, step in (
        ("validation", measured.val_score, measured.quantum),
        ("probe", measured.probe_score, 0.0),
    ):
        noise = jitter(curve.value)
        if noise > rules.MAX_NOISE + rules.NOISE_OF_IMAGE * step:
            return Decision(
                Verdict.UNDECIDED, f"too noisy: the {name} score scatters by {noise:.2f} between measurements"
            )
    return None


def _fell(evidence: Evidence) -> Decision | None:
    fall = evidence.fall
    if fall is None:
        return None
    path = (
        f"the validation score fell from {fall.peak:.3f} around epoch {fall.peak_epoch} "
        f"to {fall.trough:.3f} around epoch {fall.trough_epoch}"
    )
    confounders = in_reach(evidence.series, fall.peak_epoch, fall.trough_epoch)
    if fall.regained >= rules.REGAINED:
        if not fall.is_double_descent:
            return None
        return Decision(Verdict.DOUBLE_DESCENT, f"{path}, then came back to {fall.final:.3f}", None, confounders)
    rise, memory = evidence.rise, evidence.memorising
    if rise and memory and rise.middle >= rules.LATE * memory.epoch and rise.end <= fall.trough_epoch:
        if fall.final > rise.high - rules.LOST_SHARE * rise.size:
            return None
        jump = _jump(rise, memory)
        lost = f"a jump to {rise.high:.3f} at epoch {rise.middle} was lost again: "
        return Decision(Verdict.OVERFITTING, f"{lost}{path} and ended at {fall.final:.3f}", jump, confounders)
    if fall.final < fall.peak - max(rules.MIN_FALL, rules.FALL_SHARE * fall.peak):
        return Decision(Verdict.OVERFITTING, f"{path} and ended at {fall.final:.3f}", None, confounders)
    return None


def _jump(rise: Rise, memory: Memorising) -> Jump:
    return Jump(rise.middle, rise.start, rise.end, rise.low, rise.high, rise.middle / memory.epoch)


def _jumped(evidence: Evidence) -> Decision | None:
    rise, memory = evidence.rise, evidence.memorising
    if rise is None or memory is None or rise.middle < rules.LATE * memory.epoch:
        return None
    jump = _jump(rise, memory)
    left = _gap_left(memory)
    if rise.kept < rules.KEPT_SHARE:
        return None
    if not _settled(rise, left) or (_open(left) and not rise.is_sharp(evidence.measured.quantum)):
        return None
    path = (
        f"memorised at epoch {memory.epoch}; the validation score rose from {rise.low:.3f} to {rise.high:.3f}, "
        f"half way at epoch {rise.middle}, {jump.lateness:.1f} times as late"
    )
    change = evidence.loss_change
    if change is not None and not change.agrees:
        return Decision(
            Verdict.UNDECIDED,
            f"score and loss disagree: the validation score rose from {rise.low:.3f} to {rise.high:.3f} around "
            f"epoch {rise.middle} while the validation loss went from {change.before:.3g} to {change.after:.3g}",
            jump,
        )
    confounders = in_reach(evidence.series, rise.start, rise.end, _slack(evidence, rise))
    short = _shortcoming(evidence, rise, memory, left, confounders)
    if short:
        return Decision(Verdict.DELAYED_JUMP, f"{path}, but {short}", jump, confounders)
    return Decision(Verdict.GROKKED, path, jump)


def _settled(rise: Rise, left: float | None) -> bool:
    """Whether a rise is over, rather than cut off by the end of the log."""
    return rise.after >= rules.SETTLED_MEASUREMENTS and (not _open(left) or left is None or rise.climbing <= rules.CLIMBING)


def _open(left: float | None) -> bool:
    return left is None or left > rules.GAP_LEFT


def _slack(evidence: Evidence, rise: Rise) -> float:
    """By how many epochs the crossings may be wrong: sparse measurement, noise and whole images all blur them."""
    blur = (2 * evidence.noise + evidence.measured.quantum) / rise.size
    return 2.0 * evidence.series.measured_every + min(0.1 + 2.5 * blur, 1.0) * (rise.end - rise.start)


def _gap_left(memory: Memorising) -> float | None:
    if memory.gap_end is None or not memory.gap_max:
        return None
    return memory.gap_end / memory.gap_max


def _shortcoming(
    evidence: Evidence, rise: Rise, memory: Memorising, left: float | None, confounders: tuple[Event, ...]
) -> str:
    """Return what keeps a jump from being a grok, or nothing."""
    run = evidence.measured.last_epoch
    if confounders:
        return f"{' and '.join(str(event) for event in confounders[:3])} may have made it"
    if not evidence.series.like_for_like:
        return "only a rough gap is known: no probe was measured"
    if memory.by != "probe score" or left is None:
        return "no probe score was measured"
    if not rise.is_sharp(evidence.measured.quantum):
        return f"the rise is gradual: from 10 to 90 % it took from epoch {rise.start} to {rise.end}, and more around"
    if rise.middle < rules.VERY_LATE * memory.epoch:
        return f"that is less than {rules.VERY_LATE:.0f} times"
    if left > rules.GAP_LEFT:
        return f"{left:.0%} of the largest gap ({memory.gap_max:.3f}) is left"
    if rise.plateau < rules.PLATEAU_MEASUREMENTS:
        return f"only {rise.plateau} measurements lie on the plateau before it"
    if rise.start - memory.epoch < rules.PLATEAU_SHARE * run:
        return f"its plateau of {rise.start - memory.epoch} epochs is less than 3 % of the run"
    if evidence.loss_change is None:
        return "no validation loss was measured to confirm it"
    return ""


def _memorising(evidence: Evidence) -> Decision | None:
    memory = evidence.memorising
    if memory is None:
        return None
    if memory.gap_end is not None and memory.ceiling is not None:
        if memory.gap_end < max(rules.LARGE_GAP * memory.ceiling, rules.MIN_GAP):
            return None
    rise = evidence.rise
    if rise is not None and rise.middle < rules.LATE * memory.epoch and rise.size >= 0.5 * (memory.gap_max or 1.0):
        return None
    loss = evidence.loss_rise
    if loss is not None:
        return Decision(
            Verdict.OVERFITTING,
            f"memorised at epoch {memory.epoch}; the validation loss goes on rising, from {loss.half:.3g} around "
            f"epoch {loss.half_epoch} to {loss.final:.3g} at the end",
        )
    if memory.gap_end is None:
        return None
    score = end_level(evidence.measured.val_score.value)
    state = f"memorised at epoch {memory.epoch}; the validation score stands at {score:.3f}, {memory.gap_end:.3f} below"
    if rise is not None and rise.middle >= rules.LATE * memory.epoch and rise.kept >= rules.KEPT_SHARE:
        state += f"; a jump that began around epoch {rise.start} is still going on"
    return Decision(Verdict.MEMORISING, state)


def _following(evidence: Evidence) -> Decision:
    measured, memory = evidence.measured, evidence.memorising
    score = end_level(measured.val_score.value)
    if memory is not None and memory.gap_end is not None:
        text = f"the gap closed to {memory.gap_end:.3f}: validation ended at {score:.3f}"
    elif len(measured.score_gap):
        gap = end_level(measured.score_gap.value)
        text = f"validation follows the probe: it ended at {score:.3f}, with a gap of {gap:.3f}"
    else:
        text = f"the validation score ended at {score:.3f}, near its best"
    return Decision(Verdict.GENERALISING, text)
