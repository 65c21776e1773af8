"""Series in, Assessment out: the verdict, its numbers, and what the reader should know besides."""

from __future__ import annotations

import numpy as np

from grokyolo.gap.series import EventKind, FloatArray, IntArray, Series
from grokyolo.verdict import rules
from grokyolo.verdict.assessment import Assessment, Collapse, Confidence, Verdict
from grokyolo.verdict.decide import decide
from grokyolo.verdict.evidence import Evidence

_LISTED = 3
_COLUMNS = {"validation": "val_score", "probe": "probe_score"}


def assess(series: Series) -> Assessment:
    """Say what happened to the gap between training and validation.

    Pure: reads nothing but its argument. Works on any Series, also on an empty or a broken one.

    Args:
        series: a run from any log.

    Returns:
        One of the eight verdicts with the numbers that it rests on (DESIGN section 5).
    """
    with np.errstate(all="ignore"):
        return _assess(Evidence(series))


def _assess(evidence: Evidence) -> Assessment:
    series, memory, decision = evidence.series, evidence.memorising, decide(evidence)
    collapses = tuple(
        Collapse(_COLUMNS[dip.what], dip.start, dip.trough_epoch, dip.end, dip.peak, dip.trough)
        for dip in evidence.named
    )
    said = "" if decision.verdict is Verdict.DOUBLE_DESCENT else "".join(f"; {each}" for each in collapses[:1])
    best_epoch, best_score = _best(series.epoch, series.val_score)
    return Assessment(
        run=series.run,
        verdict=decision.verdict,
        reason=decision.reason + said,
        confidence=Confidence.LOSS_ONLY if evidence.raw.loss_only else _confidence(evidence),
        epochs=evidence.raw.last_epoch,
        score_name=series.score_name,
        like_for_like=series.like_for_like,
        memorised_epoch=memory.epoch if memory else None,
        jump=decision.jump,
        loss_gap=_last(series.loss_gap),
        score_gap=_last(series.score_gap),
        score_gap_max=_best(series.epoch, series.score_gap)[1],
        best_epoch=best_epoch,
        best_score=best_score,
        confounders=decision.confounders,
        warnings=(*(str(each) for each in collapses[1:]), *warnings_of(evidence)),
        collapses=collapses,
    )


def confidence(val_images: int | None) -> Confidence:
    """Return how much a validation set of this size can carry; an unknown size is taken as enough."""
    if val_images is None or val_images >= rules.FIRM_IMAGES:
        return Confidence.FIRM
    return Confidence.INDICATIVE if val_images >= rules.LOSS_ONLY_BELOW else Confidence.LOSS_ONLY


def _confidence(evidence: Evidence) -> Confidence:
    found = confidence(evidence.series.val_images)
    few = len(evidence.raw.val_score) < rules.MIN_MEASUREMENTS
    return Confidence.INDICATIVE if few and found is Confidence.FIRM else found


def _last(values: FloatArray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else None


def _best(epochs: IntArray, values: FloatArray) -> tuple[int | None, float | None]:
    finite = np.isfinite(values)
    if not finite.any():
        return None, None
    i = int(np.argmax(np.where(finite, values, -np.inf)))
    return int(epochs[i]), float(values[i])


def warnings_of(evidence: Evidence) -> tuple[str, ...]:
    """Return one sentence for each thing that limits the verdict, and the notes of the reader of the log."""
    series = evidence.series
    found = [*_recoveries(series), *_gaps_in_loss(series), *_small_sets(series), *_sparse(evidence), *_norms(series)]
    if len(series) and not series.like_for_like:
        found.append("no probe was measured: the gap is rough, against the loss on augmented training images")
    return (*found, *series.notes)


def _recoveries(series: Series) -> list[str]:
    recovered = series.events_of([EventKind.RECOVER])
    if not recovered:
        return []
    listed = ", ".join(str(event.epoch) for event in recovered[:_LISTED])
    more = f" and {len(recovered) - _LISTED} more" if len(recovered) > _LISTED else ""
    return [f"recovered from a loss that was not finite at epoch {listed}{more}"]


def _gaps_in_loss(series: Series) -> list[str]:
    broken = series.epoch[np.isinf(series.val_loss)]
    if not len(broken):
        return []
    return [f"the validation loss was not finite in {len(broken)} epochs, last at epoch {broken[-1]}"]


def _small_sets(series: Series) -> list[str]:
    count = series.val_images
    if count is None or count >= rules.FIRM_IMAGES:
        return []
    return [f"{count} validation images: one of them moves the score by up to {1 / count:.2f}"]


def _sparse(evidence: Evidence) -> list[str]:
    memory, cadence = evidence.memorising, evidence.measured.cadence
    if memory is None or cadence <= 1 or memory.epoch > rules.SPARSE_MEASUREMENTS * cadence:
        return []
    return [f"memorised within the first measurements, {cadence:.0f} epochs apart: it may have been earlier"]


def _norms(series: Series) -> list[str]:
    known = np.flatnonzero(np.isfinite(series.norm_decayed) & (series.norm_decayed > 0))
    if not len(known):
        return []
    first, last = series.norm_decayed[known[0]], series.norm_decayed[known[-1]]
    if last < rules.NORM_GROWTH * first:
        return []
    return [f"the norm of the weights under decay grew from {first:.3g} to {last:.3g}: gradients outrun the decay"]
