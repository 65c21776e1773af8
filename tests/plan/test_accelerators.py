"""What a plan says of accelerators: each one's effect, and what it does to the rest of the plan."""

import pytest

from grokyolo.findings import Severity
from grokyolo.plan import BUDGET, make_plan
from grokyolo.plan.accelerators import effects
from grokyolo.plan.serial import to_json
from grokyolo.recipe import Accelerate, Grokfast, load
from grokyolo.view.plan import brief, plan_rows
from tests.plan.recipes import QUIET_MACHINE

pytestmark = pytest.mark.usefixtures("workplace")
ALL = Accelerate(
    grokfast=Grokfast(), initial_scale=0.5, constrained_norm=0.8, orthograd=True, stablemax=True, weight_decay_after=20
)


def planned(*overrides, recipe="grok-modular-addition"):
    return make_plan(load(recipe, [f"accelerate.{one}" for one in overrides]), machine=QUIET_MACHINE)


def rows(plan):
    return dict(plan_rows(plan))


def about(plan, text):
    return [one for one in plan.advice if text in one.what]


def test_nothing_is_said_where_none_is_named():
    plan = planned()
    assert plan.accelerators == ()
    assert to_json(plan)["accelerate"] == {}
    assert not about(plan, "accelerated")


def test_every_accelerator_has_a_line():
    found = {effect.key.partition(".")[2]: effect.what for effect in effects(ALL)}
    assert found == {
        "initial_scale": "matrices and kernels begin 0.5 times as large",
        "constrained_norm": "that of matrices and kernels is held at 0.8 times the initial one",
        "grokfast": "each gradient + 2 times its average over about 50 steps",
        "orthograd": "no step along the weights themselves",
        "stablemax": "in the training loss; validation and probe keep the cross-entropy",
        "weight_decay_after": "weight decay acts from epoch 21 on, none before",
    }
    assert set(found) == set(ALL.to_dict())


def test_lines_stand_on_the_screen_in_the_json_and_at_the_start_of_a_training():
    plan = planned("orthograd=true", "weight_decay_after=memorised")
    assert rows(plan)["orthograd"] == "no step along the weights themselves"
    assert rows(plan)["late"] == "weight decay acts once the probe is memorised, none before"
    assert list(to_json(plan)["accelerate"]) == ["orthograd", "weight_decay_after"]
    assert "plan: orthograd: no step along the weights themselves" in brief(plan)


def test_the_control_to_compare_with_can_be_typed():
    plan = planned("orthograd=true", "grokfast.alpha=0.9")
    (one,) = about(plan, "only the same recipe without it, and the same seed, tells whether that helps")
    assert (one.severity, one.remedy) == (Severity.INFO, "accelerate.grokfast=null accelerate.orthograd=false")
    off = load("grok-modular-addition", ["accelerate.orthograd=true", *one.remedy.split()])
    assert off.accelerate == Accelerate()


def test_late_decay_spends_less():
    whole, late = planned().schedule, planned("weight_decay_after=100").schedule
    assert late.decay_budget == pytest.approx(whole.decay_budget * 180 / 280)
    assert late.acting_budget == pytest.approx(late.decay_budget)
    assert rows(planned("weight_decay_after=100"))["budget"].startswith("3.2 e-folds")


def test_decay_that_waits_for_the_probe_spends_at_most_all():
    assert rows(planned("weight_decay_after=memorised"))["budget"].startswith("at most 5 e-folds")


def test_a_held_norm_leaves_no_budget_to_speak_of():
    plan = planned("constrained_norm=1.0")
    assert rows(plan)["budget"] == "none: the norm is held, decay cannot shrink it. Control: 2.0 to 2.7"
    assert plan.ways == plan.alone == ()
    assert not [one for one in plan.advice if one.location == BUDGET]


def test_a_detector_seldom_memorises_that_well():
    plan = planned("weight_decay_after=memorised", recipe="long-coco8")
    (one,) = about(plan, "weight decay waits for a probe score of 95 %, which a detector seldom reaches")
    assert (one.severity, one.remedy) == (Severity.WARNING, "accelerate.weight_decay_after=100")
    assert not about(planned("weight_decay_after=memorised"), "weight decay waits")


@pytest.mark.parametrize("one", ["initial_scale=0.5", "constrained_norm=1.0"])
def test_rescaled_weights_that_feed_a_normalisation(one):
    assert about(planned(one, recipe="long-coco8"), "98.5 % of the rescaled weights feed a normalisation")
    assert not about(planned(one), "rescaled weights")


def test_averages_of_gradients_are_counted_in_a_state():
    plain, fast = planned().costs.state_bytes, planned("grokfast.alpha=0.9").costs.state_bytes
    assert fast - plain == 4 * planned().model.weights.total
