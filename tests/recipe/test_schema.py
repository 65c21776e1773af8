"""The JSON Schema, checked by an independent validator."""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from grokyolo.errors import RecipeError
from grokyolo.recipe import SCHEMA_FILE, json_schema, load, schema_text
from grokyolo.recipe.catalogue import builtin_folder
from tests.recipe.bad_recipes import cases

SHIPPED = sorted(builtin_folder().glob("*.yaml"))
VALIDATOR = Draft202012Validator(json_schema())

ACROSS = {
    *("rules/validation-off", "rules/validation-on-training-images", "data/too-few-pairs", "data/not-a-classifier"),
    *("rules/stablemax-of-a-detector", "rules/memorised-without-probe"),
}
"""Mistakes that lie in no single value."""


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(json_schema())
    assert json.loads(json.dumps(json_schema())) == json_schema()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_recipe_is_valid(path):
    assert list(VALIDATOR.iter_errors(yaml.safe_load(path.read_text()))) == []


def test_the_shipped_schema_is_the_present_one():
    shipped = (builtin_folder() / SCHEMA_FILE).read_text()
    assert shipped == schema_text(), "grokyolo recipes schema > recipes/recipe.schema.json"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_schema_that_a_shipped_recipe_names_takes_it(path):
    named = path.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    schema = json.loads((path.parent / named).read_text())
    assert Draft202012Validator(schema).is_valid(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_resolved_recipe_is_valid(path):
    assert list(VALIDATOR.iter_errors(load(path.stem, complete=False).to_dict())) == []


@pytest.mark.parametrize("topic", ["keys", "train_keys", "values", "sections", "accelerate"])
def test_an_editor_marks_what_the_loader_refuses(topic):
    missed = []
    for case in (case for case in cases() if case.topic == topic):
        document = yaml.safe_load(case.files["recipe.yaml"])
        if VALIDATOR.is_valid(document):
            missed.append(case.name)
    assert missed in ([], ["description-empty"])  # a schema cannot tell blanks from text


def test_an_editor_accepts_what_the_loader_accepts():
    for case in (case for case in cases() if case.topic == "warnings" and not case.arguments):
        assert VALIDATOR.is_valid(yaml.safe_load(case.files["recipe.yaml"])), case


def section(key: str) -> dict:
    """The keys of a section, followed as an editor follows them."""
    schema = json_schema()
    reference = schema["properties"][key]["anyOf"][0]["$ref"]
    return schema["$defs"][reference.removeprefix("#/$defs/")]["properties"]


def test_every_key_has_a_description_for_the_editor():
    schema = json_schema()
    assert all(one["description"] for one in schema["properties"].values())
    accelerate = section("accelerate")
    assert len(accelerate) == 6
    assert all(one["description"] for one in accelerate.values())
    train = section("train")
    assert train["epochs"]["description"] == "number of epochs to train for"
    assert train["epochs"]["default"] == 100
    assert not {"project", "resume", "time", "source", "mode"} & set(train)


def test_the_across_rules_are_no_business_of_a_schema():
    for case in (case for case in cases() if str(case) in ACROSS):
        assert VALIDATOR.is_valid(yaml.safe_load(case.files["recipe.yaml"])), case
        assert case.says


def test_a_number_out_of_range_is_marked():
    assert not VALIDATOR.is_valid({"train": {"weight_decay": 5}})
    assert VALIDATOR.is_valid({"train": {"weight_decay": 1}})
    with pytest.raises(RecipeError):
        load("long-coco8", ["weight_decay=5"])
