"""The screen of a plan."""

import pytest
from rich.console import Console

from grokyolo.plan import Limits, make_plan
from grokyolo.plan.machine import Machine
from grokyolo.recipe import list_recipes, load
from grokyolo.view.plan import brief, plan_rows, plan_screen
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
    text = " ".join(screen(planned("optimizer=Adam", "epochs=1000", "weight_decay=0.1")).split())
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
    command = ["grokyolo", "plan", "--recipe", "a b.yaml", "epochs=5", "imgsz=64", "weight_decay=0.1"]
    text = " ".join(screen(planned("epochs=5", "imgsz=64", "weight_decay=0.1"), command).split())
    assert "next: grokyolo plan --recipe 'a b.yaml' imgsz=64 optimizer=AdamW" in text
    assert "epochs=5 " not in text


def test_in_brief_two_lines_where_all_is_well(workplace):
    assert brief(make_plan(load("grok-modular-addition"), machine=QUIET_MACHINE)) == [
        "plan: 2,520 optimizer steps in 280 epochs, AdamW, learning rate 0.002, weight decay 1",
        "plan: 5 e-folds: weights shrink by 99 %; the positive control jumps at 2.0 to 2.7",
    ]


def test_in_brief_one_line_where_nothing_is_known(workplace):
    assert brief(planned(data="cifar10", model="yolo26n-cls.yaml"))[0].startswith("plan: not here: there is no folder ")


# Rows ---------------------------------------------------------------------------------------------------------------


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
