"""What the YAML files beside a log say about its run, loaded without trust.

Of grokyolo.yaml, of args.yaml (Ultralytics), or of opt.yaml and hyp.yaml (YOLOv5), each value is taken only when it has
the right type.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grokyolo.dynamics import accumulation, effective_decay, lr_factor
from grokyolo.files import RUN_FILE, YAML_BYTES, parse_yaml, read_bounded
from grokyolo.recipe import flatten


@dataclass(frozen=True)
class Settings:
    """Train arguments that explain a curve; None where they are unknown.

    Attributes:
        file: which file they come from, empty when there is none.
        epochs: planned length; None also where a time limit decides.
        close_mosaic: the last so many epochs are trained without mosaic; 0 means never closed.
        mosaic: probability of mosaic and its kin before that.
        warmup_epochs: epochs in which the learning rate climbs.
        effective_decay: weight decay as the optimizer applies it, NaN when batch or decay are unknown.
        accumulate: batches that make one optimizer step, None when the batch size is unknown.
        final_lr: factor that the learning rate ends with.
        cosine: whether it goes there along a cosine, not a line.
        optimizer: its name, lower case.
        val: whether validation ran every epoch.
        resumed: whether these are the settings of a resumption.
        notes: what could not be read.
    """

    file: str = ""
    epochs: int | None = None
    close_mosaic: int = 0
    mosaic: float = 0.0
    warmup_epochs: float = 3.0
    effective_decay: float = math.nan
    accumulate: int | None = None
    final_lr: float = 1.0
    cosine: bool = False
    optimizer: str = ""
    val: bool | None = None
    resumed: bool = False
    notes: tuple[str, ...] = ()

    def schedule(self, epoch: int) -> float:
        """Return the planned factor on the learning rate; `epoch` is 0-based. 1 when the length is unknown."""
        if self.epochs is None:
            return 1.0
        return float(lr_factor(min(epoch / self.epochs, 1.0), self.final_lr, cosine=self.cosine))

    def mosaic_closed_at(self, last: int, score_name: str) -> int | None:
        """Return the first epoch without mosaic, or None if that never came.

        Args:
            last: last epoch of the log.
            score_name: of the task; classifiers train without mosaic whatever their settings say.
        """
        if not self.close_mosaic or not self.mosaic or self.epochs is None or score_name == "top1":
            return None
        first = self.epochs - self.close_mosaic + 1
        return first if 1 < first <= last <= self.epochs else None

    def notes_for(self, last: int, restarts: int) -> tuple[str, ...]:
        """Return what a reader should know.

        Args:
            last: last epoch of the log.
            restarts: how many the log itself shows.
        """
        notes = list(self.notes)
        if not self.file and not notes:
            notes.append("no args.yaml or opt.yaml beside the log: mosaic and schedule are unknown")
        if self.epochs is not None and last > self.epochs:
            notes.append(f"{self.file} plans {self.epochs} epochs, the log has {last}: it may belong to another run")
        if self.resumed and not restarts:
            notes.append(f"{self.file} says that the run was resumed, and the log does not show where")
        if self.optimizer == "auto":
            notes.append("optimizer `auto`: which one ran, and its momentum, is not in the log")
        return tuple(notes)


def read_settings(folder: Path) -> Settings:
    """Read the settings in a run folder; files that are missing or broken only cost knowledge."""
    return _settings(*read_arguments(folder))


def read_arguments(folder: Path) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Return the file that holds the train arguments of a run (empty for none), the arguments, and what is wrong."""
    args, notes = load_yaml(folder / "args.yaml")
    if args:
        return "args.yaml", dict(args), notes
    opt, opt_notes = load_yaml(folder / "opt.yaml")
    hyp, hyp_notes = load_yaml(folder / "hyp.yaml")
    inner = opt.get("hyp")
    merged = {**(inner if isinstance(inner, Mapping) else {}), **hyp, **opt}
    return "opt.yaml" if opt else "hyp.yaml" if hyp else "", merged, (*notes, *opt_notes, *hyp_notes)


def flat_settings(folder: Path) -> dict[str, Any]:
    """Return the settings of a run by dotted key, as a recipe names them; empty when there are none beside its log.

    Args:
        folder: the run folder.
    """
    own, _ = read_run_file(folder)
    if own.recipe:
        return flatten(own.recipe)
    _, args, _ = read_arguments(folder)
    args.pop("hyp", None)
    top: dict[str, Any] = {name: args.pop(name) for name in ("model", "data") if name in args}
    return {**top, **{f"train.{key}": value for key, value in args.items()}}


def _settings(file: str, args: Mapping[str, Any], notes: tuple[str, ...]) -> Settings:
    kin = [as_number(args.get(name)) or 0.0 for name in ("mosaic", "mixup", "copy_paste", "cutmix")]
    warmup = as_number(args.get("warmup_epochs"))
    final_lr = as_number(args.get("lrf"))
    decay = as_number(args.get("weight_decay"))
    batch, nbs = as_count(args.get("batch", args.get("batch_size"))), as_count(args.get("nbs", 64))
    val = as_flag(args.get("val"))
    if as_flag(args.get("noval")):
        val = False
    return Settings(
        file=file,
        epochs=None if as_number(args.get("time")) else as_count(args.get("epochs")),
        close_mosaic=as_count(args.get("close_mosaic")) or 0,
        mosaic=max(kin),
        warmup_epochs=3.0 if warmup is None else warmup,
        effective_decay=effective_decay(decay, batch, nbs) if batch and nbs and decay is not None else math.nan,
        accumulate=accumulation(batch, nbs) if batch and nbs else None,
        final_lr=1.0 if final_lr is None else final_lr,
        cosine=bool(args.get("cos_lr")),
        optimizer=str(args.get("optimizer", "")).lower(),
        val=val,
        resumed=bool(args.get("resume")),
        notes=notes,
    )


