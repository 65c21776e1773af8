"""Columns in, one curve out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from grokyolo.gap.curves import (
    block_lengths,
    clean_scores,
    frozen_rows,
    is_accumulation,
    learning_rate,
    losses,
    measured_interval,
    repeated_rows,
    skipped_rows,
    sum_losses,
    time_trained,
    usual_block,
    valid_epochs,
    written_values,
)
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


def blocks(*lengths):
    """A curve that keeps its value for so many epochs, then changes."""
    return {"val_loss": np.repeat(np.arange(len(lengths), dtype=float), lengths)}


class TestEpochs:
    def test_whole_numbers_from_zero_on(self):
        cells = np.array([0, 1, 2.5, -1, NAN, math.inf, 1e12])
        assert valid_epochs(cells).tolist() == [True, True, False, False, False, False, False]


class TestSkipped:
    def test_zeros_in_every_cell(self):
        score, loss = column(0, 0, 0.5), column(0, 2, 1)
        skipped, notes = skipped_rows([score, loss], [loss])
        assert skipped.tolist() == [True, False, False]
        assert notes == ("validation was skipped in 1 of 3 epochs: its zeros are not measured",)

    def test_without_losses_zeros_are_measured(self):
        skipped, notes = skipped_rows([column(0, 0, 0.5)], [])
        assert not skipped.any()
        assert notes == ()


class TestRepeats:
    def test_every_cell_must_be_equal(self):
        columns = {"a": np.array([1.0, 1, 1, 2]), "b": np.array([1.0, 1, 2, 2])}
        assert repeated_rows(columns).tolist() == [False, True, False, False]

    def test_unmeasured_rows_in_between_do_not_count(self):
        assert repeated_rows({"a": np.array([1.0, NAN, 1, NAN, 2])}).tolist() == [False, False, True, False, False]

    def test_an_unmeasured_cell_equals_another(self):
        columns = {"a": np.array([1.0, 1]), "b": np.array([NAN, NAN])}
        assert repeated_rows(columns).tolist() == [False, True]

    def test_a_step_in_between_makes_it_a_measurement(self):
        steps = np.array([1.0, 1, 2])
        assert repeated_rows({"a": np.array([1.0, 1, 1])}, steps).tolist() == [False, True, False]

    def test_lengths(self):
        assert block_lengths(np.array([False, True, True, False, False, True])).tolist() == [3, 1, 2]


class TestAccumulation:
    @pytest.mark.parametrize(
        "lengths",
        [
            [4] * 10,
            [1] * 7 + [2] * 15 + [3] * 12 + [4] * 9 + [3],  # accumulate grows during warm-up
            [1, 2, 1, 2, 2, 3, 3, 2, 3, 3],  # give or take one
            [64] * 4 + [10],
        ],
    )
    def test_blocks_that_keep_their_length(self, lengths):
        assert is_accumulation(np.array(lengths))

    @pytest.mark.parametrize(
        "lengths",
        [
            [1] * 60 + [40],  # settled at the end
            [1, 9, 1, 1, 2, 1, 7, 1, 1, 3],  # a tiny validation set that now and then repeats
            [1, 1, 1],
            [100] * 5,  # longer than gradient accumulation can be
            [5, 5],
        ],
    )
    def test_a_curve_that_settles_is_none(self, lengths):
        assert not is_accumulation(np.array(lengths))

    @pytest.mark.parametrize(("lengths", "usual"), [([1, 2, 2, 4, 4, 4, 1], 4), ([3, 8], 8), ([1, 2, 3, 3, 9], 3)])
    def test_the_length_they_settle_at(self, lengths, usual):
        assert usual_block(np.array(lengths)) == usual


class TestFrozen:
    def test_the_first_row_of_a_block_stays(self):
        frozen, every, notes = frozen_rows(blocks(1, 2, 2, 2, 2))
        assert frozen.tolist() == [False, False, True, False, True, False, True, False, True]
        assert every == 2
        assert "blocks of 2 epochs" in notes[0]

    def test_nothing_repeats(self):
        frozen, every, notes = frozen_rows(blocks(1, 1, 1))
        assert not frozen.any()
        assert (every, notes) == (1, ())

    def test_a_settled_curve_is_left_alone(self):
        frozen, every, _ = frozen_rows(blocks(*[1] * 20, 30))
        assert not frozen.any()
        assert every == 1

    def test_known_steps_decide_alone(self):
        curve = {"val_loss": np.array([1.0, 1, 1, 1])}
        assert frozen_rows(curve, np.array([1.0, 1, 1, 1]))[0].tolist() == [False, True, True, True]
        assert not frozen_rows(curve, np.array([1.0, 2, 3, 4]))[0].any()

    def test_nothing_measured(self):
        frozen, every, _ = frozen_rows({"val_loss": np.full(4, NAN)})
        assert not frozen.any()
        assert every == 1


class TestInterval:
    @pytest.mark.parametrize(
        ("measured", "every"), [([1, 1, 1, 1], 1), ([1, 0, 0, 1], 3), ([0, 0, 0, 1], 4), ([1, 0, 1, 1], 1), ([1], 1)]
    )
    def test_between_measurements(self, measured, every):
        epochs = np.arange(1, len(measured) + 1)
        assert measured_interval(epochs, np.array(measured, dtype=bool)) == every
