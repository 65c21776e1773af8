"""KEY=VALUE on the command line."""

import pytest

from grokyolo.errors import RecipeError
from grokyolo.recipe import BuiltinData, load


@pytest.mark.parametrize(
    ("argument", "key", "value"),
    [
        ("epochs=3", "epochs", 3),
        ("train.epochs=3", "epochs", 3),
        ("lr0=1.0e-3", "lr0", 0.001),
        ("lr0=0.001", "lr0", 0.001),
        ("cos_lr=true", "cos_lr", True),
        ("cos_lr=True", "cos_lr", True),
        ("auto_augment=null", "auto_augment", None),
        ("classes=[0, 2]", "classes", [0, 2]),
        ("device=0,1", "device", "0,1"),
        ("device=cpu", "device", "cpu"),
        ("optimizer=SGD", "optimizer", "SGD"),
        ("batch=-1", "batch", -1),
        ("epochs=1_000", "epochs", 1000),
        ("conf=", "conf", None),
        ("freeze=['model.0', 'model.1']", "freeze", ["model.0", "model.1"]),
    ],
)
def test_a_bare_key_is_a_train_argument_and_its_value_is_yaml(argument, key, value):
    recipe = load("long-coco8", [argument])
    assert recipe.train[key] == value
    assert type(recipe.train[key]) is type(value)
    assert recipe.provenance[f"train.{key}"] == "command line"


def test_model_and_data_are_bare_keys_too():
    recipe = load("long-coco8", ["model=yolo26n.yaml", "data=coco128.yaml"])
    assert (recipe.model, recipe.data) == ("yolo26n.yaml", "coco128.yaml")


def test_a_dotted_key_is_a_path_in_the_recipe():
    recipe = load("grok-modular-addition", ["gap.every=5", "checkpoint.every=1h", "data.modulus=13", "data.seed=4"])
    assert (recipe.gap.every, recipe.checkpoint.every) == (5, 3600)
    assert recipe.data == BuiltinData("modular-addition", modulus=13, seed=4)


@pytest.mark.parametrize("operation", ["+", "-", "*"])
def test_a_sign_needs_no_quotes(operation):
    recipe = load("grok-modular-addition", [f"data.operation={operation}"])
    assert isinstance(recipe.data, BuiltinData)
    assert recipe.data.operation == operation


def test_acceleration_is_switched_on_with_its_defaults():
    grokfast = load("long-coco8", ["accelerate.grokfast={}"]).accelerate.grokfast
    assert grokfast is not None
    assert (grokfast.alpha, grokfast.lamb) == (0.98, 2.0)


def test_built_in_data_replaces_a_file():
    recipe = load("grok-modular-addition", ["data=modular-addition"])
    assert recipe.data == BuiltinData("modular-addition")
    recipe = load("grok-modular-addition", ["data=modular-addition", "data.modulus=7"])
    assert recipe.data == BuiltinData("modular-addition", modulus=7)


def test_the_last_of_two_values_wins():
    assert load("long-coco8", ["epochs=3", "train.epochs=4"]).train["epochs"] == 4


def test_an_override_mends_a_wrong_value_of_the_file(workplace):
    (workplace / "mine.yaml").write_text("extends: long-coco8\ntrain: {epochs: many}\n")
    assert load("mine.yaml", ["epochs=5"]).train["epochs"] == 5


def test_a_description_can_be_given_for_one_run():
    assert load("long-coco8", ["description=second try"]).description == "second try"


@pytest.mark.parametrize("value", ["__import__('os').system('touch pwned')", "$(touch pwned)", "`touch pwned`"])
def test_values_are_never_evaluated(value, workplace):
    assert load("long-coco8", [f"description={value}"]).description == value
    assert not (workplace / "pwned").exists()


def test_a_value_may_hold_an_equals_sign():
    assert load("long-coco8", ["description=a=b"]).description == "a=b"


@pytest.mark.parametrize("text", ["a: b", "- a", "100%", "@home", "what? - this", "C:\\data", "*"])
def test_plain_words_need_no_second_pair_of_quotes(text):
    assert load("long-coco8", [f"description={text}"]).description == text


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "[a", "{a: 1", "'a", "!tag a", "&a b"])
def test_what_is_no_plain_word_is_refused(text):
    with pytest.raises(RecipeError):
        load("long-coco8", [f"description={text}"])
