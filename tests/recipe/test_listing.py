"""Every value with its origin, and differences."""

from grokyolo.recipe import diff, every_value, load
from tests.recipe.recipes import loaded, write


def test_every_value_says_where_it_is_from(workplace):
    recipe = loaded(workplace, "extends: long-coco8\ntrain:\n  epochs: 5\n", "lr0=0.5")
    values = {value.key: value for value in every_value(recipe)}
    assert (values["train.epochs"].value, values["train.epochs"].source) == (5, "recipe.yaml:3")
    assert (values["train.lr0"].value, values["train.lr0"].source) == (0.5, "command line")
    assert values["train.patience"].source.startswith("built-in long-coco8.yaml:")
    assert (values["train.iou"].value, values["train.iou"].source) == (0.7, "Ultralytics default")
    assert (values["checkpoint.keep"].value, values["checkpoint.keep"].source) == (3, "default")
    assert (values["train.task"].value, values["train.task"].source) == ("detect", "model or data")


def test_the_sections_come_in_the_order_of_a_recipe():
    sections = [value.key.partition(".")[0] for value in every_value(load("grok-modular-addition"))]
    assert list(dict.fromkeys(sections)) == ["description", "model", "data", "train", "gap", "checkpoint", "inputs"]
    assert sections == sorted(sections, key=list(dict.fromkeys(sections)).index)


def test_the_controls_differ_in_weight_decay_alone():
    (difference,) = diff(load("grok-modular-addition"), load("memorise-modular-addition"))
    assert difference.key == "train.weight_decay"
    assert difference.left is not None
    assert difference.right is not None
    assert (difference.left.value, difference.right.value) == (1.0, 0.0)


def test_a_recipe_does_not_differ_from_itself():
    assert diff(load("long-coco8"), load("long-coco8")) == []


def test_a_default_spelled_out_makes_no_difference():
    assert diff(load("long-coco8"), load("long-coco8", ["iou=0.7", "mosaic=1", "checkpoint.keep=3"])) == []


def test_a_value_against_a_default_is_a_difference():
    (difference,) = diff(load("long-coco8"), load("long-coco8", ["iou=0.6"]))
    assert difference.left is not None
    assert (difference.left.value, difference.left.source) == (0.7, "Ultralytics default")


def test_what_only_one_has_is_a_difference():
    found = {one.key: one for one in diff(load("long-coco8"), load("long-coco8", ["accelerate.grokfast={}"]))}
    assert set(found) == {"accelerate.grokfast.alpha", "accelerate.grokfast.lamb"}
    assert found["accelerate.grokfast.lamb"].left is None


def test_the_task_that_a_model_brings_is_a_difference():
    keys = {one.key for one in diff(load("long-coco8"), load("long-coco8", ["model=yolo26n-seg.pt"]))}
    assert keys == {"model", "train.task"}


def test_true_differs_from_1(workplace):
    write(workplace, "extends: long-coco8\ntrain: {fraction: 1.0}\n", "a.yaml")
    write(workplace, "extends: long-coco8\ntrain: {cache: true}\n", "b.yaml")
    assert {one.key for one in diff(load("a.yaml"), load("b.yaml"))} == {"train.cache"}
