"""What the optimizer will really do: how many steps, at which learning rate, with how much decay.

Ultralytics collects the gradients of several batches before a step where the batch is smaller than `nbs`, and counts
batches on across epochs; it scales weight decay to match; it warms up by batches. The numbers here follow
`BaseTrainer._build_train_pipeline`, `_setup_scheduler`, `_get_warmup_iterations` and the loop of `_do_train`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grokyolo.dynamics import accumulation, decay_per_step, effective_decay, ema_window, lr_factor, warmup_steps
from grokyolo.plan.settings import Decay, Optimizer, TrainSettings, iterations_of, resolve

MANY_EPOCHS = 1_000_000
"""Above this the schedule is summed at `PLACES` places instead of epoch by epoch."""
PLACES = 20_001

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
        decay_budget: sum over the steps of the decay that one of them applies, in e-folds; what gap.csv adds up to.
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


def schedule(settings: TrainSettings, images: int, classes: int) -> Schedule:
    """Return what the optimizer will do.

    Args:
        settings: of the recipe.
        images: training images that are used, at least 1.
        classes: of the data set; `optimizer=auto` fits the learning rate to it.
    """
    batches = batches_per_epoch(settings, images)
    weight_decay = effective_decay(settings.weight_decay, settings.batch, settings.nbs)
    accumulate = min(accumulation(settings.batch, settings.nbs), batches * settings.epochs)
    optimizer = resolve(settings, iterations_of(settings, images), classes)
    warm = warmup_batches(settings, batches)

    early = warmup_steps(min(warm, batches * settings.epochs - 1), warm, accumulate)
    rates = _warmup_rates(settings, optimizer.lr, batches, warm, early)
    last = int(early[-1]) if len(early) else -1
    counts, later = _later_steps(settings, optimizer.lr, batches, accumulate, last=last, warm=warm)
    steps = len(early) + round(float(counts.sum()))
    decayed = decay_per_step(rates * weight_decay, optimizer.name) * (early // batches >= settings.decay_from)
    each = decay_per_step(later * weight_decay, optimizer.name)
    decayed_later = float((counts * each * _decaying(settings, len(later))).sum())
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
        decay_budget=float(decayed.sum()) + decayed_later,
        acting_budget=_acting(optimizer, warm, early, decayed, later=decayed_later),
        ema_steps=ema_window(steps),
    )


def batches_per_epoch(settings: TrainSettings, images: int) -> int:
    """Return the length of the training loader, as `ultralytics.data.build.build_dataloader` makes it."""
    share, size = -(-images // settings.gpus), max(settings.batch // settings.gpus, 1)
    size = min(size, images)
    drop = settings.drop_last and share > size and share % size != 0
    return share // size if drop else -(-share // size)


def warmup_batches(settings: TrainSettings, batches: int) -> int:
    """Return the batches of the warm-up, as `BaseTrainer._get_warmup_iterations`: never all epochs."""
    length = min(settings.warmup_epochs, max(settings.epochs - 1, 0))
    return round(length * batches) if length > 0 else 0


def _warmup_rates(settings: TrainSettings, lr: float, batches: int, warm: int, steps: Integers) -> Floats:
    if not warm:
        return np.zeros(0)
    return steps / warm * lr * _factor(settings, steps // batches)


def _factor(settings: TrainSettings, epoch: Floats | Integers) -> Floats:
    """Return the schedule's factor on the learning rate by 0-based epoch."""
    return lr_factor(epoch / settings.epochs, settings.lrf, cosine=settings.cos_lr)


def _later_steps(
    settings: TrainSettings, lr: float, batches: int, accumulate: int, *, last: int, warm: int
) -> tuple[Floats, Floats]:
    """Return how many steps come after the warm-up, and their learning rate, epoch by epoch.

    Of a run of very many epochs only `PLACES` are looked at, from the first rate to the last.
    """
    first_batch = warm + 1 if warm else 0
    if settings.epochs > MANY_EPOCHS:
        count = max(settings.epochs * batches - 1 - last, 0) // accumulate
        weights = np.full(PLACES, count / (PLACES - 1))
        weights[[0, -1]] /= 2
        return weights, lr * _factor(settings, np.linspace(0, settings.epochs, PLACES))
    epochs = np.arange(settings.epochs, dtype=np.int64)
    ends = np.maximum((epochs + 1) * batches - 1, first_batch - 1)
    done = np.maximum(ends - last, 0) // accumulate
    counts = np.diff(done, prepend=0).astype(np.float64)
    return counts, lr * _factor(settings, epochs)


def _decaying(settings: TrainSettings, count: int) -> Floats:
    """Return the share of each epoch, or of what each of `PLACES` stands for, in which weight decay acts."""
    edges = np.arange(count + 1, dtype=np.float64)
    if count < settings.epochs:
        edges = np.clip(edges - 0.5, 0, count - 1) * settings.epochs / (count - 1)
    return np.clip((edges[1:] - settings.decay_from) / np.diff(edges), 0, 1)


def _acting(optimizer: Optimizer, warm: int, steps: Integers, decayed: Floats, *, later: float) -> float | None:
    """Return by how many e-folds decay shrinks weights, of what its steps ask in the warm-up and later."""
    if optimizer.decay is Decay.RESCALED:
        return None if later or decayed.any() else 0.0
    if optimizer.decay is Decay.DECOUPLED:
        return float(decayed.sum()) + later
    momentum = np.interp(steps, [0, max(warm, 1)], [optimizer.warmup_momentum, optimizer.momentum])
    early = float((decayed / np.maximum(1 - momentum, 1e-9)).sum())
    return early + later / max(1 - optimizer.momentum, 1e-9)
