"""The train arguments as they are read from Ultralytics' files, against Ultralytics itself."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grokyolo.errors import GrokyoloError
from grokyolo.recipe import arguments
from grokyolo.recipe.arguments import GOOD_IN_LONG_RUNS, default_of, train_arguments
from grokyolo.recipe.document import Listing, Scalar
from grokyolo.recipe.ownership import OWNED
from grokyolo.recipe.places import Place
from grokyolo.recipe.values import Wrong


def as_node(value):
    if isinstance(value, list):
        return Listing(tuple(map(as_node, value)), Place("x"))
    return Scalar(value, str(value), True, Place("x"))


@pytest.fixture(scope="module")
def check_cfg():
    return pytest.importorskip("ultralytics.cfg").check_cfg


def test_every_default_of_ultralytics_is_read_as_ultralytics_reads_it():
    from ultralytics.utils import DEFAULT_CFG_DICT

    assert {name: argument.default for name, argument in train_arguments().items()} == DEFAULT_CFG_DICT


@pytest.mark.parametrize("name", list(train_arguments()))
def test_every_default_of_ultralytics_is_allowed(name):
    argument = train_arguments()[name]
    assert argument.kind.accept(as_node(argument.default)) == argument.default


@pytest.mark.parametrize("name", [name for name in train_arguments() if name not in OWNED])
def test_what_is_allowed_here_ultralytics_takes_too(name, check_cfg):
    kind = train_arguments()[name].kind
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
            accepted = kind.accept(as_node(value))
        except Wrong:
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
    assert train_arguments()[name].kind.expected == words


def test_the_optimizers_are_those_that_ultralytics_builds():
    kind = train_arguments()["optimizer"].kind
    for name in ("AdamW", "adamw", "MuSGD", "SGD", "RMSprop", "auto"):
        assert kind.accept(as_node(name)) == name


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


def test_an_ultralytics_without_its_sets_of_types_still_has_types_from_the_comments():
    lines = ["# Train settings ----------", "epochs: 100 # (int) how many", "new: # (float | list, optional) more"]
    found = arguments._read(lines, {}, ("SGD",))
    assert found["epochs"].kind.accept(as_node(5)) == 5
    assert found["new"].kind.accept(as_node(None)) is None
    assert found["new"].kind.accept(as_node([1.0])) == [1.0]
    with pytest.raises(Wrong):
        found["epochs"].kind.accept(as_node("x"))
