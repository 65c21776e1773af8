"""What a recipe says against what it will do: settings that Ultralytics ignores, scales or undoes.

Each rule looks at the resolved values and Ultralytics' defaults together, and says what, why, and the remedy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokyolo.dynamics import accumulation, effective_decay
from grokyolo.findings import Finding, Place, Severity, problem
from grokyolo.format import format_setting
from grokyolo.recipe.models import MEMORISED, BuiltinData, Recipe, image_side
from grokyolo.recipe.train_arguments import (
    BY_SUFFIX,
    CLASSIFY,
    EVERY_TASK,
    default_of,
    epochs_of,
    task_by_name,
    task_of,
)

STRIDE = 32
"""Ultralytics rounds image sizes to multiples of this."""
FEWEST_MEASUREMENTS = 30
"""A plateau takes 10 measurements, and a jump some before and after it."""
MOST_SAVED = 100
SHORT = 10
"""Epochs of a trial run, which says nothing about a plateau anyway."""
OFFICIAL = re.compile(r"yolov?\d+[a-z](u|-p\d)?\.(pt|yaml)")
"""Names of Ultralytics' own detectors."""
COUPLED = {"adam", "adamax", "nadam", "radam", "rmsprop"}
ADAPTIVE = {"adam", "adamax", "adamw", "nadam", "radam", "rmsprop"}
AUGMENTATION = EVERY_TASK + CLASSIFY
"""What Ultralytics does to the images of a classifier; a built-in data set cannot bear any of it."""


@dataclass(frozen=True)
class Values:
    """The values of a recipe with Ultralytics' defaults behind them.

    Attributes:
        recipe: resolved.
        places: dotted key: where its value stands.
        whole: the recipe as a whole, for values that nobody wrote.
    """

    recipe: Recipe
    places: Mapping[str, Place]
    whole: Place

    def __getitem__(self, name: str) -> Any:
        """Return a train argument, set or default."""
        return self.recipe.train.get(name, default_of(name))

    def given(self, name: str) -> bool:
        """Tell whether somebody set a train argument."""
        return name in self.recipe.train

    @property
    def optimizer(self) -> str:
        """The optimizer's name, lower case."""
        return str(self["optimizer"]).lower()

    @property
    def epochs(self) -> int:
        """Planned length."""
        return epochs_of(self.recipe)

    def spelled(self, name: str) -> str:
        """Return `train.name is value`, and whose value it is when nobody set it."""
        return f"train.{name} is {format_setting(self[name])}" + ("" if self.given(name) else " (Ultralytics' default)")

    def nearest(self, *keys: str) -> str:
        """Return the first of the keys that the recipe's own file or the command line sets, else the first."""
        own = [key for key in keys if (place := self.places.get(key)) and place.file in {"", self.whole.file}]
        return [*own, *keys][0]

    def finding(self, key: str, what: str, hint: str, *, fatal: bool = False) -> Finding:
        """Return a finding about a dotted key."""
        severity = Severity.ERROR if fatal else Severity.WARNING
        return Finding(severity, what, hint, self.places.get(key, self.whole))


def missing(keys: Collection[str], place: Place) -> list[Finding]:
    """Return what a recipe must name before it can be trained.

    Args:
        keys: those of `model` and `data` that it does not have.
        place: the recipe as a whole.
    """
    found = []
    if "model" in keys:
        found.append(problem("the recipe names no model", place, "model=yolo26n.pt"))
    if "data" in keys:
        hint = "add data= and the path of your own data set file to the command line"
        found.append(problem("the recipe names no data set", place, hint))
    return found


def examine(recipe: Recipe, places: Mapping[str, Place], whole: Place) -> list[Finding]:
    """Return what is doubtful about the values of a recipe, in the order of the rules."""
    settings = Values(recipe, places, whole)
    return [finding for rule in RULES for finding in rule(settings)]


