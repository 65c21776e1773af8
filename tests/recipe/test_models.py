"""The resolved recipe: plain values, YAML and back, and its hash."""

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from grokyolo.recipe import Accelerate, BuiltinData, Recipe, flatten, load
from grokyolo.recipe.messages import expected
from grokyolo.recipe.models import NUMBER, SECTIONS, WHOLE, Count, Duration, Section, Share, Size, Text, Wording
from grokyolo.recipe.schema import file_model
from tests.recipe.recipes import loaded, write
from tests.recipe.test_catalogue import BUILT_IN

ARGUMENTS = {name: ["model=yolo26n.pt", "data=coco8.yaml"] for name in ("long", "long-small-data", "edge-compact")}


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_is_written_as_yaml_loads_as_the_same_recipe(name, workplace):
    recipe = load(name, ARGUMENTS.get(name, []))
    again = loaded(workplace, recipe.to_yaml())
    assert again.to_dict() == recipe.to_dict()
    assert again.hash == recipe.hash
    assert again.model == recipe.model


def test_the_plain_form_holds_only_what_yaml_and_json_know():
    plain = load("grok-modular-addition").to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["gap"] == {"every": 1, "probe": 256, "budget": None}
    assert plain["checkpoint"] == {"every": "10m", "keep": 3}
    assert plain["data"] == {
        "name": "modular-addition",
        "modulus": 31,
        "fraction": 0.6,
        "operation": "+",
        "seed": None,
    }
    assert "accelerate" not in plain


def test_a_recipe_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        load("long-coco8").model = "other.pt"  # type: ignore[misc]


def test_changing_the_plain_form_does_not_change_the_recipe():
    recipe = load("long-coco8", ["classes=[0, 1]"])
    plain = recipe.to_dict()
    plain["train"]["epochs"] = 5
    plain["train"]["classes"].append(2)
    assert (recipe.train["epochs"], recipe.train["classes"]) == (1000, [0, 1])


BASE = "model: yolo26n.pt\ndata: coco8.yaml\ntrain: {epochs: 10, lr0: 1.0}\n"


@pytest.mark.parametrize(
    "text",
    [
        "data: coco8.yaml\ntrain: {lr0: 1.0, epochs: 10}\nmodel: yolo26n.pt\n",
        "# a comment\n" + BASE,
        "description: other words\n" + BASE,
        "model: 'yolo26n.pt'\ndata: coco8.yaml\ntrain:\n  epochs: 10.0\n  lr0: 1\n",
        BASE + "gap: {every: 1, probe: 256, budget: 0.1}\n",
        BASE + "checkpoint: {every: 600s}\n",
        BASE + "checkpoint:\naccelerate:\n",
    ],
    ids=["order", "comment", "description", "spelling", "defaults", "time", "empty"],
)
def test_the_hash_is_that_of_what_the_recipe_does(text, workplace):
    assert loaded(workplace, text).hash == loaded(workplace, BASE).hash


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace("10", "11"),
        BASE.replace("yolo26n.pt", "yolo26s.pt"),
        BASE.replace("coco8", "coco128"),
        BASE.replace("lr0: 1.0", "lr0: 0.99"),
        BASE.replace("}", ", seed: 1}"),
        BASE + "gap: {every: 2}\n",
        BASE + "gap: {budget: null}\n",
        BASE + "checkpoint: {every: 11m}\n",
        BASE + "accelerate: {grokfast: {}}\n",
        BASE + "accelerate: {initial_scale: 1}\n",
        BASE + "accelerate: {constrained_norm: 1}\n",
        BASE + "accelerate: {orthograd: true}\n",
        BASE + "accelerate: {weight_decay_after: 1}\n",
    ],
)
def test_the_hash_changes_with_every_value(text, workplace):
    assert loaded(workplace, text).hash != loaded(workplace, BASE).hash


