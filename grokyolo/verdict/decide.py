"""The rules in their order: from evidence to one of the eight words and one sentence."""

from __future__ import annotations

import numpy as np

from grokyolo.verdict import rules
from grokyolo.verdict.assessment import Decision, Verdict
from grokyolo.verdict.confounders import in_reach
from grokyolo.verdict.decline import Dip, Fall, borne_out, broken_since, collapsed_since, find_turn, is_collapse
from grokyolo.verdict.evidence import Evidence, Late
from grokyolo.verdict.late_rise import as_jump, is_cut_off, judge_late_rises
from grokyolo.verdict.memorising import Memorising
from grokyolo.verdict.robust import jitter

SHOWN = 0.0001
"""The smallest score that a reason names."""


def decide(evidence: Evidence) -> Decision:
    """Apply the rules; the first that speaks decides."""
    for rule in (
        _broke,
        _too_little,
        _too_noisy,
        _collapsed,
        _fell,
        judge_late_rises,
        _memorising,
        _turned,
        _torn_apart,
    ):
        decision = rule(evidence)
        if decision is not None:
            return decision
    return _following(evidence)


def _broke(evidence: Evidence) -> Decision | None:
    since = broken_since(evidence.series)
    if since is None:
        return None
    return Decision(Verdict.DIVERGED, f"the loss is not finite from epoch {since} to the end")


def _collapsed(evidence: Evidence) -> Decision | None:
    probe = evidence.measured.probe_score
    since = collapsed_since(probe)
    if since is None:
        return None
    reason = f"the probe score fell below half of its best at epoch {since} and stayed there, at {probe.end:.3f}"
    return Decision(Verdict.DIVERGED, reason, None, in_reach(evidence.series, since, since))


def _too_little(evidence: Evidence) -> Decision | None:
    measured = evidence.measured
    count = len(measured.val_score)
    if count < rules.MIN_MEASUREMENTS:
        times = "once" if count == 1 else f"{count} times"
        reason = f"too few measurements: validation was measured {times}, {rules.MIN_MEASUREMENTS} are needed"
        return Decision(Verdict.UNDECIDED, reason)
    memory, levels = evidence.memorising, [curve.medians for curve in measured.scores]
    best, gained = max(float(each.max()) for each in levels), max(float(np.ptp(each)) for each in levels)
    if best < rules.LITTLE and gained < rules.NOTHING_LEARNED and not (memory and _can_tell(evidence, memory)):
        scores = "all scores are 0" if best == 0 else f"no score lasts above {max(best, SHOWN):.4f}"
        return Decision(Verdict.UNDECIDED, f"too short: nothing learned yet, {scores}")
    return None


def _too_noisy(evidence: Evidence) -> Decision | None:
    for name, curve in zip(("validation", "probe"), evidence.measured.scores, strict=False):
        noise = jitter(curve.value)
        if noise > rules.MAX_NOISE + rules.NOISE_OF_IMAGE * curve.quantum:
            reason = f"too noisy: the {name} score scatters by {noise:.2f} from one measurement to the next"
            return Decision(Verdict.UNDECIDED, reason)
    return None


def _fell(evidence: Evidence) -> Decision | None:
    fall = evidence.fall
    if (
        fall is None
        or _in_restart(evidence, fall)
        or not borne_out(evidence.measured, fall.peak_epoch, fall.down_epoch, fall.back_epoch)
    ):
        return None
    if fall.regained >= rules.REGAINED:
        return None if _is_setback(evidence, fall) else _came_back(evidence, fall)
    confounders = in_reach(evidence.series, fall.peak_epoch, fall.trough_epoch)
    lost = [late for late in evidence.late if late.rise.end <= fall.trough_epoch and not late.probe_jumps_along]
    if lost:
        late = max(lost, key=lambda each: each.rise.size)
        if late.kept <= 1 - rules.LOST_SHARE:
            reason = (
                f"a late jump at epoch {late.rise.middle} was lost again: {_path(evidence, fall)} and ended at "
                f"{fall.final:.3f}"
            )
            return Decision(Verdict.OVERFITTING, reason, as_jump(evidence, late), confounders)
        if judge_late_rises(evidence) is not None:
            return None
    if fall.final > fall.peak - fall.least:
        return None
    return Decision(Verdict.OVERFITTING, f"{_path(evidence, fall)} and ended at {fall.final:.3f}", None, confounders)


