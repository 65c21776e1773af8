"""Train arguments that a recipe must not set, old names, and where a misplaced key belongs."""

from __future__ import annotations

from collections.abc import Mapping

from grokyolo.errors import alike, did_you_mean, question
from grokyolo.recipe.arguments import train_arguments
from grokyolo.recipe.schema import DATA, SECTIONS, TOP

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

OTHER_TOP_NAMES: Mapping[str, str] = {
    "parent": "extends",
    "base": "extends",
    "inherits": "extends",
    "weights": "model",
    "dataset": "data",
    "hyp": "train",
    "hyperparameters": "train",
    "args": "train",
}
"""What other programs call a section."""


def homes(key: str) -> list[str]:
    """Return the dotted paths under which a bare key is known, for example `gap.every` for `every`."""
    found = [f"{section}.{key}" for section, fields in SECTIONS.items() if key in fields]
    if key in DATA and key != "name":
        found.append(f"data.{key}")
    if key == "grokfast":
        found.append("accelerate.grokfast")
    if key in train_arguments() and key not in OWNED:
        found.append(f"train.{key}")
    return found


def where_it_belongs(key: str) -> str:
    """Return what to do about a key at the top level of a recipe that has no place there."""
    section, dot, inner = key.partition(".")
    if dot and section in TOP:
        return f"nest it: {section}: {{{inner}: ...}}"
    if key in OWNED and key not in TOP:
        return OWNED[key][1]
    other = OTHER_TOP_NAMES.get(key)
    found = [other] if other else homes(key) or alike(key, TOP) or homes(OLD_NAMES.get(key, key))
    found = found or [f"train.{name}" for name in alike(key, _usable())]
    return question(found) or f"it has {', '.join(TOP)}"


def why_no_argument(name: str, *, bare: bool) -> tuple[str, str] | None:
    """Return why `name` cannot be a train argument and what to do instead; None for one that can.

    Args:
        name: as written below `train`, or bare on the command line.
        bare: written without `train.`, where `model` and `data` are right and so are never asked about.
    """
    if name in OWNED:
        return OWNED[name]
    if name in REMOVED:
        return REMOVED[name], "remove it"
    argument = train_arguments().get(name)
    if argument is None:
        return _unknown(name, bare=bare)
    if not argument.used_in_training:
        return "training does not use it: it belongs to another mode of Ultralytics", "remove it"
    return None


def _unknown(name: str, *, bare: bool) -> tuple[str, str]:
    if name in TOP:
        hint = f"write {name}.KEY=VALUE" if bare else "write it at the top level"
        return "it is a section of its own", hint
    no_such = "Ultralytics has no such train argument"
    if name in OLD_NAMES:
        return no_such, f"did you mean {OLD_NAMES[name]}?"
    if found := homes(name):
        return no_such, question(found)
    return no_such, did_you_mean(name, _usable()) or "grokyolo recipes show long"


def _usable() -> list[str]:
    known = train_arguments().values()
    return [argument.name for argument in known if argument.used_in_training and argument.name not in OWNED]
