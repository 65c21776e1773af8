"""What the report takes from a run folder: settings with origins, checkpoints, error bars, notes."""

from dataclasses import replace
from pathlib import Path

import pytest

from grokyolo.gap import Intervals, IntervalWriter
from grokyolo.gap.settings import run_file_of
from grokyolo.verdict import assess
from grokyolo.view.report.facts import SavedFile, read_facts, settings
from tests.view.curves import grok

NATIVE = {
    "recipe": {"model": "m.yaml", "train": {"epochs": 280, "lr0": 0.002}, "gap": {"every": 1}},
    "provenance": {"model": "built-in x.yaml:1", "train.epochs": "command line", "train.lr0": "x.yaml:3"},
}


def known(folder: Path, meta=None):
    chosen, defaults = settings(folder, run_file_of(meta or {}))
    return {v.key: (v.value, v.source) for v in chosen}, {v.key: (v.value, v.source) for v in defaults}


def test_a_recipe_tells_where_each_value_comes_from(tmp_path):
    chosen, defaults = known(tmp_path, NATIVE)
    assert chosen == {
        "model": ("m.yaml", "built-in x.yaml:1"),
        "train.epochs": (280, "command line"),
        "train.lr0": (0.002, "x.yaml:3"),
    }
    assert defaults == {"gap.every": (1, "default")}


def test_arguments_that_ultralytics_noted_stand_below_the_recipe(tmp_path):
    (tmp_path / "args.yaml").write_text(
        "epochs: 280\nlr0: 0.5\nmomentum: 0.5\nbox: 7.5\nsave_dir: /a/b\nmodel: /a/m.pt\n"
    )
    chosen, defaults = known(tmp_path, NATIVE)
    assert chosen["train.lr0"] == (0.002, "x.yaml:3")  # the recipe's own word counts
    assert chosen["train.momentum"] == (0.5, "args.yaml")
    assert defaults["train.box"] == (7.5, "Ultralytics default")
    assert not {"train.save_dir", "train.model"} & {*chosen, *defaults}


def test_a_foreign_run_shows_what_differs_from_ultralytics_defaults(tmp_path):
    (tmp_path / "args.yaml").write_text(
        "model: yolo11n.pt\ndata: my.yaml\nepochs: 100\nlr0: 0.02\ndevice: ''\nsave: true\n"
    )
    chosen, defaults = known(tmp_path)
    assert chosen == {
        "model": ("yolo11n.pt", "args.yaml"),
        "data": ("my.yaml", "args.yaml"),
        "lr0": (0.02, "args.yaml"),
    }
    assert set(defaults) == {"epochs", "device", "save"}


def test_true_is_not_the_default_one(tmp_path):
    (tmp_path / "args.yaml").write_text("mosaic: true\n")
    assert known(tmp_path) == ({"mosaic": (True, "args.yaml")}, {})


def test_yolov5_options_are_all_chosen(tmp_path):
    (tmp_path / "opt.yaml").write_text("epochs: 300\nadam: false\n")
    chosen, defaults = known(tmp_path)
    assert chosen == {"epochs": (300, "opt.yaml"), "adam": (False, "opt.yaml")}
    assert defaults == {}


def test_nothing_is_known_without_files(tmp_path):
    assert known(tmp_path) == ({}, {})


def test_nonsense_instead_of_maps_is_ignored(tmp_path):
    assert known(tmp_path, {"recipe": [1], "provenance": "x"}) == ({}, {})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "gap.csv").write_text("epoch,val_loss\n1,1.0\n")
    return tmp_path


def gathered(folder: Path):
    series = replace(grok(), run=str(folder))
    return read_facts(series, assess(series))


def test_checkpoints_with_sizes_and_purposes(folder):
    for name, size in (("weights/best.pt", 10), ("weights/last.pt", 20), ("state/epoch-0000280-abc.pt", 30)):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * size)
    (folder / "state" / "lock").touch()
    assert gathered(folder).checkpoints == (
        SavedFile("weights/best.pt", 10, "weights of the best fitness"),
        SavedFile("weights/last.pt", 20, "weights of the last save"),
        SavedFile("state/epoch-0000280-abc.pt", 30, "full state of epoch 280, for an exact resume"),
    )


def test_error_bars_of_epochs_that_the_log_has(folder):
    with IntervalWriter(folder / "errors.csv") as log:
        log.append(Intervals(epoch=120, val_low=0.7, val_high=0.8))
        log.append(Intervals(epoch=9999, val_low=0.7, val_high=0.8))
    assert [row.epoch for row in gathered(folder).bars] == [120]


def test_a_broken_errors_csv_is_a_note(folder):
    (folder / "errors.csv").write_text("a,b\n1,2\n")
    found = gathered(folder)
    assert found.bars == ()
    assert [note for note in found.notes if note.startswith("no intervals from errors.csv: ")]


def test_notes_are_said_once(folder):
    series = replace(grok(), run=str(folder), notes=("a repair", "a repair"))
    assert read_facts(series, assess(series)).notes.count("a repair") == 1


def test_a_run_whose_folder_is_gone_is_still_shown():
    series = replace(grok(), run="nowhere/at/all")
    found = read_facts(series, assess(series))
    assert (found.bars, found.checkpoints, found.chosen) == ((), (), ())


def test_waiting_is_spoken_of_only_while_memorising(folder):
    series = replace(grok(epochs=80), run=str(folder))
    waiting = read_facts(series, assess(series)).waiting
    assert "not a promise" in waiting[-1]
    assert gathered(folder).waiting == ()
