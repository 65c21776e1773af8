"""What the settings of runs differ in."""

from pathlib import Path

import pytest
import yaml

from grokyolo.compare import differences, settings_of


def recipe(folder: Path, **train) -> Path:
    folder.mkdir(exist_ok=True)
    content = {"recipe": {"model": "a.pt", "train": train, "gap": {"every": 1}}, "recipe_hash": "x"}
    (folder / "grokyolo.yaml").write_text(yaml.safe_dump(content))
    return folder


def arguments(folder: Path, name: str = "args.yaml", **args) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(yaml.safe_dump(args))
    return folder


def different(*folders: Path) -> dict[str, tuple]:
    return {one.key: one.values for one in differences([settings_of(folder) for folder in folders])}


def test_settings_have_dotted_keys_as_a_recipe_names_them(tmp_path):
    assert settings_of(recipe(tmp_path, lr0=0.01)) == {"model": "a.pt", "train.lr0": 0.01, "gap.every": 1}


def test_the_arguments_of_ultralytics_are_named_alike(tmp_path):
    found = settings_of(arguments(tmp_path, model="b.pt", data="d.yaml", lr0=0.01))
    assert found == {"model": "b.pt", "data": "d.yaml", "train.lr0": 0.01}


def test_those_of_yolov5_are_too(tmp_path):
    arguments(tmp_path, "hyp.yaml", lr0=0.02)
    assert settings_of(arguments(tmp_path, "opt.yaml", data="d.yaml", hyp={"lrf": 0.1})) == {
        "data": "d.yaml",
        "train.lrf": 0.1,
        "train.lr0": 0.02,
    }


def test_a_recipe_goes_before_the_arguments_beside_it(tmp_path):
    arguments(tmp_path, lr0=0.5)
    assert settings_of(recipe(tmp_path, lr0=0.01))["train.lr0"] == 0.01


@pytest.mark.parametrize("text", ["", "recipe: 5\n", "[1, 2]\n", ": {"])
def test_settings_that_make_no_sense_are_none(tmp_path, text):
    (tmp_path / "grokyolo.yaml").write_text(text)
    assert settings_of(tmp_path) == {}


def test_what_differs_stands_in_the_order_of_the_recipe(tmp_path):
    a = recipe(tmp_path / "a", epochs=100, lr0=0.01, seed=0)
    b = recipe(tmp_path / "b", epochs=200, lr0=0.01, seed=1)
    assert list(different(a, b).items()) == [("train.epochs", (100, 200)), ("train.seed", (0, 1))]


def test_runs_with_the_same_settings_differ_in_nothing(tmp_path):
    assert different(recipe(tmp_path / "a", lr0=0.01), recipe(tmp_path / "b", lr0=0.01)) == {}


def test_a_key_that_one_recipe_lacks_is_a_difference(tmp_path):
    assert different(recipe(tmp_path / "a", lr0=0.01, momentum=0.9), recipe(tmp_path / "b", lr0=0.01)) == {
        "train.momentum": (0.9, None)
    }


def test_a_key_that_one_recipe_leaves_at_nothing_is_none(tmp_path):
    assert different(recipe(tmp_path / "a", seed=0, device=None), recipe(tmp_path / "b", seed=0)) == {}


def test_a_recipe_names_few_arguments_and_args_yaml_all_of_them(tmp_path):
    a = recipe(tmp_path / "a", lr0=0.01)
    b = arguments(tmp_path / "b", model="a.pt", lr0=0.02, momentum=0.9)
    assert different(a, b) == {"train.lr0": (0.01, 0.02)}


def test_where_a_run_is_and_what_it_is_called_is_no_difference(tmp_path):
    a = arguments(tmp_path / "a", name="a", project="p", save_dir="x/a", lr0=1)
    b = arguments(tmp_path / "b", name="b", project="q", save_dir="x/b", lr0=1)
    assert different(a, b) == {}


def test_true_is_not_one(tmp_path):
    a, b = arguments(tmp_path / "a", cache=True), arguments(tmp_path / "b", cache=1)
    assert different(a, b) == {"train.cache": (True, 1)}


def test_a_run_without_settings_differs_in_nothing_known(tmp_path):
    a, b = recipe(tmp_path / "a", lr0=0.01), recipe(tmp_path / "b", lr0=0.02)
    (tmp_path / "c").mkdir()
    assert different(a, tmp_path / "c") == {}
    assert different(a, b, tmp_path / "c") == {"train.lr0": (0.01, 0.02, None)}
