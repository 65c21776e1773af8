"""How large a model is and how much of it weight decay can act on, as counted on the model that Ultralytics builds.

Counts of Ultralytics' own architectures are shipped (`counts.json`, made by `make counts`). Any other architecture is
built once, in a process of its own, and its counts are kept in the cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grokyolo.errors import alike
from grokyolo.files import YAML_BYTES, cache_folder, parse_yaml, read_bounded, write_durably

SCALE = re.compile(r"yolo(?:e-)?v?\d+([nslmx])")
UNIFIED = re.compile(r"(\d+)([nslmx])(.+)?$")
SHIPPED = Path(__file__).with_name("counts.json")
OFFERED = ("yolo", "rtdetr")
"""How the names of weights begin that Ultralytics downloads."""
BUILD_SECONDS = 300.0
"""After which building a model to count it is given up."""


@dataclass(frozen=True)
class Weights:
    """Parameters by what weight decay does to them.

    Attributes:
        normalised: decayed, but a normalisation directly behind the layer undoes their size: decay changes no more
            than their effective learning rate.
        free: decayed, and their size matters.
        spared: biases and the parameters of normalisations, which `BaseTrainer.build_optimizer` never decays.
        norms: those of `spared` that belong to normalisations; as many running statistics come with them.
        fixed: never trained.
        kept: values that a forward pass of one image keeps for the backward one, and its loss.
    """

    normalised: int = 0
    free: int = 0
    spared: int = 0
    norms: int = 0
    fixed: int = 0
    kept: float = 0.0

    def __add__(self, other: Weights) -> Weights:
        return Weights(*(one + two for one, two in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def decayed(self) -> int:
        """Parameters that weight decay is applied to."""
        return self.normalised + self.free

    @property
    def total(self) -> int:
        """All parameters."""
        return self.normalised + self.free + self.spared + self.fixed


@dataclass(frozen=True)
class Model:
    """A model counted.

    Attributes:
        name: as the recipe has it.
        weights: parameters by what decay does to them; None where they are unknown.
        frozen: decayed parameters that `freeze` keeps from being trained.
        layers: how many layers there are for `freeze`; 0 where that is unknown.
        task: what the head is for, None where that is unknown.
        family: what the model is where it is no plain YOLO, which grokyolo does not train; empty for one.
        unknown: why nothing is known, or not all; empty when the numbers are exact.
    """

    name: str
    weights: Weights | None
    frozen: int = 0
    layers: int = 0
    task: str | None = None
    family: str = ""
    unknown: str = ""

    @property
    def free_share(self) -> float | None:
        """Share of the decayed weights whose size no normalisation undoes."""
        if self.weights is None or not self.weights.decayed:
            return None
        return self.weights.free / self.weights.decayed


FAMILIES = {"RTDETR": "RT-DETR", "World": "YOLO-World", "YOLOE": "YOLOE"}
"""Starts of the names of heads that have trainers of their own."""


class Unknown(Exception):
    """The model cannot be counted; the message says why."""


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
        side: of the images in pixels, for the values that are kept.
    """
    file = architecture_file(name)
    if file is None:
        reason = "its weights cannot be read without loading them" if name.endswith(".pt") else "no such architecture"
        return Model(name, None, unknown=reason)
    family = ""
    try:
        question, table = question_of(name, channels, keypoints)
        family = _family(table)
        counts = _counts(question, table)
        layers = _layers(counts, int(counts["nc"]) if classes is None else classes, side)
    except (Unknown, KeyError, IndexError, TypeError, ValueError) as problem:
        reason = str(problem) if isinstance(problem, Unknown) else "its architecture cannot be read"
        return Model(name, None, family=family, unknown=reason)
    frozen = sum(layers[i].decayed for i in freeze if isinstance(i, int) and 0 <= i < len(layers))
    names = [part for part in freeze if isinstance(part, str)]
    note = f"freeze={','.join(names)} is not counted" if names else ""
    first = next((i for i in range(len(layers)) if i not in freeze), len(layers))  # before it no gradient is wanted
    unkept = (replace(layer, kept=0.0) for layer in layers[:first])
    weights = sum((*unkept, *layers[first:]), Weights())
    return Model(name, weights, frozen, len(layers), str(counts["task"]), unknown=note)


def family_of(name: str) -> str:
    """Return what a model is, where its architecture tells that it is no plain YOLO; empty for one."""
    try:
        return _family(question_of(name)[1])
    except (Unknown, KeyError, IndexError, TypeError, ValueError):
        return ""


def _family(table: Mapping[str, Any]) -> str:
    modules = [str(layer[2]) for layer in table["head"] if isinstance(layer, list) and len(layer) > 2]
    return next((FAMILIES[start] for start in FAMILIES if modules and modules[-1].startswith(start)), "")


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


def not_here(name: str) -> tuple[str, str] | None:
    """Return why a model cannot be had, neither here nor from Ultralytics, and another one; None where it can."""
    path = Path(name)
    if "://" in name or path.exists() or architecture_file(name) is not None:
        return None
    if path.suffix in {".yaml", ".yml"}:
        near = alike(path.stem, known_models())
        return f"there is no architecture {name}", f"model={near[0] if near else 'yolo26n'}.yaml"
    kept = folder_setting("weights_dir")
    offered = path.stem.lower().startswith(OFFERED) or (kept is not None and (kept / name).exists())
    return None if offered or path.suffix != ".pt" else (f"there is no file {name}", "model=yolo26n.pt")


