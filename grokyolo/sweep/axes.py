"""The axes of a sweep: which keys differ, their levels in order, which two span the diagram."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from grokyolo.errors import UsageError, did_you_mean
from grokyolo.gap.settings import as_number
from grokyolo.sweep.outcome import Run

MOST_LEVELS = 12
"""Axes with more different numbers than this are cut into bins."""
BINS = 8
LOG_SPAN = 20.0
"""Numbers that span more than this factor are cut evenly in their logarithm."""
SIZES = ("fraction", "modulus", "train_images", "images")
MODELS = ("model", "width", "depth")
"""Last parts of keys that say how much data or how large a model there is."""


@dataclass(frozen=True)
class Level:
    """One place on an axis.

    Attributes:
        label: as it is shown.
        low, high: the numbers it holds, equal but for bins; NaN where the axis has no numbers.
    """

    label: str
    low: float = math.nan
    high: float = math.nan

    @property
    def middle(self) -> float:
        """Its number; of a bin the middle."""
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Axis:
    """What differs between runs.

    Attributes:
        key: as on the command line or in the recipe; empty for an axis that only fills the diagram.
        levels: numbers rising, words in the order in which they come.
        numeric: whether all values are numbers.
        binned: whether levels hold several numbers.
        words: the values in full, where levels are words.
    """

    key: str
    levels: tuple[Level, ...]
    numeric: bool = False
    binned: bool = False
    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The key without `train.`, as it is typed."""
        return _without_train(self.key)

    @property
    def last(self) -> str:
        """The last part of the key."""
        return _last_part(self.key)

    @property
    def is_seed(self) -> bool:
        """Whether it only repeats: its runs are gathered in one cell."""
        return self.last == "seed"

    @property
    def is_size(self) -> bool:
        """Whether it says how much data is trained on."""
        return self.numeric and self.last in SIZES

    @property
    def is_model(self) -> bool:
        """Whether it says how large the model is."""
        return self.last in MODELS

    @cached_property
    def _places(self) -> dict[str, int]:
        names = self.words or tuple(level.label for level in self.levels)
        return {name: number for number, name in enumerate(names)}

    def place(self, value: object) -> int:
        """Return which level a value belongs to."""
        if not self.key:
            return 0
        if not self.binned:
            return self._places[label_of(value)]
        number = as_number(value)
        highs = [level.high for level in self.levels]
        return min(int(np.searchsorted(highs, number or 0.0)), len(highs) - 1)

    def level_of(self, run: Run) -> int:
        """Return which level a run belongs to."""
        return self.place(run.values.get(self.key))


NOTHING = Axis("", (Level(""),))
"""Stands where a sweep has one axis or none."""


