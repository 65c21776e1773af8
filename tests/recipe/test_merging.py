"""`extends`, and what stands over what."""

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
    assert recipe.data == BuiltinData("modular-addition", modulus=13)


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