def test_true_and_1_are_not_the_same(workplace):
    one, true = (loaded(workplace, f"extends: long-coco8\ntrain: {{amp: {value}}}\n") for value in ("true", "fp16"))
    assert one.hash != true.hash


def test_the_hash_of_an_own_architecture_is_that_of_its_content_wherever_it_lies(workplace):
    write(workplace / "a", "nc: 1\n", "mine.yaml")
    write(workplace / "b", "nc: 1\n", "mine.yaml")
    write(workplace / "c", "nc: 2\n", "mine.yaml")
    a, b, c = (load("long-coco8", [f"model={folder}/mine.yaml"]).hash for folder in "abc")
    assert a == b != c


def test_the_hash_does_not_depend_on_the_place_of_the_installation(monkeypatch, tmp_path):
    from grokyolo.recipe import catalogue

    here = load("grok-modular-addition").hash
    package = tmp_path / "grokyolo"
    (package / "recipe").mkdir(parents=True)
    (package / "recipes" / "models").mkdir(parents=True)
    for file in ("grok-modular-addition.yaml", "models/modular-addition.yaml"):
        (package / "recipes" / file).write_bytes((catalogue.builtin_folder() / file).read_bytes())
    monkeypatch.setattr(catalogue, "__file__", str(package / "recipe" / "catalogue.py"))
    monkeypatch.chdir(tmp_path)
    moved = load("grok-modular-addition")
    assert moved.model.startswith(str(package))
    assert moved.hash == here


def test_a_copy_of_recipe_and_architecture_has_the_hash_of_the_original(workplace):
    from grokyolo.recipe import catalogue

    for file in ("grok-modular-addition.yaml", "models/modular-addition.yaml"):
        write(workplace / "recipes", (catalogue.builtin_folder() / file).read_text(), file)
    copy = load("grok-modular-addition")
    assert copy.model == str(workplace / "recipes" / "models" / "modular-addition.yaml")
    (workplace / "recipes").rename(workplace / "away")
    assert load("grok-modular-addition").hash == copy.hash != ""


def test_the_hash_is_a_sha256():
    assert len(load("long-coco8").hash) == 64
    assert int(load("long-coco8").hash, 16)


def test_flat_keys_are_dotted_and_lists_stay_whole():
    assert flatten({"a": {"b": 1, "c": {"d": [1, 2]}}, "e": {}, "f": None}) == {
        "a.b": 1,
        "a.c.d": [1, 2],
        "e": {},
        "f": None,
    }


def test_defaults_are_those_of_the_design():
    recipe = Recipe(name="x", model="m", data=BuiltinData())
    assert (recipe.gap.every, recipe.gap.probe, recipe.gap.budget) == (1, 256, 0.1)
    assert (recipe.checkpoint.every, recipe.checkpoint.keep) == (600, 3)
    assert recipe.accelerate == Accelerate()
    assert recipe.accelerate.to_dict() == {}


def test_accelerators_are_written_as_a_recipe_has_them(workplace):
    section = {"orthograd": True, "initial_scale": 0.5, "grokfast": {"alpha": 0.9, "lamb": 2.0}}
    recipe = loaded(workplace, BASE + f"accelerate: {json.dumps(section)}\n")
    assert recipe.to_dict()["accelerate"] == section
    off = loaded(workplace, BASE + "accelerate: {orthograd: false, initial_scale: null, grokfast: null}\n")
    assert "accelerate" not in off.to_dict()
    assert off.hash == loaded(workplace, BASE).hash


