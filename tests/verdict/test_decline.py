"""Falls of the score and rises of the loss: lasting ones, larger than noise."""

import numpy as np
import pytest

from grokyolo.verdict.decline import find_fall, loss_goes_on_rising
from tests.verdict.test_rise import curve, straight


def test_a_fall_with_its_peak_and_trough():
    fall = find_fall(straight(300, (1, 0.1), (50, 0.8), (100, 0.8), (150, 0.5)), 1.0)
    assert (fall.peak, fall.trough, fall.final) == pytest.approx((0.8, 0.5, 0.5), abs=0.01)
    assert not fall.is_double_descent


def test_a_score_that_came_back_is_double_descent():
    fall = find_fall(straight(300, (1, 0.1), (50, 0.6), (100, 0.3), (150, 0.3), (200, 0.7)), 1.0)
    assert fall.regained == pytest.approx(4 / 3, abs=0.1)
    assert fall.is_double_descent


def test_three_quarters_must_come_back():
    fall = find_fall(straight(300, (1, 0.1), (50, 0.6), (100, 0.2), (150, 0.2), (200, 0.4)), 1.0)
    assert fall.regained == pytest.approx(0.5, abs=0.05)
    assert not fall.is_double_descent


def test_a_peak_below_half_of_the_final_height_is_a_dip():
    fall = find_fall(straight(300, (1, 0.1), (40, 0.4), (100, 0.1), (150, 0.1), (200, 0.9)), 1.0)
    assert not fall.is_double_descent


@pytest.mark.parametrize("points", [((1, 0.1), (50, 0.8)), ((1, 0.5),), ((1, 0.8), (99, 0.8), (101, 0.3), (103, 0.8))])
def test_no_lasting_fall(points):
    assert find_fall(straight(300, *points), 1.0) is None


def test_chance_level_is_no_height_to_fall_from():
    assert find_fall(straight(300, (1, 0.09), (20, 0.09), (40, 0.0)), 1.0) is None


@pytest.mark.parametrize("seed", range(10))
def test_wandering_noise_is_no_fall(seed):
    white = np.random.default_rng(seed).standard_normal(600)
    wander = np.convolve(white, 0.7 ** np.arange(60))[:600] * np.sqrt(1 - 0.7**2)
    assert find_fall(curve(np.clip(0.5 + 0.03 * wander, 0, 1)), 1.0) is None


def test_a_loss_that_goes_on_rising():
    rise = loss_goes_on_rising(straight(300, (1, 1.0), (300, 4.0)), 6)
    assert rise.half_epoch == pytest.approx(153, abs=2)
    assert rise.final == pytest.approx(3.75, abs=0.1)


@pytest.mark.parametrize(
    "points",
    [((1, 1.0), (60, 6.0)), ((1, 3.0),), ((1, 1.0), (100, 6.0), (200, 1.0)), ((1, 5.0), (300, 1.0))],
)
def test_a_loss_that_stands_or_falls_does_not(points):
    assert loss_goes_on_rising(straight(300, *points), 6) is None
