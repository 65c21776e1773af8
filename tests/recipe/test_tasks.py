"""What a recipe trains, as far as names tell."""

import pytest

from grokyolo.recipe import epochs_of, load, task_of


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
