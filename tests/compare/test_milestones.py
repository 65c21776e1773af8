"""When a level is reached for good, and what that had cost."""

import numpy as np
import pytest

from grokyolo.compare import By, Cost, crossing, final_level
from grokyolo.gap.series import from_columns


def run(scores, **columns):
    epochs = len(scores)
    given = {
        "step": np.arange(1, epochs + 1) * 9.0,
        "seconds": np.arange(1, epochs + 1) * 0.5,
        "lr": np.full(epochs, 0.01),
        "weight_decay": np.full(epochs, 0.1),
    }
    return from_columns("runs/a", range(1, epochs + 1), val_score=scores, **{**given, **columns})


def step_at(epoch: int, length: int = 100, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    return np.where(np.arange(1, length + 1) >= epoch, high, low)


def test_the_crossing_is_the_first_epoch_at_the_level_with_its_cost():
    cost = crossing(run(step_at(40)), 0.5)
    assert (cost.epoch, cost.step, cost.seconds) == (40, 360.0, 20.0)
    assert cost.budget == pytest.approx(0.36)


@pytest.mark.parametrize(("by", "value"), [(By.EPOCH, 40.0), (By.STEP, 360.0), (By.TIME, 20.0), (By.BUDGET, 0.3)])
def test_a_cost_on_each_clock(by, value):
    assert Cost(40, 360.0, 20.0, 0.3).on(by) == value


def test_a_level_that_is_lost_again_was_not_reached():
    scores = step_at(20)
    scores[70:] = 0.1
    assert crossing(run(scores), 0.5) is None


def test_a_level_that_is_lost_and_regained_counts_from_then_on():
    scores = step_at(20)
    scores[50:60] = 0.1
    assert crossing(run(scores), 0.5).epoch == 61


def test_one_lucky_or_unlucky_epoch_changes_nothing():
    scores = step_at(40)
    scores[10] = 1.0
    scores[80] = 0.0
    assert crossing(run(scores), 0.5).epoch == 40


def test_a_level_never_reached():
    assert crossing(run(step_at(40, high=0.4)), 0.5) is None


def test_a_level_reached_from_the_beginning():
    assert crossing(run(np.full(50, 0.9)), 0.5).epoch == 1


def test_epochs_without_a_measurement_are_skipped():
    scores = step_at(40)
    scores[np.arange(100) % 5 != 0] = np.nan
    assert crossing(run(scores), 0.5).epoch == 41


def test_what_the_log_does_not_tell_has_no_cost():
    assert crossing(run(step_at(40), step=None, seconds=None, lr=None), 0.5) == Cost(40, None, None, None)


def test_without_scores_there_is_neither_level_nor_crossing():
    series = run(np.full(10, np.nan))
    assert final_level(series) is None
    assert crossing(series, 0.5) is None


def test_the_final_level_is_a_median_of_the_end():
    scores = step_at(40, length=200, high=0.8)
    scores[-1] = 0.0
    assert final_level(run(scores)) == 0.8


def test_the_final_level_of_a_run_that_fell_is_where_it_fell_to():
    scores = np.full(200, 0.9)
    scores[100:] = 0.3
    assert final_level(run(scores)) == pytest.approx(0.3)


def test_the_final_level_of_a_short_run_is_the_median_of_what_there_is():
    assert final_level(run(np.array([0.2, 0.4, 0.9]))) == 0.4
