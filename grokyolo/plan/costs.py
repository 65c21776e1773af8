"""What a run costs besides the training itself: the probe, memory, disk, and memory of the GPU.

Of a GPU's memory, parameters, gradients, the optimizer's tensors and the averaged weights are counted exactly. What a
forward pass keeps for the backward one is counted layer by layer (`model.Weights.kept`), which comes within a tenth of
what PyTorch really keeps. On top comes what the loss, the allocator and CUDA itself take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grokyolo.plan.data import Data
from grokyolo.plan.machine import Machine
from grokyolo.plan.model import Model
from grokyolo.plan.schedule import Schedule
from grokyolo.plan.settings import TrainSettings
from grokyolo.recipe.train_arguments import default_of, random_arguments

if TYPE_CHECKING:
    from grokyolo.recipe import Recipe

FORWARD = 1 / 3
"""Share of the computing of a training image that scoring an image takes: no backward pass."""
ROW_BYTES = 170 + 150
"""A row of gap.csv and one of results.csv, about."""
PREFETCH = 4
"""Batches that each loader process holds ready: `ultralytics.data.build.build_dataloader`."""
VALUE = {False: 4.0, True: 2.25}
"""Bytes of a kept value, by `amp`: in half precision all but a few take two."""
LOSS = 20
"""Bytes that loss and first gradients take for each pixel while everything is still kept."""
ALLOCATOR = 1.1
"""Memory that PyTorch holds for each byte that tensors take."""
CONTEXT = 500_000_000
"""What CUDA and its libraries take before the first tensor."""


@dataclass(frozen=True)
class Costs:
    """What a run needs besides training.

    Attributes:
        probe_images: training images that are scored like validation.
        probe_share: of the computing of a measured epoch that the probe takes, estimated; None where sizes are unknown.
        every: epochs between measurements.
        budget: largest share of the time that measuring may take, None for no limit.
        input_bytes: size of each set of inputs that never changes, training before validation before probe; empty
            where sizes are unknown, and with several GPUs, which prepare nothing.
        input_limit: bytes that may be kept of them.
        prepared: which of them are kept in memory.
        loader_bytes: shared memory that loader processes need; 0 without such processes.
        state_bytes: one full state on disk; None where the model is unknown.
        states: how many of them there are at most while one is written.
        weights_bytes: best.pt and last.pt.
        log_bytes: logs of the whole run.
        save_every: seconds between two states; what a kill can cost at most.
        gpu: memory that each GPU must have; None on a CPU, and where the model is unknown.
        gpu_free: what the fullest of these GPUs has left; None without one.
    """

    probe_images: int
    probe_share: float | None
    every: int
    budget: float | None
    input_bytes: Mapping[str, int]
    input_limit: int
    prepared: tuple[str, ...]
    loader_bytes: int
    state_bytes: int | None
    states: int
    weights_bytes: int | None
    log_bytes: int
    save_every: int
    gpu: GpuMemory | None
    gpu_free: int | None

    @property
    def prepared_bytes(self) -> int | None:
        """Inputs that are kept in memory; None where sizes are unknown."""
        return sum(self.input_bytes[name] for name in self.prepared) if self.input_bytes else None

    @property
    def training_prepared(self) -> bool:
        """Tell whether training inputs are among them."""
        return "training" in self.prepared

    @property
    def disk_bytes(self) -> int | None:
        """Everything on disk at the most."""
        if self.state_bytes is None or self.weights_bytes is None:
            return None
        return self.states * self.state_bytes + self.weights_bytes + self.log_bytes


def costs_of(
    recipe: Recipe, settings: TrainSettings, data: Data, model: Model, *, now: Schedule | None, machine: Machine
) -> Costs:
    """Return what a run costs besides training."""
    train = data.train.images if data.train else None
    val = data.val.images if data.val else None
    probe = recipe.gap.probe if train is None else min(recipe.gap.probe, train)
    workers = loader_processes(settings, machine, now)
    sizes = _inputs(settings, data, probe, training=inputs_fixed(recipe, settings) and not workers)
    prepared = recipe.inputs.kept(sizes)
    gpus = () if settings.on_cpu else machine.chosen(settings.devices)
    inputs = sum(sizes[name] for name in prepared)
    parameters, norms = (model.weights.total, model.weights.norms) if model.weights else (None, 0)
    gathering = now is not None and now.accumulate > 1  # then a state holds gradients too
    tensors = 2 + (now.optimizer.states if now else 2) + bool(recipe.accelerate.grokfast) + gathering
    return Costs(
        probe_images=probe,
        probe_share=probe * FORWARD / (train + (val + probe) * FORWARD) if train and val is not None else None,
        every=recipe.gap.every,
        budget=recipe.gap.budget,
        input_bytes=sizes,
        input_limit=recipe.inputs.memory,
        prepared=prepared,
        loader_bytes=workers * PREFETCH * _images_bytes(settings, data, settings.batch),
        state_bytes=None if parameters is None else 4 * (tensors * parameters + 2 * norms),
        states=recipe.checkpoint.keep + 1,
        weights_bytes=None if parameters is None else 2 * 2 * (parameters + norms),
        log_bytes=ROW_BYTES * settings.epochs,
        save_every=recipe.checkpoint.every,
        gpu=None if settings.on_cpu else need_of(recipe, settings, model, now=now, train=train, inputs=inputs),
        gpu_free=min((gpu.free for gpu in gpus), default=None),
    )


def loader_processes(settings: TrainSettings, machine: Machine, now: Schedule | None) -> int:
    """Return how many processes load images, as `BaseTrainer.__init__` and `build_dataloader` decide."""
    batches = now.batches_per_epoch if now else 2
    if settings.on_cpu or not machine.gpus or batches <= 1:
        return 0
    return min(machine.cpus // max(len(machine.gpus), 1), settings.workers, batches)


def inputs_fixed(recipe: Recipe, settings: TrainSettings) -> bool:
    """Tell whether training inputs are the same in every epoch."""
    return not any(recipe.train.get(name, default_of(name)) for name in random_arguments(settings.task))


def _images_bytes(settings: TrainSettings, data: Data, count: int) -> int:
    """Return the size of so many square inputs: single precision for a classifier, one byte a value for others."""
    return count * data.channels * settings.imgsz**2 * (4 if settings.task == "classify" else 1)


def _inputs(settings: TrainSettings, data: Data, probe: int, *, training: bool) -> dict[str, int]:
    if data.train is None or data.val is None or settings.gpus > 1:  # several processes prepare nothing
        return {}
    counts = {"training": data.train.images if training else 0, "validation": data.val.images, "probe": probe}
    return {name: _images_bytes(settings, data, count) for name, count in counts.items() if count > 0}


@dataclass(frozen=True)
class GpuMemory:
    """Memory that one GPU must have, in bytes.

    Attributes:
        weights: parameters, gradients, the optimizer's tensors, averaged weights.
        image: for each image of a batch: what is kept for the backward pass, and the loss.
        images: of a batch, on each GPU.
        inputs: prepared inputs.
    """

    weights: int
    image: int
    images: int
    inputs: int

    @property
    def least(self) -> int:
        """Return what is needed before the first image."""
        return self.weights + self.inputs + CONTEXT

    @property
    def total(self) -> int:
        """Return what a training step needs, about."""
        return self.least + self.images * self.image

    def images_within(self, free: int) -> int:
        """Return how many images of a batch find room, 0 for none."""
        return max((free - self.least) // self.image, 0)


def need_of(
    recipe: Recipe, settings: TrainSettings, model: Model, *, now: Schedule | None, train: int | None, inputs: int
) -> GpuMemory | None:
    """Return what a training takes of each GPU; None where the model's size is unknown.

    Args:
        recipe: resolved.
        settings: its train arguments.
        model: counted for the images' size.
        now: what the optimizer does.
        train: training images, where they are known.
        inputs: bytes of prepared inputs.
    """
    weights = model.weights
    if weights is None:
        return None
    copies = 3 + (now.optimizer.states if now else 2)  # weights, gradients, averages
    copies += bool(recipe.accelerate.grokfast) + (settings.gpus > 1)  # several GPUs gather gradients in a buffer
    half = 2 if settings.amp else 0  # autocast keeps the weights of a step in half precision too
    image = VALUE[settings.amp] * weights.kept + LOSS * settings.imgsz**2
    return GpuMemory(
        weights=(4 * copies + half) * weights.total + 2 * 4 * weights.norms,
        image=round(ALLOCATOR * image * (1 + settings.multi_scale) ** 2),
        images=-(-min(settings.batch, train or settings.batch) // settings.gpus),
        inputs=inputs,
    )
