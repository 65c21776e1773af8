"""The settings of a run with their origins: from grokyolo.yaml, and from the args.yaml that Ultralytics wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grokyolo.gap.settings import load_yaml
from grokyolo.recipe import Value, flatten
from grokyolo.recipe.listing import DEFAULT, ULTRALYTICS
from grokyolo.recipe.train_arguments import OWNED, train_arguments

ARGS = ("args.yaml", "opt.yaml")
"""Where Ultralytics and YOLOv5 put all train arguments."""
_SHOWN_THOUGH_OWNED = frozenset({"model", "data"})
_ABSENT = object()


def settings(folder: Path, meta: Mapping[str, Any]) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """Return the settings that somebody chose, and those that nobody touched.

    Args:
        folder: the run folder.
        meta: its grokyolo.yaml; empty for a foreign run.
    """
    recipe = meta.get("recipe")
    origins = meta.get("provenance")
    flat = flatten(recipe) if isinstance(recipe, Mapping) else {}
    named = origins if isinstance(origins, Mapping) else {}
    values = [Value(key, value, str(named.get(key, DEFAULT))) for key, value in flat.items()]
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
