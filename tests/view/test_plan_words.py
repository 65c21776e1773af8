"""A plan in words, row by row."""

import pytest

from grokyolo.plan import Limits, make_plan
from grokyolo.recipe import load
from grokyolo.view.plan_words import plan_rows
from tests.plan.recipes import QUIET_MACHINE, box, detection, recipe


def rows(*overrides, model="yolo26n.yaml", data="coco8.yaml") -> dict[str, str]:
    return dict(plan_rows(make_plan(recipe(*overrides, model=model, data=data), machine=QUIET_MACHINE)))


@pytest.mark.parametrize(
    "overrides, words",
    [
        (("optimizer=SGD", "weight_decay=0.1"), "0.1 × batch 16 × 4 / nbs 64 = 0.1, 15.9 times as strong by momentum"),
        (("optimizer=Adam",), "0.0005 × batch 16 × 4 / nbs 64 = 0.0005, rescaled with the gradient"),
        (("optimizer=AdamW", "batch=4", "nbs=4"), "0.0005, decoupled from the gradient"),
        (("batch=48",), "0.0005 × batch 48 × 1 / nbs 64 = 0.00038"),
    ],
)
def test_where_the_decay_comes_from(workplace, overrides, words):
    assert rows(*overrides)["decay"].startswith(words)


def test_a_budget_on_paper_is_called_so(workplace):
    assert "e-folds on paper, most of it undone by Adam" in rows("optimizer=Adam", "epochs=1000")["budget"]


def test_a_large_budget_is_told_by_what_is_left(workplace):
    plan = make_plan(load("grok-modular-addition"), machine=QUIET_MACHINE)
    assert dict(plan_rows(plan))["budget"] == "5 e-folds: weights shrink by 99 %. Control: 2.0 to 2.7"


def test_hardly_anything_that_is_left_has_no_exponent():
    plan = make_plan(load("grok-modular-addition", ["epochs=2000"]), machine=QUIET_MACHINE)
    assert dict(plan_rows(plan))["budget"].startswith("36 e-folds: weights shrink to less than 0.01 %.")


def test_what_is_not_here(workplace):
    found = rows(data="nowhere.yaml", model="best.pt")
    assert found["data"] == "not here: there is no data set file nowhere.yaml"
    assert found["model"] == "size unknown: its weights cannot be read without loading them"
    assert found["steps"] == "unknown until the images are here"
    assert not {"disk", "budget", "score"} & set(found)


def test_a_sample_is_called_so(workplace):
    file = detection(workplace / "set", [box(0)] * 4, [box(0)] * 2)
    plan = make_plan(recipe(data=file), machine=QUIET_MACHINE, limits=Limits(images=1, labels=2, twins=1))
    assert dict(plan_rows(plan))["data"].endswith("(a sample of 2 images and 4 labels looked into)")
