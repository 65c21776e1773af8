"""What a recipe will train, as far as it can be told before anything is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokyolo.recipe.model import Recipe

BY_SUFFIX = {"-seg": "segment", "-cls": "classify", "-pose": "pose", "-obb": "obb"}
"""Ultralytics' own file names end in the task."""
MODEL_AND_DATA = {
    "detect": ("yolo26n.pt", "coco8.yaml"),
    "segment": ("yolo26n-seg.pt", "coco8-seg.yaml"),
    "classify": ("yolo26n-cls.pt", "imagenet10"),
    "pose": ("yolo26n-pose.pt", "coco8-pose.yaml"),
    "obb": ("yolo26n-obb.pt", "dota8.yaml"),
}
"""What `yolo train` takes where nobody names a model or a data set (`ultralytics.cfg.TASK2MODEL`, `TASK2DATA`)."""


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
