"""What the optimizer will really do: how many steps, at which learning rate, with how much decay.

Ultralytics collects the gradients of several batches before a step where the batch is smaller than `nbs`, and counts
batches on across epochs; it scales weight decay to match; it warms up by batches. The numbers here follow
`BaseTrainer._build_train_pipeline`, `_setup_scheduler`, `_get_warmup_iterations` and the loop of `_do_train`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from grokyolo.plan.optimizers import Decay, Optimizer, iterations_of, resolve
from grokyolo.plan.settings import Settings

EMA_DECAY, EMA_STEPS = 0.9999, 2000
"""Of `ultralytics.utils.torch_utils.ModelEMA`."""
MANY_EPOCHS = 1_000_000
"""From here on the schedule is summed by its mean instead of epoch by epoch."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Schedule:
    """The optimizer's work in a whole run.

    Attributes:
        optimizer: as it will be.
        epochs: planned length.
        batches_per_epoch: batches in an epoch.
        accumulate: batches that make one step after the warm-up.
        steps: optimizer steps of the whole run.
        warmup_batches: length of the warm-up; 0 for none.
        warmup_steps: optimizer steps taken in it.
        weight_decay: after scaling, as the optimizer has it.
        lr_start, lr_peak, lr_end: learning rate of the weights at the first, the strongest and the last step.
        decay_budget: sum over the steps of learning rate × weight decay, in e-folds; what gap.csv adds up to.
        acting_budget: by how many e-folds decay alone shrinks the weights that it acts on: momentum makes it larger
            than `decay_budget`; None where the optimizer rescales it and nobody knows.
        ema_steps: steps that the averaged weights look back over at the end of the run.
    """

    optimizer: Optimizer
    epochs: int
    batches_per_epoch: int
    accumulate: int
    steps: int
    warmup_batches: int
    warmup_steps: int
    weight_decay: float
    lr_start: float
    lr_peak: float
    lr_end: float
    decay_budget: float
    acting_budget: float | None
    ema_steps: float

    @property
    def steps_per_epoch(self) -> float:
        """Optimizer steps in an epoch after the warm-up; below 1 where a step needs several epochs."""
        return self.batches_per_epoch / self.accumulate

    @property
    def ema_epochs(self) -> float:
        """Epochs that the averaged weights look back over at the end of the run."""
        return self.ema_steps / self.steps_per_epoch

    @property
    def decay_factor(self) -> float:
        """How much stronger than learning rate × weight decay the decay acts once the warm-up is over."""
        return 1 / (1 - self.optimizer.momentum) if self.optimizer.decay is Decay.MOMENTUM else 1.0


