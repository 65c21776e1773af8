"""The train arguments of the installed Ultralytics, read from its files without importing it.

Importing ultralytics takes seconds and loads torch. Names, defaults and descriptions stand in
`cfg/default.yaml`; types and bounds are literal sets in `cfg/__init__.py`; the optimizers are one in
`engine/trainer.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grokyolo.errors import GrokyoloError
from grokyolo.recipe.composite import Either, Optional, Row, Several
from grokyolo.recipe.values import Choice, Constant, Flag, Integer, Kind, Number, Text

HEADING = re.compile(r"^# (\w[\w/ .]*?) ?-{5,}$")
ENTRY = re.compile(r"^(\w+):(.*?)(?:\s#\s(?:\(([^)]*)\)\s*)?(.*))?$")

TASKS = ("detect", "segment", "classify", "pose", "obb")
"""The tasks that grokyolo measures."""
OPTIMIZERS = ("SGD", "MuSGD", "Adam", "Adamax", "AdamW", "NAdam", "RAdam", "RMSprop", "auto")

OTHER_MODES = ("Predict", "Visualize", "Export", "Tracker", "Custom")
"""Headings of `default.yaml` whose arguments training does not read ..."""
READ_IN_TRAINING = frozenset(
    {"classes", "agnostic_nms", "augment", "retina_masks", "save_txt", "save_conf", "visualize"}
)
"""... but for these, which the dataset or the validator looks at."""


@dataclass(frozen=True)
class Argument:
    """One train argument.

    Attributes:
        name: as in `yolo train name=value`.
        kind: what its value may be.
        default: what Ultralytics takes when nobody says otherwise.
        description: one line, from Ultralytics.
        section: the heading it stands under in `default.yaml`.
        advice: what to do about a value out of range.
    """

    name: str
    kind: Kind
    default: Any
    description: str
    section: str
    advice: str = ""

    @property
    def example(self) -> Any:
        """A value that is good in a long run."""
        return GOOD_IN_LONG_RUNS.get(self.name, self.default)

    @property
    def used_in_training(self) -> bool:
        """Whether training looks at it at all."""
        return self.name in READ_IN_TRAINING or not self.section.startswith(OTHER_MODES)


SMALLEST = {"close_mosaic": 0, "workers": 0}
"""Bounds that Ultralytics leaves out of `CFG_INT_MIN`."""
LARGEST_SEED = 2**32 - 2
"""Ultralytics adds 1 and hands it to numpy, which takes 32 bits."""

GOOD_IN_LONG_RUNS: Mapping[str, Any] = {
    "epochs": 1000,
    "patience": 0,
    "optimizer": "AdamW",
    "lr0": 0.001,
    "lrf": 1.0,
    "momentum": 0.9,
    "weight_decay": 0.01,
    "warmup_bias_lr": 0.0,
    "batch": 16,
    "nbs": 16,
    "close_mosaic": 0,
}
"""What messages propose, as in `recipes/long.yaml`: defaults of Ultralytics would bring the next warning."""

SHARE = Either((Number(0, 1, above=True), Integer(low=2)))
SHARE_OR_NONE = Either((Number(0, 1), Integer(low=2)))
SPECIAL: Mapping[str, Kind] = {
    "task": Choice(TASKS, guess=False),
    "batch": Either(
        (Integer(low=1), Constant(-1, "as the GPU allows"), Number(0, 1, above=True, below=True)),
        "a whole number of at least 1, -1 or a share of the GPU's memory below 1",
    ),
    "imgsz": Integer(low=32),
    "seed": Integer(low=0, high=LARGEST_SEED),
    "cache": Either((Flag(), Choice(("ram", "disk")))),
    "amp": Either((Flag(), Choice(("fp16", "bf16", "fp32"), fold=True))),
    "scale": Either((Number(0, 1), Row((Number(0), Number(0)))), "a number from 0 to 1 or a list of two"),
    "fraction": Either(
        (SHARE, Row((SHARE, SHARE)), Row((SHARE, SHARE, SHARE_OR_NONE))),
        "a share above 0 and at most 1, a number of images from 2 or a list of two or three of those",
    ),
    "device": Optional(
        Either((Integer(low=-1), Text(), Several(Integer(low=-1))), "a device such as cpu, mps, 0 or [0, 1]"),
    ),
    "freeze": Optional(
        Either(
            (Integer(low=0), Several(Either((Integer(low=0), Text())))),
            "a number of layers, a list of them",
        )
    ),
    "classes": Optional(Either((Integer(low=0), Several(Integer(low=0))), "a class number, a list of them")),
    "pretrained": Either((Flag(), Text("a file of weights"))),
    "compile": Either(
        (Flag(), Choice(("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"))),
    ),
    "auto_augment": Optional(Choice(("randaugment", "autoaugment", "augmix")), "none"),
    "copy_paste_mode": Choice(("flip", "mixup")),
    "split": Choice(("val", "test", "train")),
    "quantize": Optional(Either((Integer(low=8), Text("a precision such as int8")))),
}

ADVICE: Mapping[str, str] = {
    "task": "grokyolo measures these tasks",
    "weight_decay": "Ultralytics takes 0 to 1; a higher lr0 or more epochs decay more too",
    "patience": "write 0 to never stop early",
    "imgsz": "training takes square images: write one number such as 640",
    "auto_augment": "write null for none",
    "save_period": "write -1 for no extra files of weights",
}
"""What to do about a value that an argument cannot have, where the value itself gives no better hint."""


@lru_cache(maxsize=1)
def train_arguments() -> Mapping[str, Argument]:
    """Return every argument of the installed Ultralytics by name, in its own order.

    Raises:
        GrokyoloError: Ultralytics is not installed, or its configuration cannot be read.
    """
    spec = find_spec("ultralytics")
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise GrokyoloError("Ultralytics is not installed", hint="pip install ultralytics")
    package = Path(places[0])
    try:
        lines = (package / "cfg" / "default.yaml").read_text(encoding="utf-8").splitlines()
        sets = _literals(package / "cfg" / "__init__.py")
        optimizers = _literals(package / "engine" / "trainer.py").get("optimizers", OPTIMIZERS)
    except (OSError, ValueError, SyntaxError) as error:
        raise GrokyoloError(
            f"the configuration of Ultralytics cannot be read: {error}",
            where=str(package / "cfg"),
            hint="pip install --force-reinstall ultralytics",
        ) from error
    return _read(lines, sets, tuple(sorted(optimizers)))


def default_of(name: str) -> Any:
    """Return what Ultralytics takes for an argument that nobody sets; None for an unknown one."""
    argument = train_arguments().get(name)
    return argument.default if argument else None


def _read(lines: list[str], sets: Mapping[str, Any], optimizers: tuple[str, ...]) -> dict[str, Argument]:
    import yaml

    found: dict[str, Argument] = {}
    section = ""
    for line in lines:
        if heading := HEADING.match(line):
            section = heading[1]
        elif entry := ENTRY.match(line):
            name, value, types, description = entry.groups()
            default = yaml.safe_load(value)
            kind = _kind(name, default, types or "", sets, optimizers)
            found[name] = Argument(name, kind, default, description or "", section, ADVICE.get(name, ""))
    return found


def _kind(name: str, default: Any, types: str, sets: Mapping[str, Any], optimizers: tuple[str, ...]) -> Kind:
    if name == "optimizer":
        return Choice(optimizers, fold=True)
    if name in SPECIAL:
        return SPECIAL[name]
    kind = _from_sets(name, sets) or _from_comment(types)
    return Optional(kind) if default is None else kind


def _from_sets(name: str, sets: Mapping[str, Any]) -> Kind | None:
    if name in sets.get("CFG_FRACTION_KEYS", ()):
        return Number(0, 1)
    if name in sets.get("CFG_FLOAT_KEYS", ()):
        return Number(0)
    if name in sets.get("CFG_INT_KEYS", ()):
        return Integer(low=sets.get("CFG_INT_MIN", {}).get(name, SMALLEST.get(name)))
    if name in sets.get("CFG_BOOL_KEYS", ()):
        return Flag()
    if name in sets.get("CFG_STR_KEYS", ()):
        return Text()
    return None


def _from_comment(types: str) -> Kind:
    known: dict[str, Kind] = {"int": Integer(), "float": Number(), "bool": Flag(), "str": Text()}
    words = [word.strip() for word in re.split(r"[|,]", types)]
    kinds = [known[word] for word in words if word in known]
    if any(word.startswith(("list", "tuple")) for word in words):
        kinds.append(Several(Either((Number(), Text()))))
    if not kinds:
        kinds = [Flag(), Number(), Text()]
    return kinds[0] if len(kinds) == 1 else Either(tuple(kinds))


def _literals(file: Path) -> dict[str, Any]:
    """Return the literal sets and dicts that a module assigns, by name; nothing is executed."""
    found: dict[str, Any] = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value = node.value
            if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "frozenset" and value.args:
                value = value.args[0]
            if isinstance(value, (ast.Set, ast.Dict)):
                try:
                    found[node.targets[0].id] = ast.literal_eval(value)
                except (ValueError, TypeError):  # not literal, so none of ours
                    continue
    return found
