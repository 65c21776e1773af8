"""The plan of a run that has been trained: worked out again, beside what happened, and honest about what is gone."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from grokyolo.gap import Source
from grokyolo.gap.series import from_columns
from grokyolo.view.report import plan as module
from grokyolo.view.report.plan import planned
from tests.plan.recipes import box, detection, recipe
from tests.view.curves import event

STEPS = np.arange(1, 101)


def log(**columns):
    """Return the log of a run of 100 epochs, one step each."""
    given = {"step": STEPS, "lr": [0.001] * 100, "weight_decay": [0.01] * 100, "val_loss": [1.0] * 100}
    return from_columns("runs/a", STEPS, **{**given, "train_images": 4, "val_images": 2, "probe_images": 4, **columns})


@pytest.fixture
def run(workplace) -> Path:
    """A run of grokyolo on a data set of four and two images."""
    data = detection(workplace / "set", [box(0)] * 4, [box(0)] * 2)
    settings = ("epochs=100", "optimizer=AdamW", "lr0=0.001", "lrf=1.0", "warmup_epochs=0", "weight_decay=0.01")
    made = recipe(*settings, "batch=4", "nbs=4", data=data)
    folder = workplace / "runs" / "a"
    folder.mkdir(parents=True)
    (folder / "grokyolo.yaml").write_text(yaml.safe_dump({"format": 1, "recipe": made.to_dict()}))
    return folder


def rows(found) -> dict[str, tuple[str, str]]:
    return {what: (planned, happened) for what, planned, happened in found.rows}


def test_every_row_says_what_was_planned_and_what_happened(run):
    found = planned(run, log())
    assert found.source == "grokyolo.yaml"
    assert rows(found) == {
        "data": ("4 training, 2 validation images; 4 objects in 1 of 3 classes", "4 training, 2 validation images"),
        "score": ("one validation image counts 0.5", ""),
        "model": ("2.50 M parameters; decay acts on 2.49 M, 99.9 % of them normalised", ""),
        "optimizer": ("AdamW, learning rate 0.001", "learning rate 0.001"),
        "steps": ("100: 1 batch of 4 an epoch, one step each", "100 in 100 epochs"),
        "decay": ("0.01, decoupled from the gradient", "0.01"),
        "budget": ("0.001 e-folds: weights shrink by 0.1 %. Control: 2.0 to 2.7", "0.001 e-folds spent"),
        "warm-up": (
            "none; averaged weights look back 1.1 epochs at the end",
            "averaged weights look back 1.1 epochs at the end",
        ),
        "probe": ("4 training images, every epoch", ""),
    }
    assert found.remarks == ()


def test_warnings_come_with_their_remedy_the_weightiest_first(run):
    kinds = [kind for kind, _, _ in planned(run, log()).warnings]
    assert kinds == sorted(kinds, reverse=True) and set(kinds) == {"warning", "note"}
    remedies = {what: remedy for _, what, remedy in planned(run, log()).warnings}
    assert remedies["2 validation images: a verdict can rest on the losses alone"] == (
        "add at least 18 images to validation"
    )


def test_images_in_both_splits_are_a_warning(run):
    twin = run.parent.parent / "set" / "images" / "val" / "0.png"
    shutil.copy(twin.parents[1] / "train" / "0.png", twin)
    assert "1 of 2 validation images are training images too" in planned(run, log()).warnings[0][1]


def test_a_data_set_that_is_gone_leaves_what_the_run_knows(run):
    shutil.rmtree(run.parent.parent / "set")
    found = planned(run, log())
    told = rows(found)
    assert told["data"] == ("", "4 training, 2 validation images")
    assert told["steps"] == ("100: 1 batch of 4 an epoch, one step each", "100 in 100 epochs")
    assert told["budget"][0].startswith("0.001 e-folds")
    assert [remark.partition(":")[0] for remark in found.remarks] == ["The data set cannot be looked at"]
    assert not [what for _, what, _ in found.warnings if "is not here" in what]


def test_without_images_and_their_number_the_steps_are_unknown(run):
    shutil.rmtree(run.parent.parent / "set")
    told = rows(planned(run, log(train_images=None, val_images=None)))
    assert told["steps"] == ("unknown: neither the images nor their number are known", "100 in 100 epochs")
    assert told["optimizer"] == ("AdamW", "learning rate 0.001")
    assert told["budget"] == ("", "0.001 e-folds spent")


def test_the_plan_counts_with_the_images_that_the_run_saw(run):
    found = planned(run, log(train_images=8))
    assert rows(found)["steps"][0] == "200: 2 batches of 4 an epoch, one step each"
    assert found.remarks == ("The data set has 4 training images now, the run saw 8.",)


def test_the_splits_of_a_large_set_are_not_compared(run, monkeypatch):
    monkeypatch.setattr(module, "MANY_IMAGES", 5)
    twin = run.parent.parent / "set" / "images" / "val" / "0.png"
    shutil.copy(twin.parents[1] / "train" / "0.png", twin)
    assert not [what for _, what, _ in planned(run, log()).warnings if "too: no gap" in what]


def test_an_architecture_that_is_gone_leaves_the_rest(run):
    meta = yaml.safe_load((run / "grokyolo.yaml").read_text())
    meta["recipe"]["model"] = "/gone/own.yaml"
    (run / "grokyolo.yaml").write_text(yaml.safe_dump(meta))
    found = planned(run, log())
    assert rows(found)["model"][0] == "size unknown: no such architecture"
    assert rows(found)["steps"][0].startswith("100: ")
    assert found.remarks == ("The model file /gone/own.yaml is not here.",)


@pytest.mark.parametrize("recipe", [None, [], {"model": 3}, {"model": "yolo26n.yaml", "data": "x", "train": {"a": 1}}])
def test_a_recipe_that_cannot_be_read_is_said(run, recipe):
    (run / "grokyolo.yaml").write_text(yaml.safe_dump({"recipe": recipe}))
    found = planned(run, log())
    assert found.rows == found.warnings == ()
    assert found.remarks[0].startswith("The plan cannot be worked out: ")


def test_an_extended_run_says_whose_plan_it_is(run):
    found = planned(run, log(events=(event(51, "resume"), event(51, "wd-changed"), event(51, "lr-changed"))))
    assert found.remarks == ("Settings changed at epoch 51: the plan is of those at the end, for all epochs.",)


def test_what_auto_chooses_needs_the_number_of_classes(run):
    meta = yaml.safe_load((run / "grokyolo.yaml").read_text())
    meta["recipe"]["train"]["optimizer"] = "auto"
    (run / "grokyolo.yaml").write_text(yaml.safe_dump(meta))
    assert planned(run, log()).remarks == ()
    shutil.rmtree(run.parent.parent / "set")
    assert "depends on the number of classes" in planned(run, log()).remarks[-1]


# Runs of others --------------------------------------------------------------------------------------------------


def foreign(folder: Path, text: str, name: str = "args.yaml", **columns):
    (folder / name).write_text(text)
    return planned(folder, log(source=Source.ULTRALYTICS, **columns))


def test_a_plain_run_shows_what_its_arguments_allow(tmp_path):
    text = (
        "optimizer: SGD\nlr0: 0.01\nlrf: 0.01\nepochs: 100\nbatch: 16\nweight_decay: 0.0005\nmosaic: 1.0\n"
        "close_mosaic: 10\nwarmup_epochs: 3.0\n"
    )
    found = foreign(tmp_path, text, lr=np.linspace(0.01, 0.0001, 100), optimizer="sgd")
    assert found.source == "args.yaml"
    assert rows(found) == {
        "data": ("", "4 training, 2 validation images"),
        "optimizer": (
            "SGD; the learning rate goes to 0.01 of its start along a line after 3 epochs of warm-up",
            "learning rate 0.01 → 0.0001",
        ),
        "steps": ("one after 4 batches (batch smaller than nbs)", "about 100 in 100 epochs"),
        "decay": ("0.0005 after scaling by batch and nbs", ""),
        "budget": ("", "about 0.005 e-folds spent"),
        "mosaic": ("closed for the last 10 of 100 epochs", ""),
    }
    assert found.warnings == found.remarks == ()


def test_auto_is_not_guessed_at(tmp_path):
    found = rows(foreign(tmp_path, "optimizer: auto\ncos_lr: true\nlrf: 0.1\nwarmup_epochs: 0\n"))
    assert found["optimizer"][0] == (
        "auto, which Ultralytics chooses, ignoring lr0; the learning rate goes to 0.1 of its start along a cosine"
    )


def test_a_classifier_has_no_mosaic_to_close(tmp_path):
    text = "optimizer: SGD\nmosaic: 1.0\nclose_mosaic: 10\nepochs: 100\n"
    assert "mosaic" not in rows(foreign(tmp_path, text, score_name="top1"))


def test_yolov5_options_are_read_too(tmp_path):
    found = foreign(
        tmp_path, "optimizer: SGD\nbatch_size: 64\nepochs: 300\nhyp: {lrf: 1.0, weight_decay: 0.001}\n", "opt.yaml"
    )
    assert found.source == "opt.yaml"
    assert rows(found)["steps"][0] == "one after each batch"
    assert rows(found)["optimizer"][0] == "SGD; the learning rate stays after 3 epochs of warm-up"


def test_a_log_alone_has_no_plan(tmp_path):
    assert planned(tmp_path, log()) is None
