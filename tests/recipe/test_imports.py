"""Loading a recipe must be light: training alone pays for torch."""

import subprocess

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
