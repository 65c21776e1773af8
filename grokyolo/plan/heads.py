"""What the heads of Ultralytics hold: as `layers`, but for what a model ends in, its loss included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from grokyolo.plan.layers import Kernel, Weights, conv, dwconv, joined, plain

CLASSIFY_CHANNELS = 1280
"""Inside `Classify`, before its linear layer."""
LOSS = 2
"""Times that the loss keeps each number a detector says, beside the first."""


@dataclass(frozen=True)
class Shape:
    """What a head is made for.

    Attributes:
        classes: number of classes.
        bins: `reg_max`, bins of the distribution over a box's sides.
        end2end: whether there is a second, one-to-one branch.
        legacy: whether the class branch is made of full convolutions, as before YOLO11.
        channels: of the layers that feed the head.
        keypoints: number of keypoints and numbers of each.
        positions: of the layers that feed the head.
    """

    classes: int
    bins: int
    end2end: bool
    legacy: bool
    channels: Sequence[int]
    keypoints: tuple[int, int] = (17, 3)
    positions: Sequence[float] = ()

    @property
    def levels(self) -> list[tuple[int, float]]:
        """Channels and positions of each layer that feeds the head."""
        return list(zip(self.channels, self.positions or [1.0] * len(self.channels), strict=True))

    @property
    def branches(self) -> int:
        """How often the branches exist: one-to-many, and one-to-one too."""
        return 2 if self.end2end else 1


def classify(  # noqa: PLR0917 - as architectures write them
    c1: int, classes: int, k: Kernel = 1, s: int = 1, p: int | None = None, g: int = 1
) -> Weights:
    """Count `Classify`."""
    return conv(c1, CLASSIFY_CHANNELS, k, g=g) + plain(CLASSIFY_CHANNELS, classes)


def detect(shape: Shape) -> Weights:
    """Count `Detect`."""
    ch = shape.channels
    boxes, classes = max(16, ch[0] // 4, 4 * shape.bins), max(ch[0], min(shape.classes, 100))
    branch = _branches(shape, boxes, 4 * shape.bins)
    for x, positions in shape.levels:
        if shape.legacy:
            level = conv(x, classes, 3) + conv(classes, classes, 3)
        else:
            level = dwconv(x, x, 3) + conv(x, classes) + dwconv(classes, classes, 3) + conv(classes, classes)
        level += plain(classes, shape.classes) + joined(shape.classes + 4 * shape.bins) * LOSS
        branch += level.at(positions)
    return branch * shape.branches + Weights(fixed=shape.bins if shape.bins > 1 else 0)


def _branches(shape: Shape, hidden: int, out: int) -> Weights:
    """Count two convolutions and a plain one for each of the layers that feed a head."""
    return sum(
        (
            (conv(x, hidden, 3) + conv(hidden, hidden, 3) + plain(hidden, out)).at(positions)
            for x, positions in shape.levels
        ),
        Weights(),
    )


def _proto(c1: int, hidden: int, masks: int, positions: float) -> Weights:
    larger = plain(hidden, hidden, 2) + conv(hidden, hidden, 3) + conv(hidden, masks)
    return conv(c1, hidden, 3).at(positions) + larger.at(4 * positions)


def segment(shape: Shape, masks: int = 32, prototypes: int = 256) -> Weights:
    """Count `Segment`."""
    hidden = max(shape.channels[0] // 4, masks)
    branch = _branches(shape, hidden, masks) * shape.branches
    first, positions = shape.levels[0]
    return detect(shape) + branch + _proto(first, prototypes, masks, positions)


def segment26(shape: Shape, masks: int = 32, prototypes: int = 256) -> Weights:
    """Count `Segment26`."""
    (first, most), *others = shape.levels
    semantic = conv(first, prototypes, 3) + conv(prototypes, prototypes, 3) + plain(prototypes, shape.classes)
    fused = sum((conv(x, first).at(positions) for x, positions in others), conv(first, prototypes, 3).at(most))
    branch = _branches(shape, max(first // 4, masks), masks) * shape.branches
    return detect(shape) + branch + _proto(prototypes, prototypes, masks, most) + fused + semantic.at(most)


def obb(shape: Shape, angles: int = 1) -> Weights:
    """Count `OBB`."""
    return detect(shape) + _branches(shape, max(shape.channels[0] // 4, angles), angles) * shape.branches


def pose(shape: Shape) -> Weights:
    """Count `Pose`."""
    numbers = prod(shape.keypoints)
    return detect(shape) + _branches(shape, max(shape.channels[0] // 4, numbers), numbers) * shape.branches


def pose26(shape: Shape) -> Weights:
    """Count `Pose26`."""
    points, each = shape.keypoints
    hidden = max(shape.channels[0] // 4, points * (each + 2))
    branch = sum(
        (
            (
                conv(x, hidden, 3) + conv(hidden, hidden, 3) + plain(hidden, points * each) + plain(hidden, 2 * points)
            ).at(positions)
            for x, positions in shape.levels
        ),
        Weights(),
    )
    flow = (plain(2, 64) + plain(64, 64) + plain(64, 2)) * 12
    return detect(shape) + branch * shape.branches + flow


HEADS: dict[str, Callable[..., Weights]] = {
    "Detect": detect,
    "v10Detect": detect,
    "Segment": segment,
    "Segment26": segment26,
    "OBB": obb,
    "OBB26": obb,
    "Pose": pose,
    "Pose26": pose26,
}
TASKS = {
    "Classify": "classify",
    "Detect": "detect",
    "v10Detect": "detect",
    "Segment": "segment",
    "Segment26": "segment",
    "OBB": "obb",
    "OBB26": "obb",
    "Pose": "pose",
    "Pose26": "pose",
}
"""What each head is for."""
