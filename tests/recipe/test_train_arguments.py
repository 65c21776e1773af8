"""The train arguments as they are read from Ultralytics' files, against Ultralytics itself; which a recipe may set."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, ValidationError

from grokyolo.errors import GrokyoloError
from grokyolo.recipe import epochs_of, load, task_of
from grokyolo.recipe import train_arguments as arguments
from grokyolo.recipe.messages import expected, homes, why_no_argument
from grokyolo.recipe.models import Wording
from grokyolo.recipe.schema import GOOD_IN_LONG_RUNS, argument_type
from grokyolo.recipe.train_arguments import LOWEST, OLD_NAMES, OWNED, SETS, Argument, default_of, train_arguments


def adapter(argument: Argument) -> TypeAdapter:
    return TypeAdapter(argument_type(argument), config=ConfigDict(strict=True, allow_inf_nan=False))


@pytest.fixture(scope="module")
def check_cfg():
    return pytest.importorskip("ultralytics.cfg").check_cfg


def test_every_default_of_ultralytics_is_read_as_ultralytics_reads_it():
    from ultralytics.utils import DEFAULT_CFG_DICT

    assert {name: argument.default for name, argument in train_arguments().items()} == DEFAULT_CFG_DICT


@pytest.mark.parametrize("name", list(train_arguments()))
def test_every_default_of_ultralytics_is_allowed(name):
    argument = train_arguments()[name]
    assert adapter(argument).validate_python(argument.default) == argument.default


@pytest.mark.parametrize("name", [name for name in train_arguments() if name not in OWNED])
def test_what_is_allowed_here_ultralytics_takes_too(name, check_cfg):
    checked = adapter(train_arguments()[name])
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 1000),
        st.floats(-2, 2),
        st.sampled_from(["AdamW", "auto", "ram", "fp16", "val", "cpu", "x", "flip", "default", "int8"]),
    )

    @settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
    @given(st.one_of(scalars, st.lists(scalars, max_size=3)))
    def taken(value):
        try:
            accepted = checked.validate_python(value)
        except ValidationError:
            return
        if name == "quantize" and accepted not in (None, 8, 16, 32, "int8", "fp16"):
            return  # the words are Ultralytics' own table
        check_cfg({name: accepted})

    taken()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("epochs", "a whole number of at least 1"),
        ("patience", "a whole number of at least 0"),
        ("weight_decay", "a number from 0 to 1"),
        ("box", "a number of at least 0"),
        ("cos_lr", "true or false"),
        ("cache", "true, false, ram or disk"),
        ("seed", "a whole number from 0 to 4294967294"),
    ],
)
def test_bounds_are_those_of_ultralytics(name, words):
    kind = argument_type(train_arguments()[name])
    wording = next(one for one in kind.__metadata__ if isinstance(one, Wording))
    assert expected(adapter(train_arguments()[name]).json_schema(), wording) == words


def test_the_optimizers_are_those_that_ultralytics_builds():
    checked = adapter(train_arguments()["optimizer"])
    for name in ("AdamW", "adamw", "MuSGD", "SGD", "RMSprop", "auto"):
        assert checked.validate_python(name) == name


def test_what_only_other_modes_read_is_no_train_argument():
    used = {name for name, argument in train_arguments().items() if argument.used_in_training}
    assert not used & {"source", "format", "show", "tracker", "opset", "save_crop"}
    assert used >= {"epochs", "lr0", "classes", "conf", "iou", "amp", "mosaic", "seed"}


def test_an_unknown_argument_has_no_default():
    assert default_of("epochs") == 100
    assert default_of("no_such") is None


@pytest.mark.parametrize("name", GOOD_IN_LONG_RUNS)
def test_what_messages_propose_is_what_the_base_recipe_says(name):
    from grokyolo.recipe import load

    assert load("long", complete=False).train[name] == GOOD_IN_LONG_RUNS[name]


def test_without_ultralytics_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(arguments, "find_spec", lambda _name: None)
    with pytest.raises(GrokyoloError) as caught:
        train_arguments.__wrapped__()
    assert caught.value.lines() == ["error: Ultralytics is not installed", "try:   pip install ultralytics"]


def test_a_broken_installation_of_ultralytics_is_named(monkeypatch, tmp_path):
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(arguments, "find_spec", lambda _name: Spec)
    with pytest.raises(GrokyoloError) as caught:
        train_arguments.__wrapped__()
    assert caught.value.what.startswith("the configuration of Ultralytics cannot be read")


@pytest.mark.parametrize("name", [*SETS, LOWEST, "optimizers"])
def test_an_ultralytics_that_renames_what_bounds_are_read_from_is_refused_by_name(monkeypatch, name):
    literals = arguments._literals
    monkeypatch.setattr(arguments, "_literals", lambda file: {k: v for k, v in literals(file).items() if k != name})
    if name == "optimizers":
        monkeypatch.setattr(arguments, "OPTIMIZER_SET", re.compile("no such set"))
    with pytest.raises(GrokyoloError) as caught:
        train_arguments.__wrapped__()
    assert caught.value.what.endswith(f"it has no {name}")
    assert caught.value.hint == "pip install --upgrade grokyolo"


def test_an_argument_in_none_of_the_sets_has_the_types_of_its_comment():
    new = Argument("new", None, "more", "Train settings", "float | list, optional")
    assert adapter(new).validate_python(None) is None
    assert adapter(new).validate_python([1.0]) == [1.0]
    with pytest.raises(ValidationError):
        adapter(Argument("new", 5, "more", "Train settings", "int")).validate_python("x")


REFUSED = {"project", "name", "exist_ok", "data", "model", "mode", "resume", "save_dir", "cfg"}
"""What the training session passes to Ultralytics itself."""


def test_what_the_session_sets_no_recipe_can():
    assert set(OWNED) >= REFUSED


@pytest.mark.parametrize("name", [name for name, one in train_arguments().items() if one.used_in_training])
def test_every_other_argument_of_training_can_be_set(name):
    assert (why_no_argument(name, bare=False) is None) == (name not in OWNED)


@pytest.mark.parametrize("old", OLD_NAMES)
def test_an_old_name_leads_to_one_that_can_be_set(old):
    new = OLD_NAMES[old]
    assert old not in train_arguments()
    assert new in {"model", "data"} or why_no_argument(new, bare=False) is None


def test_a_key_of_two_sections_has_two_homes():
    assert homes("every") == ["gap.every", "checkpoint.every"]
    assert homes("seed") == ["data.seed", "train.seed"]
    assert homes("no_such") == []


@pytest.mark.parametrize(
    ("model", "task"),
    [
        ("yolo26n.pt", "detect"),
        ("yolo26n-seg.pt", "segment"),
        ("yolo26n-cls.yaml", "classify"),
        ("yolo11x-pose", "pose"),
        ("weights/yolo26n-obb.pt", "obb"),
        ("best.pt", "detect"),
    ],
)
def test_the_name_of_a_model_tells_its_task(model, task):
    assert task_of(load("long-coco8", [f"model={model}"])) == task


def test_a_named_task_wins():
    assert task_of(load("long-coco8", ["model=best.pt", "task=segment"])) == "segment"


def test_built_in_data_is_for_classifiers(workplace):
    (workplace / "x.yaml").write_text("extends: long\nmodel: best.pt\ndata: modular-addition\ntrain: {imgsz: 32}\n")
    assert task_of(load("x.yaml")) == "classify"


def test_length_is_ultralytics_default_where_nobody_says(workplace):
    (workplace / "x.yaml").write_text("model: yolo26n.pt\ndata: coco8.yaml\n")
    assert epochs_of(load("x.yaml")) == 100
    assert epochs_of(load("x.yaml", ["epochs=7"])) == 7
