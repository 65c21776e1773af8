"""What a recipe trains with, Ultralytics' defaults behind what it leaves out: arguments, optimizer, accelerators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from grokyolo.recipe import Accelerate, epochs_of, task_of
from grokyolo.recipe.train_arguments import default_of

if TYPE_CHECKING:
    from grokyolo.recipe import Recipe

ASSUMED_BATCH = 16
"""What is counted with where the GPU's memory is to choose; also what `autobatch` takes on a CPU."""
CLASSIFY_SIZE = 224
"""`ClassificationTrainer.__init__` takes this `imgsz` where nobody sets one."""
STRIDE = 32
AUTO = "auto"
LONG_RUN = 10_000
"""Iterations above which `BaseTrainer.build_optimizer` takes MuSGD for `optimizer=auto`, AdamW up to it."""
AUTO_MOMENTUM = 0.9


@dataclass(frozen=True)
class TrainSettings:
    """Train arguments as numbers.

    Attributes:
        task: detect, segment, pose, obb or classify.
        epochs: planned length.
        batch: images in a batch, over all GPUs.
        batch_assumed: whether `batch` is a guess, since the GPU's memory is to choose it.
        nbs: nominal batch size, to which gradients are accumulated.
        optimizer: as written, `auto` included.
        lr0, lrf: first learning rate, and the last one as a share of it.
        cos_lr: cosine instead of a straight line from one to the other.
        momentum: momentum of SGD, beta 1 of Adam and its kin.
        weight_decay: before Ultralytics scales it.
        warmup_epochs, warmup_momentum: length and first momentum of the warm-up.
        patience: epochs without improvement after which training ends, 0 for never.
        gpus: how many share a batch; 1 for a CPU too.
        devices: their numbers, -1 where Ultralytics chooses one.
        device_named: whether the recipe asks for these GPUs, and does not only take what there is.
        on_cpu: whether the recipe asks for a CPU (or Apple's GPU), where Ultralytics loads without workers.
        workers: processes that load images, as asked for.
        imgsz: side of the images in pixels, rounded up to a multiple of 32.
        fraction: of the train and the validation split that is used: a share (float) or a number of images (int).
        single_cls: all classes are one.
        classes: only these count, None for all.
        drop_last: leave out a last smaller batch of an epoch.
        amp: half precision where that is safe.
        multi_scale: share by which images are made larger or smaller at random.
        freeze: number of first layers that are not trained, or a list of layers and names.
        decay_from: epochs without weight decay before the first with it.
    """

    task: str
    epochs: int
    batch: int
    batch_assumed: bool
    nbs: int
    optimizer: str
    lr0: float
    lrf: float
    cos_lr: bool
    momentum: float
    weight_decay: float
    warmup_epochs: float
    warmup_momentum: float
    patience: int
    gpus: int
    devices: tuple[int, ...]
    device_named: bool
    on_cpu: bool
    workers: int
    imgsz: int
    fraction: tuple[float | int, float | int]
    single_cls: bool
    classes: tuple[int, ...] | None
    drop_last: bool
    amp: bool
    multi_scale: float
    freeze: tuple[int | str, ...]
    decay_from: int = 0


