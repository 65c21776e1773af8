"""From names and arguments to recipes."""

import pytest

from grokyolo.errors import RecipeError
from grokyolo.recipe import like_yolo, task_of
from grokyolo.recipe.train_arguments import MODEL_AND_DATA


def test_arguments_alone_mean_what_they_mean_to_yolo_train():
    recipe = like_yolo(["epochs=1000", "patience=0", "weight_decay=0.01"])
    assert (recipe.model, recipe.data) == ("yolo26n.pt", "coco8.yaml")
    assert recipe.train == {"epochs": 1000, "patience": 0, "weight_decay": 0.01}


@pytest.mark.parametrize("task", MODEL_AND_DATA)
def test_model_and_data_of_a_task_are_those_of_ultralytics(task):
    from ultralytics.cfg import TASK2DATA, TASK2MODEL

    assert MODEL_AND_DATA[task] == (TASK2MODEL[task], TASK2DATA[task])
    recipe = like_yolo([f"task={task}"])
    assert (recipe.model, recipe.data, task_of(recipe)) == (*MODEL_AND_DATA[task], task)


def test_a_named_model_decides_about_the_data():
    assert like_yolo(["model=yolo11s-pose.pt"]).data == "coco8-pose.yaml"
    assert like_yolo(["data=mine.yaml"]).data == "mine.yaml"


def test_mistakes_are_those_of_a_recipe():
    with pytest.raises(RecipeError) as caught:
        like_yolo(["epohs=3"])
    assert caught.value.hint == "did you mean epochs?"