def known_models() -> list[str]:
    """Return the names of Ultralytics' architectures, in each size and without one."""
    stems = sorted(_shipped())
    sized = [re.sub(r"^(yolo\D*\d+)", rf"\1{scale}", stem, count=1) for stem in stems for scale in "nsmlx"]
    return sized + stems


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Path]:
    package = package_folder()
    return {path.stem: path for path in (package / "cfg" / "models").rglob("*.yaml")} if package else {}


def package_folder() -> Path | None:
    """Return the folder of the installed Ultralytics without importing it."""
    spec = find_spec("ultralytics")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def folder_setting(name: str) -> Path | None:
    """Return a folder that the settings file of Ultralytics names, None where there is none."""
    try:
        settings = json.loads((_config_folder() / "Ultralytics" / "settings.json").read_text(encoding="utf-8"))
        return Path(settings[name])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _config_folder() -> Path:
    if given := os.environ.get("YOLO_CONFIG_DIR"):
        return Path(given).expanduser()
    home = Path.home()
    places = {"Windows": home / "AppData" / "Roaming", "Darwin": home / "Library" / "Application Support"}
    return places.get(platform.system()) or Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")


def question_of(
    name: str, channels: int = 3, keypoints: tuple[int, int] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what `grokyolo.training.model_count` is to count, and the architecture.

    Raises:
        Unknown: there is none of that name, or it cannot be read.
    """
    file = architecture_file(name)
    if file is None:
        raise Unknown("no such architecture")
    table = _load(str(file))
    points = None if keypoints == tuple(table.get("kpt_shape") or ()) else keypoints
    return {
        "file": str(file),
        "scale": _scale(Path(name).stem, table),
        "channels": channels,
        "keypoints": points,
    }, table


def _layers(counts: Mapping[str, Any], classes: int, side: int) -> list[Weights]:
    """Return what each layer holds, the head last, for a number of classes and images of `side` pixels."""
    piece = next((p for p in reversed(counts["head"]) if classes >= p[0][0]), counts["head"][0])
    numbers, points = [point[0] for point in piece], [point[1] for point in piece]
    head = [_through(numbers, column, classes) for column in zip(*points, strict=True)]
    rows = (*counts["layers"], head)
    return [replace(Weights(*map(round, row[:5])), kept=row[5] * side**2 + row[6] * side**4) for row in rows]


def _through(places: Sequence[int], values: Sequence[float], place: int) -> float:
    """Return the value at `place` of the polynomial of lowest degree through the others (Lagrange), exactly."""
    total = Fraction(0)
    for i, value in enumerate(values):
        term = Fraction(value)
        for j, other in enumerate(places):
            if j != i:
                term *= Fraction(place - other, places[i] - other)
        total += term
    return float(total)


def _counts(question: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts of an architecture: shipped, kept from before, or made now.

    Raises:
        Unknown: it cannot be built, or grokyolo trains no such model.
    """
    key = key_of(table, question)
    shipped: dict[str, Any] = _shipped_counts()
    if key in shipped:
        return dict(shipped[key])
    kept = cache_folder() / "counts" / f"{key}.json"
    try:
        found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = _build(question)
        with suppress(OSError):  # counted again next time
            write_durably(kept, json.dumps(found).encode())
    if "error" in found:
        raise Unknown(f"it cannot be counted: {found['error']}")
    return found


def key_of(table: Mapping[str, Any], question: Mapping[str, Any]) -> str:
    """Return what identifies a count: the architecture and the code that it is built by."""
    asked = {name: value for name, value in question.items() if name != "file"}
    text = json.dumps([table, asked, _code_digest()], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@lru_cache(maxsize=1)
def _code_digest() -> str:
    """Return a digest of the modules that Ultralytics builds models with."""
    digest, package = hashlib.sha256(), package_folder()
    for file in sorted((package / "nn").rglob("*.py")) if package else ():
        digest.update(file.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _shipped_counts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return found


def _build(question: Mapping[str, Any]) -> dict[str, Any]:
    """Build the model in a process of its own, and return its counts."""
    command = [sys.executable, "-m", "grokyolo.training.model_count"]
    try:
        done = subprocess.run(
            command, input=json.dumps(question), capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
        )
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # before it libraries say what they like
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as error:
        raise Unknown("it cannot be built here") from error
    return answer


def _load(file: str) -> dict[str, Any]:
    import yaml

    try:
        table = parse_yaml(read_bounded(Path(file), YAML_BYTES).decode())
    except (OSError, yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
        raise Unknown("its architecture cannot be read") from error
    if not isinstance(table, dict) or not isinstance(table.get("head"), list):
        raise Unknown("its architecture cannot be read")
    return table


def _scale(stem: str, table: Mapping[str, Any]) -> str:
    scales = table.get("scales") or {}
    found = SCALE.search(stem)
    scale = str(table.get("scale") or "") or (found[1] if found else "")
    return scale if scale in scales else next(iter(scales), "")