def _measuring(s: Values) -> Iterator[Finding]:
    if not s["val"]:
        what = "train.val is false, so there is no validation to set against the probe"
        yield s.finding("train.val", what, "remove it; gap.every=5 validates less often", fatal=True)
    if s["split"] == "train":
        what = "train.split is train, so validation would score the training images and show no gap"
        yield s.finding("train.split", what, "remove it", fatal=True)
    gap = s.recipe.gap
    if gap.probe == 0:
        what = "gap.probe is 0, so the gap is rough and no run can be called grokked"
        yield s.finding("gap.probe", what, "gap.probe=256")
    if gap.every > 1 and s.epochs // gap.every < FEWEST_MEASUREMENTS:
        times = s.epochs // gap.every + 1
        what = f"gap.every is {gap.every}, so the gap is measured {times} times, too few for a verdict"
        yield s.finding("gap.every", what, f"gap.every={max(1, s.epochs // 100)}")


def _task(s: Values) -> Iterator[Finding]:
    model, task = s.recipe.model, task_of(s.recipe)
    by_name = task_by_name(model)
    named = by_name != "detect" or OFFICIAL.fullmatch(Path(model).name)
    if named and by_name != task and (s.given("task") or isinstance(s.recipe.data, BuiltinData)):
        asked = f"train.task is {task}" if s.given("task") else f"the built-in data is for {task}"
        what = f"{asked}, but {Path(model).name} is a model for {by_name}"
        suffix = next((suffix for suffix, one in BY_SUFFIX.items() if one == task), "")
        file = f"model=yolo26n{suffix}{Path(model).suffix or '.pt'}"
        yield s.finding("train.task", what, file, fatal=True)


def _saving(s: Values) -> Iterator[Finding]:
    if not s["save"]:
        what = "train.save is false, so nothing is saved before the end, and a killed run is lost"
        yield s.finding("train.save", what, "remove it")
    period = s["save_period"]
    if period > 0 and s.epochs // period > MOST_SAVED:
        what = f"{s.spelled('save_period')}, so {s.epochs // period} files of weights stay on disk"
        yield s.finding("train.save_period", what, f"save_period={s.epochs // 10}")
    if not s["deterministic"]:
        what = "train.deterministic is false, so a resumed run differs from one that never stopped"
        yield s.finding("train.deterministic", what, "deterministic=true")


def _ending(s: Values) -> Iterator[Finding]:
    if 0 < s["patience"] < s.epochs:
        what = f"{s.spelled('patience')}, which stops a plateau before it can jump"
        yield s.finding("train.patience", what, "patience=0")
    mosaic = s["mosaic"] and task_of(s.recipe) != "classify"
    if mosaic and 0 < s["close_mosaic"] < s.epochs:
        what = f"{s.spelled('close_mosaic')}, which makes a jump of its own near the end"
        yield s.finding("train.close_mosaic", what, "close_mosaic=0")


def _optimizer(s: Values) -> Iterator[Finding]:
    name = s.optimizer
    if name == "auto":
        ignored = " and ".join(key for key in ("lr0", "momentum") if s.given(key))
        what = f"{s.spelled('optimizer')}, which chooses by the length of the run"
        what += f" and ignores {ignored}" if ignored else ""
        yield s.finding("train.optimizer", what, "optimizer=AdamW")
    decays = s.given("weight_decay") and s["weight_decay"] > 0
    if name in COUPLED and decays:
        what = f"{s['optimizer']} mixes weight decay into the gradient, where its scaling undoes most of it"
        yield s.finding("train.optimizer", what, "optimizer=AdamW")
    if name == "musgd" and decays:
        what = "MuSGD decays only the SGD half of its update"
        yield s.finding("train.optimizer", what, "optimizer=AdamW")


def _schedule(s: Values) -> Iterator[Finding]:
    if s["lrf"] < 1:
        what = f"{s.spelled('lrf')}, so the learning rate fades and a long plateau learns ever less"
        yield s.finding("train.lrf", what, "lrf=1.0")
    elif s["cos_lr"]:
        what = "train.cos_lr does nothing, since train.lrf is 1"
        yield s.finding("train.cos_lr", what, "cos_lr=false")
    warm = s["warmup_epochs"]
    if s.epochs > SHORT and warm > s.epochs / 2:
        what = f"{s.spelled('warmup_epochs')}, more than half of the {s.epochs} epochs of training"
        yield s.finding("train.warmup_epochs", what, "warmup_epochs=3.0")
    if warm > 0 and s.optimizer in ADAPTIVE and s["warmup_bias_lr"] > 10 * s["lr0"]:
        what = f"{s.spelled('warmup_bias_lr')}, by which {s['optimizer']} moves every bias in the first steps"
        yield s.finding("train.warmup_bias_lr", what, "warmup_bias_lr=0.0")


