"""What the YAML files beside a log say about its run, loaded without trust, and what its warm-up tells beyond them.

Of args.yaml (Ultralytics), or opt.yaml and hyp.yaml (YOLOv5), each value is taken only when it has the right type.
Batches per epoch and optimizer steps stand in no file of a plain run, yet steps are what weight decay and the weight
average count in. In the warm-up the rate rises with every batch, from 0 by equal amounts, and the log holds it after
the last batch of each epoch: (n - 1, 2n - 1, 3n - 1) amounts after the first three epochs of n batches, each times the
schedule. Three numbers for two unknowns: where they disagree, the rate was not made this way and nothing is claimed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grokyolo.dynamics import accumulation, effective_decay, lr_factor, warmup_steps
from grokyolo.files import YAML_BYTES, parse_yaml, read_bounded
from grokyolo.gap.series import FloatArray, IntArray
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


_AGREEMENT = 0.01
_LEAST_WARMUP = 100
_LONGEST_WARMUP = 1e6


def batches_per_epoch(epochs: IntArray, lr: FloatArray, schedule: Callable[[int], float]) -> int | None:
    """Return how many batches an epoch has, or None when the warm-up does not tell.

    Args:
        epochs: shape (n,), rising.
        lr: shape (n,), learning rate of the weights (not the biases, which warm up from above).
        schedule: factor on the rate by 0-based epoch.
    """
    if not np.array_equal(epochs[:3], [1, 2, 3]):
        return None
    planned = [schedule(epoch) for epoch in range(3)]
    if not all(planned):
        return None
    return _count(*(rate / factor for rate, factor in zip(lr[:3].tolist(), planned, strict=True)))


def _count(first: float, second: float, third: float) -> int | None:
    """Return n for which the three rates are as n - 1, 2n - 1 and 3n - 1, or None when there is none."""
    if not 0 <= first < second < third < math.inf:
        return None
    if first == 0:
        return 1 if abs(third - 2 * second) <= _AGREEMENT * third else None
    beyond = second / first - 2, third / first - 3
    if min(beyond) <= 0:
        return None
    one, other = 1 + 1 / beyond[0], 1 + 2 / beyond[1]
    return round((one + other) / 2) if abs(one - other) <= max(0.1, _AGREEMENT * one) else None


def warmup_batches(
    epochs: IntArray, lr: FloatArray, schedule: Callable[[int], float], batches: int, warmup_epochs: float
) -> int:
    """Return how many batches the warm-up took.

    Earlier versions of Ultralytics let it take 100 batches at least; since 8.4 it is as short as the settings say.
    A rate that stands after so few batches tells the one from the other.

    Args:
        epochs, lr, schedule: as for `batches_per_epoch`, which told `batches`.
        batches: per epoch.
        warmup_epochs: as in the settings.
    """
    short = round(warmup_epochs * batches)
    if short >= _LEAST_WARMUP or warmup_epochs <= 0:
        return short
    rates = lr / np.array([schedule(epoch) or np.nan for epoch in (epochs - 1).tolist()])
    amount = rates[1] / max(2 * batches - 1, 1)
    reached = float(np.nanmax(rates)) / amount if amount > 0 else math.inf
    over = epochs[-1] * batches - 1 > short
    return short if over and abs(reached - short) <= max(0.5, _AGREEMENT * short) else _LEAST_WARMUP


def optimizer_steps(epochs: IntArray, batches: int, accumulate: int, warm: int) -> FloatArray:
    """Return the optimizer steps done by the end of each epoch, as the trainer of Ultralytics counts them.

    Args:
        epochs: shape (n,), 1-based.
        batches: per epoch.
        accumulate: batches that make one step after the warm-up; within it the number grows from 1.
        warm: batches of the warm-up, 0 for none.

    Returns:
        Shape (n,); NaN throughout when the warm-up is longer than any real one, for then it is no warm-up.
    """
    if warm > _LONGEST_WARMUP:
        return np.full(len(epochs), np.nan)
    early = warmup_steps(warm, warm, accumulate)
    last = int(early[-1]) if len(early) else -1
    ends = batches * epochs.astype(np.int64) - 1
    later = np.where(ends > (warm or -1), np.maximum(ends - last, 0) // accumulate, 0)
    steps: FloatArray = (np.searchsorted(early, ends, side="right") + later).astype(float)
    return steps
