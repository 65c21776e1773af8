"""How a name or a path becomes a recipe, a model or a data set: beside the recipe first, else left to Ultralytics."""

from pathlib import Path

import pytest
import yaml

from grokyolo.errors import RecipeError
from grokyolo.files import YAML_BYTES
from grokyolo.recipe import Recipe, catalogue, list_recipes, load, origins, source_text
from grokyolo.recipe.catalogue import builtin_folder
from tests.recipe.recipes import loaded, write

BUILT_IN = {
    "long": ("detect", 1000),
    "long-coco8": ("detect", 1000),
    "strong-decay-coco8": ("detect", 4000),
    "long-small-data": ("detect", 2000),
    "edge-compact": ("detect", 600),
    "double-descent": ("classify", 1000),
    "grok-modular-addition": ("classify", 280),
    "memorise-modular-addition": ("classify", 280),
}


@pytest.fixture
def user_folder(monkeypatch, tmp_path_factory) -> Path:
    """A user folder of its own: where platformdirs looks on this system."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    return catalogue.folders()[1]


@pytest.fixture(autouse=True)
def _nobody_has_recipes_of_their_own(workplace, user_folder):
    return


def test_the_list_has_every_built_in_recipe_with_task_and_length():
    assert {entry.name: (entry.task, entry.epochs) for entry in list_recipes()} == BUILT_IN


def test_the_list_fits_80_columns():
    names = max(len(entry.name) for entry in list_recipes())
    assert all(names + 2 + 6 + 2 + 8 + 2 + len(entry.description) <= 80 for entry in list_recipes())


def test_the_list_is_in_alphabetical_order():
    names = [entry.name for entry in list_recipes()]
    assert names == sorted(names)


def test_the_current_folder_wins_over_the_user_folder_and_that_over_the_built_in(workplace, user_folder):
    assert load("long-coco8").train["epochs"] == 1000
    write(user_folder, "extends: long-coco8\ntrain: {epochs: 2}\n", "long-coco8.yaml")
    assert load("long-coco8").train["epochs"] == 2
    write(workplace / "recipes", "extends: long-coco8\ntrain: {lr0: 0.5}\n", "long-coco8.yaml")
    recipe = load("long-coco8")
    # each of the three extends the next one of the same name
    assert (recipe.train["lr0"], recipe.train["epochs"], recipe.model) == (0.5, 2, "yolo26n.pt")


def test_own_recipes_are_listed_and_hide_those_of_the_same_name(workplace, user_folder):
    write(workplace / "recipes", "extends: long-coco8\ndescription: mine\n", "long-coco8.yaml")
    write(user_folder, "extends: long-coco8\ndescription: ours\n", "team.yml")
    entries = {entry.name: entry for entry in list_recipes()}
    assert (entries["long-coco8"].description, entries["long-coco8"].source) == ("mine", "recipes/long-coco8.yaml")
    assert entries["team"].description == "ours"
    assert entries["long-coco8"].hides == ("built-in long-coco8.yaml",)
    assert {entry.name for entry in entries.values() if not entry.built_in} == {"long-coco8", "team"}
    assert len(entries) == len(BUILT_IN) + 1


def test_in_a_checkout_no_recipe_hides_itself(monkeypatch):
    monkeypatch.chdir(catalogue.builtin_folder().parent)
    assert all(entry.built_in and not entry.hides for entry in list_recipes())


def test_a_file_below_the_home_folder_is_named_from_there(user_folder):
    write(user_folder, "extends: long\n", "mine.yaml")
    (entry,) = (entry for entry in list_recipes() if entry.name == "mine")
    assert entry.source == "~/config/grokyolo/recipes/mine.yaml"


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("mine.yml", "mine.yaml"),
        ("sub/mnie.yaml", "sub/mine.yaml"),
        ("runs/exp7", "runs/exp1"),
        ("long-coco.yaml", "long-coco8"),
    ],
)
def test_a_path_to_nothing_finds_what_is_like_it(typed, meant, workplace):
    for name in ("mine.yaml", "sub/mine.yaml", "runs/exp1/grokyolo.yaml"):
        write(workplace, "extends: long\n", name)
    with pytest.raises(RecipeError) as caught:
        load(typed)
    assert (caught.value.what, caught.value.hint) == (f"there is no file {typed}", f"did you mean {meant}?")


def test_a_broken_recipe_does_not_break_the_list(workplace):
    write(workplace / "recipes", "train: {epochs: many}\n", "mine.yaml")
    entry = next(entry for entry in list_recipes() if entry.name == "mine")
    assert (entry.epochs, entry.task) == (None, "")
    assert entry.description == (
        "broken: train.epochs is 'many', but must be a whole number of at least 1 (recipes/mine.yaml:1:17)"
    )


@pytest.mark.parametrize("spelling", ["mine.yaml", "./mine.yaml", "sub/../mine.yaml"])
def test_a_path_finds_a_file(spelling, workplace):
    (workplace / "sub").mkdir()
    write(workplace, "extends: long-coco8\n", "mine.yaml")
    recipe = load(spelling)
    assert (recipe.name, recipe.train["epochs"]) == ("mine", 1000)


def test_a_file_without_a_suffix_is_found_too(workplace):
    write(workplace, "extends: long-coco8\n", "mine")
    assert load("mine").name == "mine"


def run_of(recipe: Recipe) -> str:
    settings = {
        "format": 1,
        "task": "classify",
        "recipe": recipe.to_dict(),
        "provenance": dict(recipe.provenance),
        "recipe_hash": recipe.hash,
    }
    return yaml.safe_dump(settings, sort_keys=False)


def test_a_run_folder_is_a_recipe_named_like_the_run(workplace):
    control = load("grok-modular-addition", ["epochs=5"])
    write(workplace, run_of(control), "runs/exp1/grokyolo.yaml")
    for name in ("runs/exp1", "runs/exp1/", "runs/exp1/grokyolo.yaml"):
        recipe = load(name)
        assert (recipe.name, recipe.hash, recipe.model) == ("exp1", control.hash, control.model)
        assert recipe.provenance["train.epochs"].startswith("runs/exp1/grokyolo.yaml:")


def test_the_settings_of_a_run_are_a_recipe_under_another_name_too(workplace):
    control = load("grok-modular-addition", ["epochs=5"])
    write(workplace, run_of(control), "kept.yaml")
    assert (load("kept.yaml").name, load("kept.yaml").hash) == ("kept", control.hash)


def test_a_run_remembers_where_its_values_came_from(workplace):
    control = load("grok-modular-addition", ["epochs=5"])
    write(workplace, run_of(control), "runs/exp1/grokyolo.yaml")
    assert origins("runs/exp1", load("runs/exp1")) == control.provenance
    changed = origins("runs/exp1", load("runs/exp1", ["lr0=0.5"]))
    assert changed == {**control.provenance, "train.lr0": "command line"}
    assert origins("grok-modular-addition", control) == control.provenance


def test_the_source_text_of_a_run_is_its_recipe(workplace):
    control = load("grok-modular-addition", ["epochs=5"])
    write(workplace, run_of(control), "runs/exp1/grokyolo.yaml")
    write(workplace, source_text("runs/exp1"), "mine.yaml")
    assert load("mine.yaml").hash == control.hash


def test_the_source_text_is_the_file_with_its_comments(workplace):
    assert source_text("long") == (catalogue.builtin_folder() / "long.yaml").read_text()
    write(workplace, "# mine\nextends: long\n", "mine.yaml")
    assert source_text("mine.yaml") == "# mine\nextends: long\n"


def test_a_byte_order_mark_is_no_mistake(workplace):
    (workplace / "mine.yaml").write_bytes(b"\xef\xbb\xbfextends: long-coco8\n")
    assert load("mine.yaml").model == "yolo26n.pt"


def test_an_unreadable_file_is_named(workplace, monkeypatch):
    write(workplace, "extends: long\n", "mine.yaml")

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(catalogue, "read_bounded", refuse)
    with pytest.raises(RecipeError) as caught:
        load("mine.yaml")
    assert caught.value.lines()[:2] == ["error: cannot read the recipe: Permission denied", "where: mine.yaml"]


def test_a_large_file_is_refused_unread(workplace):
    (workplace / "big.yaml").write_bytes(b"# " + b"x" * YAML_BYTES)
    with pytest.raises(RecipeError, match="cannot read the recipe: it has more than 1 MB"):
        load("big.yaml")


def test_a_recipe_that_comes_with_the_package_is_found_inside_it(tmp_path, monkeypatch):
    package = tmp_path / "site" / "grokyolo"
    write(package / "recipes", "description: x\n", "long.yaml")
    monkeypatch.setattr(catalogue, "__file__", str(package / "recipe" / "catalogue.py"))
    assert catalogue.builtin_folder() == package / "recipes"
    # even where the package lies below the current folder
    monkeypatch.chdir(tmp_path)
    assert catalogue.display(package / "recipes" / "long.yaml") == "built-in long.yaml"


def test_in_a_checkout_the_built_in_recipes_are_named_by_their_path(monkeypatch):
    monkeypatch.chdir(catalogue.builtin_folder().parent)
    assert load("long-coco8").provenance["model"].startswith("recipes/long-coco8.yaml:")


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


def test_the_settings_of_a_run_that_lie_elsewhere_are_not_read(workplace):
    write(workplace, run_of(load("grok-modular-addition")), "elsewhere.yaml")
    (workplace / "runs" / "exp1").mkdir(parents=True)
    (workplace / "runs" / "exp1" / "grokyolo.yaml").symlink_to(workplace / "elsewhere.yaml")
    with pytest.raises(RecipeError) as caught:
        load("runs/exp1")
    assert caught.value.what == "cannot read the recipe: it is a link that leads out of the run"
