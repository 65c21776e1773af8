"""What a training takes of a GPU's memory: an estimate from the layers of the model.

Parameters, gradients, the optimizer's tensors and the averaged weights are counted exactly. What a forward pass keeps
for the backward one is counted layer by layer (`layers.Weights.kept`), which comes within a tenth of what PyTorch
really keeps. On top comes what the loss, the allocator and CUDA itself take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grokyolo.plan.model import Model
from grokyolo.plan.schedule import Schedule
from grokyolo.plan.settings import Settings

if TYPE_CHECKING:
    from grokyolo.recipe import Recipe

VALUE = {False: 4.0, True: 2.25}
"""Bytes of a kept value, by `amp`: in half precision all but a few take two."""
LOSS = 20
"""Bytes that loss and first gradients take for each pixel while everything is still kept."""
ALLOCATOR = 1.1
"""Memory that PyTorch holds for each byte that tensors take."""
CONTEXT = 500_000_000
"""What CUDA and its libraries take before the first tensor."""


@dataclass(frozen=True)
class Need:
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
    recipe: Recipe, settings: Settings, model: Model, *, now: Schedule | None, train: int | None, inputs: int
) -> Need | None:
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
    return Need(
        weights=(4 * copies + half) * weights.total + 2 * 4 * weights.norms,
        image=round(ALLOCATOR * image * (1 + settings.multi_scale) ** 2),
        images=-(-min(settings.batch, train or settings.batch) // settings.gpus),
        inputs=inputs,
    )
