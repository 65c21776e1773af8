"""What makes the inputs of a training random: train arguments of Ultralytics, by task."""

from __future__ import annotations

EVERY_TASK = ("hsv_h", "hsv_s", "hsv_v", "scale", "flipud", "fliplr")
CLASSIFY = ("erasing", "auto_augment")
BOXES = (
    *("degrees", "translate", "shear", "perspective", "bgr"),
    *("mosaic", "mixup", "cutmix", "copy_paste", "multi_scale"),
)
"""Augmentations, off where they are 0 or null."""
OTHERS = ("augmentations", "dropout")
"""Further arguments that make an input, or the pass that follows it, random."""
KEPT_BYTES = 2**30
"""What each of training, validation and probe inputs may take to be kept while they do not change."""


def random_arguments(task: str) -> tuple[str, ...]:
    """Return the arguments that must all be off for training inputs to be the same in every epoch."""
    return EVERY_TASK + OTHERS + (CLASSIFY if task == "classify" else BOXES)