# grokyolo.yaml --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunFile:
    """What a grokyolo.yaml says. What is missing there, or is of another type than grokyolo writes, is None or empty.

    A dataclass and no pydantic model: `grokyolo gap` reads it, and would take half as long again.

    Attributes:
        recipe: resolved.
        provenance: dotted key to where its value comes from.
        recipe_hash: of the recipe.
        trained_by: who trained, where it was not grokyolo: such a run only Ultralytics can go on with.
        versions: of grokyolo, ultralytics, torch and python.
        created: when the run began.
        device, task, score_name: of the training.
        train_images, probe_images, val_images, batches_per_epoch: of the training.
        evaluated: the epoch with which the run ended, once its best weights were validated; 0 before. Versions that
            did not note it leave None.
        extended: the epoch with which the run had ended when it was made longer.
        stopped_early: the epoch with which the run ended before its last one.
        ended_by: what ended the run then: `patience`, `stop`, or a verdict of `stop.on`.
    """

    recipe: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    recipe_hash: str = ""
    trained_by: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    device: str = ""
    task: str = ""
    score_name: str = ""
    train_images: int | None = None
    probe_images: int | None = None
    val_images: int | None = None
    batches_per_epoch: int | None = None
    evaluated: int | None = None
    extended: int | None = None
    stopped_early: int | None = None
    ended_by: str = ""

    @property
    def train(self) -> Mapping[str, Any]:
        """The train arguments of the recipe."""
        return _map(self.recipe.get("train"))

    @property
    def optimizer(self) -> str:
        """Its name, lower case; empty where the recipe names none."""
        return _text(self.train.get("optimizer")).lower()

    @property
    def epochs(self) -> int | None:
        """Planned length."""
        return as_count(self.train.get("epochs"))


def read_run_file(folder: Path) -> tuple[RunFile, tuple[str, ...]]:
    """Return what the grokyolo.yaml of a run says, and what is wrong with it; nothing where there is none."""
    content, notes = load_yaml(folder / RUN_FILE)
    return run_file_of(content), notes


def run_file_of(content: Mapping[str, Any]) -> RunFile:
    """Return what a loaded grokyolo.yaml says; keys that are not known are ignored."""
    kinds: dict[str, Callable[[object], Any]] = {
        **dict.fromkeys(("provenance", "versions"), _texts),
        **dict.fromkeys(("recipe_hash", "trained_by", "created", "device", "task", "ended_by"), _shown),
        **dict.fromkeys(("train_images", "probe_images", "val_images", "batches_per_epoch"), as_count),
        **dict.fromkeys(("evaluated", "extended", "stopped_early"), _epoch),
    }
    found = {key: read(content.get(key)) for key, read in kinds.items()}
    return RunFile(recipe=_map(content.get("recipe")), score_name=_text(content.get("score_name")), **found)


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> dict[str, str]:
    return {str(key): text for key, one in _map(value).items() if (text := _shown(one))}


def _shown(value: object) -> str:
    return "" if value is None or isinstance(value, (Mapping, list)) else str(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _epoch(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# YAML of anybody ------------------------------------------------------------------------------------------------------


_BAD_VALUES = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError, RecursionError)
"""What PyYAML lets through, besides its own errors, for values such as `!!bool maybe`."""


def load_yaml(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Load a YAML map.

    Args:
        path: the file; it need not exist.

    Returns:
        The map, empty when the file is missing or unusable, and a note when it is not whole. Of a file that
        stops being YAML at some line (two processes wrote it, or a power cut) the lines before it count.
    """
    try:
        text = read_bounded(path, YAML_BYTES, within=path.parent).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return {}, ()
    except OSError as error:
        return {}, (f"{path.name} cannot be read ({error.strerror or error}): its settings are unknown",)
    loaded, broken = _parse(text)
    if broken is None:
        return (loaded, ()) if loaded is not None else ({}, (f"{path.name} holds no settings",))
    before, _ = _parse("\n".join(text.split("\n")[:broken]))
    if before:
        return before, (f"{path.name} is not valid YAML from line {broken + 1} on: the lines before it count",)
    return {}, (f"{path.name} is not valid YAML: its settings are unknown",)


def _parse(text: str) -> tuple[dict[str, Any] | None, int | None]:
    """Return the map, None when it is something else, and the number of lines before the first broken one."""
    import yaml

    try:
        loaded = parse_yaml(text)
    except yaml.MarkedYAMLError as error:
        marks = [mark.line for mark in (error.context_mark, error.problem_mark) if mark is not None]
        return None, min(marks, default=0)
    except (yaml.YAMLError, *_BAD_VALUES):
        return None, 0
    if loaded is None:
        return {}, None
    return ({str(key): value for key, value in loaded.items()}, None) if isinstance(loaded, Mapping) else (None, None)


def as_count(value: object) -> int | None:
    """Return a whole number above zero, or None for anything else (YAML's `true` included)."""
    number = as_number(value)
    return int(number) if number is not None and number >= 1 and number == int(number) else None


def as_number(value: object) -> float | None:
    """Return a finite number, also one that YAML took for text such as `1e-3`, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e300 else None


def as_flag(value: object) -> bool | None:
    """Return a truth value, or None for anything that is none."""
    return value if isinstance(value, bool) else None
