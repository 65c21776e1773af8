"""Series in, Assessment out."""

from __future__ import annotations

import numpy as np

from grokyolo.gap.series import EventKind, FloatArray, IntArray, Series
from grokyolo.verdict import rules
from grokyolo.verdict.assessment import Assessment, Confidence
from grokyolo.verdict.decide import decide
from grokyolo.verdict.evidence import Evidence


def assess(series: Series) -> Assessment:
    """Say what happened to the gap between training and validation.

    Pure: reads nothing but its argument. Works on any Series, also on an empty or broken one.

    Args:
        series: a run from any log.

    Returns:
        One of the eight verdicts with the numbers that it rests on (DESIGN section 5).
    """
    with np.errstate(all="ignore"):
        evidence = Evidence(series)
        decision = decide(evidence)
        memory = evidence.memorising
        best_epoch, best_score = _best(series.epoch, series.val_score)
        gap = series.score_gap
        return Assessment(
            run=series.run,
            verdict=decision.verdict,
            reason=decision.reason,
            confidence=confidence(series.val_images),
            epochs=evidence.measured.last_epoch,
            score_name=series.score_name,
            like_for_like=series.like_for_like,
            memorised_epoch=memory.epoch if memory else None,
            jump=decision.jump,
            loss_gap=_last(series.loss_gap),
            score_gap=_last(gap),
            score_gap_max=_best(series.epoch, gap)[1],
            best_epoch=best_epoch,
            best_score=best_score,
            confounders=decision.confounders,
            warnings=_warnings(series),
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


def _warnings(series: Series) -> tuple[str, ...]:
    recovered = series.events_of([EventKind.RECOVER])
    found = [f"recovered from a loss that was not finite at epoch {event.epoch}" for event in recovered[:3]]
    if len(recovered) > 3:
        found.append(f"and {len(recovered) - 3} more recoveries")
    if not series.like_for_like:
        found.append("no probe was measured: the gap is rough, against the loss on augmented images")
    return (*found, *series.notes)
