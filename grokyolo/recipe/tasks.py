"""What a recipe will train, as far as it can be told before anything is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokyolo.recipe.model import Recipe

BY_SUFFIX = {"-seg": "segment", "-cls": "classify", "-pose": "pose", "-obb": "obb"}
"""Ultralytics' own file names end in the task."""


def task_of(recipe: Recipe) -> str:
    """Return the task: as the recipe says, as its built-in data needs, or as the model's name ends."""
    if "task" in recipe.train:
        return str(recipe.train["task"])
    if not isinstance(recipe.data, str):
        return "classify"
    stem = Path(recipe.model).stem
    return next((task for suffix, task in BY_SUFFIX.items() if stem.endswith(suffix)), "detect")


def epochs_of(recipe: Recipe) -> int:
    """Return the planned number of epochs."""
    from grokyolo.recipe.arguments import default_of

    return int(recipe.train.get("epochs", default_of("epochs")))
