"""Columns in, one curve out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.gap import read_run
from grokyolo.gap.curves import (
    batches_per_epoch,
    block_lengths,
    clean_scores,
    frozen_rows,
    is_accumulation,
    learning_rate,
    losses,
    measured_interval,
    optimizer_steps,
    repeated_rows,
    skipped_rows,
    sum_losses,
    time_trained,
    usual_block,
    valid_epochs,
    warmup_batches,
    written_values,
)
from grokyolo.gap.settings import Settings
from grokyolo.gap.table import Column
from tests.gap import logs

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


def train(epochs, batches, accumulate, warmup, plan, lr0=0.01, least=100):
    """Do what the trainer's loop does to the learning rate and count its steps: (rates, steps) by epoch."""
    warm = max(round(warmup * batches), least) if warmup > 0 else -1
    rates, steps, done, last, needed = [], [], 0, -1, accumulate
    for epoch in range(epochs):
        rate = lr0 * plan(epoch)
        for i in range(batches):
            ni = i + batches * epoch
            if ni <= warm:
                needed = max(1, int(np.interp(ni, [0, warm], [1, accumulate]).round()))
                rate = float(np.interp(ni, [0, warm], [0, lr0 * plan(epoch)]))
            if ni - last >= needed:
                done, last = done + 1, ni
        rates.append(rate)
        steps.append(done)
    return rates, steps


def plan_of(epochs, cosine=False, lrf=0.01):
    return Settings(epochs=epochs, final_lr=lrf, cosine=cosine).schedule


EPOCHS = np.arange(1, 21)


class TestBatches:
    @given(st.integers(1, 300), st.booleans(), st.sampled_from([0.01, 0.1, 1.0]), st.floats(1e-5, 0.1))
    def test_to_the_batch(self, batches, cosine, lrf, lr0):
        plan = plan_of(20, cosine, lrf)
        rates, _ = train(20, batches, 4, 3.0, plan, lr0)
        written = np.array([float(f"{rate:.6g}") for rate in rates])
        assert batches_per_epoch(EPOCHS, written, plan) == pytest.approx(batches, rel=0.01, abs=0.5)

    def test_of_a_large_set_only_as_far_as_five_digits_tell(self):
        plan = plan_of(20)
        rates, _ = train(20, 5000, 1, 3.0, plan)
        found = batches_per_epoch(EPOCHS, np.array([float(f"{rate:.5g}") for rate in rates]), plan)
        assert found is None or found == pytest.approx(5000, rel=0.1)

    @pytest.mark.parametrize(
        "rates",
        [
            [0.01] * 20,
            np.linspace(0.01, 0.001, 20),
            np.linspace(0.001, 0.01, 20),  # by whole epochs, not by batches
            [0.001, 0.002, 0.01, *[0.01] * 17],
            [0.0, 0.001, 0.009, *[0.01] * 17],
            [0.0] * 20,
            [math.nan] * 20,
            [0.003, 0.007, math.inf, *[0.01] * 17],
        ],
    )
    def test_another_warm_up_tells_nothing(self, rates):
        assert batches_per_epoch(EPOCHS, np.array(rates), lambda _: 1.0) is None

    def test_nor_does_a_log_whose_beginning_is_lost(self):
        rates, _ = train(20, 10, 1, 3.0, plan_of(20))
        assert batches_per_epoch(EPOCHS[1:], np.array(rates[1:]), plan_of(20)) is None
        assert batches_per_epoch(EPOCHS[:2], np.array(rates[:2]), plan_of(20)) is None

    def test_nor_one_that_warms_up_for_less_than_three_epochs(self):
        rates, _ = train(20, 200, 1, 1.0, plan_of(20))
        assert batches_per_epoch(EPOCHS, np.array(rates), plan_of(20)) is None


class TestSteps:
    @given(
        batches=st.integers(1, 60),
        accumulate=st.integers(1, 64),
        warmup=st.sampled_from([0.0, 0.5, 3.0, 5.0]),
    )
    def test_as_the_trainer_counts_them(self, batches, accumulate, warmup):
        _, steps = train(40, batches, accumulate, warmup, lambda _: 1.0)
        warm = max(round(warmup * batches), 100) if warmup else 0
        assert optimizer_steps(np.arange(1, 41), batches, accumulate, warm).tolist() == steps

    def test_a_warm_up_that_none_can_be(self):
        assert np.isnan(optimizer_steps(np.array([1, 2, 3]), 10, 1, 10**13)).all()

    def test_of_epochs_with_holes_between_them(self):
        assert optimizer_steps(np.array([1, 50, 100]), 10, 1, 100).tolist() == [10, 500, 1000]


class TestLength:
    @given(
        batches=st.integers(1, 60),
        least=st.sampled_from([0, 100]),
        lrf=st.sampled_from([0.01, 1.0]),
        epochs=st.integers(6, 150),
    )
    def test_versions_with_and_without_a_floor_are_told_apart(self, batches, least, lrf, epochs):
        plan = plan_of(epochs, lrf=lrf)
        rates, _ = train(epochs, batches, 4, 3.0, plan, least=least)
        numbers = np.arange(1, epochs + 1)
        found = warmup_batches(numbers, np.array(rates), plan, batches, 3.0)
        assert found == max(3 * batches, least)

    def test_none_is_none(self):
        assert warmup_batches(EPOCHS, np.full(20, 0.01), lambda _: 1.0, 10, 0.0) == 0


ARGS = "epochs: 40\nbatch: {batch}\nnbs: 64\nlrf: 0.01\nweight_decay: 0.05\nwarmup_epochs: 3.0\noptimizer: SGD\n"


class TestInALog:
    def log(self, batches, accumulate):
        rates, steps = train(40, batches, accumulate, 3.0, plan_of(40))
        cells = {f"lr/pg{i}": lambda epoch: f"{rates[epoch - 1]:.6g}" for i in range(3)}
        return logs.log(logs.DETECT, range(1, 41), cells), rates, steps

    def test_steps_and_budget_are_known(self, tmp_path):
        text, rates, steps = self.log(10, 4)
        series = read_run(logs.run(tmp_path, text, args=ARGS.format(batch=16)))
        assert series.batches_per_epoch == 10
        assert series.step.tolist() == steps
        spent = sum(n * rate * 0.05 for n, rate in zip(np.diff(steps, prepend=0), rates, strict=True))
        assert series.decay_budget[-1] == pytest.approx(spent, rel=1e-4)
        assert any("10 batches an epoch" in note for note in series.notes)

    def test_with_an_automatic_batch_size_only_the_batches_are(self, tmp_path):
        text, _, _ = self.log(10, 4)
        series = read_run(logs.run(tmp_path, text, args=ARGS.format(batch=-1)))
        assert series.batches_per_epoch == 10
        assert np.isnan(series.step).all()

    def test_blocks_begin_where_the_steps_say(self, tmp_path):
        text, _, steps = self.log(2, 8)
        header = logs.DETECT.split(",")
        names = [name for name in header if name.startswith(("metrics/", "val/"))]
        lines = [line.split(",") for line in text.splitlines()]
        for line, step in zip(lines[1:], steps, strict=True):
            for name in names:
                line[header.index(name)] = f"{logs.value(name, step):.6g}"
        series = read_run(logs.run(tmp_path, "\n".join(map(",".join, lines)) + "\n", args=ARGS.format(batch=8)))
        assert series.measured.tolist() == (np.diff(steps, prepend=0) > 0).tolist()
        assert series.measured_every == 3  # the warm-up takes 100 batches: it is not over yet
