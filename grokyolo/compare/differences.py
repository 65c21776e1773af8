"""What the settings of runs differ in: recipes of grokyolo, args.yaml of Ultralytics, opt.yaml of YOLOv5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokyolo.gap.context import load_yaml
from grokyolo.recipe import flatten

MISSING = "–"
IGNORED = frozenset({"description", "train.name", "train.project", "train.save_dir", "train.exist_ok", "train.resume"})
"""Keys that say where a run is and what it is called, not how it was trained."""


@dataclass(frozen=True)
class Difference:
    """One setting in which runs differ.

    Attributes:
        key: dotted, as in a recipe.
        values: one for each run in their order; None where a run does not have the key.
    """

    key: str
    values: tuple[Any, ...]


def settings_of(folder: Path) -> dict[str, Any]:
    """Return the settings of a run by dotted key, as a recipe names them; empty when there are none beside its log.

    Args:
        folder: the run folder.
    """
    own, _ = load_yaml(folder / "grokyolo.yaml")
    recipe = own.get("recipe")
    if isinstance(recipe, Mapping):
        return flatten(dict(recipe))
    args, _ = load_yaml(folder / "args.yaml")
    if not args:
        opt, _ = load_yaml(folder / "opt.yaml")
        hyp, _ = load_yaml(folder / "hyp.yaml")
        inner = opt.pop("hyp", None)
        args = {**(inner if isinstance(inner, Mapping) else {}), **hyp, **opt}
    top: dict[str, Any] = {name: args.pop(name) for name in ("model", "data") if name in args}
    return {**top, **{f"train.{key}": value for key, value in args.items()}}


def differences(settings: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Return the settings in which at least two runs differ, in the order in which they come.

    A run without any settings differs in nothing: they are unknown. A key that only a recipe or only an args.yaml
    can have is compared among those that have it.

    Args:
        settings: one map for each run.
    """
    keys = dict.fromkeys(key for one in settings for key in one if key not in IGNORED)
    found = []
    for key in keys:
        values = tuple(one.get(key) for one in settings)
        known = [one[key] for one in settings if key in one]
        alike = all(_same(value, known[0]) for value in known)
        everywhere = all(key in one for one in settings if one)
        if not alike or (not everywhere and known[0] is not None and _same_kind(settings)):
            found.append(Difference(key, values))
    return found


def _same_kind(settings: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether all settings are recipes, or none is: an args.yaml names every argument, a recipe few."""
    return len({any(key.startswith(("gap.", "checkpoint.")) for key in one) for one in settings if one}) == 1


def _same(one: Any, other: Any) -> bool:
    # True == 1 in Python, but `cache: true` and `cache: 1` are not the same to Ultralytics
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
