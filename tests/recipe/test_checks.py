"""Rules across values. The exact words are in tests/bad_recipes/warnings.txt and rules.txt; here is when they come."""

import pytest

from grokyolo.errors import RecipeError
from grokyolo.recipe import load


def warned(*arguments: str, recipe: str = "long-coco8") -> str:
    return "\n".join(load(recipe, arguments).warnings)


@pytest.mark.parametrize("name", ["long-coco8", "strong-decay-coco8", "grok-modular-addition", "double-descent"])
@pytest.mark.parametrize("epochs", [1, 3, 100_000])
def test_a_shipped_recipe_of_any_length_has_no_warning(name, epochs):
    assert load(name, [f"epochs={epochs}"]).warnings == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["patience=999"], "train.patience"),
        (["close_mosaic=10"], "train.close_mosaic"),
        (["nbs=64"], "train.nbs"),
        (["lrf=0.99"], "train.lrf"),
        (["optimizer=auto"], "train.optimizer"),
        (["optimizer=RMSprop"], "RMSprop mixes weight decay"),
        (["save_period=9"], "111 files of weights"),
        (["gap.every=35"], "gap.every"),
        (["imgsz=641"], "rounds up to 672"),
        (["warmup_epochs=501"], "more than half of the 1000 epochs"),
        (["batch=8"], "train.nbs is 16 with batch 8, so weights move only every 2 batches. Try: nbs=8"),
    ],
)
def test_what_works_against_a_long_run_is_warned_of(arguments, word):
    assert word in warned(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["patience=0"],
        ["patience=1000"],
        ["close_mosaic=10", "mosaic=0"],
        ["close_mosaic=10", "model=yolo26n-cls.pt"],
        ["close_mosaic=1000"],
        ["nbs=32", "batch=32"],
        ["optimizer=Adam", "weight_decay=0"],
        ["optimizer=MuSGD", "weight_decay=0"],
        ["optimizer=SGD"],
        ["warmup_bias_lr=0.1", "warmup_epochs=0"],
        ["warmup_bias_lr=0.1", "optimizer=SGD"],
        ["save_period=10"],
        ["gap.every=33"],
        ["imgsz=640"],
        ["val=true"],
        ["split=test"],
    ],
    ids=" ".join,
)
def test_what_does_no_harm_is_not_warned_of(arguments):
    assert load("long-coco8", arguments).warnings == []


def test_effective_weight_decay_is_computed_as_ultralytics_scales_it():
    # round(64 / 24) = 3 batches accumulate: 0.01 x 24 x 3 / 64
    assert "weight decay acts as 0.01125, not 0.01" in warned("batch=24", "nbs=64")


def test_a_default_is_called_a_default(workplace):
    (workplace / "bare.yaml").write_text("model: yolo26n.pt\ndata: coco8.yaml\ntrain: {epochs: 500}\n")
    text = warned(recipe="bare.yaml")
    assert "bare.yaml: train.patience is 100 (Ultralytics' default), which stops a plateau" in text
    assert "train.optimizer is auto (Ultralytics' default), which chooses by the length of the run. Try" in text


def test_rules_wait_until_single_values_are_right():
    with pytest.raises(RecipeError) as caught:
        load("long-coco8", ["val=false", "epochs=x"])
    assert [problem.where for problem in caught.value.problems] == ["epochs=x on the command line"]


@pytest.mark.parametrize("modulus", [2, 31, 32, 33, 64, 97])
def test_images_of_a_built_in_data_set_match_the_trainer_s(modulus):
    from grokyolo.training.datasets import image_side

    side = image_side(modulus)
    load("grok-modular-addition", [f"data.modulus={modulus}", f"imgsz={side}", "data.fraction=0.5"])
    with pytest.raises(RecipeError, match=f"makes images of {side} pixels"):
        load("grok-modular-addition", [f"data.modulus={modulus}", f"imgsz={side + 32}", "data.fraction=0.5"])


def test_the_default_recipe_needs_nothing_but_data_and_that_only_to_train():
    with pytest.raises(RecipeError) as caught:
        load("long")
    assert [problem.what for problem in caught.value.problems] == ["the recipe names no data set"]
    shown = load("long", complete=False)
    assert (shown.model, shown.data) == ("yolo26n.pt", "")
    assert load("long", ["data=coco8.yaml"]).warnings == []
    assert load("long", ["model=yolo26n-seg.pt", "data=coco8-seg.yaml"]).warnings == []


def test_own_small_data_must_be_named_and_the_error_says_how():
    with pytest.raises(RecipeError) as caught:
        load("long-small-data")
    assert caught.value.lines()[0] == "error: the recipe names no data set"
    assert caught.value.lines()[-1] == "try:   add data= and the path of your own data set file to the command line"
    assert load("long-small-data", ["data=my-data.yaml"]).data == "my-data.yaml"


@pytest.mark.parametrize(
    ("arguments", "what", "remedy"),
    [
        (
            ["data=modular-addition", "imgsz=32"],
            "the built-in data is for classify, but yolo26n.pt is a model for detect",
            "model=yolo26n-cls.pt",
        ),
        (["task=segment"], "train.task is segment, but yolo26n.pt is a model for detect", "model=yolo26n-seg.pt"),
        (
            ["task=pose", "model=yolo26s-cls.yaml"],
            "train.task is pose, but yolo26s-cls.yaml is a model for classify",
            "model=yolo26n-pose.yaml",
        ),
    ],
)
def test_a_model_for_another_task_is_refused(arguments, what, remedy):
    with pytest.raises(RecipeError) as caught:
        load("long-coco8", arguments)
    assert (caught.value.what, caught.value.hint) == (what, remedy)


def test_weights_of_ones_own_may_be_for_any_task():
    assert load("long-coco8", ["model=best.pt", "task=segment"]).warnings == []
