"""All parts together, without torch and without a trace, and as JSON."""

from __future__ import annotations

import json
import subprocess

import pytest

from grokyolo.plan import make_plan, to_json
from grokyolo.recipe import list_recipes, load
from tests.plan.recipes import QUIET_MACHINE, box, detection, recipe

pytestmark = pytest.mark.usefixtures("workplace")


@pytest.mark.parametrize("name", [entry.name for entry in list_recipes()])
def test_every_shipped_recipe_can_be_planned(workplace, name):
    own = detection(workplace / "set", [box(0)] * 3, [box(0)] * 2)
    made = load(name, complete=False)
    missing = [f"{key}={value}" for key, value in (("model", "yolo26n.yaml"), ("data", own)) if not getattr(made, key)]
    plan = make_plan(load(name, missing), machine=QUIET_MACHINE)
    assert plan.model.weights is not None
    assert plan.costs.disk_bytes > 0


def test_the_control_needs_no_change(workplace):
    plan = make_plan(load("grok-modular-addition"), machine=QUIET_MACHINE)
    assert plan.ways == ()
    assert plan.findings == ()
    assert plan.schedule.acting_budget == pytest.approx(5.04, rel=2e-3)


def test_classes_of_the_data_shape_the_model(workplace):
    three = detection(workplace / "a", [box(0)], [box(0)], names=3)
    many = detection(workplace / "b", [box(0)], [box(0)], names=70)
    sizes = [make_plan(recipe(data=data), machine=QUIET_MACHINE).model.weights.total for data in (three, many)]
    assert sizes[0] < sizes[1]


def test_planning_needs_neither_torch_nor_ultralytics(workplace, python):
    file = detection(workplace / "set", [box(0)] * 3, [box(0)] * 2)
    code = (
        "import sys\n"
        "from grokyolo.recipe import load\n"
        "from grokyolo.plan import make_plan\n"
        f"assert make_plan(load('long', ['model=yolo26n.pt', 'data={file}'])).schedule.steps\n"
        "assert not {'torch', 'ultralytics', 'cv2'} & set(sys.modules)\n"
    )
    subprocess.run([python, "-c", code], check=True, cwd=workplace)


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
