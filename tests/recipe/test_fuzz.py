"""Whatever a file or a command line holds: a recipe, or an error that a person can read.

GROKYOLO_FUZZ sets the number of inputs for each kind.
"""

import os
import tempfile
import unicodedata
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from grokyolo.errors import GrokyoloError, RecipeError
from grokyolo.recipe import Recipe, load
from grokyolo.recipe.models import SECTIONS, TOP
from grokyolo.recipe.train_arguments import train_arguments

many = settings(max_examples=int(os.environ.get("GROKYOLO_FUZZ", "200")))

INNER = [key for section in SECTIONS.values() for key in section.model_fields]
NAMES = st.one_of(st.sampled_from([*TOP, *INNER, *train_arguments()]), st.text(max_size=8))
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.dates(),
    st.binary(max_size=4),
    st.sampled_from(
        ["1e-3", "long", "long-coco8", "modular-addition", "yolo26n.pt", "10m", "2GB", "auto", "AdamW", "0500"]
    ),
)
TREES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4))
)


GOOD = {
    "train": [{"epochs": 7}, {"lr0": 0.5, "seed": 3}],
    "gap": [{"every": 2}, {"probe": 8, "budget": None}],
    "checkpoint": [{"keep": 1}, {"every": "2m"}],
}


def section(key: str) -> st.SearchStrategy:
    """Anything in the place of a section, or a section with keys of its own and values that may fit."""
    own = list(SECTIONS[key].model_fields) if key in SECTIONS and key != "data" else []
    fitting = st.dictionaries(
        st.sampled_from(own or ["seed"]), st.sampled_from([True, False, None, 1, 2, 0.5]), max_size=2
    )
    good = st.sampled_from(GOOD.get(key, [{}]))
    return st.one_of(LEAVES, st.dictionaries(NAMES, TREES, max_size=5), fitting, good)


PARTS = {key: section(key) for key in TOP if key != "extends"}
PARENTS = st.sampled_from(["long", "long-coco8", "grok-modular-addition"])
NEARLY = st.lists(st.sampled_from(list(PARTS)), unique=True, max_size=4).flatmap(
    lambda keys: st.fixed_dictionaries({"extends": PARENTS, **{key: PARTS[key] for key in keys}})
)
YAMLISH = st.text(st.sampled_from(list("abe01.-+:{}[]&*!|>'\"%@`#,?<=~ \n\t\\\x00\ud800é")), max_size=60)


def tame(line: str) -> bool:
    """Return whether a line is one line, with nothing in it that a terminal acts on."""
    return not {unicodedata.category(letter) for letter in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def outcome(text: str | bytes, arguments: list[str]) -> Recipe | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        try:
            recipe = load(str(path), arguments)
        except RecipeError as error:
            assert error.problems
            assert all(line.startswith(("error: ", "where: ", "try:   ")) for line in error.lines())
            assert all(map(tame, error.lines()))
            assert all(problem.hint for problem in error.problems)
            return None
        assert all(map(tame, recipe.warnings))
        again = Path(folder) / "again.yaml"
        again.write_text(recipe.to_yaml(), encoding="utf-8")
        assert load(str(again)).hash == recipe.hash
        return recipe


@many
@given(st.one_of(st.text(), YAMLISH))
def test_any_text(text):
    outcome(text, [])


@many
@given(st.binary(max_size=200))
def test_any_bytes(content):
    outcome(content, [])


@many
@given(st.one_of(TREES, NEARLY))
def test_any_yaml(tree):
    outcome(yaml.safe_dump(tree, allow_unicode=True), [])


@many
@given(st.lists(st.one_of(st.text(max_size=20), st.builds("{}={}".format, NAMES, YAMLISH)), max_size=4))
def test_any_command_line(arguments):
    outcome("extends: long-coco8\n", arguments)


@many
@given(st.lists(st.builds("{}.{}={}".format, st.sampled_from(list(TOP)), NAMES, LEAVES), max_size=3))
def test_any_dotted_command_line(arguments):
    outcome("extends: grok-modular-addition\n", arguments)


@many
@given(st.text(max_size=40))
def test_any_name(name):
    try:
        load(name)
    except GrokyoloError as error:
        assert error.exit_code == 2


@many
@given(NEARLY)
def test_nearly_right_recipes_are_not_all_refused_for_one_reason(tree):
    """The generator reaches the rules behind the types: see `test_the_generator_reaches_good_recipes`."""
    outcome(yaml.safe_dump(tree), ["seed=1"])


def test_the_generator_reaches_good_recipes():
    found: list[Recipe] = []

    @settings(max_examples=1000, database=None, derandomize=True)
    @given(NEARLY)
    def collect(tree):
        if recipe := outcome(yaml.safe_dump(tree), []):
            found.append(recipe)

    collect()
    assert len({recipe.hash for recipe in found}) > 3