AtLeast0 = Annotated[float, Field(ge=0), NUMBER]
UpTo1 = Annotated[float, Field(ge=0, le=1), NUMBER]
TYPES: list[tuple[Any, str]] = [
    (bool, "true or false"),
    (Annotated[float, NUMBER], "a number"),
    (AtLeast0, "a number of at least 0"),
    (UpTo1, "a number from 0 to 1"),
    (Annotated[float, Field(gt=0), NUMBER], "a number above 0"),
    (Annotated[float, Field(gt=0, le=1), NUMBER], "a number above 0 and at most 1"),
    (Share, "a number above 0 and below 1"),
    (Annotated[float, Field(ge=0, lt=1), NUMBER], "a number of at least 0 and below 1"),
    (Annotated[int, WHOLE], "a whole number"),
    (Count, "a whole number of at least 1"),
    (Annotated[int, Field(ge=2, le=512), WHOLE], "a whole number from 2 to 512"),
    (Text, "text"),
    (Literal["ram", "disk"], "ram or disk"),
    (bool | Literal["ram", "disk"], "true, false, ram or disk"),
    (Count | None, "a whole number of at least 1 or null"),
    (
        Annotated[list[Annotated[int, Field(ge=0), WHOLE]], Field(min_length=1)],
        "a list, each a whole number of at least 0",
    ),
    (Duration, "a time such as 30s, 10m, 1h or 11h30m"),
    (Size, "a size such as 500MB or 2GB, or 0"),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1000, 1000),
    st.sampled_from([-1, 0, 1, 2, 512, 513]),
    st.floats(-2, 2),
    st.sampled_from(["ram", "disk", "adamw", "AUTO", "10m", "1h30m", "2GB", "0", "", " ", "x", "val", "fp16", "int8"]),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4))


def adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind, config=ConfigDict(strict=True, allow_inf_nan=False))


def words_of(kind: Any) -> Wording:
    return next((one for one in getattr(kind, "__metadata__", ()) if isinstance(one, Wording)), Wording())


@pytest.mark.parametrize(("kind", "words"), TYPES, ids=[words for _, words in TYPES])
def test_python_json_schema_and_words_agree(kind, words):
    schema = adapter(kind).json_schema()
    validator = Draft202012Validator(schema)
    assert expected(schema, words_of(kind)) == words

    @given(VALUES)
    def agree(value):
        try:
            adapter(kind).validate_python(value)
            accepted = True
        except ValidationError:
            accepted = False
        assert accepted == validator.is_valid(value), value

    agree()


TRAIN = type(file_model().model_fields["train"].default)
KEYS = [(one, key) for one in (*SECTIONS.values(), TRAIN) for key in one.model_fields if key != "grokfast"]


@pytest.mark.parametrize(("section", "key"), KEYS, ids=[f"{one.__name__}.{key}" for one, key in KEYS])
def test_every_key_means_the_same_in_python_and_in_json_schema(section: type[Section], key: str):
    validator = Draft202012Validator(section.model_json_schema()["properties"][key])

    @settings(max_examples=40)
    @given(VALUES)
    def agree(value):
        try:
            section.model_validate({key: value})
            accepted = True
        except ValidationError:
            accepted = False
        assert accepted == validator.is_valid(value), value

    agree()


def test_a_whole_float_counts_as_a_whole_number_as_in_ultralytics():
    value = adapter(Count).validate_python(100.0)
    assert (value, type(value)) == (100, int)


def test_numbers_are_passed_on_as_they_were_written():
    assert [type(adapter(UpTo1).validate_python(value)) for value in (1, 1.0)] == [int, float]


@pytest.mark.parametrize(
    ("kind", "value"), [(UpTo1, True), (Count, True), (bool, 1), (Share, 10**400), (Count, 10**30)]
)
def test_true_is_no_number_1_is_no_flag_and_nothing_is_endless(kind, value):
    with pytest.raises(ValidationError):
        adapter(kind).validate_python(value)


def test_a_duration_becomes_seconds_and_a_size_bytes():
    assert adapter(Duration).validate_python("11h30m") == 41_400
    assert [adapter(Size).validate_python(text) for text in ("2GB", "0", 0)] == [2_000_000_000, 0, 0]


def test_inputs_are_kept_as_far_as_the_memory_reaches():
    inputs = Recipe(name="x").inputs.model_copy(update={"memory": 10})
    assert inputs.kept({"train": 6, "val": 5, "probe": 4}) == ("train", "probe")
