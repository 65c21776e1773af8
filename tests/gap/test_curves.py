"""Columns in, one curve out."""

import math

import numpy as np
import pytest

from grokyolo.gap.curves import clean_scores, learning_rate, losses, sum_losses, time_trained, written_values
from grokyolo.gap.table import Column

NAN, INF = math.nan, math.inf


def column(*cells):
    """A column; None is an empty cell."""
    values = np.array([NAN if cell is None else cell for cell in cells], dtype=float)
    return Column(values, np.array([cell is not None for cell in cells]))


class TestLosses:
    def test_what_is_not_finite_is_plus_infinity(self):
        np.testing.assert_array_equal(losses(column(1, NAN, INF, -INF, None)), [1, INF, INF, INF, NAN])

    def test_a_written_nan_is_not_an_empty_cell(self):
        np.testing.assert_array_equal(written_values(column(1, NAN, None, -INF)), [1, INF, NAN, -INF])

    def test_sum(self):
        total = sum_losses([column(1, 1, 1, NAN), column(2, None, INF, None)], 4)
        np.testing.assert_array_equal(total, [3, NAN, INF, NAN])

    def test_sum_of_none(self):
        np.testing.assert_array_equal(sum_losses([], 2), [NAN, NAN])

    def test_sum_too_large_for_a_float(self):
        assert sum_losses([column(1e308), column(1e308)], 1)[0] == INF


class TestScores:
    def test_what_no_score_can_be_is_left_out(self):
        scores, notes = clean_scores(column(0, 1, -0.1, 1.1, NAN, INF), 6)
        np.testing.assert_array_equal(scores, [0, 1, NAN, NAN, NAN, NAN])
        assert notes == ("3 scores left out: not between 0 and 1",)

    def test_no_score(self):
        scores, notes = clean_scores(None, 2)
        assert np.isnan(scores).all()
        assert notes == ("no score in this log, only losses",)


class TestTime:
    def test_one_process(self):
        seconds, resets = time_trained(column(1, 2, 3), 3)
        assert seconds.tolist() == [1, 2, 3]
        assert resets.tolist() == []

    def test_each_process_counts_from_zero(self):
        seconds, resets = time_trained(column(10, 20, 5, 15, 2), 5)
        assert seconds.tolist() == [10, 20, 25, 35, 37]
        assert resets.tolist() == [2, 4]

    def test_across_an_empty_cell(self):
        seconds, resets = time_trained(column(10, None, 5, NAN, 9), 5)
        np.testing.assert_array_equal(seconds, [10, NAN, 15, NAN, 19])
        assert resets.tolist() == [2]

    def test_no_clock(self):
        seconds, resets = time_trained(None, 2)
        assert np.isnan(seconds).all()
        assert resets.tolist() == []


class TestLearningRate:
    @pytest.mark.parametrize(
        ("groups", "rate"),
        [
            ([0.1], 0.1),
            ([0.07, 0.003, 0.003], 0.003),  # biases first, warming up from above
            ([0.003, 0.003, 0.07], 0.003),  # biases last
            ([0.01, 0.01, 0.01, 0.03, 0.03, 0.03], 0.01),  # MuSGD: a second one with three times the rate
        ],
    )
    def test_the_rate_of_most_weights(self, groups, rate):
        assert learning_rate([column(group) for group in groups], 1).tolist() == [rate]

    def test_unknown(self):
        assert np.isnan(learning_rate([], 3)).all()
