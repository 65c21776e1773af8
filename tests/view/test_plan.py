"""The screen of a plan."""

import pytest
from rich.console import Console

from grokyolo.plan import make_plan
from grokyolo.plan.machine import Machine
from grokyolo.recipe import list_recipes, load
from grokyolo.view.plan import brief, plan_screen
from tests.plan.recipes import QUIET_MACHINE, box, detection, recipe


def screen(plan, command=(), width=80) -> str:
    console = Console(width=width, color_system=None, highlight=False, emoji=False)
    with console.capture() as capture:
        console.print(plan_screen(plan, command))
    return capture.get()


def planned(*overrides, model="yolo26n.yaml", data="coco8.yaml", machine=QUIET_MACHINE):
    return make_plan(recipe(*overrides, model=model, data=data), machine=machine)


@pytest.mark.parametrize("name", [entry.name for entry in list_recipes()])
def test_every_shipped_recipe_fits_80_columns(workplace, name):
    own = detection(workplace / "set", [box(0)] * 3, [box(0)] * 2)
    made = load(name, complete=False)
    missing = [f"{key}={value}" for key, value in (("model", "yolo26n.yaml"), ("data", own)) if not getattr(made, key)]
    text = screen(make_plan(load(name, missing), machine=QUIET_MACHINE), ["grokyolo", "plan", "--recipe", name])
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith(f"{name}: ")


def test_no_number_is_cut_off(workplace):
    text = screen(planned("epochs=1000", "weight_decay=0.01"))
    assert "…" not in text


def test_a_budget_that_nobody_knows_asks_for_another_optimizer(workplace):
    text = " ".join(screen(planned("optimizer=Adam", "epochs=1000")).split())
    assert "Adam rescales weight decay with the gradient, so its budget is unknown. Towards it:" in text


def test_with_budget_enough_nothing_leads_towards_it(workplace):
    assert "Towards it" not in screen(make_plan(load("grok-modular-addition"), machine=QUIET_MACHINE))


def test_warnings_that_break_come_first_and_the_rest_is_counted(workplace):
    file = detection(workplace / "set", [box(0)], [box(1)], names=9)
    (workplace / "set/labels/val/0.txt").write_text("broken")
    full = Machine(disk_free=1, shared_free=None, cpus=1)
    text = screen(planned("epochs=1000", "batch=-1", data=file, machine=full))
    warnings = [line for line in text.splitlines() if line.startswith(("error: ", "warning: ", "note: ", "and "))]
    assert warnings[0].startswith("error: not one validation image can be used") or "free on this disk" in warnings[0]
    assert warnings[-1].startswith("and ")
    assert warnings[-1].endswith(" more: --json lists all")


def test_a_command_replaces_what_it_changes(workplace):
    command = ["grokyolo", "plan", "--recipe", "a b.yaml", "epochs=5", "imgsz=64"]
    text = " ".join(screen(planned("epochs=5", "imgsz=64"), command).split())
    assert "next: grokyolo plan --recipe 'a b.yaml' imgsz=64 optimizer=AdamW" in text
    assert "epochs=5 " not in text


def test_in_brief_two_lines_where_all_is_well(workplace):
    assert brief(make_plan(load("grok-modular-addition"), machine=QUIET_MACHINE)) == [
        "plan: 2,520 optimizer steps in 280 epochs, AdamW, learning rate 0.002, weight decay 1",
        "plan: 5 e-folds: weights shrink by 99 %; the positive control jumps at 2.0 to 2.7",
    ]


def test_in_brief_one_line_where_nothing_is_known(workplace):
    assert brief(planned(data="cifar10", model="yolo26n-cls.yaml"))[0].startswith("plan: not here: there is no folder ")
