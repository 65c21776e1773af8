"""A plan as JSON."""

import json

import pytest

from grokyolo.plan import make_plan, to_json
from tests.plan.recipes import QUIET_MACHINE, box, detection, recipe

pytestmark = pytest.mark.usefixtures("workplace")


def plan(data, *overrides, model="yolo26n.yaml"):
    made = make_plan(recipe(*overrides, data=data, model=model), machine=QUIET_MACHINE)
    return json.loads(json.dumps(to_json(made), allow_nan=False))


def test_everything_is_there(workplace):
    found = plan(detection(workplace / "set", [box(0)] * 4, [box(1)] * 2), "epochs=1000", "weight_decay=0.1")
    assert set(found) == {
        *("recipe", "recipe_hash", "task", "epochs", "data", "model", "optimizer", "control", "ways", "alone"),
        *("accelerate", "costs", "time", "warnings"),
    }
    assert found["accelerate"] == {}
    assert found["optimizer"]["steps"] == 250
    assert found["optimizer"]["chosen_by_ultralytics"] is True
    assert found["data"]["train"]["objects"] == {"class0": 4}
    assert found["data"]["val_only_classes"] == ["class1"]
    assert found["model"]["parameters"] > 2_000_000
    assert found["ways"][1] == {
        "set": ["nbs=16"],
        "why": "4 batches a step",
        "budget": pytest.approx(found["ways"][0]["budget"] * 4, rel=0.01),
        "possible": True,
    }
    assert found["warnings"][0]["weight"] == "defeats"
    assert found["control"] == {"from": 2.0, "to": 2.7}
    assert found["time"] is None


def test_what_is_unknown_is_null():
    found = plan("nowhere.yaml", model="best.pt")
    assert found["optimizer"] is None
    assert (found["data"]["train"], found["data"]["image_worth"], found["model"]["parameters"]) == (None, None, None)
    assert found["data"]["missing"] == "there is no data set file nowhere.yaml"


def test_an_unknown_budget_is_null(workplace):
    found = plan(detection(workplace / "set", [box(0)], [box(0)]), "optimizer=Adam")
    assert found["optimizer"]["acting_budget"] is None
    assert found["optimizer"]["decay_budget"] > 0
