"""Steps in a learning rate that no smooth schedule explains."""

import numpy as np
import pytest

from grokyolo.gap.schedule import lr_steps

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
        assert lr_steps(EPOCHS, SMOOTH[schedule]) == []

    @pytest.mark.parametrize("factor", [0.1, 0.5, 2.0, 10.0])
    def test_a_step_in_it_is_found(self, schedule, factor):
        lr = SMOOTH[schedule].copy()
        lr[49:] *= factor
        ((epoch, before, after),) = lr_steps(EPOCHS, lr)
        assert epoch == 50
        assert (before, after) == (lr[48], lr[49])

    def test_warm_up_is_no_step(self, schedule):
        lr = SMOOTH[schedule].copy()
        lr[:3] *= [0.3, 0.6, 0.9]
        assert lr_steps(EPOCHS, lr) == []


class TestOddCases:
    def test_several_steps(self):
        lr = np.repeat([0.1, 0.01, 0.001, 0.0001], 25)
        assert [epoch for epoch, _, _ in lr_steps(EPOCHS, lr)] == [26, 51, 76]

    def test_a_longer_warm_up(self):
        lr = np.where(EPOCHS <= 10, 0.001, 0.01)
        assert lr_steps(EPOCHS, lr, warmup=10) == []
        assert [epoch for epoch, _, _ in lr_steps(EPOCHS, lr, warmup=3)] == [11]

    def test_unknown_rates_in_between(self):
        lr = np.full(100, 0.01)
        lr[60:] = 0.001
        lr[55:60] = np.nan
        assert [epoch for epoch, _, _ in lr_steps(EPOCHS, lr)] == [61]

    @pytest.mark.parametrize("lr", [np.full(100, np.nan), np.zeros(100)])
    def test_nothing_known(self, lr):
        assert lr_steps(EPOCHS, lr) == []

    def test_five_rates_are_enough(self):
        assert lr_steps(np.arange(5, 10), np.array([0.1, 0.1, 0.1, 0.1, 0.01])) == [(9, 0.1, 0.01)]

    def test_too_short_to_say(self):
        assert lr_steps(np.array([5, 6]), np.array([0.1, 0.01])) == []
