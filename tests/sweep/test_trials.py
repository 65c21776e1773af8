"""From a command to a sweep: checked before anything starts, grown without touching what is there."""

from pathlib import Path

import pytest

from grokyolo.errors import GrokyoloError, RecipeError, UsageError
from grokyolo.recipe import load
from grokyolo.run import folder
from grokyolo.sweep.folder import read_sweep, write_sweep
from grokyolo.sweep.trials import SweepPlan, command_of, plan_sweep

RECIPE = "grok-modular-addition"
FOLDER = Path("runs") / "s"


def made(*arguments: str, recipe: str = RECIPE, **options) -> SweepPlan:
    return plan_sweep(FOLDER, recipe, arguments, **options)


def written(*arguments: str, **options) -> SweepPlan:
    """Make a sweep and write it, as a command does."""
    found = made(*arguments, **options)
    write_sweep(found.sweep)
    return found


def names(found: SweepPlan) -> list[str]:
    return [trial.point.name for trial in found.trials]


@pytest.fixture(autouse=True)
def _workplace(workplace):
    """Every test has a folder of its own."""


def test_each_point_has_its_recipe_its_folder_and_its_log():
    found = made("weight_decay=0,0.5", "epochs=7", "seed=0,1")
    assert names(found) == [f"weight_decay={decay},seed={seed}" for decay in ("0", "0.5") for seed in (0, 1)]
    last = found.trials[-1]
    assert (last.recipe.train["weight_decay"], last.recipe.train["seed"], last.epochs) == (0.5, 1, 7)
    assert last.run == FOLDER / "weight_decay=0.5,seed=1"
    assert last.log == FOLDER / "logs" / "weight_decay=0.5,seed=1.log"
    assert load(RECIPE, last.arguments).hash == last.recipe.hash
    assert found.new == set(names(found))
    assert not FOLDER.exists()


def test_the_seed_is_that_of_the_recipe_unless_it_is_swept():
    assert {trial.recipe.train["seed"] for trial in made("weight_decay=0,1").trials} == {0}


def test_all_problems_of_all_points_are_told_before_anything_starts_each_once():
    with pytest.raises(RecipeError) as caught:
        made("weight_decay=0,2,3", "wieght_decay=0,1", "data.modulus=31,100")
    told = [(problem.what, problem.hint) for problem in caught.value.problems]
    assert ("wieght_decay cannot be set: Ultralytics has no such train argument", "did you mean weight_decay?") in told
    assert [what for what, _ in told if "is 2" in what or "is 3" in what] == [
        "train.weight_decay is 2, but must be a number from 0 to 1",
        "train.weight_decay is 3, but must be a number from 0 to 1",
    ]
    assert len(told) == len(set(told))


def test_so_many_problems_are_cut_short():
    with pytest.raises(RecipeError) as caught:
        made("weight_decay=" + ",".join(str(2 + i) for i in range(50)))
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1].what == "and 30 more problems like these"


def test_warnings_come_once():
    found = made("patience=5", "seed=0,1,2")
    assert len(found.warnings) == 1 and "patience" in found.warnings[0]


def test_a_model_may_be_an_axis():
    found = plan_sweep(FOLDER, "long", ["model=yolo26n.yaml,yolo26s.yaml", "data=coco8.yaml"])
    assert names(found) == ["model=yolo26n", "model=yolo26s"]


def test_values_with_one_name_get_two():
    found = plan_sweep(FOLDER, "long", ["model=yolo26n.yaml,yolo26n.pt,other/yolo26n.pt", "data=coco8.yaml"])
    assert names(found) == ["model=yolo26n", "model=yolo26n.pt", "model=other-yolo26n.pt"]


@pytest.mark.parametrize(
    ("arguments", "options", "what"),
    [
        (["weight_decay=1"], {}, "there is nothing to sweep over: no key has several values"),
        ([], {}, "there is nothing to sweep over: no key has several values"),
        (["lr0=uniform(0,1)"], {}, "lr0 is drawn at random; how often?"),
        (["lr0=0,1"], {"samples": 3}, "no key is drawn at random"),
        (["lr0=uniform(0,1)"], {"samples": 0}, "there is nothing to draw"),
        (["seed=linear(0,9999,10000)", "lr0=linear(0,1,1000)"], {}, "these are 10,000,000 points, more than 100,000"),
    ],
)
def test_commands_that_make_no_sweep(arguments, options, what):
    with pytest.raises(UsageError) as caught:
        made(*arguments, **options)
    assert caught.value.what == what
    assert caught.value.hint