def schedule(settings: Settings, images: int, classes: int) -> Schedule:
    """Return what the optimizer will do.

    Args:
        settings: of the recipe.
        images: training images that are used, at least 1.
        classes: of the data set; `optimizer=auto` fits the learning rate to it.
    """
    batches = batches_per_epoch(settings, images)
    accumulate = max(round(settings.nbs / settings.batch), 1)
    weight_decay = settings.weight_decay * settings.batch * accumulate / settings.nbs
    accumulate = min(accumulate, batches * settings.epochs)
    optimizer = resolve(settings, iterations_of(settings, images), classes)
    warm = warmup_batches(settings, batches)

    early = _warmup_steps(min(warm, batches * settings.epochs - 1), warm, accumulate)
    rates = _warmup_rates(settings, optimizer.lr, batches, warm, early)
    last = int(early[-1]) if len(early) else -1
    counts, later = _later_steps(settings, optimizer.lr, batches, accumulate, last=last, warm=warm)
    steps = len(early) + round(float(counts.sum()))
    decayed = rates * (early // batches >= settings.decay_from)
    decayed_later = float((counts * later * _decaying(settings, len(later))).sum())
    budget = (float(decayed.sum()) + decayed_later) * weight_decay
    happening = later[counts > 0]
    seen = np.concatenate([rates, happening]) if len(rates) or len(happening) else np.zeros(1)
    return Schedule(
        optimizer=optimizer,
        epochs=settings.epochs,
        batches_per_epoch=batches,
        accumulate=accumulate,
        steps=steps,
        warmup_batches=warm,
        warmup_steps=len(early) if warm else 0,
        weight_decay=weight_decay,
        lr_start=float(seen[0]),
        lr_peak=float(seen.max()),
        lr_end=float(seen[-1]),
        decay_budget=budget,
        acting_budget=_acting(optimizer, warm, early, decayed, later=decayed_later, weight_decay=weight_decay),
        ema_steps=ema_window(steps),
    )


def batches_per_epoch(settings: Settings, images: int) -> int:
    """Return the length of the training loader, as `ultralytics.data.build.build_dataloader` makes it."""
    share, size = -(-images // settings.gpus), max(settings.batch // settings.gpus, 1)
    size = min(size, images)
    drop = settings.drop_last and share > size and share % size != 0
    return share // size if drop else -(-share // size)


def warmup_batches(settings: Settings, batches: int) -> int:
    """Return the batches of the warm-up, as `BaseTrainer._get_warmup_iterations`: never all epochs."""
    length = min(settings.warmup_epochs, max(settings.epochs - 1, 0))
    return round(length * batches) if length > 0 else 0


def ema_window(steps: float) -> float:
    """Return how many steps Ultralytics' averaged weights look back over after `steps` steps.

    >>> round(ema_window(1000), 1), round(ema_window(10_000)), round(ema_window(1e9))
    (1.6, 146, 10000)
    """
    return 1 / (1 - EMA_DECAY * (1 - math.exp(-steps / EMA_STEPS)))


def _warmup_steps(end: int, warm: int, accumulate: int) -> Integers:
    """Return the batches (0-based, up to `end`) of the warm-up after which the optimizer steps.

    The number of batches for a step grows from 1 to `accumulate`; within a stretch of the same number steps come
    regularly, so stretches are gone through instead of batches.
    """
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


def _warmup_rates(settings: Settings, lr: float, batches: int, warm: int, steps: Integers) -> Floats:
    if not warm:
        return np.zeros(0)
    return steps / warm * lr * _factor(settings, steps // batches)


def _factor(settings: Settings, epoch: Floats | Integers) -> Floats:
    """Return the schedule's factor on the learning rate by 0-based epoch, as `BaseTrainer._setup_scheduler`."""
    through = np.asarray(epoch, dtype=np.float64) / settings.epochs
    if settings.cos_lr:
        through = (1 - np.cos(np.pi * through)) / 2
    return np.maximum(1 - through, 0) * (1 - settings.lrf) + settings.lrf


def _later_steps(
    settings: Settings, lr: float, batches: int, accumulate: int, *, last: int, warm: int
) -> tuple[Floats, Floats]:
    """Return how many steps come after the warm-up, and their learning rate, epoch by epoch.

    In a run of very many epochs one mean stands for all of them, between the first and the last rate.
    """
    first_batch = warm + 1 if warm else 0
    if settings.epochs > MANY_EPOCHS:
        count = max(settings.epochs * batches - 1 - last, 0) // accumulate
        mean = lr * (1 + settings.lrf) / 2
        return np.array([0.5, count - 1.0, 0.5]), np.array([lr, mean, lr * settings.lrf])
    epochs = np.arange(settings.epochs, dtype=np.int64)
    ends = np.maximum((epochs + 1) * batches - 1, first_batch - 1)
    done = np.maximum(ends - last, 0) // accumulate
    counts = np.diff(done, prepend=0).astype(np.float64)
    return counts, lr * _factor(settings, epochs)


def _decaying(settings: Settings, count: int) -> Floats:
    """Return the share of each epoch in which weight decay acts, or of the run where its mean stands for all."""
    if count < settings.epochs:
        return np.full(count, max(1 - settings.decay_from / settings.epochs, 0.0))
    return (np.arange(count) >= settings.decay_from).astype(np.float64)


def _acting(
    optimizer: Optimizer, warm: int, steps: Integers, rates: Floats, *, later: float, weight_decay: float
) -> float | None:
    if optimizer.decay is Decay.RESCALED:
        return None if weight_decay else 0.0
    if optimizer.decay is Decay.DECOUPLED:
        return (float(rates.sum()) + later) * weight_decay
    momentum = np.interp(steps, [0, max(warm, 1)], [optimizer.warmup_momentum, optimizer.momentum])
    early = float((rates / np.maximum(1 - momentum, 1e-9)).sum())
    return (early + later / max(1 - optimizer.momentum, 1e-9)) * weight_decay
