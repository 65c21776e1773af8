"""Whether a run may end because its verdict has settled: decided from the log alone, so that a resume decides alike."""

from __future__ import annotations

import math
from collections.abc import Collection

from grokyolo.gap import Series
from grokyolo.verdict.assess import assess
from grokyolo.verdict.assessment import Verdict

LOOKS = 5
"""Times in the span that a verdict must have held for at which the run is judged, beside now."""
CHECKS = 100
"""Times in a run that it is judged."""


def due(epoch: int, epochs: int) -> bool:
    """Tell whether a run of `epochs` is judged after `epoch`."""
    return epoch % max(epochs // CHECKS, 1) == 0


def settled(series: Series, words: Collection[Verdict], share: float, epochs: int) -> Verdict | None:
    """Return the verdict that has settled, None where none has.

    It has where the run got the same word now and at several lengths over its last `share` of `epochs`.

    Args:
        series: the run so far.
        words: the verdicts that count.
        share: of all epochs, for which the word must have held.
        epochs: planned.
    """
    now = int(series.epoch[-1]) if len(series) else 0
    span = max(math.ceil(share * epochs), 1)
    if now <= span:
        return None
    word = assess(series).verdict
    if word not in words:
        return None
    earlier = {now - round(span * look / LOOKS) for look in range(1, LOOKS + 1)}
    return word if all(_word(series.until(epoch)) is word for epoch in sorted(earlier)) else None


def _word(series: Series) -> Verdict:
    return assess(series).verdict if series.measured.any() else Verdict.UNDECIDED
