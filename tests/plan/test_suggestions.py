"""Warnings: what they say, what to type, and in which order; and the way to the control's budget."""

from __future__ import annotations

import shutil

import pytest

from grokyolo.dynamics import CONTROL_BUDGET
from grokyolo.findings import Severity
from grokyolo.plan import BUDGET, make_plan
from grokyolo.plan.settings import settings_of
from grokyolo.plan.suggestions import TARGET, alone, budget_of, steps_towards
from grokyolo.recipe import load
from tests.plan.recipes import QUIET_MACHINE, box, detection, recipe, settings

pytestmark = pytest.mark.usefixtures("workplace")
LONG = ("optimizer=AdamW", "lr0=0.001", "batch=4", "nbs=4", "lrf=1.0", "weight_decay=1.0", "epochs=900", "patience=0")
"""Nothing to warn of, on 40 images: 9,000 steps, 9 e-folds."""
GLOSSARY = ("epochs=1000", "patience=0", "weight_decay=0.01")


@pytest.fixture
def large(workplace):
    return detection(workplace / "set", [box(i % 3) for i in range(40)], [box(i % 3) for i in range(20)])


def advice(data, *overrides, model="yolo26n.yaml"):
    return make_plan(recipe(*overrides, data=data, model=model), machine=QUIET_MACHINE).advice


def about(found, text):
    return [one for one in found if text in one.what]


def test_a_good_recipe_gets_notes_only(large):
    found = advice(large, *LONG, "close_mosaic=0", "warmup_bias_lr=0.0")
    assert {one.severity for one in found} == {Severity.INFO}


def test_leakage_comes_first(large, workplace):
    shutil.copy(workplace / "set/images/train/0.png", workplace / "set/images/val/0.png")
    first = advice(large, "weight_decay=0.01")[0]
    assert first.severity is Severity.LIES
    assert first.what == "1 of 20 validation images are training images too: no gap can be seen"
    assert first.remedy == f"take {workplace / 'set/images/val/0.png'} out of validation"


def test_a_budget_far_too_small_comes_next_and_says_the_way(large):
    first = advice(large, "optimizer=AdamW", "epochs=10", "weight_decay=0.1")[0]
    assert first.severity is Severity.DEFEATS
    assert first.what == "far too small a budget: nothing that works through weight decay can show"
    assert "nbs=16 lrf=1.0 weight_decay=1.0 epochs=" in first.remedy


def test_a_budget_a_little_too_small(large):
    one = next(one for one in advice(large, *LONG, "epochs=100") if one.location == BUDGET)
    assert (one.severity, one.what) == (Severity.WARNING, "a smaller budget than the positive control needs")
    assert one.remedy == "epochs=250"


def test_an_optimizer_that_rescales_decay(large):
    one = next(one for one in advice(large, "optimizer=Adam", "weight_decay=0.1") if one.location == BUDGET)
    assert one.what == "Adam rescales weight decay with the gradient, so its budget is unknown"
    assert one.remedy == "optimizer=AdamW"


def test_an_optimizer_that_ultralytics_chooses(large):
    assert about(advice(large, "epochs=10"), "optimizer=auto chose AdamW")
    assert about(advice(large, "epochs=20000"), "optimizer=auto chose MuSGD")
    assert about(advice(large, "epochs=20000"), "MuSGD decays in its SGD half only")
    assert not about(advice(large, *LONG), "optimizer=auto")


def test_a_rate_that_fades(large):
    assert about(advice(large, *LONG, "lrf=0.01"), "the learning rate ends at 0.011 of its peak")
    assert not about(advice(large, *LONG, "lrf=0.6"), "learning rate ends")


def test_steps_that_span_epochs(large):
    one = about(advice(large, "batch=16", "nbs=64"), "weights move only every")
    assert one[0].what == "weights move only every 1.33 epochs: measurements repeat in between"
    assert one[0].remedy == "nbs=16"
    assert not about(advice(large, *LONG), "weights move")


def test_few_validation_images(workplace):
    nineteen = detection(workplace / "a", [box(0)] * 4, [box(0)] * 19)
    assert about(advice(nineteen), "19 validation images: a verdict is no more than indicative")
    seven = detection(workplace / "b", [box(0)] * 4, [box(0)] * 7)
    assert about(advice(seven), "7 validation images: a verdict can rest on the losses alone")


def test_an_average_as_long_as_the_run(large):
    assert about(advice(large, *LONG, "epochs=1800"), "validation sees weights averaged over 25 % of the run")
    assert not about(advice(large, *LONG, "epochs=50"), "weights averaged")


def test_weights_that_feed_a_normalisation(large):
    assert about(advice(large, *LONG), "99.9 % of the decayed weights feed a normalisation")
    assert not about(advice(large, *LONG, "weight_decay=0.0"), "feed a normalisation")
    assert not about(advice(large, *LONG, model="best.pt"), "feed a normalisation")


def test_strong_decay_is_proposed_to_nobody_who_did_not_ask(large):
    """Most of a detector is normalised, and with decay 1.0 ours learned nothing (docs/study.md)."""
    for given in ((), ("weight_decay=0.01", "epochs=1000"), ("optimizer=Adam",)):
        plan = make_plan(recipe(*given, data=large, model="yolo26n.yaml"), machine=QUIET_MACHINE)
        assert plan.ways == plan.alone == ()
        assert not [one for one in plan.advice if one.location == BUDGET or "weight_decay=" in one.remedy]
        (one,) = about(plan.advice, "feed a normalisation")
        assert one.severity is Severity.WARNING
        assert one.what.endswith("; strong decay helped no such model in docs/study.md")
    assert make_plan(recipe(data=large, model="best.pt"), machine=QUIET_MACHINE).ways == ()
    asked = make_plan(recipe("weight_decay=0.1", data=large), machine=QUIET_MACHINE)
    assert "weight_decay=1.0" in {change.typed for change in asked.ways}
    assert make_plan(load("memorise-modular-addition"), machine=QUIET_MACHINE).ways


def test_a_batch_that_nobody_knows_yet(large):
    assert about(advice(large, "batch=-1"), "the GPU's memory chooses the batch: all numbers here are for 16")


def test_the_recipes_own_warnings_are_notes_unless_told_already(large):
    found = advice(large, "weight_decay=0.01", "epochs=1000")
    assert about(found, "train.patience is 100")[0].remedy == "patience=0"
    assert about(found, "train.close_mosaic is 10")
    for told in ("train.lrf", "train.nbs", "train.optimizer"):
        assert not about(found, told), told


def test_the_weightiest_comes_first(large):
    weights = [one.severity for one in advice(large, "weight_decay=0.1")]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) > 2


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
    assert budget_of(control, 576, 31) > CONTROL_BUDGET[1]
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
