"""What an optimizer makes of a recipe's numbers: steps, learning rates, weight decay, averages. Each formula once.

The sources are the trainer and `ModelEMA` of Ultralytics 8.4 and the optimizers of PyTorch. numpy is loaded by the
functions that take arrays only, so that a recipe can be checked without it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Mask = NDArray[np.bool_]

CONTROL_BUDGET = (2.0, 2.7)
"""E-folds of decay spent when the positive control is half way up its jump, over learning rates from 0.002 to 0.006
and decays from 0.5 to 1."""
EMA_DECAY, EMA_STEPS = 0.9999, 2000
"""Of `ultralytics.utils.torch_utils.ModelEMA`."""
DECOUPLED = frozenset({"adamw", "auto", ""})
"""Optimizers that shrink the weights by themselves instead of adding decay to the gradient, in lower case. `auto` is
AdamW or MuSGD; where nobody says which it is taken for AdamW, as an unknown one is: it matters below 1e-6 a step."""

SETTING_STEP = 0.2
"""A learning rate or weight decay that changes by this share at once ..."""
OUT_OF_LINE = 5.0
"""... and by more than so many times the usual change nearby has changed by no smooth schedule."""

_NEIGHBOURS = 4
_LEAST_AROUND = 3
_STANDS = 0.01
_MOST_STEPS = 1000
_RESTARTS_BELOW = 0.3
_ULP = 2.0**-23
_FINEST = 128


# Steps ----------------------------------------------------------------------------------------------------------------


def accumulation(batch: int, nbs: int) -> int:
    """Return how many batches make one optimizer step after the warm-up (`BaseTrainer._build_train_pipeline`)."""
    return max(round(nbs / batch), 1)


def warmup_steps(end: int, warm: int, accumulate: int) -> Integers:
    """Return the batches of the warm-up after which the optimizer steps (`BaseTrainer._do_train`).

    The number of batches for a step grows from 1 to `accumulate`; within a stretch of the same number steps come
    regularly, so stretches are gone through instead of batches.

    Args:
        end: the last batch to look at, 0-based.
        warm: batches of the warm-up; 0 for none.
        accumulate: batches that make one step after it.

    Returns:
        Shape (steps,), 0-based batches, rising.
    """
    import numpy as np

    if not warm:
        return np.zeros(0, dtype=np.int64)
    needed = np.maximum(np.interp(np.arange(end + 1), [0, warm], [1, accumulate]).round().astype(np.int64), 1)
    borders = [0, *(np.flatnonzero(np.diff(needed)) + 1).tolist(), end + 1]
    found: list[Integers] = []
    last = -1
    for begin, after in pairwise(borders):
        each = int(needed[begin])
        stretch = np.arange(max(begin, last + each), after, each, dtype=np.int64)
        if len(stretch):
            last = int(stretch[-1])
            found.append(stretch)
    return np.concatenate(found)


# Learning rate --------------------------------------------------------------------------------------------------------


def lr_factor(through: ArrayLike, final: float, *, cosine: bool) -> Floats:
    """Return the schedule's factor on the learning rate (`BaseTrainer._setup_scheduler`).

    Args:
        through: shares of the planned epochs that are over, from 0 to 1; any shape.
        final: factor at the end, `lrf`.
        cosine: along a cosine instead of a line.
    """
    import numpy as np

    share = np.asarray(through, dtype=np.float64)
    if cosine:
        share = (1 - np.cos(np.pi * share)) / 2
    factor: Floats = np.maximum(1 - share, 0) * (1 - final) + final
    return factor


def setting_steps(epochs: Integers, values: Floats, warmup: float = 0.0) -> list[tuple[int, float, float]]:
    """Find the epochs at which a learning rate or a weight decay jumps and no smooth schedule explains it.

    In a linear, cosine or exponential schedule the change from one epoch to the next is nearly that of the epochs
    around it; a step stands out from them. Neither a planned warm-up counts nor a schedule that starts over.

    Args:
        epochs: shape (n,), rising.
        values: shape (n,), of one group; NaN where unknown.
        warmup: epochs at the start in which the rate climbs by plan, where that is known; else it is told from the
            values.

    Returns:
        One (epoch, value before, value after) a step, where the epoch is the first with the new value.
    """
    import numpy as np

    epochs, values = _known(epochs, values, warmup + 1 if warmup else 0.0)
    change = np.abs(np.diff(values))
    larger = np.maximum(np.abs(values[1:]), np.abs(values[:-1]))
    steps = np.flatnonzero(change > SETTING_STEP * larger)
    found = []
    for i in steps[steps >= _warmed_up(values)][:_MOST_STEPS].tolist():
        around = np.concatenate([change[max(0, i - _NEIGHBOURS) : i], change[i + 1 : i + 1 + _NEIGHBOURS]])
        in_line = len(around) < _LEAST_AROUND or change[i] <= OUT_OF_LINE * np.median(around)
        if not in_line and not _starts_over(values, i):
            found.append((int(epochs[i + 1]), float(values[i]), float(values[i + 1])))
    return found


def schedule_restarts(epochs: Integers, lr: Floats) -> tuple[int, ...]:
    """Return the epochs at which a planned schedule of the learning rate starts over (warm restarts)."""
    import numpy as np

    epochs, lr = _known(epochs, lr, 0.0)
    ups = np.flatnonzero(lr[1:] > (1 + SETTING_STEP) * lr[:-1])
    ups = ups[ups >= _warmed_up(lr)][:_MOST_STEPS]
    return tuple(int(epochs[i + 1]) for i in ups.tolist() if _starts_over(lr, i))


def _known(epochs: Integers, values: Floats, after: float) -> tuple[Integers, Floats]:
    import numpy as np

    known = np.isfinite(values) & (np.abs(values) < 1e100) & (epochs > after)
    return epochs[known], values[known]


def _warmed_up(values: Floats) -> int:
    """Return the index at which a planned warm-up ends: the first stretch in which every epoch raises the rate."""
    import numpy as np

    rises = np.diff(values) > _STANDS * np.maximum(np.abs(values[1:]), np.abs(values[:-1]))
    other = np.flatnonzero(~rises)
    return int(other[0]) if len(other) else len(rises)


def _starts_over(values: Floats, i: int) -> bool:
    """Whether the step after index `i` is a planned restart: from low back to the highest after a smooth decay."""
    import numpy as np

    before, after = values[: i + 1], values[i + 1]
    since = int(np.argmax(before))
    decay = before[since:]
    back_up = 0.9 * before[since] <= after <= 1.1 * before[since] and before[-1] <= _RESTARTS_BELOW * before[since]
    return bool(back_up and len(decay) > _NEIGHBOURS and np.mean(np.diff(decay) < 0) > 0.8)


# Weight decay ---------------------------------------------------------------------------------------------------------


def effective_decay(weight_decay: float, batch: int, nbs: int) -> float:
    """Return the weight decay that the optimizer gets (`BaseTrainer._build_train_pipeline`, YOLOv5's `train.py`)."""
    return weight_decay * batch * accumulation(batch, nbs) / nbs


def decay_per_step(asked: ArrayLike, optimizer: str = "") -> Floats:
    """Return the decay of one step in e-folds: -ln of the factor by which AdamW really shrinks a weight.

    AdamW multiplies weights by 1 - lr × weight decay in single precision (`torch.optim.adamw`). The factor is a
    multiple of 2⁻²⁴ below 1: 1 itself up to 2⁻²⁵. Then the product is rounded: a weight m × 2^e, m in [1, 2), loses
    whole units in the last place, 2⁻²³ of m = 1, and of k × 2⁻²⁴ asked it loses round(k m / 2) of them. What comes out
    is the mean over weights whose m is spread evenly on a logarithm, as that of weights of any scale is (Benford).
    Decay that is added to a gradient is not rounded by itself, and how it acts is the gradient's affair: as asked.

    Args:
        asked: learning rate × effective weight decay, any shape; NaN where unknown.
        optimizer: its name, in any case; empty when unknown.
    """
    import numpy as np

    wanted = np.asarray(asked, dtype=np.float64)
    if optimizer.lower() not in DECOUPLED:
        return wanted
    with np.errstate(invalid="ignore", over="ignore"):
        factor = (1 - wanted).astype(np.float32).astype(np.float64)
        units = np.rint((1 - factor) * 2.0**24)
        spent: Floats = 0.0 - np.log(np.maximum(factor, np.finfo(np.float32).tiny))
        few = (units >= 1) & (units < _FINEST)
    return np.where(few, np.array(_rounded_losses())[np.where(few, units, 0).astype(np.int64)], spent)


@lru_cache(maxsize=1)
def _rounded_losses() -> tuple[float, ...]:
    """Return the mean share that a weight loses to a factor of 1 - k × 2⁻²⁴, by k from 0 on."""

    def loss(k: int) -> float:
        edges = [1.0, *((2 * n + 1) / k for n in range(k + 1) if 1 < (2 * n + 1) / k < 2), 2.0]
        parts = ((round(k * (low + high) / 4), low, high) for low, high in pairwise(edges))
        return _ULP / math.log(2) * math.fsum(lost * (1 / low - 1 / high) for lost, low, high in parts)

    return (0.0, *(loss(k) for k in range(1, _FINEST)))


def decay_budget(steps: Floats, lr: Floats, weight_decay: Floats, optimizer: str = "") -> Floats:
    """Return the e-folds of decay spent by the end of each epoch.

    Args:
        steps: shape (n,), optimizer steps so far.
        lr, weight_decay: shape (n,), as the optimizer applied them in the epoch.
        optimizer: as in `decay_per_step`.

    Returns:
        Shape (n,). Single NaN cells count as 0; NaN throughout when one of the three is not known at all.
    """
    import numpy as np

    spent = np.diff(steps, prepend=0.0) * decay_per_step(lr * weight_decay, optimizer)
    unknown = np.isnan(spent)
    budget: Floats = np.cumsum(np.where(unknown, 0.0, spent))
    return np.full(len(steps), np.nan) if unknown.all() else budget


# The average of the weights -------------------------------------------------------------------------------------------


def ema_window(steps: float) -> float:
    """Return how many steps the averaged weights look back over after `steps` steps (`ModelEMA`).

    >>> round(ema_window(1000), 1), round(ema_window(10_000)), round(ema_window(1e9))
    (1.6, 146, 10000)
    """
    return 1 / (1 - EMA_DECAY * (1 - math.exp(-max(steps, 0.0) / EMA_STEPS)))
