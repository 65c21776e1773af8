"""Time, measured by training for a moment."""

import pytest

from grokyolo.errors import GrokyoloError
from grokyolo.plan.data import read_data
from grokyolo.plan.measuring import epoch_seconds, extrapolated, measure
from grokyolo.plan.settings import settings_of
from grokyolo.recipe import load
from tests.plan.recipes import recipe

pytestmark = pytest.mark.usefixtures("workplace")
TABLE = "epoch,seconds,val_loss\n1,3.0,1.0\n2,4.0,\n3,5.5,\n4,6.5,\n5,8.5,1.0\n"


def test_epochs_with_and_without_measuring_are_told_apart():
    assert epoch_seconds(TABLE) == (1.0, 2.0)


def test_a_run_is_as_long_as_its_epochs():
    assert extrapolated(1.0, 2.0, epochs=100, every=1).total == 200
    assert extrapolated(1.0, 2.0, epochs=100, every=10).total == 100 + 11
    assert extrapolated(2.0, 1.9, epochs=10, every=1).total == 20  # measuring never saves time


def test_a_real_training_is_timed_and_leaves_nothing(workplace):
    made = load("grok-modular-addition", ["data.modulus=5", "gap.probe=4", "gap.every=2", "epochs=1000"])
    settings = settings_of(made)
    timing = measure(made, settings, read_data(made, settings))
    assert 0 < timing.epoch <= timing.measured_epoch
    assert timing.epoch * 1000 <= timing.total <= timing.measured_epoch * 1000
    assert (timing.images, timing.scale) == (15, 1.0)
    assert list(workplace.iterdir()) == []


def test_a_training_that_fails_says_why():
    made = recipe("imgsz=64", model="no-such-model.pt")
    settings = settings_of(made)
    with pytest.raises(GrokyoloError, match="measuring failed: cannot find, read or download the model no-such"):
        measure(made, settings, read_data(made, settings))


def test_only_a_part_of_a_large_set_is_trained_on():
    made = load("grok-modular-addition", ["data.modulus=11", "batch=2", "nbs=2", "gap.probe=20"])
    settings = settings_of(made)
    timing = measure(made, settings, read_data(made, settings))
    assert (timing.images, timing.scale) == (16, 4.5)
