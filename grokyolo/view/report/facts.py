"""Everything that the report says about one run, gathered from its folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grokyolo.format import format_integer, format_long_duration
from grokyolo.gap import Intervals, Series
from grokyolo.gap.intervals import intervals_of
from grokyolo.gap.settings import RunFile, load_yaml, read_run_file
from grokyolo.recipe import Value, flatten
from grokyolo.recipe.listing import DEFAULT, ULTRALYTICS
from grokyolo.recipe.train_arguments import OWNED, train_arguments
from grokyolo.verdict import Assessment, outlook
from grokyolo.view.report.plan import Planned, planned
from grokyolo.view.screen import last_known

Pairs = tuple[tuple[str, str], ...]

ARGS = ("args.yaml", "opt.yaml")
"""Where Ultralytics and YOLOv5 put all train arguments."""
_SHOWN_THOUGH_OWNED = frozenset({"model", "data"})
_ABSENT = object()
_WRITERS = {"grokyolo": "grokyolo", "ultralytics": "Ultralytics", "yolov5": "YOLOv5"}


@dataclass(frozen=True)
class SavedFile:
    """One file of weights or of a full state.

    Attributes:
        name: relative to the run folder.
        size: in bytes.
        purpose: what it is good for; may be empty.
    """

    name: str
    size: int
    purpose: str


@dataclass(frozen=True)
class RunFacts:
    """One run, as the report shows it.

    Attributes:
        series, assessment: the run and its verdict.
        bars: error bars of epochs that the log has.
        waiting: sentences on how far a memorising run has come; empty for others.
        plan: what it was to do, beside what it did; None where nothing is known of that.
        chosen, defaults: settings that somebody chose, and those that nobody touched.
        run_facts, environment: (name, value) pairs.
        checkpoints: files in `weights/` and `state/`.
        notes: warnings of the verdict and what the reader of the log had to repair, each once.
    """

    series: Series
    assessment: Assessment
    bars: tuple[Intervals, ...]
    waiting: tuple[str, ...]
    plan: Planned | None
    chosen: tuple[Value, ...]
    defaults: tuple[Value, ...]
    run_facts: Pairs
    environment: Pairs
    checkpoints: tuple[SavedFile, ...]
    notes: tuple[str, ...]


def read_facts(series: Series, assessment: Assessment) -> RunFacts:
    """Collect what the folder of a run holds besides the log; what is missing or broken is left out, and named."""
    folder = _folder(series)
    known, _ = read_run_file(folder)  # the reader of the log has told what is wrong with it
    bars, problem = intervals_of(series)
    chosen, defaults = settings(folder, known)
    waiting = outlook(series, assessment)
    return RunFacts(
        series=series,
        assessment=assessment,
        bars=bars,
        waiting=waiting.sentences() if waiting else (),
        plan=planned(folder, series),
        chosen=chosen,
        defaults=defaults,
        run_facts=of_run(series),
        environment=of_environment(known, series),
        checkpoints=tuple(_checkpoints(folder)),
        notes=tuple(dict.fromkeys([*assessment.warnings, *series.notes, *([problem] if problem else [])])),
    )


def _folder(series: Series) -> Path:
    path = Path(series.run)
    return path if path.is_dir() else path.parent


def _checkpoints(folder: Path) -> Iterator[SavedFile]:
    for place in ("weights", "state"):
        try:
            files = sorted(path for path in (folder / place).iterdir() if path.suffix == ".pt" and path.is_file())
            sizes = [path.stat().st_size for path in files]
        except OSError:  # no such folder, or the training cleans up at this moment
            continue
        for path, size in zip(files, sizes, strict=True):
            yield SavedFile(f"{place}/{path.name}", size, _purpose(place, path.stem))


def _purpose(place: str, stem: str) -> str:
    if place == "weights":
        return {"best": "weights of the best fitness", "last": "weights of the last save"}.get(stem, "weights")
    number = stem.partition("-")[2].partition("-")[0]
    when = f" of epoch {int(number)}" if stem.startswith("epoch-") and number.isdecimal() else ""
    return f"full state{when}, for an exact resume"


def settings(folder: Path, known: RunFile) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """Return the settings that somebody chose, and those that nobody touched.

    Args:
        folder: the run folder.
        known: its grokyolo.yaml; empty for a foreign run.
    """
    flat = flatten(known.recipe)
    values = [Value(key, value, known.provenance.get(key, DEFAULT)) for key, value in flat.items()]
    values += _arguments(folder, native=bool(flat), known=set(flat))
    untouched = {DEFAULT, ULTRALYTICS}
    return (
        tuple(value for value in values if value.source not in untouched),
        tuple(value for value in values if value.source in untouched),
    )


def _arguments(folder: Path, *, native: bool, known: set[str]) -> list[Value]:
    """Return the train arguments that Ultralytics noted and the recipe does not hold."""
    name = next((name for name in ARGS if (folder / name).is_file()), "")
    if not name:
        return []
    noted, _ = load_yaml(folder / name)
    defaults = {key: argument.default for key, argument in train_arguments().items()} if name == ARGS[0] else {}
    prefix = "train." if native else ""
    found = []
    for key, value in flatten(noted).items():
        if f"{prefix}{key}" in known or (key in OWNED and (native or key not in _SHOWN_THOUGH_OWNED)):
            continue
        source = ULTRALYTICS if _same(value, defaults.get(key, _ABSENT)) else name
        found.append(Value(f"{prefix}{key}", value, source))
    return found


def _same(value: Any, default: Any) -> bool:
    empty = value in ("", None) and default in ("", None)  # Ultralytics notes an unset device as ''
    return empty or (isinstance(value, bool) == isinstance(default, bool) and bool(value == default))


def of_run(series: Series) -> Pairs:
    """Return how long the run is, what it saw and what it spent."""
    return tuple((name, value) for name, value in _run(series) if value)


def of_environment(known: RunFile, series: Series) -> Pairs:
    """Return versions, device and origin of a run, as far as its grokyolo.yaml tells."""
    pairs = [("log written by", _WRITERS[series.source.value])]
    pairs += [("task", known.task), ("device", known.device), ("created", known.created)]
    pairs += [*known.versions.items(), ("recipe hash", known.recipe_hash)]
    return tuple((name, value) for name, value in pairs if value)


def _run(series: Series) -> Iterator[tuple[str, str]]:
    last = int(series.epoch[-1])
    planned = series.epochs_planned
    yield "epochs", f"{last:,} of {planned:,} planned" if planned and planned != last else f"{last:,}"
    yield "measured", f"{int(series.measured.sum()):,} times"
    yield "training images", format_integer(series.train_images)
    yield "probe images", format_integer(series.probe_images) if series.like_for_like else "no probe: the gap is rough"
    yield "validation images", format_integer(series.val_images)
    yield "batches per epoch", format_integer(series.batches_per_epoch)
    steps = last_known(series.step)
    yield "optimizer steps", "" if steps is None else f"{steps:,.0f}"
    seconds = last_known(series.seconds)
    yield "time trained", "" if seconds is None else format_long_duration(seconds)
    spent = last_known(series.decay_budget)
    yield "decay budget spent", "" if spent is None else f"{spent:.3g} e-folds"
    for name, values in (("norm under decay", series.norm_decayed), ("norm of the others", series.norm_free)):
        known = values[np.isfinite(values)]
        yield name, f"{known[0]:.4g} at first, {known[-1]:.4g} at last" if len(known) else ""
