"""Steps in a learning rate that no smooth schedule explains."""

from __future__ import annotations

import numpy as np

from grokyolo.gap.series import FloatArray, IntArray

_STEP = 0.2
_OUTLIER = 5.0
_NEIGHBOURS = 4


def lr_steps(epochs: IntArray, lr: FloatArray, warmup: float = 3.0) -> list[tuple[int, float, float]]:
    """Find the epochs at which the learning rate jumps.

    In a linear, cosine or exponential schedule the change from one epoch to the next is nearly that of the
    epochs around it; a step stands out from them. A change counts when it is more than a fifth of the
    larger rate and more than five times the usual change nearby.

    Args:
        epochs: shape (n,), rising.
        lr: shape (n,), one group's learning rate; NaN where unknown.
        warmup: epochs at the start in which the rate climbs by plan.

    Returns:
        One (epoch, rate before, rate after) per step, where the epoch is the first with the new rate.
    """
    known = np.isfinite(lr) & (epochs > warmup + 1)
    epochs, lr = epochs[known], lr[known]
    change = np.abs(np.diff(lr))
    larger = np.maximum(np.abs(lr[1:]), np.abs(lr[:-1]))
    found = []
    for i in np.flatnonzero(change > _STEP * larger):
        around = np.concatenate([change[max(0, i - _NEIGHBOURS) : i], change[i + 1 : i + 1 + _NEIGHBOURS]])
        if len(around) >= 3 and change[i] > _OUTLIER * np.median(around):
            found.append((int(epochs[i + 1]), float(lr[i]), float(lr[i + 1])))
    return found
