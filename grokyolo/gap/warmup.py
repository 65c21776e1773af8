"""Batches per epoch and optimizer steps of a plain log, told from how its learning rate warms up.

Neither stands in results.csv, yet steps are what weight decay and the weight average count in. In the warm-up
the rate rises with every batch, from 0 by equal amounts, and the log holds it after the last batch of each
epoch: (n - 1, 2n - 1, 3n - 1) amounts after the first three epochs of n batches, each times the schedule. Three
numbers for two unknowns: where they disagree, the rate was not made this way and nothing is claimed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from grokyolo.dynamics import warmup_steps
from grokyolo.gap.series import FloatArray, IntArray

_AGREEMENT = 0.01
_LEAST_WARMUP = 100
_LONGEST_WARMUP = 1e6


def batches_per_epoch(epochs: IntArray, lr: FloatArray, schedule: Callable[[int], float]) -> int | None:
    """Return how many batches an epoch has, or None when the warm-up does not tell.

    Args:
        epochs: shape (n,), rising.
        lr: shape (n,), learning rate of the weights (not the biases, which warm up from above).
        schedule: factor on the rate by 0-based epoch.
    """
    if not np.array_equal(epochs[:3], [1, 2, 3]):
        return None
    planned = [schedule(epoch) for epoch in range(3)]
    if not all(planned):
        return None
    return _count(*(rate / factor for rate, factor in zip(lr[:3].tolist(), planned, strict=True)))


def _count(first: float, second: float, third: float) -> int | None:
    """Return n for which the three rates are as n - 1, 2n - 1 and 3n - 1, or None when there is none."""
    if not 0 <= first < second < third < math.inf:
        return None
    if first == 0:
        return 1 if abs(third - 2 * second) <= _AGREEMENT * third else None
    beyond = second / first - 2, third / first - 3
    if min(beyond) <= 0:
        return None
    one, other = 1 + 1 / beyond[0], 1 + 2 / beyond[1]
    return round((one + other) / 2) if abs(one - other) <= max(0.1, _AGREEMENT * one) else None


def warmup_batches(
    epochs: IntArray, lr: FloatArray, schedule: Callable[[int], float], batches: int, warmup_epochs: float
) -> int:
    """Return how many batches the warm-up took.

    Earlier versions of Ultralytics let it take 100 batches at least; since 8.4 it is as short as the settings say.
    A rate that stands after so few batches tells the one from the other.

    Args:
        epochs, lr, schedule: as for `batches_per_epoch`, which told `batches`.
        batches: per epoch.
        warmup_epochs: as in the settings.
    """
    short = round(warmup_epochs * batches)
    if short >= _LEAST_WARMUP or warmup_epochs <= 0:
        return short
    rates = lr / np.array([schedule(epoch) or np.nan for epoch in (epochs - 1).tolist()])
    amount = rates[1] / max(2 * batches - 1, 1)
    reached = float(np.nanmax(rates)) / amount if amount > 0 else math.inf
    over = epochs[-1] * batches - 1 > short
    return short if over and abs(reached - short) <= max(0.5, _AGREEMENT * short) else _LEAST_WARMUP


def optimizer_steps(epochs: IntArray, batches: int, accumulate: int, warm: int) -> FloatArray:
    """Return the optimizer steps done by the end of each epoch, as the trainer of Ultralytics counts them.

    Args:
        epochs: shape (n,), 1-based.
        batches: per epoch.
        accumulate: batches that make one step after the warm-up; within it the number grows from 1.
        warm: batches of the warm-up, 0 for none.

    Returns:
        Shape (n,); NaN throughout when the warm-up is longer than any real one, for then it is no warm-up.
    """
    if warm > _LONGEST_WARMUP:
        return np.full(len(epochs), np.nan)
    early = warmup_steps(warm, warm, accumulate)
    last = int(early[-1]) if len(early) else -1
    ends = batches * epochs.astype(np.int64) - 1
    later = np.where(ends > (warm or -1), np.maximum(ends - last, 0) // accumulate, 0)
    steps: FloatArray = (np.searchsorted(early, ends, side="right") + later).astype(float)
    return steps
