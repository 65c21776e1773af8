"""What a log says of each thing that a plan foresaw."""

import numpy as np
import pytest

from grokyolo.gap import Series, Source
from grokyolo.gap.series import from_columns
from grokyolo.view.report.plan import happened

EPOCHS = np.arange(1, 101)


def words(what: str, series: Series) -> str:
    return happened(series).get(what, "")


def log(**columns):
    return from_columns("r", EPOCHS, **columns)


@pytest.mark.parametrize(
    "rates, told",
    [
        ([0.002] * 100, "learning rate 0.002"),
        (np.linspace(0.01, 0.0001, 100), "learning rate 0.01 → 0.0001"),
        ([0.001, 0.01, *[0.005] * 98], "learning rate 0.001 → 0.01 → 0.005"),
        ([0, *[0.001] * 99], "learning rate 0 → 0.001"),
        ([np.nan] * 100, ""),
    ],
)
def test_the_learning_rate_is_first_highest_last(rates, told):
    assert words("optimizer", log(lr=rates)) == told


def test_weight_decay_that_changed_is_seen():
    assert words("decay", log(weight_decay=[0.0] * 50 + [1.0] * 50)) == "0 → 1"


def test_weight_decay_of_other_logs_is_only_what_their_arguments_say():
    assert words("decay", log(weight_decay=[0.5] * 100, source=Source.ULTRALYTICS)) == ""


def test_steps_and_budget_of_other_logs_are_reckoned():
    known = {"step": 9 * EPOCHS, "lr": [0.002] * 100, "weight_decay": [1.0] * 100}
    assert words("steps", log(**known)) == "900 in 100 epochs"
    assert words("budget", log(**known)) == "1.8 e-folds spent"
    assert words("steps", log(**known, source=Source.YOLOV5)) == "about 900 in 100 epochs"
    assert words("budget", log(**known, source=Source.ULTRALYTICS)) == "about 1.8 e-folds spent"


def test_the_average_follows_the_steps_that_were_taken():
    assert words("warm-up", log(step=100 * EPOCHS)) == "averaged weights look back 1.5 epochs at the end"
    assert words("warm-up", log(step=[0] * 100)) == ""


def test_the_probe_is_counted_where_there_is_one():
    scores = np.full(100, np.nan)
    scores[::5] = 0.5
    assert words("probe", log(probe_score=scores, val_score=scores, probe_images=7)) == (
        "7 images, measured in 20 of 100 epochs"
    )
    assert words("probe", log(val_score=scores)) == ""


def test_what_no_log_holds_is_empty():
    assert words("model", log()) == words("score", log()) == ""
