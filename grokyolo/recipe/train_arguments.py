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
from typing import TYPE_CHECKING, Any

from grokyolo.errors import GrokyoloError

if TYPE_CHECKING:
    from grokyolo.recipe.models import Recipe

HEADING = re.compile(r"^# (\w[\w/ .]*?) ?-{5,}$")
ENTRY = re.compile(r"^(\w+):(.*?)(?:\s#\s(?:\(([^)]*)\)\s*)?(.*))?$")

TASKS = ("detect", "segment", "classify", "pose", "obb", "semantic", "depth")
"""The tasks that grokyolo trains and measures."""
BY_SUFFIX = {
    "-seg": "segment",
    "-sem": "semantic",
    "-depth": "depth",
    "-cls": "classify",
    "-pose": "pose",
    "-obb": "obb",
}
"""Ultralytics' own file names end in the task."""
MODEL_AND_DATA = {
    "detect": ("yolo26n.pt", "coco8.yaml"),
    "segment": ("yolo26n-seg.pt", "coco8-seg.yaml"),
    "classify": ("yolo26n-cls.pt", "imagenet10"),
    "pose": ("yolo26n-pose.pt", "coco8-pose.yaml"),
    "obb": ("yolo26n-obb.pt", "dota8.yaml"),
    "semantic": ("yolo26n-sem.pt", "cityscapes8.yaml"),
    "depth": ("yolo26n-depth.pt", "depth8.yaml"),
}
"""What `yolo train` takes where nobody names a model or a data set (`ultralytics.cfg.TASK2MODEL`, `TASK2DATA`)."""

PATHS = ("model", "data")
"""Keys beside the train arguments whose values are taken from the command line as they stand."""
SETS = ("CFG_FRACTION_KEYS", "CFG_FLOAT_KEYS", "CFG_INT_KEYS", "CFG_BOOL_KEYS", "CFG_STR_KEYS")
"""Names of the sets in `cfg/__init__.py` that say which type an argument has."""
LOWEST = "CFG_INT_MIN"
OPTIMIZER_SET = re.compile(r"^ +optimizers = (\{[^{}]*\})", re.MULTILINE)
OPTIMIZERS = ("SGD", "MuSGD", "Adam", "Adamax", "AdamW", "NAdam", "RAdam", "RMSprop", "auto")

OTHER_MODES = ("Predict", "Visualize", "Export", "Tracker", "Custom")
"""Headings of `default.yaml` whose arguments training does not read ..."""
READ_IN_TRAINING = frozenset(
    {"classes", "agnostic_nms", "augment", "retina_masks", "save_txt", "save_conf", "visualize"}
)
"""... but for these, which the dataset or the validator looks at."""
SMALLEST = {"close_mosaic": 0, "workers": 0}
"""Bounds that Ultralytics leaves out of `CFG_INT_MIN`."""

EVERY_TASK = ("hsv_h", "hsv_s", "hsv_v", "scale", "flipud", "fliplr")
CLASSIFY = ("erasing", "auto_augment")
BOXES = (
    *("degrees", "translate", "shear", "perspective", "bgr"),
    *("mosaic", "mixup", "cutmix", "copy_paste", "multi_scale"),
)
"""Augmentations, off where they are 0 or null."""
OTHERS = ("augmentations", "dropout")
"""Further arguments that make an input, or the pass that follows it, random."""

OWNED: Mapping[str, tuple[str, str]] = {
    "mode": ("grokyolo always trains", "remove it"),
    "model": ("the model is named once, beside train", "write model: at the top level"),
    "data": ("the data set is named once, beside train", "write data: at the top level"),
    "project": ("runs land in runs/NAME below the current folder", "remove it; choose NAME by --name"),
    "name": ("the command line names the run", "remove it; use --name NAME"),
    "exist_ok": ("no run may overwrite another", "remove it; choose another --name"),
    "save_dir": ("runs land in runs/NAME below the current folder", "remove it; choose NAME by --name"),
    "resume": ("grokyolo resumes exactly, which Ultralytics does not", "remove it; use --resume"),
    "cfg": (
        "a second configuration would hide what the recipe says",
        "write its values under train, or use extends",
    ),
    "time": ("it makes the clock change the number of epochs and the schedule", "use --time-limit 11h30m"),
    "verbose": ("the command line decides what is shown", "remove it; use --verbose"),
}
"""Argument: why grokyolo sets it itself, and what to do instead."""

REMOVED: Mapping[str, str] = {
    "label_smoothing": "Ultralytics removed it",
    "save_hybrid": "Ultralytics removed it",
    "crop_fraction": "Ultralytics removed it",
    "keras": "Ultralytics removed it",
    "augmentations": "it takes Python objects, which a recipe cannot hold",
}

