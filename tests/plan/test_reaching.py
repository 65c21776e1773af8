"""The way to the budget of the positive control."""

import pytest

from grokyolo.plan.reaching import CONTROL, TARGET, alone, budget_of, steps_towards
from grokyolo.plan.settings import settings_of
from grokyolo.recipe import load
from tests.plan.recipes import recipe, settings

pytestmark = pytest.mark.usefixtures("workplace")
GLOSSARY = ("epochs=1000", "patience=0", "weight_decay=0.01")


def test_the_way_of_the_glossary_run():
    changes = steps_towards(settings(*GLOSSARY), 4, 80)
    assert [change.typed for change in changes] == [
        "optimizer=AdamW lr0=0.001 warmup_bias_lr=0.0",
        "nbs=16",
        "lrf=1.0",
        "weight_decay=1.0",
        "epochs=2500",
    ]
    assert [change.budget for change in changes] == pytest.approx([0.00126, 0.00503, 0.01, 1.0, 2.5], rel=0.01)


@pytest.mark.parametrize(
    "given",
    [
        GLOSSARY,
        ("weight_decay=0.0",),
        ("optimizer=Adam", "epochs=30"),
        ("optimizer=SGD", "epochs=5", "lr0=0.001"),
        ("epochs=1", "batch=4", "nbs=4", "optimizer=AdamW", "lr0=0.0001"),
        ("cos_lr=true", "optimizer=AdamW", "weight_decay=1.0", "epochs=9"),
    ],
)
@pytest.mark.parametrize("images", [4, 500])
def test_typed_as_it_stands_the_way_leads_there(given, images):
    changes = steps_towards(settings(*given), images, 3)
    typed = [part for change in changes for part in change.typed.split()]
    changed = settings_of(recipe(*given, *typed))
    budget = budget_of(changed, images, 3)
    assert budget == pytest.approx(changes[-1].budget)
    assert budget >= TARGET * 0.99


def test_a_budget_that_suffices_needs_no_way(root):
    control = settings_of(load("grok-modular-addition"))
    assert budget_of(control, 576, 31) > CONTROL[1]
    assert steps_towards(control, 576, 31) == ()
    assert alone(control, 576, 31) == ()


def test_no_more_is_asked_for_than_is_needed():
    strong = settings("optimizer=AdamW", "lr0=0.002", "epochs=4", "batch=4", "nbs=4", "lrf=1.0", "weight_decay=0.1")
    typed = [change.typed for change in steps_towards(strong, 4000, 3)]
    assert len(typed) == 1
    key, _, value = typed[0].partition("=")
    assert key == "weight_decay"
    assert 0.1 < float(value) < 1


def test_each_alone_says_what_is_too_much():
    epochs, decay, rate = alone(settings(*GLOSSARY), 4, 80)
    assert epochs.typed.startswith("optimizer=AdamW epochs=1")
    assert not epochs.possible  # some ten million
    assert (decay.typed, decay.possible) == ("weight_decay=170.0", False)
    assert (rate.typed, rate.possible) == ("optimizer=AdamW lr0=2.0", False)


def test_each_alone_leads_there():
    given = ("optimizer=AdamW", "lr0=0.001", "epochs=100", "batch=4", "nbs=4", "weight_decay=0.5", "lrf=1.0")
    for change in alone(settings(*given), 40, 3):
        if change.possible:
            assert budget_of(settings(*given, *change.typed.split()), 40, 3) >= TARGET * 0.99, change


def test_without_decay_there_is_nothing_to_multiply():
    assert alone(settings("weight_decay=0.0"), 4, 3) == ()
