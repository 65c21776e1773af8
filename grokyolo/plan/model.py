"""How large a model is and how much of it weight decay can act on, from its architecture alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grokyolo.plan.heads import HEADS, TASKS, Shape, classify
from grokyolo.plan.layers import BLOCKS, REPEATED, Weights, joined, plain

SILENT = {"nn.Upsample", "nn.Identity", "nn.MaxPool2d", "nn.ReLU", "nn.SiLU", "nn.Dropout", "nn.AvgPool2d"}
"""Layers without parameters that keep the number of channels."""
SCALE = re.compile(r"yolo(?:e-)?v?\d+([nslmx])")
UNIFIED = re.compile(r"(\d+)([nslmx])(.+)?$")
LEGACY_ENDED_WITH = {"C3k2", "A2C2f", "C2fCIB"}
"""Layers after which `parse_model` makes the newer class branch of `Detect`."""
WIDE_SCALES = {"m", "l", "x"}


@dataclass(frozen=True)
class Model:
    """A model counted.

    Attributes:
        name: as the recipe has it.
        weights: parameters by what decay does to them; None where they are unknown.
        frozen: decayed parameters that `freeze` keeps from being trained.
        task: what the head is for, None where that is unknown.
        unknown: why nothing is known, or not all; empty when the numbers are exact.
    """

    name: str
    weights: Weights | None
    frozen: int = 0
    task: str | None = None
    unknown: str = ""

    @property
    def free_share(self) -> float | None:
        """Share of the decayed weights whose size no normalisation undoes."""
        if self.weights is None or not self.weights.decayed:
            return None
        return self.weights.free / self.weights.decayed


class Unknown(Exception):
    """The architecture holds something that is not counted here."""


def read_model(
    name: str,
    *,
    classes: int | None = None,
    channels: int = 3,
    keypoints: tuple[int, int] | None = None,
    freeze: Sequence[int | str] = (),
    side: int = 640,
) -> Model:
    """Count the parameters that a model will have in training.

    Args:
        name: weights such as `yolo26n.pt`, counted by the architecture of the same name, or an architecture.
        classes: of the data set; None takes what the architecture says.
        channels: of the images.
        keypoints: number of keypoints and numbers of each, as the data set has it.
        freeze: layers that are not trained; names other than numbers are passed over.
        side: of the images in pixels, for the values in passing.
    """
    file = architecture_file(name)
    if file is None:
        reason = "its weights cannot be read without loading them" if name.endswith(".pt") else "no such architecture"
        return Model(name, None, unknown=reason)
    try:
        table = _load(str(file))
        layers, task = _walk(
            table, _scale(Path(name).stem, table), classes=classes, channels=channels, keypoints=keypoints, side=side
        )
    except (Unknown, KeyError, IndexError, TypeError, ValueError) as problem:
        reason = str(problem) if isinstance(problem, Unknown) else "its architecture cannot be read"
        return Model(name, None, unknown=reason)
    frozen = sum(layers[i].decayed for i in freeze if isinstance(i, int) and 0 <= i < len(layers))
    names = [part for part in freeze if isinstance(part, str)]
    note = f"freeze={','.join(names)} is not counted" if names else ""
    first = next(i for i in range(len(layers) + 1) if i not in freeze)  # before it nothing is kept for a gradient
    weights = sum((layer.at(0) for layer in layers[:first]), sum(layers[first:], Weights()))
    return Model(name, weights, frozen, task, note)


def architecture_file(name: str) -> Path | None:
    """Return the file of an architecture, as `ultralytics.nn.tasks.yaml_model_load` finds it; None for no such file.

    Weights are taken to have the architecture of their name, if they have a name of Ultralytics.
    """
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} and path.is_file():
        return path
    known = _shipped()
    stem = path.stem if path.suffix in {".pt", ".yaml", ".yml"} else path.name
    for candidate in (stem, UNIFIED.sub(r"\1\3", stem)):
        if candidate in known:
            return known[candidate]
    return None


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Path]:
    package = package_folder()
    return {path.stem: path for path in (package / "cfg" / "models").rglob("*.yaml")} if package else {}


def package_folder() -> Path | None:
    """Return the folder of the installed Ultralytics without importing it."""
    spec = find_spec("ultralytics")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def _load(file: str) -> dict[str, Any]:
    import yaml

    try:
        table = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Unknown("its architecture cannot be read") from error
    if not isinstance(table, dict):
        raise Unknown("its architecture cannot be read")
    return table


def _scale(stem: str, table: Mapping[str, Any]) -> str:
    scales = table.get("scales") or {}
    found = SCALE.search(stem)
    scale = str(table.get("scale") or "") or (found[1] if found else "")
    return scale if scale in scales else next(iter(scales), "")


@dataclass
class _Context:
    """What `parse_model` knows while it goes through the layers."""

    depth: float
    width: float
    widest: float
    scale: str
    shape: Shape


def _walk(
    table: Mapping[str, Any],
    scale: str,
    *,
    classes: int | None,
    channels: int,
    keypoints: tuple[int, int] | None,
    side: int,
) -> tuple[list[Weights], str | None]:
    """Return the parameters of each layer, and the task of the last one."""
    depth, width, widest = (table.get("scales") or {}).get(
        scale, (table.get("depth_multiple", 1.0), table.get("width_multiple", 1.0), float("inf"))
    )
    points = keypoints or tuple(table.get("kpt_shape") or (17, 3))
    count = classes if classes is not None else int(table["nc"])
    bins, twice = int(table.get("reg_max", 16)), bool(table.get("end2end"))
    context = _Context(depth, width, widest, scale, Shape(count, bins, twice, True, (), points))
    names = {"nc": count, "kpt_shape": list(points), "None": None}
    outputs: list[int] = []
    sides: list[float] = []
    found: list[Weights] = []
    kind = ""
    for source, repeats, kind, raw in [*table["backbone"], *table["head"]]:
        args = [names.get(item, _literal(item)) if isinstance(item, str) else item for item in raw]
        sources = [source] if isinstance(source, int) else source
        inputs = [channels if not outputs else outputs[i] for i in sources]
        widths = [float(side) if not sides else sides[i] for i in sources]
        context.shape = replace(context.shape, positions=[width**2 for width in widths])
        weights, out = _layer(kind, inputs, repeats, args, context)
        outputs.append(out)
        sides.append(widths[0] * _zoom(kind, args))
        found.append(weights if kind in HEADS else weights.at(sides[-1] ** 2))
    return found, TASKS.get(kind)


def _zoom(kind: str, args: Sequence[Any]) -> float:
    """Return how much longer the sides of a layer's output are than those of its input."""
    if kind == "nn.Upsample":
        return float(args[1] or 1)
    stride = {"Conv": 2, "DWConv": 2, "SCDown": 2, "Classify": 2, "nn.Conv2d": 2, "nn.MaxPool2d": 1, "nn.AvgPool2d": 1}
    place = stride.get(kind)
    return 1.0 if place is None or len(args) <= place else 1 / args[place]


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _layer(kind: str, inputs: list[int], repeats: int, args: list[Any], context: _Context) -> tuple[Weights, int]:
    """Return the parameters of one layer and its output channels, as `ultralytics.nn.tasks.parse_model` makes it."""
    times = max(round(repeats * context.depth), 1) if repeats > 1 else repeats
    if kind in BLOCKS:
        return _block(kind, inputs[0], times, args, context)
    if kind == "Classify":
        return classify(inputs[0], *args), args[0]
    if kind in HEADS:
        shape = replace(context.shape, channels=inputs)
        extra = args[1:] if kind.startswith(("Segment", "OBB")) else []
        if kind.startswith("Segment"):
            extra[1] = _divisible(min(extra[1], context.widest) * context.width)
        if kind == "v10Detect":
            shape = replace(shape, end2end=True, legacy=False)
        return HEADS[kind](shape, *extra), inputs[0]
    if kind == "Concat":
        return joined(sum(inputs)), sum(inputs)
    if kind in SILENT:
        return Weights(), inputs[0]
    if kind in {"nn.Conv2d", "nn.ConvTranspose2d"} and context.width == 1:
        return plain(inputs[0], args[0], *args[1:2]), args[0]
    raise Unknown(f"the layer {kind} is not counted here")


def _block(kind: str, c1: int, times: int, args: list[Any], context: _Context) -> tuple[Weights, int]:
    c2 = _divisible(min(args[0], context.widest) * context.width)
    rest = list(args[1:])
    if kind in LEGACY_ENDED_WITH:
        context.shape = replace(context.shape, legacy=False)
    if kind == "C3k2" and context.scale in WIDE_SCALES:
        rest[0:1] = [True]
    if kind == "A2C2f" and context.scale in {"l", "x"}:
        rest += [True, 1.2]
    if kind in REPEATED:
        return BLOCKS[kind](c1, c2, times, *rest), c2
    first = BLOCKS[kind](c1, c2, *rest)
    # a repeated layer is built with the same arguments each time, so its input must be as wide as its output
    return first * times, c2


def _divisible(x: float) -> int:
    """Return `x` rounded up to a multiple of 8, as `ultralytics.utils.ops.make_divisible`."""
    return int(-(-x // 8) * 8)
