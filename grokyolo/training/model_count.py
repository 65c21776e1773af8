"""Count what a model holds by building it: a process of its own, which `grokyolo.plan.model` asks once an architecture.

    echo '{"file": "yolo26.yaml", "scale": "n"}' | python -m grokyolo.training.model_count

The answer holds, for each layer, parameters by what weight decay does to them and the values that a forward pass keeps
for the backward one, and how those of the head grow with the number of classes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import torch
from torch import nn
from ultralytics.nn import tasks
from ultralytics.nn.tasks import guess_model_task
from ultralytics.utils import YAML

NORMALISATIONS = tuple(kind for name, kind in vars(nn).items() if "Norm" in name)
"""As `BaseTrainer.build_optimizer` finds them."""
KINDS = {
    "detect": tasks.DetectionModel,
    "segment": tasks.SegmentationModel,
    "pose": tasks.PoseModel,
    "obb": tasks.OBBModel,
    "classify": tasks.ClassificationModel,
    "semantic": tasks.SemanticSegmentationModel,
    "depth": tasks.DepthModel,
}
SIDES = (64, 128)
"""Pixels of the images that the kept values are measured with: one number grows with the area, one with its square."""
CLASS_CAP = 100
"""`Detect` widens its class branch with the number of classes up to so many."""
LOSS = 2
"""Times that the loss keeps each number a detector says, beside the first."""
INITIALISERS = ("kaiming_uniform_", "uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "constant_")
"""Of `torch.nn.init`: nothing that is counted depends on what weights are."""


def count(file: str, scale: str, channels: int = 3, keypoints: Sequence[int] | None = None) -> dict[str, Any]:
    """Build a model with as many numbers of classes as the growth of its head needs, and count it.

    Args:
        file: of the architecture.
        scale: one of its scales, empty where it has none.
        channels: of the images.
        keypoints: number of keypoints and numbers of each; None takes what the architecture says.

    Returns:
        `task`; `layers`: a row for each layer but the head, of normalised, free, spared, norms and fixed parameters,
        values kept for each pixel, and for each square of pixels; `head`: three pairs of a number of classes and its
        row for each piece on which they lie on one polynomial, lowest first; `nc` of the architecture.

    Raises:
        ValueError: grokyolo trains no such model, or it grows with the classes in another way.
    """
    table = {**YAML.load(file), "scale": scale, "yaml_file": file}
    task = guess_model_task(table)
    if task not in KINDS:
        raise ValueError(f"a model for {task}")

    def build(classes: int) -> Any:
        more = {"data_kpt_shape": list(keypoints)} if keypoints else {}
        with _undrawn():
            return KINDS[task](deepcopy(table), ch=channels, nc=classes, verbose=False, **more).train()

    first = build(1)
    layers = _rows(first, channels)[:-1]
    head = []
    for piece in _pieces(_class_width(first.model[-1])):
        rows = [_rows(build(classes), channels) for classes in piece]
        if any(row[:-1] != layers for row in rows):
            raise ValueError("a model whose layers depend on the number of classes")
        head.append([[classes, row[-1]] for classes, row in zip(piece, rows, strict=True)])
    return {"task": task, "nc": table.get("nc"), "layers": layers, "head": head}


def _pieces(width: int | None) -> list[list[int]]:
    """Return numbers of classes, three for each piece on which the size of a head is one polynomial.

    `Detect` makes its class branch max(width, min(classes, 100)) channels wide.
    """
    borders = [1, width, CLASS_CAP] if width is not None and width < CLASS_CAP else [1]
    inner = [[low, (low + high) // 2, high] for low, high in pairwise(borders)]
    return [*inner, [borders[-1], borders[-1] + 50, borders[-1] + 100]]


def _class_width(head: Any) -> int | None:
    """Return the channels of the first layer that feeds a detector's head, None for other heads."""
    branches = getattr(head, "cv3", None)
    if not branches:
        return None
    return next((conv.in_channels for conv in branches[0].modules() if isinstance(conv, nn.Conv2d)), None)


@contextmanager
def _undrawn() -> Iterator[None]:
    """Let modules be built without drawing their weights, which takes most of the time."""
    with ExitStack() as patches:
        for name in INITIALISERS:
            patches.enter_context(patch.object(nn.init, name, lambda tensor, *_args, **_kwargs: tensor))
        yield


def _rows(model: Any, channels: int) -> list[list[float]]:
    """Return a row for each layer, the head last."""
    small, large = (_kept(model, channels, side) for side in SIDES)
    area, ratio = SIDES[0] ** 2, (SIDES[1] / SIDES[0]) ** 2
    rows: list[list[float]] = []
    for numbers, few, many in zip(_parameters(model), small, large, strict=True):
        squared = max(many - ratio * few, 0.0) / (ratio * (ratio - 1) * area**2)
        rows.append([*numbers, round(few / area - squared * area, 4), squared])
    return rows


def _parameters(model: Any) -> list[list[int]]:
    """Return for each layer: normalised, free, spared, norms, fixed."""
    fed = {
        one.weight
        for module in model.modules()
        for one, after in pairwise(module.children())
        if isinstance(after, NORMALISATIONS) and hasattr(one, "weight")
    }
    rows = []
    for layer in model.model:
        normalised = free = spared = norms = fixed = 0
        for module_name, module in layer.named_modules():
            for name, parameter in module.named_parameters(recurse=False):
                number = parameter.numel()
                if "dfl" in module_name.split("."):  # `BaseTrainer._setup_train` freezes these
                    fixed += number
                elif "bias" in name or isinstance(module, NORMALISATIONS):
                    spared += number
                    norms += number if isinstance(module, NORMALISATIONS) else 0
                elif parameter in fed:
                    normalised += number
                else:
                    free += number
        rows.append([normalised, free, spared, norms, fixed])
    return rows


def _kept(model: Any, channels: int, side: int) -> list[float]:
    """Return for each layer the numbers that a forward pass of one image keeps, and the loss what the head says."""
    layer_of_now = -1
    own = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    found: dict[int, tuple[int, float]] = {}
    alive: list[Any] = []  # so that no storage is used twice

    def keep(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own and storage.data_ptr() not in found:
            found[storage.data_ptr()] = (layer_of_now, storage.nbytes() / 4)
            alive.append(tensor)
        return tensor

    def enter(index: int) -> Any:
        def hook(_module: Any, _inputs: Any) -> None:
            nonlocal layer_of_now
            layer_of_now = index

        return hook

    hooks = [layer.register_forward_pre_hook(enter(i)) for i, layer in enumerate(model.model)]
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = model(torch.zeros(1, channels, side, side))
    for hook in hooks:
        hook.remove()
    sums = [0.0] * len(model.model)
    for layer, numbers in found.values():
        sums[layer] += numbers
    sums[-1] += LOSS * sum(tensor.numel() for tensor in _tensors(output))
    return sums


def _tensors(value: Any) -> Iterator[Any]:
    """Yield what a head says: its tensors, in whatever they are wrapped."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name != "feats":
                yield from _tensors(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _tensors(each)


def main() -> None:
    """Answer the question on standard input, in JSON."""
    from grokyolo.training.environment import data_only, ultralytics_output

    question, out = json.load(sys.stdin), sys.stdout
    with ultralytics_output(lambda _text: None, verbose=False), data_only():
        try:
            answer = count(**question)
        except Exception as error:  # whatever a stranger's architecture breaks on
            answer = {"error": str(error).splitlines()[0] if str(error) else type(error).__name__}
    out.write(f"\n{json.dumps(answer)}\n")


if __name__ == "__main__":
    main()
