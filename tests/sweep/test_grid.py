"""The grid: lists, ranges and draws of a command line become the values of points."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.errors import RecipeError
from grokyolo.recipe import load
from grokyolo.sweep.folder import is_safe
from grokyolo.sweep.grid import LONGEST, Choice, Draw, assignment, name_of, parse_grid, value_of


def values(argument: str) -> tuple:
    """Return the values of the only axis."""
    (axis,) = parse_grid([argument]).axes
    assert isinstance(axis, Choice)
    return axis.values


def refused(*arguments: str) -> list[tuple[str, str]]:
    """Return (what, try) of every problem."""
    with pytest.raises(RecipeError) as caught:
        parse_grid(arguments)
    assert all(problem.where.endswith("on the command line") for problem in caught.value.problems)
    return [(problem.what, problem.hint) for problem in caught.value.problems]


def test_a_key_with_several_values_is_an_axis_one_with_one_value_is_not():
    grid = parse_grid(["weight_decay=0,0.3,1", "epochs=300", "seed=0,1"])
    assert grid.axes == (Choice("weight_decay", (0, 0.3, 1)), Choice("seed", (0, 1)))
    assert grid.overrides == ("epochs=300",)


def test_every_combination_is_a_point_and_the_last_axis_changes_fastest():
    points = parse_grid(["lr0=0.1,0.2", "seed=0,1,2"]).points()
    assert [(point["lr0"], point["seed"]) for point in points] == [
        *((0.1, 0), (0.1, 1), (0.1, 2)),
        *((0.2, 0), (0.2, 1), (0.2, 2)),
    ]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("lr0=log(1e-4,1e-1,4)", (0.0001, 0.001, 0.01, 0.1)),
        ("lr0=log(1e-4,1e-3,3)", (0.0001, 0.000316228, 0.001)),
        ("lr0=log(0.1,0.001,3)", (0.1, 0.01, 0.001)),
        ("batch=log(8,64,4)", (8, 16, 32, 64)),
        ("lrf=linear(0.1,0.3,3)", (0.1, 0.2, 0.3)),
        ("epochs=linear(100,300,3)", (100, 200, 300)),
        ("lrf=linear(0,1,3)", (0.0, 0.5, 1.0)),
        ("weight_decay=0,log(0.01,1,3)", (0, 0.01, 0.1, 1.0)),
        ("seed=linear(0,2,3),7", (0, 1, 2, 7)),
        ("fraction=[0.5,1],[1,0.5]", ([0.5, 1], [1, 0.5])),
        ("description='a,b',c", ("a,b", "c")),
        ("data.operation=+,-,*", ("+", "-", "*")),
        ("cos_lr=true,false", (True, False)),
        ("auto_augment=null,randaugment", (None, "randaugment")),
        ("model=yolo26n.yaml, yolo26s.yaml", ("yolo26n.yaml", "yolo26s.yaml")),
        ("lr0=0.1,0.10,1.0e-1", (0.1,)),
        ("lr0=0,1,0.0,2,0", (0, 1, 2)),
        ("cos_lr=true,1,false", (True, 1, False)),
        ("train.lr0=0.1,0.2", (0.1, 0.2)),
    ],
)
def test_lists_and_ranges(argument, expected):
    assert values(argument) == expected
    assert [type(value) for value in values(argument)] == [type(value) for value in expected]


def test_whole_numbers_stay_whole_and_others_do_not_become_whole():
    assert all(isinstance(value, int) for value in values("batch=log(8,64,4)"))
    assert all(isinstance(value, float) for value in values("lr0=log(1.0,100.0,3)"))


def test_the_ends_of_a_range_are_exact():
    assert values("lr0=log(0.00123456789,0.1,5)")[0] == 0.00123456789


def test_a_key_of_the_sweep_that_grows_is_an_axis_with_one_value_too():
    assert parse_grid(["seed=3", "epochs=9"], known=["seed"]).axes == (Choice("seed", (3,)),)


def test_a_dotted_train_argument_is_the_bare_one():
    assert parse_grid(["train.lr0=0.1,0.2"]).keys == ("lr0",)


class TestDraws:
    GRID = parse_grid(["lr0=loguniform(1e-4,1e-1)", "seed=0,1", "lrf=uniform(0,1)"])

    def test_each_draw_is_crossed_with_the_other_axes(self):
        points = self.GRID.points(samples=3)
        assert [point["seed"] for point in points] == [0, 1] * 3
        assert points[0]["lr0"] == points[1]["lr0"] != points[2]["lr0"]
        assert list(points[0]) == ["lr0", "seed", "lrf"]
        assert self.GRID.size(3) == len(points) == 6

    def test_more_draws_change_none_of_those_before(self):
        assert self.GRID.points(samples=8)[:6] == self.GRID.points(samples=3)

    def test_another_seed_draws_others(self):
        assert self.GRID.points(3, seed=1) != self.GRID.points(3, seed=0) == self.GRID.points(3)

    def test_a_logarithm_is_uniform(self):
        draw = Draw("lr0", 1e-4, 1e-1, log=True)
        drawn = [math.log10(draw.value(0, number)) for number in range(2000)]
        assert min(drawn) >= -4 and max(drawn) <= -1
        assert [sum(-4 + i <= x < -3 + i for x in drawn) for i in range(3)] == pytest.approx([667] * 3, abs=80)

    def test_values_are_short_enough_for_a_name(self):
        assert all(len(str(point["lr0"])) <= 9 for point in self.GRID.points(50))


@pytest.mark.parametrize(
    ("argument", "what", "hint"),
    [
        ("lr0=logs(1,2,3)", "there is no range logs(...)", "did you mean log?"),
        ("lr0=log(1,2)", "log(...) takes three numbers", "write log(1e-4,1e-1,7)"),
        ("lr0=log(a,b,3)", "log(...) takes three numbers", "write log(1e-4,1e-1,7)"),
        ("lr0=log(1,nan,3)", "log(...) takes three numbers", "write log(1e-4,1e-1,7)"),
        ("lr0=log(0,1,3)", "log needs ends above 0", "write 0 beside it: 0,log(0.01,1,5)"),
        ("lr0=linear(0,1,1)", "linear makes 2 to 10,000 values", "write linear(0.2,0.8,4)"),
        ("lr0=linear(0,1,2.5)", "linear makes 2 to 10,000 values", "write linear(0.2,0.8,4)"),
        ("lr0=linear(1,1,3)", "linear has two equal ends", "write the value alone"),
        ("lr0=uniform(1)", "uniform(...) takes two numbers", "write uniform(0.001,0.1)"),
        ("lr0=uniform(2,1)", "uniform begins above its end", "write the smaller number first"),
        ("lr0=loguniform(0,1)", "loguniform needs ends above 0", "write loguniform(1e-4,1e-1)"),
        ("lr0=0,uniform(1,2)", "uniform(...) cannot be one of several values", "give it alone"),
        ("lr0=0,,1", "lr0 has an empty value in its list", "write null for an empty value, or remove the comma"),
        ("lr0=1,", "lr0 has an empty value in its list", "write null for an empty value, or remove the comma"),
        ("lr0", "'lr0' is not KEY=VALUE", "write KEY=V1,V2,... as in weight_decay=0,0.3,1"),
    ],
)
def test_what_is_wrong_is_said_with_the_remedy(argument, what, hint):
    assert refused(argument) == [(what, hint)]


def test_all_problems_are_told_at_once():
    assert len(refused("lr0=log(1)", "seed=0,,1", "momentum")) == 3


@pytest.mark.parametrize("twice", [("seed=0,1", "seed=2,3"), ("seed=0,1", "train.seed=2"), ("seed=2", "seed=0,1")])
def test_a_key_that_is_given_twice(twice):
    assert refused(*twice) == [("seed is given twice", "write all its values behind one seed=")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-5, "lr0=1.0e-05"),
        (3, "lr0=3"),
        (True, "lr0=true"),
        (None, "lr0=null"),
        ("*", "lr0='*'"),
        ([1, 2], "lr0=[1, 2]"),
    ],
)
def test_a_value_is_spelled_as_a_recipe_takes_it(value, text):
    assert assignment("lr0", value) == text


@given(st.floats(1e-12, 1))
def test_every_number_reaches_the_recipe_unchanged(number):
    assert load("grok-modular-addition", [assignment("lr0", number)]).train["lr0"] == number


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_plain_values_are_read_back_as_they_were(value):
    assert value_of("key", assignment("key", value).partition("=")[2]) == value


@given(st.text(max_size=30))
def test_no_text_crashes_it(text):
    try:
        grid = parse_grid([f"lr0={text}"])
    except RecipeError:
        return
    assert len(grid.axes) + len(grid.overrides) == 1


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"weight_decay": 0.3, "fraction": 0.6, "seed": 1}, "weight_decay=0.3,fraction=0.6,seed=1"),
        ({"weight_decay": 1.0}, "weight_decay=1"),
        ({"lr0": 1e-5}, "lr0=1e-05"),
        ({"model": "models/yolo26n.yaml"}, "model=yolo26n"),
        ({"model": "C:\\models\\best.pt"}, "model=best"),
        ({"data.operation": "*"}, "data.operation=times"),
        ({"data.operation": "-"}, "data.operation=minus"),
        ({"fraction": [0.5, 1]}, "fraction=0.5_1"),
        ({"cos_lr": True, "auto_augment": None}, "cos_lr=true,auto_augment=null"),
        ({"description": "a: b/c?"}, "description=a-b-c-"),
    ],
)
def test_names_say_what_is_different(values, name):
    assert name_of(values) == name


def test_two_files_of_one_name_are_told_apart_by_their_path():
    assert name_of({"model": "a/x.yaml"}, short=False) == "model=a-x.yaml"


def test_a_long_name_is_cut_and_stays_different():
    long = {f"data.key{i}": 0.123456 for i in range(20)}
    names = {name_of(long), name_of(long | {"data.key19": 1})}
    assert len(names) == 2
    assert all(len(name) <= LONGEST for name in names)


@given(st.dictionaries(st.sampled_from(["lr0", "model", "data.seed"]), st.text(max_size=200), min_size=1))
def test_every_name_is_a_folder(values):
    assert is_safe(name_of(values))
    assert "/" not in name_of(values, short=False)


@pytest.mark.parametrize("path", ["my sets #2/data.yaml", "[site]/data.yaml", "2025", "set(1)/data.yaml", "null"])
def test_paths_are_taken_as_they_stand(path):
    assert parse_grid([f"data={path}"]).overrides == (f"data={path}",)
    (axis,) = parse_grid([f"data={path},coco8.yaml"]).axes
    assert isinstance(axis, Choice)
    assert axis.values == (path, "coco8.yaml")
    assert assignment("data", path) == f"data={path}"