def _in_restart(evidence: Evidence, fall: Fall) -> bool:
    """Whether the score fell at a planned restart of the learning rate whose period is not over yet."""
    last, before = evidence.raw.last_epoch, 0
    for epoch in evidence.restarts:
        slack = 2 * evidence.raw.val_score.cadence_at(epoch) + 0.05 * (epoch - before)
        if abs(fall.down_epoch - epoch) <= slack and last <= epoch + (epoch - before):
            return True
        before = epoch
    return False


def _came_back(evidence: Evidence, fall: Fall) -> Decision | None:
    dip = Dip("validation", fall.down_epoch, fall.back_epoch, fall.peak, fall.trough_epoch, fall.trough)
    if not fall.is_double_descent or is_collapse(dip, evidence.raw, evidence.restarts):
        return None
    confounders = in_reach(evidence.series, fall.peak_epoch, fall.back_epoch)
    reason = f"{_path(evidence, fall)}, then came back to {fall.final:.3f}"
    gap = evidence.measured.score_gap
    if len(gap) and gap.end >= rules.LARGE_GAP:
        reason += f"; a gap of {gap.end:.3f} to the probe stays"
    return Decision(Verdict.DOUBLE_DESCENT, reason, None, confounders)


def _path(evidence: Evidence, fall: Fall) -> str:
    return (
        f"{evidence.measured.what} fell from {fall.peak:.3f} around epoch {fall.peak_epoch} "
        f"to {fall.trough:.3f} around epoch {fall.trough_epoch}"
    )


def _is_setback(evidence: Evidence, fall: Fall) -> bool:
    """Whether the score fell on its way up a late rise, as a slingshot does (Thilak et al., arXiv 2206.04817).

    In a double descent the first peak comes before, or while, the model memorises.
    """
    memory = evidence.memorising
    if memory is None or fall.peak_epoch < rules.LATE * memory.epoch:
        return False
    return any(late.rise.start < fall.peak_epoch for late in evidence.late)


def _memorising(evidence: Evidence) -> Decision | None:
    memory = evidence.memorising
    if memory is None or not _can_tell(evidence, memory) or _still_learning(evidence, memory):
        return None
    by_loss = evidence.few_images and len(evidence.raw.probe_loss) > 0
    open_gap = memory.gap_end is None or memory.gap_end >= rules.MIN_GAP
    large = evidence.loss_gap_is_large and open_gap if by_loss else memory.gap_is_large
    if by_loss and memory.gap_is_large and not large:
        reason = (
            f"score and loss disagree: the validation score stands {memory.gap_end or 0:.3f} below the "
            "probe, its loss does not, and few images make the score flip"
        )
        return Decision(Verdict.UNDECIDED, reason)
    undone = any(late.kept < rules.KEPT_SHARE and not late.probe_jumps_along for late in evidence.late)
    if not large and not undone and not any(_goes_on(evidence, late) for late in evidence.late):
        return None
    rise = max(evidence.rises, key=lambda each: each.size, default=None)
    followed = rise is not None and not evidence.late and rise.size >= rules.FOLLOWED * (memory.gap_max or 1.0)
    followed &= (memory.gap_left or 0.0) <= rules.FOLLOWED
    if rise is not None and followed and not (by_loss and large):
        settled = rise.after >= rules.SETTLED_MEASUREMENTS
        if rise.top_is_seen(evidence.raw.last_epoch, evidence.measured.val_score.quantum) and settled:
            return None
    loss = evidence.loss_rise
    if loss is not None:
        reason = (
            f"memorised at epoch {memory.epoch}; the validation loss goes on rising long after, from {loss.half:.3g} "
            f"around epoch {loss.half_epoch} to {loss.final:.3g} at the end"
        )
        return Decision(Verdict.OVERFITTING, reason)
    return _waiting(evidence, memory)


def _still_learning(evidence: Evidence, memory: Memorising) -> bool:
    """Whether the probe may only seem to be at its ceiling, because the log ends there."""
    small = memory.gap_end is not None and memory.gap_end < rules.LARGE_GAP
    return small and evidence.raw.last_epoch < rules.AT_CEILING * memory.epoch


