"""Measuring, preparing inputs and saving by time leave no trace in the weights."""

import pytest

from grokyolo.recipe import load
from grokyolo.training.prepared import Room
from tests import data
from tests.real.training import log, plain, same_weights, trained, weights


@pytest.mark.parametrize("task", data.TASKS)
def test_the_weights_are_those_of_plain_ultralytics(task, small, workplace):
    recipe = small(task, "whole", whole=True)
    run = trained(recipe, "ours")
    assert same_weights(weights(run), plain(load(str(recipe)), workplace))


@pytest.mark.parametrize("task", data.TASKS)
def test_the_probe_changes_nothing(task, small, workplace):
    recipe = small(task)
    with_probe = trained(recipe, "with", "gap.probe=4")
    without = trained(recipe, "without", "gap.probe=0")
    assert same_weights(weights(with_probe), weights(without))
    assert [row[:5] for row in log(with_probe)] == [row[:5] for row in log(without)]


@pytest.mark.parametrize("task", data.TASKS)
def test_prepared_inputs_give_the_same_losses_and_scores(task, small, workplace, monkeypatch):
    recipe = small(task, "off", **data.AUGMENTATION_OFF)
    taken = []
    monkeypatch.setattr(Room, "take", lambda room, size: taken.append(size) or size <= room.free)
    prepared = trained(recipe, "prepared")
    # oblong images of a classifier are cropped at random, whatever is switched off
    assert len(taken) == 2 + (task != "classify"), "validation, probe and training"
    slow = trained(recipe, "slow", "inputs.memory=0")
    assert log(prepared) == log(slow)
    assert same_weights(weights(prepared), weights(slow))


@pytest.mark.parametrize("optimizer", ["SGD", "MuSGD", "Adam", "Adamax", "NAdam", "RAdam", "RMSProp"])
def test_no_optimizer_notices_that_it_steps_over_lists(optimizer, small, workplace):
    recipe = small("detect", optimizer, optimizer=optimizer, epochs=3)
    run = trained(recipe, "ours")
    assert same_weights(weights(run), plain(load(str(recipe)), workplace))


def test_epochs_without_measurement_leave_no_trace_either(small, workplace):
    every, rarely = (trained(small("classify"), f"every-{n}", f"gap.every={n}") for n in (1, 3))
    assert same_weights(weights(every), weights(rarely))
    measured = [row[0] for row in log(rarely) if row[5]]
    assert measured == ["1", "3", "4"]
