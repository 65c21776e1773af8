"""Loading a recipe must be light: training alone pays for torch."""

import subprocess

import pytest

from grokyolo import recipe

HEAVY = ("torch", "ultralytics", "matplotlib", "numpy", "pandas", "polars", "PIL")
PROGRAM = """
import sys
from grokyolo.recipe import diff, every_value, json_schema, list_recipes, load
list_recipes(), json_schema(), every_value(load("long-coco8", ["epochs=3"]))
print([name for name in %r if name in sys.modules])
"""


def test_nothing_heavy_is_imported(python, root):
    done = subprocess.run([python, "-c", PROGRAM % (HEAVY,)], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["train", "--help"], ["recipes", "--help"], ["gap", "runs/none"], ["--version"]]
)
def test_the_models_are_imported_with_a_recipe_and_not_before(python, root, arguments):
    ask = "print('grokyolo.recipe.models' in sys.modules)"
    program = f"import sys\nfrom grokyolo.cli import main\nmain({arguments!r})\n{ask}"
    done = subprocess.run([python, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("name", ["seconds", "bytes_of", "epochs_of", "task_of"])
def test_what_needs_no_model_does_not_import_pydantic(python, root, name):
    program = f"import sys\nfrom grokyolo.recipe import {name}\nprint('pydantic' in sys.modules)"
    done = subprocess.run([python, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_every_public_name_has_a_home():
    assert all(getattr(recipe, name) is not None for name in recipe.__all__)
