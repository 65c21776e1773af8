"""What the built-in recipes promise."""

import math

import pytest

from grokyolo.recipe import MODELINE, BuiltinData, load, source_text
from grokyolo.recipe.catalogue import builtin_folder
from grokyolo.recipe.train_arguments import default_of

LONG = {"model": "yolo26n.pt", "data": "coco8.yaml"}
NAMES = sorted(path.stem for path in builtin_folder().glob("*.yaml"))


def complete(name: str):
    return load(name, [f"{key}={value}" for key, value in LONG.items()] if "addition" not in name else [])


def decay_budget(name: str, images: int) -> float:
    """Optimizer steps x learning rate x weight decay, with the warm-up as Ultralytics does it."""
    train = complete(name).train
    assert train["batch"] == train["nbs"]
    assert train["lrf"] == 1
    batches = math.ceil(images / train["batch"])
    steps = train["epochs"] * batches
    warm = round(min(train["warmup_epochs"], train["epochs"] - 1) * batches)
    full = steps - warm + sum(step / warm for step in range(warm))
    return full * train["lr0"] * train["weight_decay"]


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_is_made_for_long_runs(name):
    train = complete(name).train
    assert complete(name).warnings == []
    assert (train["patience"], train["lrf"], train["close_mosaic"]) == (0, 1, 0)
    assert train["optimizer"] != "auto"
    assert train["nbs"] == train["batch"]
    assert train["deterministic"] is True
    assert train["plots"] is False


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_teaches(name):
    modeline, *lines = source_text(name).splitlines()
    assert modeline == MODELINE
    assert lines[0].startswith("description: ")
    assert sum(line.lstrip().startswith("#") for line in lines) >= 3
    assert max(map(len, lines)) <= 110


def test_the_glossary_s_run_is_the_glossary_s_run():
    recipe = load("long-coco8")
    assert (recipe.model, recipe.data) == ("yolo26n.pt", "coco8.yaml")
    assert {key: recipe.train[key] for key in ("epochs", "patience", "weight_decay")} == {
        "epochs": 1000,
        "patience": 0,
        "weight_decay": 0.01,
    }


def test_the_decay_budgets_in_the_comments_are_right():
    assert decay_budget("long-coco8", 4) == pytest.approx(0.01, rel=0.01)
    assert "0.01 e-folds" in source_text("long-coco8")
    assert decay_budget("strong-decay-coco8", 4) == pytest.approx(4, rel=0.01)
    assert "= 4 e-folds" in source_text("strong-decay-coco8")
    assert decay_budget("long-small-data", 300) == pytest.approx(3.8, rel=0.01)
    assert "= 3.8 e-folds" in source_text("long-small-data")


def test_strong_decay_has_at_least_three_e_folds():
    assert decay_budget("strong-decay-coco8", 4) >= 3


def test_strong_decay_differs_from_the_glossary_s_run_only_in_length_and_decay():
    weak, strong = load("long-coco8").train, load("strong-decay-coco8").train
    assert {key for key in weak if weak[key] != strong[key]} == {"epochs", "weight_decay"}


def test_the_positive_control_is_that_of_the_design():
    recipe = load("grok-modular-addition")
    assert recipe.data == BuiltinData(modulus=31, fraction=0.6, operation="+", seed=None)
    assert (recipe.gap.every, recipe.gap.probe, recipe.gap.budget) == (1, 256, None)
    assert {**recipe.train, "deterministic": None, "seed": None, "plots": None, "patience": None} == {
        **dict.fromkeys(("deterministic", "seed", "plots", "patience")),
        **dict.fromkeys(("hsv_h", "hsv_s", "hsv_v", "scale", "fliplr", "flipud", "erasing", "dropout"), 0.0),
        "auto_augment": None,
        "task": "classify",
        "epochs": 280,
        "optimizer": "AdamW",
        "lr0": 0.002,
        "lrf": 1.0,
        "momentum": 0.9,
        "weight_decay": 1.0,
        "warmup_epochs": 0,
        "batch": 64,
        "nbs": 64,
        "imgsz": 32,
        "close_mosaic": 0,
        "pretrained": False,
        "amp": False,
        "cache": "ram",
        "workers": 0,
    }


def test_the_control_s_jump_is_at_the_decay_budget_that_the_comment_says():
    steps_an_epoch = math.ceil(576 / 64)
    assert 128 * steps_an_epoch * 0.002 * 1.0 == pytest.approx(2.3, abs=0.01)


def test_the_negative_control_has_no_weight_decay_and_else_the_same():
    positive, negative = load("grok-modular-addition"), load("memorise-modular-addition")
    assert negative.train == {**positive.train, "weight_decay": 0.0}
    assert (negative.model, negative.data, negative.gap) == (positive.model, positive.data, positive.gap)


def test_no_augmentation_is_left_on_where_images_are_to_be_memorised():
    keys = ("hsv_h", "hsv_s", "hsv_v", "scale", "fliplr", "flipud", "erasing", "auto_augment")
    for name in ("grok-modular-addition", "double-descent"):
        train = load(name).train
        assert not any(train.get(key, default_of(key)) for key in keys)
