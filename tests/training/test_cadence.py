"""How often to measure."""

import pytest

from grokyolo.training.cadence import CHEAP, WARM_UP, Cadence, widened


def test_first_and_last_epoch_are_always_measured():
    cadence = Cadence(every=10, budget=None)
    assert [epoch for epoch in range(1, 24) if cadence.due(epoch, last=23)] == [1, 10, 20, 23]


def test_without_a_budget_the_cadence_stays():
    cadence = Cadence(every=1, budget=None)
    assert not any(cadence.spent(9.0, 1.0) for _ in range(50))
    assert cadence.every == 1


def test_too_dear_a_probe_widens_the_cadence_after_the_warm_up():
    cadence = Cadence(every=1, budget=0.1)
    said = [cadence.spent(4.5, 10.0) for _ in range(WARM_UP)]
    assert said == [False] * (WARM_UP - 1) + [True]
    assert cadence.every == 5


def test_one_slow_epoch_widens_nothing():
    cadence = Cadence(every=1, budget=0.1)
    said = [cadence.spent(0.5 if i else 90.0, 10.0) for i in range(WARM_UP)]
    assert not any(said)


def test_the_cadence_never_narrows():
    cadence = Cadence(every=20, budget=0.5)
    for _ in range(WARM_UP):
        cadence.spent(0.001, 1.0)
    assert cadence.every == 20


@pytest.mark.parametrize(("probe", "epochs"), [(0, 1), (10, 1), (11, 2), (30, 5), (70, 10), (150, 20), (900, 100)])
def test_the_steps_are_1_2_5_10_and_so_on(probe, epochs):
    assert widened(probe, 100.0, 0.1) == epochs


def test_a_probe_that_takes_no_second_is_always_measured():
    cadence = Cadence(every=1, budget=0.1)
    assert not any(cadence.spent(CHEAP, 0.2) for _ in range(50))
    assert cadence.every == 1
