"""A run of Ultralytics as a recipe."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from grokyolo.errors import RecipeError
from grokyolo.findings import Severity
from grokyolo.recipe import load, source_text
from grokyolo.recipe.train_arguments import train_arguments
from tests.recipe.recipes import write

RUN = "runs/detect/train"
OWN = {"model": "yolov8n.pt", "data": "mine.yaml", "name": "train", "save_dir": "/home/me/runs/detect/train"}


def run_with(folder: Path, **arguments: Any) -> None:
    """Write the args.yaml that Ultralytics writes: every argument with its value."""
    values = {name: argument.default for name, argument in train_arguments().items()} | OWN | arguments
    write(folder, yaml.safe_dump(values, sort_keys=False), f"{RUN}/args.yaml")


@pytest.mark.parametrize("name", [RUN, f"{RUN}/args.yaml", f"./{RUN}/"])
def test_a_run_is_a_recipe_of_what_differs_from_the_defaults(workplace, name):
    run_with(workplace, epochs=300, batch=32, optimizer="AdamW", device="")
    recipe = load(name)
    assert (recipe.name, recipe.model, recipe.data) == ("train", "yolov8n.pt", "mine.yaml")
    assert recipe.train == {"epochs": 300, "batch": 32, "optimizer": "AdamW"}
    assert recipe.provenance["train.epochs"].startswith(f"{RUN}/args.yaml:")
    assert recipe.description == f"what the run {RUN} of Ultralytics was"


def test_a_recipe_can_extend_a_run(workplace):
    run_with(workplace, epochs=300)
    write(workplace, f"extends: {RUN}\ntrain: {{patience: 0}}\n")
    assert load("recipe.yaml").train == {"epochs": 300, "patience": 0}


def test_what_a_recipe_cannot_say_is_told(workplace):
    run_with(workplace, time=1.5, val=False, split="train", label_smoothing=0.1, keras=False)
    recipe = load(RUN)
    told = {finding.what: finding.remedy for finding in recipe.findings if finding.severity is Severity.INFO}
    assert told == {
        "time let the clock decide how long the run was": "--time-limit 1h30m",
        "val was false; grokyolo validates, since without that there is no gap": "gap.every=5 for less often",
        "split was train, so the run validated on its training images": "",
        "Ultralytics no longer has label_smoothing, which was 0.1": "",
    }
    assert recipe.train == {}


def test_a_value_that_is_no_longer_taken_is_left_out_and_told(workplace):
    run_with(workplace, epochs=5, copy_paste_mode="paste", fraction=0)
    recipe = load(RUN)
    assert recipe.train == {"epochs": 5}
    assert [str(one) for one in recipe.findings if "no longer takes" in one.what and "copy_paste" in one.what]
    assert [str(one) for one in recipe.findings if "fraction was 0, which Ultralytics no longer takes" in one.what]


def test_what_grokyolo_would_change_are_the_warnings_of_any_recipe(workplace):
    run_with(workplace, patience=50)
    assert "train.patience is 50, which stops a plateau before it can jump" in {one.what for one in load(RUN).findings}


def test_the_copy_trains_the_same_and_says_what_to_change_and_why(workplace):
    run_with(workplace, epochs=300, patience=50, optimizer="AdamW", hsv_h=0.0, time=2.0)
    text = source_text(RUN)
    write(workplace, text, "mine.yaml")
    assert load("mine.yaml").hash == load(RUN).hash
    assert "  # train.patience is 50, which stops a plateau before it can jump. Better: patience: 0\n" in text
    assert "  # time let the clock decide how long the run was: --time-limit 2h\n" in text
    assert "fades and a long plateau learns ever less\n  # lrf: 1.0\n" in text


def test_the_proposals_of_a_copy_hold_when_they_are_taken(workplace):
    run_with(workplace, epochs=300, optimizer="AdamW")
    proposals = ("  # close_mosaic: ", "  # lrf: ", "  # warmup_bias_lr: ", "  # nbs: ", "  # patience: ")
    lines = [line.replace("# ", "", 1) if line.startswith(proposals) else line for line in source_text(RUN).split("\n")]
    write(workplace, "\n".join(lines), "mine.yaml")
    assert load("mine.yaml").warnings == []


def test_a_run_without_a_model_needs_one(workplace):
    run_with(workplace, model=None)
    with pytest.raises(RecipeError, match="the recipe names no model"):
        load(RUN)


@pytest.mark.parametrize("text", ["- a\n", "", "just text\n", "{a: &a [*a]}\n"])
def test_arguments_that_are_none_are_refused(workplace, text):
    write(workplace, text, f"{RUN}/args.yaml")
    with pytest.raises(RecipeError):
        load(RUN)


def test_the_command_line_copies_a_run(grokyolo, workplace):
    run_with(workplace, epochs=300)
    code, out, _ = grokyolo("recipes", "copy", RUN, "mine.yaml")
    assert (code, out.splitlines()[0]) == (0, "copied: mine.yaml")
    assert load("mine.yaml").train == {"epochs": 300}
