"""The four clocks, and the places on them at which scores are compared."""

import numpy as np
import pytest

from grokyolo.compare import By, clock, clocks
from grokyolo.compare.alignment import positions, score_at
from grokyolo.gap.series import from_columns


def run(epochs: int = 100, **columns):
    given = {
        "step": np.arange(1, epochs + 1) * 9.0,
        "seconds": np.arange(1, epochs + 1) * 0.5,
        "lr": np.full(epochs, 0.01),
        "weight_decay": np.full(epochs, 0.1),
        "val_score": np.arange(1, epochs + 1) / epochs,
    }
    return from_columns("runs/a", range(1, epochs + 1), **{**given, **columns})


@pytest.mark.parametrize(("by", "last"), [(By.EPOCH, 100), (By.STEP, 900), (By.TIME, 50), (By.BUDGET, 0.9)])
def test_what_each_clock_shows(by, last):
    shown = clock(run(), by)
    assert shown[-1] == pytest.approx(last)
    assert np.array_equal(clocks(run())[by], shown)


@pytest.mark.parametrize(
    ("by", "unknown"), [(By.STEP, "step"), (By.TIME, "seconds"), (By.BUDGET, "lr"), (By.BUDGET, "weight_decay")]
)
def test_what_a_log_does_not_tell_is_nan(by, unknown):
    assert np.isnan(clock(run(**{unknown: None}), by)).all()


def test_the_score_at_a_place_is_the_last_one_measured_there():
    series = run(10, val_score=[0.1, np.nan, np.nan, 0.4, np.nan, 0.6, 0.7, 0.8, 0.9, 1.0])
    found = score_at(series, By.EPOCH, np.array([1.0, 3.0, 4.0, 5.5, 10.0]))
    assert found.tolist() == [0.1, 0.1, 0.4, 0.4, 1.0]


def test_before_and_after_a_run_there_is_no_score():
    found = score_at(run(), By.STEP, np.array([1.0, 9.0, 900.0, 901.0]))
    assert np.isnan(found).tolist() == [True, False, False, True]


def test_a_run_without_the_clock_has_no_score_on_it():
    assert np.isnan(score_at(run(step=None), By.STEP, np.array([9.0]))).all()


def test_places_are_round_and_end_where_the_longest_run_ends():
    assert positions([run(100), run(280)], By.EPOCH).tolist() == [5, 7, 10, 20, 30, 50, 70, 100, 200, 280][1:]


def test_no_round_place_crowds_the_last_one():
    assert positions([run(101)], By.EPOCH).tolist()[-2:] == [70, 101]


@pytest.mark.parametrize("by", list(By))
def test_there_are_never_more_places_than_asked_for(by):
    for epochs in (1, 2, 7, 1000, 54_321):
        places = positions([run(epochs)], by, count=5)
        assert 1 <= len(places) <= 5
        assert (np.diff(places) > 0).all()
        assert places[-1] == clock(run(epochs), by)[-1]


def test_a_clock_that_no_log_tells_has_no_places():
    assert len(positions([run(step=None)], By.STEP)) == 0


def test_a_budget_of_nothing_has_no_places():
    assert len(positions([run(weight_decay=np.zeros(100))], By.BUDGET)) == 0