def settings_of(recipe: Recipe) -> TrainSettings:
    """Return what `recipe` trains with."""

    def value(name: str) -> Any:
        return recipe.train.get(name, default_of(name))

    batch, task, device = value("batch"), task_of(recipe), str(value("device") or "")
    size = CLASSIFY_SIZE if task == "classify" and "imgsz" not in recipe.train else int(value("imgsz"))
    classes, devices = value("classes"), _devices(value("device"))
    return TrainSettings(
        task=task,
        epochs=epochs_of(recipe),
        batch=int(batch) if batch >= 1 else ASSUMED_BATCH,
        batch_assumed=batch < 1,
        nbs=int(value("nbs")),
        optimizer=str(value("optimizer")),
        lr0=float(value("lr0")),
        lrf=float(value("lrf")),
        cos_lr=bool(value("cos_lr")),
        momentum=float(value("momentum")),
        weight_decay=float(value("weight_decay")),
        warmup_epochs=float(value("warmup_epochs")),
        warmup_momentum=float(value("warmup_momentum")),
        patience=int(value("patience")),
        gpus=max(len(devices), 1),
        devices=devices,
        device_named=value("device") is not None and str(value("device")).strip() not in {"", "cpu", "mps"},
        on_cpu=device in {"cpu", "mps"},
        workers=int(value("workers")),
        imgsz=-(-size // STRIDE) * STRIDE,
        fraction=_fractions(value("fraction")),
        single_cls=bool(value("single_cls")),
        classes=None if classes is None else tuple(classes if isinstance(classes, list) else [classes]),
        drop_last=bool(value("compile")),
        amp=bool(value("amp")),
        multi_scale=float(value("multi_scale") or 0.0),
        freeze=_frozen(value("freeze")),
        decay_from=after if isinstance(after := recipe.accelerate.weight_decay_after, int) else 0,
    )


def _devices(device: Any) -> tuple[int, ...]:
    """Return the numbers of the GPUs, -1 for each that Ultralytics chooses; nobody's word means the first."""
    if device is None or str(device).strip() in {"", "cpu", "mps", "cuda"}:
        return (0,)
    parts = [str(part).strip() for part in (device if isinstance(device, list) else str(device).split(","))]
    numbers = [part.removeprefix("cuda:") for part in parts if part]
    return tuple(int(number) if number.isdecimal() else -1 for number in numbers) or (0,)


def _fractions(fraction: Any) -> tuple[float | int, float | int]:
    """Return the share or number of train and validation images, as `ultralytics.data.utils.get_split_fraction`."""
    both = [*fraction, 1.0][:2] if isinstance(fraction, list) else [fraction, 1.0]
    train, val = (float(part) if part in {0, 1} else part for part in both)
    return train, val


def _frozen(freeze: Any) -> tuple[int | str, ...]:
    if freeze is None:
        return ()
    return tuple(range(freeze)) if isinstance(freeze, int) else tuple(freeze)


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


def resolve(settings: TrainSettings, iterations: int, classes: int) -> Optimizer:
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


def iterations_of(settings: TrainSettings, images: int) -> int:
    """Return what decides `optimizer=auto`: nominal batches, not the batches that will be trained."""
    return -(-images // max(settings.batch, settings.nbs)) * settings.epochs


@dataclass(frozen=True)
class Effect:
    """One accelerator.

    Attributes:
        name: short, as a label.
        key: dotted, as in the recipe.
        off: the value that switches it off.
        what: one line.
    """

    name: str
    key: str
    off: str
    what: str


def effects(accelerate: Accelerate) -> tuple[Effect, ...]:
    """Return what each accelerator does that is on, in the order in which they act."""
    return tuple(_effects(accelerate))


def _effects(on: Accelerate) -> Iterator[Effect]:
    if on.initial_scale is not None:
        what = f"matrices and kernels begin {on.initial_scale:g} times as large"
        yield Effect("scale", "accelerate.initial_scale", "null", what)
    if on.constrained_norm is not None:
        what = f"that of matrices and kernels is held at {on.constrained_norm:g} times the initial one"
        yield Effect("norm", "accelerate.constrained_norm", "null", what)
    if on.grokfast is not None:
        steps = 1 / (1 - on.grokfast.alpha)
        what = f"each gradient + {on.grokfast.lamb:g} times its average over about {steps:.3g} steps"
        yield Effect("grokfast", "accelerate.grokfast", "null", what)
    if on.orthograd:
        yield Effect("orthograd", "accelerate.orthograd", "false", "no step along the weights themselves")
    if on.stablemax:
        what = "in the training loss; validation and probe keep the cross-entropy"
        yield Effect("stablemax", "accelerate.stablemax", "false", what)
    if on.weight_decay_after is not None:
        what = (
            "once the probe is memorised"
            if isinstance(on.weight_decay_after, str)
            else (f"from epoch {on.weight_decay_after + 1:,} on")
        )
        yield Effect("late", "accelerate.weight_decay_after", "null", f"weight decay acts {what}, none before")
