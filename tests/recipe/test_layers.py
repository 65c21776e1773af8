"""`extends`, KEY=VALUE on the command line, and what stands over what."""

import pytest

from grokyolo.errors import RecipeError
from grokyolo.recipe import BuiltinData, load
from tests.recipe.recipes import loaded, write


def test_a_child_says_only_what_differs(workplace):
    recipe = loaded(workplace, "extends: long-coco8\ntrain: {epochs: 7}\n")
    parent = load("long-coco8")
    assert recipe.train == {**parent.train, "epochs": 7}
    assert (recipe.model, recipe.data, recipe.gap) == (parent.model, parent.data, parent.gap)


def test_maps_merge_key_by_key_at_every_depth(workplace):
    write(workplace, "extends: long-coco8\naccelerate: {grokfast: {alpha: 0.9, lamb: 3}}\n", "base.yaml")
    recipe = loaded(workplace, "extends: base.yaml\naccelerate: {grokfast: {lamb: 5}}\n")
    assert recipe.accelerate.grokfast is not None
    assert (recipe.accelerate.grokfast.alpha, recipe.accelerate.grokfast.lamb) == (0.9, 5)


def test_null_switches_acceleration_off_again(workplace):
    write(workplace, "extends: long-coco8\naccelerate: {grokfast: {}}\n", "base.yaml")
    assert load("base.yaml").accelerate.grokfast is not None
    assert loaded(workplace, "extends: base.yaml\naccelerate:\n").accelerate.grokfast is None
    assert loaded(workplace, "extends: base.yaml\naccelerate: {grokfast: null}\n").accelerate.grokfast is None


def test_a_section_whose_lines_are_commented_out_says_nothing(workplace):
    recipe = loaded(workplace, "extends: long-coco8\ntrain:\n  # epochs: 5\ngap:\ncheckpoint:\n")
    assert recipe.hash == load("long-coco8").hash


def test_a_description_is_not_inherited(workplace):
    assert loaded(workplace, "extends: long-coco8\n").description == ""
    assert loaded(workplace, "extends: long-coco8\ndescription: mine\n").description == "mine"


def test_a_relative_path_starts_at_the_file_that_names_it(workplace):
    write(workplace, "extends: ../base.yaml\n", "team/a/mine.yaml")
    write(workplace, "extends: long-coco8\ntrain: {epochs: 9}\n", "team/base.yaml")
    assert load("team/a/mine.yaml").train["epochs"] == 9


def test_the_nearest_value_wins_and_says_where_it_is_from(workplace):
    write(workplace, "extends: long-coco8\ntrain:\n  epochs: 2\n  lr0: 0.5\n", "base.yaml")
    recipe = loaded(workplace, "extends: base.yaml\ntrain:\n  epochs: 3\n", "momentum=0.8")
    assert recipe.provenance["train.epochs"] == "recipe.yaml:3"
    assert recipe.provenance["train.lr0"] == "base.yaml:4"
    assert recipe.provenance["train.momentum"] == "command line"
    assert recipe.provenance["train.nbs"].startswith("built-in long.yaml:")
    assert "checkpoint.keep" not in recipe.provenance


def test_a_named_data_set_takes_options_from_a_child(workplace):
    write(workplace, "extends: grok-modular-addition\ndata: modular-addition\n", "base.yaml")
    recipe = loaded(workplace, "extends: base.yaml\ndata: {modulus: 13}\n")
    assert recipe.data == BuiltinData(modulus=13)


def test_a_file_in_place_of_built_in_data_replaces_it_whole(workplace):
    recipe = loaded(workplace, "extends: grok-modular-addition\ndata: coco8.yaml\n")
    assert recipe.data == "coco8.yaml"


def test_a_recipe_of_the_same_name_can_extend_the_one_it_hides(workplace):
    write(workplace, "extends: long-coco8\ntrain: {epochs: 5}\n", "recipes/long-coco8.yaml")
    recipe = load("long-coco8")
    assert (recipe.train["epochs"], recipe.model) == (5, "yolo26n.pt")


def test_eight_parents_are_enough_and_nine_too_many(workplace):
    write(workplace, "extends: long-coco8\n", "p0.yaml")  # long-coco8 and long are two more
    for number in range(1, 8):
        write(workplace, f"extends: p{number - 1}.yaml\n", f"p{number}.yaml")
    assert load("p6.yaml").model == "yolo26n.pt"
    with pytest.raises(RecipeError, match="more than 8 parents: p7"):
        load("p7.yaml")


def test_a_run_can_be_a_parent(workplace):
    text = "format: 1\nrecipe:\n" + "".join(f"  {line}\n" for line in load("long-coco8").to_yaml().splitlines())
    write(workplace, text, "runs/exp1/grokyolo.yaml")
    assert loaded(workplace, "extends: runs/exp1\ntrain: {epochs: 4}\n").train["epochs"] == 4


def test_the_name_of_built_in_data_knows_where_it_is_from(workplace):
    recipe = loaded(workplace, "extends: grok-modular-addition\ndata: modular-addition\n")
    assert recipe.provenance["data.name"] == "recipe.yaml:2"
    assert "data" not in recipe.provenance


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
    assert recipe.data == BuiltinData(modulus=13, seed=4)


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
    assert recipe.data == BuiltinData()
    recipe = load("grok-modular-addition", ["data=modular-addition", "data.modulus=7"])
    assert recipe.data == BuiltinData(modulus=7)


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


@pytest.mark.parametrize("folder", ["run #2", "[site]", "2025", "{a}", "a: b", "null", "it's", "100%", "- x"])
def test_paths_on_the_command_line_are_taken_as_they_stand(folder, workplace):
    data = write(workplace / folder, "path: .\n", "data.yaml")
    model = write(workplace / folder, "nc: 1\n", "mine.yaml")
    recipe = load("long-coco8", [f"data={folder}/data.yaml", f"model={folder}/mine.yaml"])
    assert (recipe.data, recipe.model) == (str(data), str(model))
    assert load("double-descent", [f"data={folder}"]).data == folder  # left bare, as all that lies here


def test_several_paths_are_no_list():
    assert load("long-coco8", ["data=[a.yaml, b.yaml]"]).data == "[a.yaml, b.yaml]"