def _batches(s: Values) -> Iterator[Finding]:
    batch, nominal, decay = s["batch"], s["nbs"], s["weight_decay"]
    if batch < 1:
        what = f"{s.spelled('batch')}, so the GPU's memory chooses steps and weight decay"
        yield s.finding("train.batch", what, "batch=16 nbs=16")
    elif batch != nominal:
        accumulate, effective = accumulation(batch, nominal), effective_decay(decay, batch, nominal)
        parts = []
        if accumulate > 1:
            parts.append(f"weights move only every {accumulate} batches")
        if effective != decay:
            parts.append(f"weight decay acts as {effective:g}, not {decay:g}")
        what = f"{s.spelled('nbs')} with batch {batch}, so {' and '.join(parts) or 'the two differ'}"
        yield s.finding("train.nbs", what, f"nbs={batch}")
    size = s["imgsz"]
    if size % STRIDE:
        rounded = -(-size // STRIDE) * STRIDE
        yield s.finding(
            "train.imgsz",
            f"train.imgsz is {size}, which Ultralytics rounds up to {rounded}",
            f"imgsz={rounded}",
        )


def _builtin(s: Values) -> Iterator[Finding]:
    data = s.recipe.data
    if not isinstance(data, BuiltinData):
        return
    if task_of(s.recipe) != "classify":
        what = f"{s.spelled('task')}, but {data.name} is for classification"
        yield s.finding("train.task", what, "task=classify", fatal=True)
    side = image_side(data.modulus)
    if s["imgsz"] != side:
        what = f"modulus {data.modulus} makes images of {side} pixels, but {s.spelled('imgsz')}"
        yield s.finding(s.nearest("train.imgsz", "data.modulus"), what, f"imgsz={side}", fatal=True)
    pairs = data.modulus**2
    train = int(pairs * data.fraction)
    if min(train, pairs - train) < data.modulus:
        what = f"data.fraction is {data.fraction:g}: {train} pairs to train on, {pairs - train} to validate"
        yield s.finding("data.fraction", f"{what}, fewer than classes", "data.fraction=0.6", fatal=True)
    moving = [key for key in AUGMENTATION if s[key] not in (0, None)]
    if moving:
        what = f"{', '.join(moving)} move or recolour the pixels that are the numbers"
        values = " ".join(f"{key}={'null' if key == 'auto_augment' else 0}" for key in moving)
        yield s.finding(f"train.{moving[0]}", what, values)


def _accelerating(s: Values) -> Iterator[Finding]:
    on, task, decay = s.recipe.accelerate, task_of(s.recipe), s["weight_decay"]
    if on.stablemax and task != "classify":
        what = f"accelerate.stablemax takes the place of a softmax over classes, and {task} has none"
        yield s.finding("accelerate.stablemax", what, "remove it; for a classifier write task=classify", fatal=True)
    after, key = on.weight_decay_after, "accelerate.weight_decay_after"
    if after == MEMORISED and s.recipe.gap.probe == 0:
        what = f"{key} is memorised, but gap.probe is 0 and nothing tells when that is"
        yield s.finding(key, what, "gap.probe=256", fatal=True)
    if isinstance(after, int) and after >= s.epochs:
        what = f"{key} is {after}, so none of the {s.epochs} epochs has weight decay"
        yield s.finding(key, what, f"{key}={max(s.epochs // 10, 1)}")
    if after is not None and decay == 0:
        yield s.finding(key, f"{key} does nothing, since train.weight_decay is 0", f"{key}=null")
    if on.constrained_norm is not None and decay > 0:
        what = f"accelerate.constrained_norm undoes weight decay, and {s.spelled('weight_decay')}"
        yield s.finding("accelerate.constrained_norm", what, "weight_decay=0.0")
    if on.initial_scale is not None and s.recipe.model.endswith(".pt"):
        what = f"accelerate.initial_scale changes what {Path(s.recipe.model).name} has learned"
        yield s.finding("accelerate.initial_scale", what, "accelerate.initial_scale=null")


RULES: tuple[Callable[[Values], Iterator[Finding]], ...] = (
    _task,
    _measuring,
    _ending,
    _optimizer,
    _schedule,
    _batches,
    _saving,
    _builtin,
    _accelerating,
)
