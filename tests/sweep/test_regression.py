"""Small statistics: right where the answer is known, and none where the data do not determine one."""

import math

import numpy as np
import pytest

from grokyolo.sweep.regression import fit_censored, jackknife, student_quantile, within


def line(count, noise, seed, slope=-1.0, start=1.0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, count)
    return np.column_stack([np.ones(count), x]), start + slope * x + noise * rng.standard_normal(count)


class TestCensoredFit:
    def test_without_censoring_it_is_least_squares(self):
        design, values = line(40, 0.3, 0)
        fit = fit_censored(design, values, np.zeros(40, dtype=bool))
        expected, *_ = np.linalg.lstsq(design, values, rcond=None)
        assert fit.coefficients == pytest.approx(expected, abs=1e-4)
        assert fit.sigma == pytest.approx(np.std(values - design @ expected), rel=0.01)

    def test_values_that_were_cut_off_do_not_pull_the_line_down(self):
        slopes, naive = [], []
        for seed in range(60):
            design, values = line(40, 0.3, seed)
            cut = np.minimum(values, 1.5)
            slopes.append(fit_censored(design, cut, values > 1.5).coefficients[1])
            naive.append(np.linalg.lstsq(design, cut, rcond=None)[0][1])
        assert np.mean(slopes) == pytest.approx(-1, abs=0.03)
        assert np.mean(naive) > -0.85

    def test_a_perfect_line_is_found(self):
        design, values = line(5, 0.0, 1)
        assert fit_censored(design, values, np.zeros(5, dtype=bool)).coefficients == pytest.approx([1, -1])

    def test_a_value_far_beyond_its_bound_does_no_harm(self):
        design, values = line(20, 0.01, 2)
        censored = np.arange(20) == 0
        fit = fit_censored(design, np.where(censored, values - 5, values), censored)
        assert fit.coefficients == pytest.approx([1, -1], abs=0.02)

    def test_a_bound_that_the_line_contradicts_counts(self):
        design, values = line(20, 0.1, 2)
        censored = np.arange(20) == 0
        high = fit_censored(design, np.where(censored, values + 2, values), censored)
        assert high.sigma > 2 * fit_censored(design, values, np.zeros(20, dtype=bool)).sigma

    @pytest.mark.parametrize("censored", [[True] * 3, [False, True, True], [False, False, True]])
    def test_too_little_gives_none(self, censored):
        design = np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 3.0]])
        assert fit_censored(design, np.array([1.0, 1.1, 2.0]), np.array(censored)) is None


class TestJackknife:
    def test_the_error_of_a_mean_is_the_textbook_one(self):
        values = np.random.default_rng(0).standard_normal(20)
        error = jackknife(lambda rows: float(values[rows].mean()), np.arange(20))
        assert error == pytest.approx(values.std(ddof=1) / math.sqrt(20))

    def test_runs_that_share_a_setting_count_once(self):
        values = np.repeat(np.random.default_rng(0).standard_normal(10), 5)
        clusters = np.repeat(np.arange(10), 5)
        alone = jackknife(lambda rows: float(values[rows].mean()), np.arange(50))
        assert jackknife(lambda rows: float(values[rows].mean()), clusters) > 2 * alone

    def test_many_settings_are_left_out_in_groups_that_a_seed_draws(self):
        values = np.random.default_rng(0).standard_normal(400)
        calls = []

        def mean(rows):
            calls.append(int(rows.sum()))
            return float(values[rows].mean())

        error = jackknife(mean, np.arange(400))
        assert len(calls) == 40
        assert error == pytest.approx(values.std() / 20, rel=0.35)
        assert jackknife(mean, np.arange(400)) == error

    @pytest.mark.parametrize("clusters", [[], [0, 0], [0, 1]])
    def test_few_settings_give_none(self, clusters):
        assert jackknife(lambda rows: 1.0, np.array(clusters, dtype=np.int64)) is None

    def test_nor_where_one_of_them_is_needed(self):
        assert jackknife(lambda rows: 1.0 if rows[0] else None, np.arange(5)) is None


@pytest.mark.parametrize(
    ("freedom", "expected", "by"),
    [(1, 12.706, 1e-3), (2, 4.303, 1e-3), (3, 3.182, 0.01), (5, 2.571, 2e-3), (30, 2.042, 1e-3), (10**6, 1.960, 1e-3)],
)
def test_quantiles_of_students_t(freedom, expected, by):
    assert student_quantile(0.975, freedom) == pytest.approx(expected, rel=by)


def test_no_degree_of_freedom_is_no_knowledge():
    assert student_quantile(0.975, 0) == math.inf


def test_within_takes_away_the_mean_of_each_group():
    values = np.array([[1.0, 2.0], [3.0, 2.0], [7.0, 5.0]])
    assert within(values, np.array([0, 0, 2])).tolist() == [[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
