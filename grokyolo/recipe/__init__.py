"""Recipes: what to train and how, as a YAML file that is checked strictly before anything runs.

`load` is the way in. Nothing here imports torch or ultralytics, and nothing in a recipe is ever executed. pydantic is
imported with the first name that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokyolo.recipe.listing import Entry, KeyDifference, Value, diff, every_value, list_recipes, source_text
    from grokyolo.recipe.models import Accelerate, BuiltinData, Checkpoint, Gap, Grokfast, Inputs, Recipe
    from grokyolo.recipe.resolve import like_yolo, load, loader, origins
    from grokyolo.recipe.schema import MODELINE, SCHEMA_FILE, json_schema, schema_text
    from grokyolo.recipe.train_arguments import epochs_of, task_of
    from grokyolo.recipe.units import bytes_of, seconds

_HOMES = {
    "listing": ("KeyDifference", "Entry", "Value", "diff", "every_value", "list_recipes", "source_text"),
    "models": ("Accelerate", "BuiltinData", "Checkpoint", "Gap", "Grokfast", "Inputs", "Recipe"),
    "resolve": ("like_yolo", "load", "loader", "origins"),
    "schema": ("MODELINE", "SCHEMA_FILE", "json_schema", "schema_text"),
    "train_arguments": ("epochs_of", "task_of"),
    "units": ("bytes_of", "seconds"),
}

__all__ = [
    "MODELINE",
    "SCHEMA_FILE",
    "Accelerate",
    "BuiltinData",
    "Checkpoint",
    "Entry",
    "Gap",
    "Grokfast",
    "Inputs",
    "KeyDifference",
    "Recipe",
    "Value",
    "bytes_of",
    "diff",
    "epochs_of",
    "every_value",
    "flatten",
    "json_schema",
    "like_yolo",
    "list_recipes",
    "load",
    "loader",
    "origins",
    "schema_text",
    "seconds",
    "source_text",
    "task_of",
]


def __getattr__(name: str) -> Any:
    """Import a public name on its first use."""
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested maps as one map with dotted keys; lists and empty maps stay as they are."""
    return dict(_flat(values, prefix))


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
