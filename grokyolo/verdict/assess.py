"""Series in, Assessment out."""

from __future__ import annotations

import numpy as np

from grokyolo.gap.series import FloatArray, IntArray, Series
from grokyolo.verdict import rules
from grokyolo.verdict.assessment import Assessment, Confidence
from grokyolo.verdict.decide import decide
from grokyolo.verdict.evidence import Evidence
from grokyolo.verdict.warnings import warnings_of


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
    best_epoch, best_score = _best(series.epoch, series.val_score)
    return Assessment(
        run=series.run,
        verdict=decision.verdict,
        reason=decision.reason,
        confidence=Confidence.LOSS_ONLY if evidence.measured.loss_only else confidence(series.val_images),
        epochs=evidence.measured.last_epoch,
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
        warnings=warnings_of(evidence),
    )


def confidence(val_images: int | None) -> Confidence:
    """Return how much a validation set of this size can carry; an unknown size is taken as enough."""
    if val_images is None or val_images >= rules.FIRM_IMAGES:
        return Confidence.FIRM
    return Confidence.INDICATIVE if val_images >= rules.LOSS_ONLY_BELOW else Confidence.LOSS_ONLY


def _last(values: FloatArray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else None


def _best(epochs: IntArray, values: FloatArray) -> tuple[int | None, float | None]:
    finite = np.isfinite(values)
    if not finite.any():
        return None, None
    i = int(np.argmax(np.where(finite, values, -np.inf)))
    return int(epochs[i]), float(values[i])
