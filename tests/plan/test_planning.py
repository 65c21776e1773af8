"""All parts together, without torch and without a trace."""

import subprocess

import pytest

from grokyolo.plan import make_plan
from grokyolo.recipe import list_recipes, load
from tests.plan.recipes import QUIET_MACHINE, box, detection, recipe


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
