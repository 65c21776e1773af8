"""Whether something other than learning can have moved a curve at a given time."""

from __future__ import annotations

import numpy as np

from grokyolo.gap.series import Event, EventKind, FloatArray, IntArray, Series
from grokyolo.verdict import rules

_NEIGHBOURS = 4
_OUT_OF_LINE = 5.0
_STANDS = 0.01


def ema_window(step: float) -> float:
    """Return over how many optimizer steps Ultralytics' weight average reaches back at `step` (DESIGN 5)."""
    decay = rules.EMA_DECAY * (1.0 - np.exp(-max(step, 0.0) / rules.EMA_WARMUP_STEPS))
    return float(1.0 / (1.0 - decay))


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
        for epoch, before, after in _steps_of(series.epoch, values):
            events.append(Event(epoch, kind, f"{before:.4g} to {after:.4g}"))
    return tuple(events)


def _steps_of(epochs: IntArray, values: FloatArray) -> list[tuple[int, float, float]]:
    """Find changes of more than a fifth that are out of line with the changes around them and that nobody planned."""
    known = np.isfinite(values) & (np.abs(values) < 1e100)
    epochs, values = epochs[known], values[known]
    change = np.abs(np.diff(values))
    larger = np.maximum(np.abs(values[1:]), np.abs(values[:-1]))
    steps = np.flatnonzero(change > rules.SETTING_STEP * larger)
    found = []
    for i in steps[steps >= _warmed_up(values)][:1000]:
        around = np.concatenate([change[max(0, i - _NEIGHBOURS) : i], change[i + 1 : i + 1 + _NEIGHBOURS]])
        in_line = len(around) < _NEIGHBOURS or change[i] <= _OUT_OF_LINE * np.median(around)
        if not in_line and not _is_warm_restart(values, int(i)):
            found.append((int(epochs[i + 1]), float(values[i]), float(values[i + 1])))
    return found


def _warmed_up(values: FloatArray) -> int:
    """Return the index at which a planned warm-up ends: the first stretch in which every epoch goes the same way."""
    change = np.diff(values)
    moves = np.abs(change) > _STANDS * np.maximum(np.abs(values[1:]), np.abs(values[:-1]))
    if not len(change) or not moves[0]:
        return 0
    other = np.flatnonzero(~moves | (np.sign(change) != np.sign(change[0])))
    return int(other[0]) if len(other) else len(change)


def _is_warm_restart(values: FloatArray, i: int) -> bool:
    """Whether the step after index `i` is a planned restart: back up to the highest value after a smooth decay."""
    before, after = values[: i + 1], values[i + 1]
    since = int(np.argmax(before))
    decay = before[since:]
    back_up = 0.9 * before[since] <= after <= 1.1 * before[since]
    return bool(back_up and len(decay) > _NEIGHBOURS and np.mean(np.diff(decay) < 0) > 0.8)


def restarts(series: Series) -> tuple[int, ...]:
    """Return the epochs at which a planned schedule of the learning rate starts over."""
    known = np.isfinite(series.lr) & (np.abs(series.lr) < 1e100)
    epochs, values = series.epoch[known], series.lr[known]
    ups = np.flatnonzero(values[1:] > (1 + rules.SETTING_STEP) * values[:-1])
    ups = ups[ups >= _warmed_up(values)][:1000]
    return tuple(int(epochs[i + 1]) for i in ups if _is_warm_restart(values, int(i)))
