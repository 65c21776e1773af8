"""What the reader of a verdict should know besides its reason."""

from __future__ import annotations

import numpy as np

from grokyolo.gap.series import EventKind, Series
from grokyolo.verdict import rules
from grokyolo.verdict.evidence import Evidence

_LISTED = 3


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
