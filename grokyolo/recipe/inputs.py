"""What makes the inputs of a training random, and how much of them is kept where nothing does."""

from __future__ import annotations

from collections.abc import Mapping

EVERY_TASK = ("hsv_h", "hsv_s", "hsv_v", "scale", "flipud", "fliplr")
CLASSIFY = ("erasing", "auto_augment")
BOXES = (
    *("degrees", "translate", "shear", "perspective", "bgr"),
    *("mosaic", "mixup", "cutmix", "copy_paste", "multi_scale"),
)
"""Augmentations, off where they are 0 or null."""
OTHERS = ("augmentations", "dropout")
"""Further arguments that make an input, or the pass that follows it, random."""
MEMORY = 2 * 10**9
"""Bytes that inputs which do not change may take in all, where a recipe says nothing."""


def random_arguments(task: str) -> tuple[str, ...]:
    """Return the arguments that must all be off for training inputs to be the same in every epoch."""
    return EVERY_TASK + OTHERS + (CLASSIFY if task == "classify" else BOXES)


def kept(sizes: Mapping[str, int], limit: int) -> tuple[str, ...]:
    """Return which sets of inputs are kept in memory: each that fits into what those before it leave.

    Args:
        sizes: bytes of each set, in the order in which a training meets them.
        limit: bytes for all together.
    """
    found = []
    for name, size in sizes.items():
        if size <= limit:
            found.append(name)
            limit -= size
    return tuple(found)
