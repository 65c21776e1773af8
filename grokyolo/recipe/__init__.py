"""Recipes: what to train and how, as a YAML file that is checked strictly before anything runs.

`load` is the way in. Nothing here imports torch or ultralytics, and nothing in a recipe is ever executed.
"""

from grokyolo.recipe.comparing import Difference, Value, diff, every_value
from grokyolo.recipe.durations import seconds
from grokyolo.recipe.listing import Entry, list_recipes
from grokyolo.recipe.loading import like_yolo, load, loader, origins, source_text
from grokyolo.recipe.model import Accelerate, BuiltinData, Checkpoint, Gap, Grokfast, Inputs, Recipe, flatten
from grokyolo.recipe.schema_export import MODELINE, SCHEMA_FILE, json_schema, schema_text
from grokyolo.recipe.sizes import bytes_of
from grokyolo.recipe.tasks import epochs_of, task_of

__all__ = [
    "MODELINE",
    "SCHEMA_FILE",
    "Accelerate",
    "BuiltinData",
    "Checkpoint",
    "Difference",
    "Entry",
    "Gap",
    "Grokfast",
    "Inputs",
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