OLD_NAMES: Mapping[str, str] = {
    "batch_size": "batch",
    "batch-size": "batch",
    "bs": "batch",
    "img": "imgsz",
    "img_size": "imgsz",
    "img-size": "imgsz",
    "image_size": "imgsz",
    "lr": "lr0",
    "learning_rate": "lr0",
    "wd": "weight_decay",
    "decay": "weight_decay",
    "weights": "model",
    "weight": "model",
    "dataset": "data",
    "warmup": "warmup_epochs",
    "early_stopping": "patience",
    "opt": "optimizer",
    "cosine": "cos_lr",
    "nw": "workers",
    "half": "amp",
    "int8": "quantize",
    "end2end": "nms",
    "gpu": "device",
    "gpus": "device",
}
"""What YOLOv5, older versions and habit call an argument."""


@dataclass(frozen=True)
class Argument:
    """One train argument.

    Attributes:
        name: as in `yolo train name=value`.
        default: what Ultralytics takes when nobody says otherwise.
        description: one line, from Ultralytics.
        section: the heading it stands under in `default.yaml`.
        types: the words before its description there, such as `int | float`.
        in_set: which of `SETS` has it; empty for none.
        low: smallest whole number that Ultralytics takes, where it says one.
        choices: the words it may be, where they are read from Ultralytics.
    """

    name: str
    default: Any
    description: str
    section: str
    types: str = ""
    in_set: str = ""
    low: int | None = None
    choices: tuple[str, ...] = ()

    @property
    def used_in_training(self) -> bool:
        """Whether training looks at it at all."""
        return self.name in READ_IN_TRAINING or not self.section.startswith(OTHER_MODES)

    @property
    def settable(self) -> bool:
        """Whether a recipe may set it."""
        return self.used_in_training and self.name not in OWNED and self.name not in REMOVED


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
        literals = _literals(package / "cfg" / "__init__.py")
        if found := OPTIMIZER_SET.search((package / "engine" / "trainer.py").read_text(encoding="utf-8")):
            literals["optimizers"] = ast.literal_eval(found[1])
    except (OSError, ValueError, SyntaxError) as error:
        raise GrokyoloError(
            f"the configuration of Ultralytics cannot be read: {error}",
            where=str(package / "cfg"),
            hint="pip install --force-reinstall ultralytics",
        ) from error
    if missing := [name for name in (*SETS, LOWEST, "optimizers") if not literals.get(name)]:
        raise GrokyoloError(
            f"this Ultralytics does not say what its train arguments may be: it has no {' and no '.join(missing)}",
            where=str(package / "cfg"),
            hint="pip install --upgrade grokyolo",
        )
    return _read(lines, literals)


def default_of(name: str) -> Any:
    """Return what Ultralytics takes for an argument that nobody sets; None for an unknown one."""
    argument = train_arguments().get(name)
    return argument.default if argument else None


def task_of(recipe: Recipe) -> str:
    """Return the task: as the recipe says, as its built-in data needs, or as the model's name ends."""
    if "task" in recipe.train:
        return str(recipe.train["task"])
    if not isinstance(recipe.data, str):
        return "classify"
    return task_by_name(recipe.model)


def task_by_name(model: str) -> str:
    """Return the task that a model's file name stands for."""
    stem = Path(model).stem
    return next((task for suffix, task in BY_SUFFIX.items() if stem.endswith(suffix)), "detect")


def epochs_of(recipe: Recipe) -> int:
    """Return the planned number of epochs."""
    return int(recipe.train.get("epochs", default_of("epochs")))


def random_arguments(task: str) -> tuple[str, ...]:
    """Return the arguments that must all be off for training inputs to be the same in every epoch."""
    return EVERY_TASK + OTHERS + (CLASSIFY if task == "classify" else BOXES)


def _read(lines: list[str], literals: Mapping[str, Any]) -> dict[str, Argument]:
    import yaml

    found: dict[str, Argument] = {}
    section = ""
    for line in lines:
        if heading := HEADING.match(line):
            section = heading[1]
        elif entry := ENTRY.match(line):
            name, value, types, description = entry.groups()
            in_set = next((one for one in SETS if name in literals[one]), "")
            low = literals[LOWEST].get(name, SMALLEST.get(name))
            choices = tuple(sorted(literals["optimizers"])) if name == "optimizer" else ()
            default = yaml.safe_load(value)
            found[name] = Argument(name, default, description or "", section, types or "", in_set, low, choices)
    return found


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
