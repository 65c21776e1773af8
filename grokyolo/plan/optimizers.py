"""Which optimizer Ultralytics makes of a recipe, and what its weight decay does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from grokyolo.plan.settings import Settings

AUTO = "auto"
LONG_RUN = 10_000
"""Iterations above which `BaseTrainer.build_optimizer` takes MuSGD for `optimizer=auto`, AdamW up to it."""
AUTO_MOMENTUM = 0.9


class Decay(Enum):
    """How an optimizer applies weight decay to a weight."""

    DECOUPLED = "decoupled"
    """Each step takes learning rate × weight decay off the weight, whatever the gradient: AdamW."""
    MOMENTUM = "momentum"
    """Part of the gradient, which momentum adds up: in the long run 1 / (1 - momentum) times as strong."""
    RESCALED = "rescaled"
    """Part of the gradient, which is then divided by its own size: how much is left depends on the gradients."""


KINDS = {
    "adamw": Decay.DECOUPLED,
    "sgd": Decay.MOMENTUM,
    "musgd": Decay.MOMENTUM,
    "adam": Decay.RESCALED,
    "adamax": Decay.RESCALED,
    "nadam": Decay.RESCALED,
    "radam": Decay.RESCALED,
    "rmsprop": Decay.RESCALED,
}
"""PyTorch's Adam, Adamax, NAdam, RAdam and RMSprop take weight decay as a penalty unless told otherwise."""
STATES = {"sgd": 1, "musgd": 2}
"""Numbers that an optimizer keeps for each parameter; 2 for all others."""


@dataclass(frozen=True)
class Optimizer:
    """An optimizer as it will be.

    Attributes:
        name: as PyTorch or Ultralytics spells it.
        lr: learning rate at the start of its schedule.
        momentum: of SGD once the warm-up is over; beta 1 of Adam and its kin.
        warmup_momentum: of SGD at the first batch of a warm-up; the same as `momentum` where none warms up.
        decay: what weight decay does.
        chosen: whether Ultralytics chose it (`optimizer=auto`), ignoring `lr0`.
    """

    name: str
    lr: float
    momentum: float
    warmup_momentum: float
    decay: Decay
    chosen: bool

    @property
    def states(self) -> int:
        """Numbers kept for each parameter besides its weight."""
        return STATES.get(self.name.lower(), 2)


def resolve(settings: Settings, iterations: int, classes: int) -> Optimizer:
    """Return the optimizer that `BaseTrainer.build_optimizer` makes.

    Args:
        settings: of the recipe.
        iterations: as `BaseTrainer._build_train_pipeline` counts them, see `iterations_of`.
        classes: of the data set.
    """
    name, lr, momentum = settings.optimizer, settings.lr0, settings.momentum
    chosen = name.lower() == AUTO
    if chosen:
        fitted = round(0.002 * 5 / (4 + classes), 6)
        name, lr, momentum = (
            ("MuSGD", 0.01, AUTO_MOMENTUM) if iterations > LONG_RUN else ("AdamW", fitted, AUTO_MOMENTUM)
        )
    decay = KINDS[name.lower()]
    warms_up = settings.warmup_epochs > 0 and settings.epochs > 1
    if decay is Decay.MOMENTUM and warms_up:
        momentum = settings.momentum  # the warm-up leads there, also where `auto` began with another
    start = settings.warmup_momentum if decay is Decay.MOMENTUM and warms_up else momentum
    return Optimizer(name, lr, momentum, start, decay, chosen)


def iterations_of(settings: Settings, images: int) -> int:
    """Return what decides `optimizer=auto`: nominal batches, not the batches that will be trained."""
    return -(-images // max(settings.batch, settings.nbs)) * settings.epochs
