"""Whether something other than learning can have moved a curve at a given time."""

from __future__ import annotations

import numpy as np

from grokyolo.dynamics import ema_window, schedule_restarts
from grokyolo.dynamics import setting_steps as steps_of
from grokyolo.gap.series import Event, EventKind, FloatArray, Series
from grokyolo.verdict import rules


def pad(series: Series, epoch: float) -> float:
    """Return how many epochs ahead of `epoch` a confounder is still in reach.

    The larger of 5 epochs and 3 windows of the weight average; the latter only where steps are known.
    """
    step = _steps(series)
    usable = np.isfinite(step)
    if not usable.any():
        return float(rules.PAD_EPOCHS)
    epochs, steps = series.epoch[usable].astype(np.float64), step[usable]
    now = float(np.interp(epoch, epochs, steps))
    window_start = now - rules.PAD_EMA_WINDOWS * ema_window(now)
    first_in_window = float(np.interp(window_start, steps, epochs)) if window_start > steps[0] else 0.0
    return max(float(rules.PAD_EPOCHS), epoch - first_in_window)


def _steps(series: Series) -> FloatArray:
    if np.isfinite(series.step).any():
        return series.step
    if series.batches_per_epoch:
        return series.epoch.astype(np.float64) * series.batches_per_epoch
    return series.step


def in_reach(series: Series, first: float, last: float, slack: float = 0.0) -> tuple[Event, ...]:
    """Return the confounders that can have made a change of the curve, in order of epoch.

    Args:
        series: the run.
        first, last: epochs at which the change begins and ends.
        slack: by how many epochs these two may be wrong.
    """
    early = first - slack - pad(series, first)
    found = [event for event in series.events if event.kind.confounds and early <= event.epoch <= last + slack]
    for event in setting_steps(series):
        twin = any(known.kind is event.kind and abs(known.epoch - event.epoch) <= 1 for known in series.events)
        if not twin and early <= event.epoch <= last + slack:
            found.append(event)
    return tuple(sorted(found, key=lambda event: event.epoch))


def setting_steps(series: Series) -> tuple[Event, ...]:
    """Return steps of the learning rate and of weight decay that the log shows, whoever named them."""
    events: list[Event] = []
    for kind, values in ((EventKind.LR_CHANGED, series.lr), (EventKind.WD_CHANGED, series.weight_decay)):
        for epoch, before, after in steps_of(series.epoch, values):
            events.append(Event(epoch, kind, f"{before:.4g} to {after:.4g}"))
    return tuple(events)


def restarts(series: Series) -> tuple[int, ...]:
    """Return the epochs at which a planned schedule of the learning rate starts over."""
    return schedule_restarts(series.epoch, series.lr)
