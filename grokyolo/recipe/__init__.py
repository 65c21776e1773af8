"""Recipes: what to train and how, as a YAML file that is checked strictly before anything runs.

`load` is the way in. Nothing here imports torch or ultralytics, and nothing in a recipe is ever executed.
"""

from grokyolo.recipe.catalogue import Entry, list_recipes, source_text
from grokyolo.recipe.durations import seconds
from grokyolo.recipe.loading import load
from grokyolo.recipe.model import Accelerate, BuiltinData, Checkpoint, Gap, Grokfast, Recipe, flatten

__all__ = [
    "Accelerate",
    "BuiltinData",
    "Checkpoint",
    "Entry",
    "Gap",
    "Grokfast",
    "Recipe",
    "flatten",
    "list_recipes",
    "load",
    "seconds",
    "source_text",
]
