"""Facts about a run besides its curves, in words."""

import numpy as np
import pytest

from grokyolo.gap.series import Source, from_columns
from grokyolo.view.report import facts
from tests.view.curves import grok


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.25, "0.25 s"),
        (37.04, "37 s"),
        (60, "1 min 0 s"),
        (725, "12 min 5 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (97_200, "1 d 3 h"),
        (86_400 * 1200, "1,200 d"),
    ],
)
def test_time_in_at_most_two_units(seconds, words):
    assert facts.duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (593_282, "593 kB"),
        (999_900, "1 MB"),
        (4_659_773, "4.66 MB"),
        (3 * 10**15, "3e+03 TB"),
    ],
)
def test_sizes(count, words):
    assert facts.size(count) == words


@pytest.mark.parametrize(
    ("value", "words"), [(None, "null"), (True, "true"), (0.002, "0.002"), ("ram", "ram"), ([0, 1], "[0, 1]")]
)
def test_settings_are_spelled_as_in_yaml(value, words):
    assert facts.plain(value) == words


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
    assert facts.of_environment(meta, grok()) == (
        ("log written by", "grokyolo"),
        ("task", "classify"),
        ("device", "cpu"),
        ("created", "2026-01-02"),
        ("torch", "2.14.1"),
    )


def test_environment_of_a_foreign_log_is_its_writer():
    foreign = from_columns("r", [1], val_loss=[1.0], source=Source.YOLOV5)
    assert facts.of_environment({}, foreign) == (("log written by", "YOLOv5"),)


def test_nonsense_in_grokyolo_yaml_is_left_out():
    meta = {"device": ["cpu"], "versions": "many", "task": None}
    assert facts.of_environment(meta, grok()) == (("log written by", "grokyolo"),)
