"""Batches and steps of a plain log, told from its warm-up; checked against a trainer's loop, batch by batch."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.gap import read_run
from grokyolo.gap.settings import Settings, batches_per_epoch, optimizer_steps, warmup_batches
from tests.gap import logs


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
