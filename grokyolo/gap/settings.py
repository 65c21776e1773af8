"""What args.yaml (Ultralytics) or opt.yaml and hyp.yaml (YOLOv5) say about the run beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokyolo.dynamics import accumulation, effective_decay, lr_factor
from grokyolo.gap.context import as_count, as_flag, as_number, load_yaml
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
    own, _ = load_yaml(folder / "grokyolo.yaml")
    recipe = own.get("recipe")
    if isinstance(recipe, Mapping):
        return flatten(dict(recipe))
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