class TestGrowth:
    def test_the_same_command_asks_for_the_same_points(self):
        first = written("weight_decay=0,1", "seed=0,1")
        again = made("weight_decay=0,1", "seed=0,1")
        assert names(again) == names(first)
        assert not again.new
        assert again.sweep.points == first.sweep.points

    def test_new_values_are_added_and_old_points_stay(self):
        written("weight_decay=0,1", "seed=0,1")
        grown = made("weight_decay=0,0.5,1", "seed=0")
        assert grown.new == {"weight_decay=0.5,seed=0"}
        assert [point.name for point in grown.sweep.points] == [
            *("weight_decay=0,seed=0", "weight_decay=0,seed=1"),
            *("weight_decay=1,seed=0", "weight_decay=1,seed=1", "weight_decay=0.5,seed=0"),
        ]
        assert names(grown) == ["weight_decay=0,seed=0", "weight_decay=0.5,seed=0", "weight_decay=1,seed=0"]

    def test_the_order_of_keys_and_the_spelling_of_values_do_not_matter(self):
        written("weight_decay=0,1", "seed=0,1")
        assert not made("train.seed=0,1", "weight_decay=0.0,1.0").new

    def test_more_draws_keep_those_there_were(self):
        written("lr0=uniform(0.1,1)", "seed=0,1", samples=2)
        assert len(made("lr0=uniform(0.1,1)", "seed=0,1", samples=5).new) == 6

    def test_a_name_that_is_taken_stays_with_the_values_it_had(self):
        make = ("data=coco8.yaml",)
        write_sweep(plan_sweep(FOLDER, "long", ["model=a/x.pt,b.pt", *make]).sweep)
        grown = plan_sweep(FOLDER, "long", ["model=x.pt,a/x.pt,b.pt", *make])
        assert names(grown) == ["model=x.pt", "model=x", "model=b"]

    def test_what_is_written_is_what_was_made(self):
        found = written("weight_decay=0,1", "seed=0,1", cpus=3)
        assert read_sweep(FOLDER).points == found.sweep.points
        assert made("weight_decay=0,1", "seed=0,1").sweep.cpus == 3

    @pytest.mark.parametrize(
        ("recipe", "arguments", "what"),
        [
            ("memorise-modular-addition", ["seed=0,1", "epochs=9"], f"this sweep is one of the recipe {RECIPE}, not"),
            (RECIPE, ["seed=0,1"], "this sweep was made with other values for all points: epochs=9"),
            (RECIPE, ["seed=0,1", "epochs=8"], "this sweep was made with other values for all points: epochs=9"),
            (RECIPE, ["lr0=0.1,0.2", "epochs=9"], "this sweep is one over seed, not over lr0"),
        ],
    )
    def test_another_sweep_under_the_same_name_is_refused(self, recipe, arguments, what):
        written("seed=0,1", "epochs=9")
        with pytest.raises(UsageError) as caught:
            made(*arguments, recipe=recipe)
        assert caught.value.what.startswith(what)
        assert caught.value.where == str(FOLDER)
        assert f"grokyolo sweep --recipe {RECIPE} epochs=9 seed=0,1 --name s" in caught.value.hint

    def test_a_point_that_was_trained_with_another_recipe_is_refused(self):
        (trial, _) = written("seed=0,1", "epochs=9").trials
        trial.run.mkdir()
        folder.write_settings(trial.run, load(RECIPE, ["seed=0", "epochs=8"]))
        with pytest.raises(RecipeError) as caught:
            made("seed=0,1", "epochs=9")
        assert caught.value.what.startswith("the point seed=0 was trained with another recipe than this one")

    def test_the_folder_of_a_run_is_no_sweep(self):
        FOLDER.mkdir(parents=True)
        folder.write_settings(FOLDER, load(RECIPE))
        with pytest.raises(GrokyoloError, match="a run has this name"):
            made("seed=0,1")

    def test_a_file_is_no_sweep(self):
        FOLDER.parent.mkdir()
        FOLDER.write_text("")
        with pytest.raises(GrokyoloError, match="a file has this name"):
            made("seed=0,1")


def test_the_command_of_a_sweep_makes_it_again():
    found = written("lr0=log(1e-5,1e-1,3)", "data.operation=+,-", "epochs=9")
    assert command_of(found.sweep) == (
        f"grokyolo sweep --recipe {RECIPE} epochs=9 lr0=1.0e-05,0.001,0.1 data.operation=+,- --name s"
    )
    assert not made("epochs=9", "lr0=1.0e-05,0.001,0.1", "data.operation=+,-").new


def test_ten_thousand_points_are_named_in_a_moment():
    from grokyolo.sweep.trials import _named

    points = _named([{"lr0": i / 7} for i in range(10_000)], ())
    assert len({point.name for point in points}) == 10_000
