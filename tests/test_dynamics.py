"""Formulas of the optimizer: each checked against what Ultralytics or torch really do."""

import math
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.dynamics import (
    accumulation,
    decay_budget,
    decay_per_step,
    effective_decay,
    ema_window,
    lr_factor,
    schedule_restarts,
    setting_steps,
)

EPOCHS = np.arange(1, 101)
SMOOTH = {
    "constant": np.full(100, 0.01),
    "linear": 0.01 * np.linspace(1, 0.01, 100),
    "linear to zero": 0.01 * np.linspace(1, 0, 100),
    "cosine": 0.005 * (1 + np.cos(np.pi * np.arange(100) / 100)),
    "exponential": 0.01 * 0.95 ** np.arange(100),
    "one cycle": 0.01 * np.sin(np.pi * (np.arange(100) + 0.5) / 100),
}


@pytest.mark.parametrize("schedule", SMOOTH)
class TestSmooth:
    def test_no_step_in_a_planned_schedule(self, schedule):
        assert setting_steps(EPOCHS, SMOOTH[schedule]) == []

    @pytest.mark.parametrize("factor", [0.1, 0.5, 2.0, 10.0])
    def test_a_step_in_it_is_found(self, schedule, factor):
        lr = SMOOTH[schedule].copy()
        lr[49:] *= factor
        ((epoch, before, after),) = setting_steps(EPOCHS, lr)
        assert epoch == 50
        assert (before, after) == (lr[48], lr[49])

    def test_warm_up_is_no_step(self, schedule):
        lr = SMOOTH[schedule].copy()
        lr[:3] *= [0.3, 0.6, 0.9]
        assert setting_steps(EPOCHS, lr) == []


class TestOddCases:
    def test_several_steps(self):
        lr = np.repeat([0.1, 0.01, 0.001, 0.0001], 25)
        assert [epoch for epoch, _, _ in setting_steps(EPOCHS, lr)] == [26, 51, 76]

    def test_a_longer_warm_up(self):
        lr = np.where(EPOCHS <= 10, 0.001, 0.01)
        assert setting_steps(EPOCHS, lr, warmup=10) == []
        assert [epoch for epoch, _, _ in setting_steps(EPOCHS, lr, warmup=3)] == [11]

    def test_unknown_rates_in_between(self):
        lr = np.full(100, 0.01)
        lr[60:] = 0.001
        lr[55:60] = np.nan
        assert [epoch for epoch, _, _ in setting_steps(EPOCHS, lr)] == [61]

    @pytest.mark.parametrize("lr", [np.full(100, np.nan), np.zeros(100)])
    def test_nothing_known(self, lr):
        assert setting_steps(EPOCHS, lr) == []

    def test_five_rates_are_enough(self):
        assert setting_steps(np.arange(5, 10), np.array([0.1, 0.1, 0.1, 0.1, 0.01])) == [(9, 0.1, 0.01)]

    def test_too_short_to_say(self):
        assert setting_steps(np.array([5, 6]), np.array([0.1, 0.01])) == []


class TestRestarts:
    """A cosine schedule that starts over by plan is no step."""

    RATES = np.tile(0.0001 + 0.005 * (1 + np.cos(np.pi * np.arange(25) / 25)), 4)

    def test_no_step(self):
        assert setting_steps(EPOCHS, self.RATES) == []
        assert schedule_restarts(EPOCHS, self.RATES) == (26, 51, 76)

    def test_a_rate_that_is_only_doubled_is_a_step(self):
        lr = SMOOTH["linear"].copy()
        lr[49:] *= 2
        assert schedule_restarts(EPOCHS, lr) == ()

    @pytest.mark.parametrize("schedule", SMOOTH)
    def test_none_in_a_schedule_that_goes_through(self, schedule):
        assert schedule_restarts(EPOCHS, SMOOTH[schedule]) == ()


def shrunk(asked, scale=1.0, count=20_000, steps=40):
    """Return the e-folds a step by which torch's AdamW shrinks weights without a gradient."""
    import torch

    start = torch.randn(count, generator=torch.Generator().manual_seed(0)) * scale
    weights = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.AdamW([weights], lr=asked, weight_decay=1.0)
    weights.grad = torch.zeros_like(weights)
    for _ in range(steps):
        optimizer.step()
    return float(-(weights.detach().double() / start.double()).log().mean()) / steps


