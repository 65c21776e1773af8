"""Falls of the score and rises of the loss: lasting ones, larger than noise."""

import numpy as np
import pytest

from grokyolo.gap.series import from_columns
from grokyolo.verdict.decline import broken_since, collapsed_since, find_dips, find_fall, loss_goes_on_rising
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


def series(losses, name="val_loss", **fields):
    return from_columns("x", range(1, len(losses) + 1), **{name: losses}, **fields)


def test_a_train_loss_that_is_not_finite_to_the_end():
    assert broken_since(series([1.0] * 20 + [np.inf] * 5, "train_loss")) == 21


@pytest.mark.parametrize("name", ["val_loss", "probe_loss"])
def test_another_loss_counts_where_the_scores_break_too(name):
    losses = [1.0] * 20 + [np.inf] * 5
    assert broken_since(series(losses, name, val_score=[0.5] * 20 + [0.0] * 5)) == 21
    assert broken_since(series(losses, name, val_score=[0.5] * 25)) is None


def test_five_measurements_are_needed_and_blanks_are_none():
    sparse = [1.0, np.nan] * 10 + [np.inf, np.nan] * 5
    assert broken_since(series(sparse, "train_loss")) == 21
    assert broken_since(series(sparse[:-2], "train_loss")) is None


def test_one_finite_value_at_the_end_is_a_recovery():
    assert broken_since(series([1.0] * 20 + [np.inf] * 9 + [1.0], "train_loss")) is None


def test_a_training_that_was_never_finite():
    assert broken_since(series([np.inf] * 20, "train_loss")) == 1


def test_a_run_without_losses_is_not_broken():
    assert broken_since(series([np.nan] * 20)) is None


def test_a_collapsed_probe():
    assert collapsed_since(straight(200, (1, 0.1), (20, 0.9), (100, 0.9), (101, 0.2))) == pytest.approx(101, abs=1)


@pytest.mark.parametrize(
    "points",
    [
        ((1, 0.1), (20, 0.9)),
        ((1, 0.9), (100, 0.5)),
        ((1, 0.9), (100, 0.9), (101, 0.1), (110, 0.9)),
        ((1, 0.05), (9, 0.0)),
    ],
)
def test_probes_that_did_not_collapse(points):
    assert collapsed_since(straight(200, *points)) is None


def test_a_dip_with_its_edges():
    (dip,) = find_dips(straight(300, (1, 0.1), (50, 0.9), (150, 0.9), (155, 0.2), (170, 0.2), (175, 0.9)), "probe")
    assert (dip.peak, dip.trough) == pytest.approx((0.9, 0.2), abs=0.02)
    assert (dip.start, dip.end) == pytest.approx((151, 174), abs=3)


@pytest.mark.parametrize(
    "points",
    [
        ((1, 0.1), (50, 0.9)),
        ((1, 0.9), (150, 0.9), (155, 0.2)),
        ((1, 0.9), (150, 0.9), (155, 0.2), (180, 0.6)),
        ((1, 0.9), (150, 0.9), (180, 0.85), (200, 0.9)),
    ],
)
def test_what_did_not_fall_or_did_not_come_back_is_no_dip(points):
    assert find_dips(straight(300, *points), "probe") == ()


def wandering(seed: int, count: int, sort: str) -> np.ndarray:
    """Noise of standard deviation 1 that lasts for about ten measurements, or has heavy tails."""
    rng = np.random.default_rng(seed)
    if sort == "heavy":
        return np.clip(rng.standard_t(3, size=count), -8, 8) / np.sqrt(3)
    return np.convolve(rng.standard_normal(count), 0.8 ** np.arange(60))[:count] * np.sqrt(1 - 0.8**2)


def words(loss: np.ndarray) -> list[bool]:
    """Whether a loss goes on rising, as the run grows to its whole length, without repeats."""
    grown = [curve(loss[:rows]) for rows in np.geomspace(30, len(loss), 20).astype(int)]
    found = [loss_goes_on_rising(each, 6) is not None for each in grown]
    return [word for i, word in enumerate(found) if i == 0 or word is not found[i - 1]]


@pytest.mark.parametrize("sort", ["wandering", "heavy"])
def test_noise_on_a_loss_that_stands_is_no_rise_at_any_length(sort):
    found = [words(2 * (1 + 0.03 * wandering(seed, 500, sort))) for seed in range(12)]
    assert found.count([False]) >= 11


@pytest.mark.parametrize("sort", ["wandering", "heavy"])
def test_a_loss_that_goes_on_rising_keeps_the_word_once_it_has_it(sort):
    straight_up = 2 + 2 * np.arange(500) / 500
    found = [words(straight_up * (1 + 0.03 * wandering(seed, 500, sort))) for seed in range(12)]
    assert found.count([False, True]) >= 11


def test_one_lucky_measurement_is_no_best_to_fall_from():
    early = [0.03, 0.07, 0.08, 0.06, 0.11, 0.12, 0.14, 0.17, 0.15, 0.18, 0.17, 0.99, 0.25]
    assert collapsed_since(curve(np.asarray(early))) is None
