"""Model and data files: beside the recipe first, else left to Ultralytics."""

import pytest

from grokyolo.recipe import load, source_text
from grokyolo.recipe.paths import builtin_folder
from tests.recipe.recipes import loaded, write

ARCHITECTURE = "nc: 1\nbackbone: []\nhead: []\n"


@pytest.mark.parametrize("name", ["yolo26n.pt", "yolo26n", "yolo26s-seg.yaml", "https://example.org/a/b.pt"])
def test_a_bare_name_or_a_url_is_left_to_ultralytics(name, workplace):
    assert loaded(workplace, f"extends: long-coco8\nmodel: {name}\n").model == name


@pytest.mark.parametrize("name", ["mine.yaml", "./mine.yaml", "../lab/mine.yaml"])
def test_an_architecture_beside_the_recipe_is_found_from_anywhere(name, workplace):
    model = write(workplace / "lab", ARCHITECTURE, "mine.yaml")
    write(workplace / "lab", f"extends: long-coco8\nmodel: {name}\n", "recipe.yaml")
    assert load("lab/recipe.yaml").model == str(model)


def test_a_child_elsewhere_inherits_the_file_that_its_parent_means(workplace):
    model = write(workplace / "lab", ARCHITECTURE, "mine.yaml")
    write(workplace / "lab", "extends: long-coco8\nmodel: mine.yaml\n", "base.yaml")
    write(workplace / "other", "extends: ../lab/base.yaml\n", "recipe.yaml")
    assert load("other/recipe.yaml").model == str(model)


def test_on_the_command_line_a_path_starts_at_the_current_folder(workplace):
    model = write(workplace, ARCHITECTURE, "mine.yaml")
    assert load("long-coco8", ["model=mine.yaml"]).model == str(model)


def test_the_current_folder_is_the_second_place_to_look(workplace):
    model = write(workplace, ARCHITECTURE, "models/mine.yaml")
    write(workplace / "lab", "extends: long-coco8\nmodel: models/mine.yaml\n", "recipe.yaml")
    assert load("lab/recipe.yaml").model == str(model)


def test_weights_that_ultralytics_has_downloaded_do_not_change_the_recipe(workplace):
    write(workplace, "extends: long-coco8\n", "recipe.yaml")
    before = load("recipe.yaml")
    (workplace / "yolo26n.pt").write_bytes(b"weights")
    after = load("recipe.yaml")
    assert (after.model, after.hash) == (before.model, before.hash) == ("yolo26n.pt", before.hash)


def test_weights_beside_a_recipe_elsewhere_are_found(workplace):
    (workplace / "lab").mkdir()
    (workplace / "lab" / "mine.pt").write_bytes(b"weights")
    write(workplace / "lab", "extends: long-coco8\nmodel: mine.pt\n", "recipe.yaml")
    assert load("lab/recipe.yaml").model == str(workplace / "lab" / "mine.pt")


def test_the_built_in_architecture_is_named_the_same_on_every_machine():
    recipe = load("grok-modular-addition")
    assert recipe.model == str(builtin_folder() / "models" / "modular-addition.yaml")
    assert recipe.to_dict()["model"] == "models/modular-addition.yaml"


def test_a_data_set_beside_the_recipe_is_found(workplace):
    data = write(workplace / "lab", "path: .\n", "mine-data.yaml")
    write(workplace / "lab", "extends: long-coco8\ndata: mine-data.yaml\n", "recipe.yaml")
    assert load("lab/recipe.yaml").data == str(data)
    assert load("long-coco8", ["data=lab/mine-data.yaml"]).data == str(data)


def test_a_folder_of_images_is_found_by_its_path(workplace):
    (workplace / "sets" / "flowers").mkdir(parents=True)
    assert load("double-descent", ["data=sets/flowers"]).data == str(workplace / "sets" / "flowers")


@pytest.mark.parametrize("name", ["coco8.yaml", "cifar10", "imagenet10", "sets/not-here", "ul://team/set"])
def test_a_data_set_that_is_not_here_is_left_to_ultralytics(name, workplace):
    assert load("double-descent", [f"data={name}"]).data == name


def test_a_home_folder_is_written_out(workplace, monkeypatch):
    monkeypatch.setenv("HOME", str(workplace))
    model = write(workplace, ARCHITECTURE, "models/mine.yaml")
    assert load("long-coco8", ["model=~/models/mine.yaml"]).model == str(model)


def test_a_copy_of_a_built_in_recipe_still_finds_its_architecture(workplace):
    write(workplace, source_text("grok-modular-addition"), "mine.yaml")
    assert load("mine.yaml").model == load("grok-modular-addition").model
    assert load("mine.yaml").hash == load("grok-modular-addition").hash


def test_a_run_means_the_built_in_architecture_whatever_the_current_folder_holds(workplace):
    control = load("grok-modular-addition")
    lines = "".join(f"  {line}\n" for line in control.to_yaml().splitlines())
    write(workplace, f"format: 1\nrecipe:\n{lines}", "runs/exp1/grokyolo.yaml")
    write(workplace, ARCHITECTURE, "models/modular-addition.yaml")
    assert load("runs/exp1").hash == control.hash


def test_a_home_folder_that_does_not_exist_is_no_traceback(workplace):
    assert load("long-coco8", ["data=~nobody-of-this-name/data.yaml"]).data == "~nobody-of-this-name/data.yaml"
