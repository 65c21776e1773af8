"""Patience that begins with an epoch, and what the best is the best by."""

import math

import pytest
from ultralytics.utils.torch_utils import EarlyStopping

from grokyolo.training.ending import Patience, better, fitness_by
from grokyolo.training.probe import Measurement

RISING_THEN_NOT = [0.1, 0.2, 0.3, *[0.25] * 20]


def last_epoch(stopper, values):
    """The epoch with which a stopper ends a run; None where it does not."""
    return next((epoch for epoch, value in enumerate(values, start=1) if stopper(epoch, value)), None)


@pytest.mark.parametrize("values", [RISING_THEN_NOT, [0.0] * 9, [None, 0.5, None, 0.4, 0.3, 0.2, 0.1, 0.1], [-3.0] * 9])
@pytest.mark.parametrize("patience", [0, 1, 4])
def test_from_the_first_epoch_on_it_is_that_of_ultralytics(values, patience):
    ours, theirs = Patience(patience, 1), EarlyStopping(patience)
    for epoch, value in enumerate(values, start=1):
        assert ours(epoch, value) == theirs(epoch, value)
        assert (ours.best_epoch, ours.best_fitness) == (theirs.best_epoch, theirs.best_fitness)
        assert value is None or ours.possible_stop == theirs.possible_stop


@pytest.mark.parametrize(("first", "last"), [(1, 7), (4, 7), (10, 13), (20, 23)])
def test_it_counts_from_an_epoch_on(first, last):
    assert last_epoch(Patience(4, first), RISING_THEN_NOT) == last


def test_what_is_better_begins_it_anew():
    assert last_epoch(Patience(4, 10), [*RISING_THEN_NOT[:10], 0.9, *[0.1] * 20]) == 15


def test_what_the_best_is_the_best_by():
    val = Measurement(loss=1.5, score=0.25)
    assert fitness_by("fitness", val, 0.9) == 0.9
    assert fitness_by("score", val, 0.9) == 0.25
    assert fitness_by("val_loss", val, 0.9) == -1.5


def test_what_was_not_measured_is_not_the_best():
    assert fitness_by("val_loss", Measurement(math.nan, 0.5), 0.9) is None
    assert fitness_by("score", Measurement(1.0, None), 0.9) == 0.9
    assert fitness_by("score", None, 0.9) == 0.9, "in all but the first of several processes"


def test_the_better_of_two():
    assert better(None, None) is None
    assert better(None, -2.0) == -2.0
    assert better(-2.0, None) == -2.0
    assert better(-2.0, -1.0) == -1.0
    assert better(-1.0, -2.0) == -1.0
