"""Facts about a run besides its curves, in words."""

import numpy as np

from grokyolo.gap.series import Source, from_columns
from grokyolo.gap.settings import RunFile, run_file_of
from grokyolo.view.report import facts
from tests.view.curves import grok


def test_length_data_and_cost_of_a_run():
    epoch = np.arange(1, 11)
    series = from_columns(
        "r",
        epoch,
        step=epoch * 9,
        seconds=epoch * 10.0,
        lr=np.full(10, 0.002),
        weight_decay=np.full(10, 1.0),
        val_loss=np.ones(10),
        norm_decayed=np.linspace(20, 10, 10),
        train_images=576,
        epochs_planned=280,
        batches_per_epoch=9,
    )
    found = dict(facts.of_run(series))
    assert found["epochs"] == "10 of 280 planned"
    assert found["measured"] == "10 times"
    assert found["training images"] == "576"
    assert found["probe images"] == "no probe: the gap is rough"
    assert found["validation images"] == "–"
    assert found["optimizer steps"] == "90"
    assert found["time trained"] == "1 min 40 s"
    assert found["decay budget spent"] == "0.18 e-folds"
    assert found["norm under decay"] == "20 at first, 10 at last"
    assert "norm of the others" not in found


def test_a_finished_run_does_not_repeat_its_plan():
    assert dict(facts.of_run(grok(epochs_planned=300)))["epochs"] == "300"


def test_environment_comes_from_grokyolo_yaml():
    meta = {"device": "cpu", "task": "classify", "created": "2026-01-02", "versions": {"torch": "2.14.1"}, "extra": 1}
    assert facts.of_environment(run_file_of(meta), grok()) == (
        ("log written by", "grokyolo"),
        ("task", "classify"),
        ("device", "cpu"),
        ("created", "2026-01-02"),
        ("torch", "2.14.1"),
    )


def test_environment_of_a_foreign_log_is_its_writer():
    foreign = from_columns("r", [1], val_loss=[1.0], source=Source.YOLOV5)
    assert facts.of_environment(RunFile(), foreign) == (("log written by", "YOLOv5"),)


def test_nonsense_in_grokyolo_yaml_is_left_out():
    meta = {"device": ["cpu"], "versions": "many", "task": None}
    assert facts.of_environment(run_file_of(meta), grok()) == (("log written by", "grokyolo"),)