def _goes_on(evidence: Evidence, late: Late) -> bool:
    """Whether a late rise may still be going on, so that nothing can be said of it yet."""
    believed = not evidence.few_images or (late.loss is not None and late.loss.agrees)
    return believed and late.kept >= rules.KEPT_SHARE and not late.probe_jumps_along and is_cut_off(evidence, late)


def _can_tell(evidence: Evidence, memory: Memorising) -> bool:
    """Whether losses are enough to speak of memorising: long ago, and with a score that leaves room for a gap."""
    if memory.gap_end is not None:
        return True
    measured = evidence.measured
    long_ago = memory.epoch <= rules.MEMORISED_BY_LOSS * measured.last_epoch
    return long_ago and measured.val_score.end <= 1 - rules.LARGE_GAP


def _waiting(evidence: Evidence, memory: Memorising) -> Decision:
    measured = evidence.measured
    state = f"memorised at epoch {memory.epoch}; {measured.what} stands at {measured.val_score.end:.3f}, "
    if memory.gap_end is not None:
        gap = measured.score_gap.end
        state += f"{gap:.3f} below the probe" if gap > 0 else "level with the probe"
    else:
        state += f"and the validation loss at {measured.val_loss.end:.3g}, far above the {memory.by}"
    found = [late for late in evidence.late if not evidence.few_images or (late.loss and late.loss.agrees)]
    late = max(found, key=lambda each: each.rise.size, default=None)
    if late is not None and late.kept < rules.KEPT_SHARE:
        rise = late.rise
        reason = (
            f"a late jump at epoch {rise.middle}, from {rise.low:.3f} to {rise.high:.3f}, is undone at the end, too "
            "shortly before it to tell whether it comes back"
        )
        return Decision(Verdict.UNDECIDED, reason, as_jump(evidence, late))
    if late is not None:
        state += f", and a rise that began around epoch {late.rise.start} is still going on"
    if late is not None and late.probe_jumps_along:
        state += ", of the probe too"
    return Decision(Verdict.MEMORISING, state)


def _turned(evidence: Evidence) -> Decision | None:
    """Decide, without a probe, on a validation loss that turned while the train loss went on falling."""
    turn = None if evidence.series.like_for_like else find_turn(evidence.measured)
    if turn is None:
        return None
    reason = (
        f"the validation loss rose from {turn.low:.3g} around epoch {turn.epoch} to {turn.final:.3g} while the train "
        "loss fell and the score gained nothing (rough: no probe)"
    )
    return Decision(Verdict.OVERFITTING, reason)


def _torn_apart(evidence: Evidence) -> Decision | None:
    """Decide on a validation score that is left far behind by a probe that has not come to its ceiling for long."""
    measured = evidence.measured
    gap, probe, val = measured.score_gap, measured.probe_score, measured.val_score
    if len(gap) < rules.MEDIAN_OF or gap.end < rules.LARGE_GAP or val.end > rules.FOLLOWS * probe.end:
        return None
    if evidence.few_images and not evidence.loss_gap_is_large:
        return None
    reason = (
        f"too short: the probe is at {probe.end:.3f} and validation at {val.end:.3f}, but the model has not memorised "
        "for long enough to say more"
    )
    return Decision(Verdict.UNDECIDED, reason)


def _following(evidence: Evidence) -> Decision:
    measured, memory, gap = evidence.measured, evidence.memorising, evidence.measured.score_gap
    end = measured.val_score.end
    if memory is not None and evidence.rises and memory.gap_end is not None:
        middle = evidence.rises[-1].middle
        when = f"half way by epoch {middle}" + (
            f" after memorising at epoch {memory.epoch}" if middle > memory.epoch else ""
        )
        reason = f"validation followed the probe, {when}; it ended at {end:.3f}, with a gap of {gap.end:.3f}"
    elif len(gap) >= rules.MEDIAN_OF:
        reason = f"validation follows the probe: it ended at {end:.3f}, with a gap of {gap.end:.3f}"
    else:
        reason = f"{measured.what} ended at {end:.3f}, {_beside_best(evidence)}; no probe tells how large the gap is"
    return Decision(Verdict.GENERALISING, reason)


def _beside_best(evidence: Evidence) -> str:
    score = evidence.measured.val_score
    best = float(score.value.max())
    return "near its best" if score.end >= rules.NEAR_BEST * best else f"after a best of {best:.3f}"