def label_of(value: object) -> str:
    """Return a value as it is typed."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) and math.isfinite(value) else str(value)


def axis_of(key: str, values: Sequence[object], order: Mapping[str, float] | None = None) -> Axis:
    """Return the axis of a key; too many different numbers are cut into bins, but for seeds.

    Args:
        key: in full.
        values: one for each run.
        order: of words, by their labels, such as models by their size; others stay as they come.
    """
    by_label = {label_of(value): as_number(value) for value in values if value is not None}
    numbers = {label: number for label, number in by_label.items() if number is not None}
    if len(numbers) == len(by_label):
        by_label = dict(sorted(by_label.items(), key=lambda one: numbers[one[0]]))
    labels = list(by_label) + ["null"] * any(value is None for value in values)
    if len(numbers) < len(labels):
        known = order or {}
        if all(label in known for label in labels):
            labels.sort(key=known.__getitem__)
        return Axis(key, tuple(map(Level, _short(labels))), words=tuple(labels))
    if len(numbers) > MOST_LEVELS and _last_part(key) != "seed":
        return Axis(key, _binned(np.array(sorted(numbers.values()))), numeric=True, binned=True)
    levels = tuple(Level(label, number, number) for label, number in sorted(numbers.items(), key=lambda one: one[1]))
    return Axis(key, levels, numeric=True)


def _short(labels: Sequence[str]) -> list[str]:
    """Return the last parts of paths, where they tell the values apart."""
    short = [label.rstrip("/\\").replace("\\", "/").rpartition("/")[2] or label for label in labels]
    return short if len(set(short)) == len(labels) else list(labels)


def _binned(numbers: np.ndarray) -> tuple[Level, ...]:
    low, high = float(numbers[0]), float(numbers[-1])
    log = low > 0 and high / low > LOG_SPAN
    edges = np.geomspace(low, high, BINS + 1) if log else np.linspace(low, high, BINS + 1)
    return tuple(Level(f"{start:.3g}–{stop:.3g}", start, stop) for start, stop in pairwise(edges.tolist()))


def differing(values: Sequence[Mapping[str, object]], keys: Sequence[str]) -> list[str]:
    """Return the keys that span something: not the same everywhere, and no name that every run has for itself."""
    found = []
    for key in keys:
        labels = {label_of(one.get(key)) for one in values}
        words = any(one.get(key) is not None and as_number(one.get(key)) is None for one in values)
        if len(labels) > 1 and not (words and len(labels) == len(values) > 3):
            found.append(key)
    return found


def axis_named(name: str, axes: Sequence[Axis], option: str) -> Axis:
    """Return the axis that a user means: its key in full, without `train.`, or its last part where only one has it.

    Args:
        name: as typed.
        axes: what there is.
        option: for the message, such as `--axes`.

    Raises:
        UsageError: no key has this name, or several do.
    """
    for form in (str, _without_train, _last_part):
        found = [axis for axis in axes if form(axis.key) == name]
        if len(found) == 1:
            return found[0]
        if found:
            what = f"{name} may be {' or '.join(axis.key for axis in found)}"
            raise UsageError(what, where=f"{option} {name}", hint=f"{option} {found[0].key}")
    known = [axis.name for axis in axes]
    hint = did_you_mean(name, known) or (f"one of {', '.join(known)}" if known else "grokyolo sweep show --help")
    raise UsageError(f"nothing in this sweep differs by {name}", where=f"{option} {name}", hint=hint)


def _without_train(key: str) -> str:
    return key.removeprefix("train.")


def _last_part(key: str) -> str:
    return key.rpartition(".")[2]


def spanning(axes: Sequence[Axis]) -> tuple[Axis, Axis]:
    """Return the two axes that span the diagram by default: down and across.

    They are the two with most levels, as long as these can be read; of those the amount of data goes across.
    """
    readable = [axis for axis in axes if not axis.is_seed and len(axis.levels) <= MOST_LEVELS]
    found = sorted(readable, key=lambda axis: -len(axis.levels))[:2]
    found.sort(key=axes.index)
    if not found:
        return NOTHING, NOTHING
    if len(found) == 1:
        return NOTHING, found[0]
    down, across = found
    return (across, down) if down.is_size and not across.is_size else (down, across)


def setting_of(values: Mapping[str, object], axes: Sequence[Axis]) -> Hashable:
    """Return what all runs have in common that differ by their seeds only."""
    return tuple(label_of(values.get(axis.key)) for axis in axes if not axis.is_seed)


def parts_of(runs: Sequence[Run], axes: Sequence[Axis]) -> list[tuple[dict[str, str], list[Run]]]:
    """Return the runs of each combination of levels that has any, with the labels of these levels by axis."""
    found: dict[tuple[int, ...], list[Run]] = {}
    for run in runs:
        found.setdefault(tuple(axis.level_of(run) for axis in axes), []).append(run)
    return [
        ({axis.name: axis.levels[level].label for axis, level in zip(axes, levels, strict=True)}, found[levels])
        for levels in sorted(found)
    ]


def described(fixed: Mapping[str, str]) -> str:
    """Return the part of a sweep that something is about, as ` at weight_decay=1 at lr0=0.002`."""
    return "".join(f" at {name}={label}" for name, label in fixed.items())