class TestDecayInSinglePrecision:
    @pytest.mark.parametrize(
        "asked", [*np.geomspace(2e-8, 0.5, 40).tolist(), 2.9e-8, 2.0**-25, 3.1e-8, 4e-8, 1e-7, 1e-6]
    )
    def test_as_torch_applies_it(self, asked):
        assert float(decay_per_step(asked)) == pytest.approx(shrunk(asked), rel=0.01)

    @pytest.mark.parametrize("scale", [1e-6, 0.02, 1e4])
    def test_to_weights_of_any_scale(self, scale):
        assert float(decay_per_step(1e-7)) == pytest.approx(shrunk(1e-7, scale), rel=0.01)

    @pytest.mark.parametrize(
        ("asked", "times"), [(2.9e-8, 0), (3.1e-8, 2.8), (4e-8, 2.1), (1e-7, 1.15), (1e-6, 1.0), (1e-3, 1.0)]
    )
    def test_as_measured(self, asked, times):
        assert float(decay_per_step(asked)) / asked == pytest.approx(times, rel=0.03)

    def test_below_the_last_place_there_is_none(self):
        assert decay_per_step([0.0, 1e-12, 2.0**-25]).tolist() == [0, 0, 0]
        assert decay_per_step(1.001 * 2.0**-25) > 2.0**-25

    def test_what_is_not_known_stays_unknown(self):
        assert np.isnan(decay_per_step([math.nan, 0.1])).tolist() == [True, False]

    def test_it_stays_finite(self):
        assert np.isfinite(decay_per_step([1.0, 2.0, 1e300])).all()

    @pytest.mark.parametrize("name", ["SGD", "MuSGD", "Adam"])
    def test_decay_that_goes_through_a_gradient_is_not_rounded(self, name):
        assert decay_per_step([1e-9, 4e-8], name) == pytest.approx([1e-9, 4e-8], rel=1e-6)

    @given(st.floats(1e-9, 0.9), st.floats(1, 10))
    def test_more_asked_is_never_less_applied(self, asked, times):
        assert decay_per_step(asked * times) >= decay_per_step(asked) * (1 - 1e-9)

    def test_the_default_of_ultralytics_decays_no_more_in_its_second_half(self):
        rates = 0.000119 * lr_factor(np.arange(1000) / 1000, 0.01, cosine=False)
        applied = decay_per_step(rates * 5e-4)
        assert applied[0] > 0
        assert (applied[505:] == 0).all()


class TestBudget:
    def test_the_sum_over_all_steps(self):
        spent = decay_budget(np.array([10.0, 20, 40]), np.full(3, 0.01), np.array([0.1, 0.1, 0.2]), "SGD")
        assert spent == pytest.approx([0.01, 0.02, 0.06], rel=2e-3)

    def test_of_the_positive_control(self):
        steps = 9.0 * np.arange(1, 281)
        spent = decay_budget(steps, np.full(280, 0.002), np.ones(280), "AdamW")
        assert spent[-1] == pytest.approx(5.04, rel=2e-3)


class TestScaling:
    @pytest.mark.parametrize(("batch", "count"), [(1, 64), (16, 4), (48, 1), (64, 1), (128, 1)])
    def test_batches_a_step(self, batch, count):
        assert accumulation(batch, 64) == count

    @pytest.mark.parametrize(("batch", "decay"), [(16, 0.5), (48, 0.375), (64, 0.5), (128, 1.0)])
    def test_decay_goes_with_the_images_a_step(self, batch, decay):
        assert effective_decay(0.5, batch, 64) == decay


@pytest.mark.parametrize("steps", [0, 1, 1000, 10_000, 1_000_000])
def test_the_window_of_the_average_is_that_of_ultralytics(steps):
    import torch
    from ultralytics.utils.torch_utils import ModelEMA

    assert ema_window(steps) == pytest.approx(1 / (1 - ModelEMA(torch.nn.Linear(1, 1)).decay(steps)))


def test_it_loads_no_numpy_before_there_are_arrays(python):
    code = (
        "import sys, grokyolo.dynamics as d; d.accumulation(4, 64), d.ema_window(9); sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([python, "-c", code], check=False).returncode == 0
