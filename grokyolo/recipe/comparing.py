"""Every value of a recipe with its origin, and the difference between two recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grokyolo.recipe.arguments import train_arguments
from grokyolo.recipe.model import Recipe, flatten
from grokyolo.recipe.ownership import OWNED
from grokyolo.recipe.schema import TOP
from grokyolo.recipe.tasks import task_of

DEFAULT = "default"
FROM_MODEL = "model or data"
ULTRALYTICS = "Ultralytics default"


@dataclass(frozen=True)
class Value:
    """One value of a recipe.

    Attributes:
        key: dotted.
        value: resolved.
        source: `file:line`, `command line`, `default` (grokyolo's), `Ultralytics default` or `model or data`.
    """

    key: str
    value: Any
    source: str

    @property
    def is_default(self) -> bool:
        """Tell whether nobody set it."""
        return self.source in {DEFAULT, ULTRALYTICS, FROM_MODEL}


@dataclass(frozen=True)
class Difference:
    """One key in which two recipes differ.

    Attributes:
        key: dotted.
        left: in the first recipe; None where it has no such key.
        right: in the second; None where it has no such key.
    """

    key: str
    left: Value | None
    right: Value | None


def every_value(recipe: Recipe, origins: Mapping[str, str] | None = None) -> list[Value]:
    """Return all values that a training will use, those that nobody set included.

    Args:
        recipe: resolved.
        origins: dotted key to where its value comes from; the recipe's own provenance by default.
    """
    known = recipe.provenance if origins is None else origins
    values = [Value(key, value, known.get(key, DEFAULT)) for key, value in flatten(recipe.to_dict()).items()]
    unset = [
        Value(f"train.{name}", argument.default, ULTRALYTICS)
        for name, argument in train_arguments().items()
        if argument.used_in_training and name not in OWNED and name not in {*recipe.train, "task"}
    ]
    if "task" not in recipe.train:
        unset.append(Value("train.task", task_of(recipe), FROM_MODEL))
    return sorted([*values, *unset], key=lambda value: list(TOP).index(value.key.partition(".")[0]))


def diff(a: Recipe, b: Recipe) -> list[Difference]:
    """Return where two recipes differ in what they do; a value spelled out equals the same value by default.

    The description makes no difference, as in `Recipe.hash`.
    """
    left = {value.key: value for value in every_value(a)}
    right = {value.key: value for value in every_value(b)}
    keys = [*left, *(key for key in right if key not in left)]
    return [
        Difference(key, left.get(key), right.get(key))
        for key in keys
        if key != "description" and not _same(left.get(key), right.get(key))
    ]


def _same(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return one is other
    # True == 1 in Python, but `cache: true` and `cache: 1` are not the same to Ultralytics
    kinds = isinstance(one.value, bool) == isinstance(other.value, bool)
    return kinds and bool(one.value == other.value)
