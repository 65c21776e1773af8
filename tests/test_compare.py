"""Several runs in, one comparison out."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from grokyolo.compare import (
    HALF,
    MOST,
    By,
    Cost,
    clock,
    clocks,
    compare,
    crossing,
    differences,
    final_level,
    label,
    positions,
    score_at,
)
from grokyolo.gap.series import from_columns
from grokyolo.gap.settings import flat_settings
from tests.view.curves import grok, judged


def late(run: str, shift: float, **columns):
    """Return a grok whose jump comes so many times as late as the usual one."""
    epoch = np.arange(1, 601)
    score = np.where(epoch > 60 * shift, 0.98 / (1 + np.exp(-(epoch - 110 * shift) / 8)), 0.0)
    given = {
        "val_score": score,
        "val_loss": 5 * (1 - score) + 0.3,
        "step": epoch * 9.0 / shift**2,
        "seconds": epoch * 0.5,
    }
    return grok(run, epochs=600, **{**given, **columns})


def compared(*series, settings=None, by: By = By.EPOCH):
    return compare([judged(one) for one in series], settings or [{"train.seed": 0}] * len(series), by)


def first(comparison, share: float) -> list[str]:
    return [run.series.run for run in comparison.first(share)]


def test_the_run_that_generalised_first():
    comparison = compared(late("b", 2), late("a", 1))
    assert first(comparison, HALF) == first(comparison, MOST) == ["a"]


def test_who_is_first_depends_on_the_clock():
    assert first(compared(late("a", 1), late("b", 2)), HALF) == ["a"]
    assert first(compared(late("a", 1), late("b", 2), by=By.STEP), HALF) == ["b"]


def test_runs_at_the_same_place_are_first_together():
    assert first(compared(late("a", 1), late("b", 1)), HALF) == ["a", "b"]


def test_a_run_without_the_clock_cannot_be_first():
    assert first(compared(late("a", 1, seconds=None), late("b", 2), by=By.TIME), HALF) == ["b"]


def test_nobody_is_first_where_no_score_was_measured():
    comparison = compared(*(late(name, 1, val_score=None, probe_score=None) for name in "ab"))
    assert comparison.best_final is None
    assert first(comparison, HALF) == []


def test_levels_are_shares_of_the_best_final_level_among_all():
    comparison = compared(late("a", 1), late("b", 1, val_score=np.full(600, 0.3)))
    assert comparison.best_final == pytest.approx(0.98, abs=0.001)
    assert comparison.runs[1].final == pytest.approx(0.3)
    assert comparison.runs[1].half is None
    assert comparison.runs[0].half.epoch == pytest.approx(110, abs=2)
    assert comparison.runs[0].most.epoch == pytest.approx(110 + 8 * math.log(9), abs=3)


def test_runs_keep_their_order_and_get_letters():
    comparison = compared(late("z", 1), late("a", 1), late("m", 1))
    assert [(run.label, run.series.run) for run in comparison.runs] == [("A", "z"), ("B", "a"), ("C", "m")]


@pytest.mark.parametrize(("number", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (27, "AB"), (701, "ZZ"), (702, "AAA")])
def test_letters_never_run_out(number, name):
    assert label(number) == name


@pytest.mark.parametrize(
    ("series", "by", "note"),
    [
        (
            (late("a", 1), late("b", 1, score_name="mAP50-95")),
            By.EPOCH,
            "the scores are not of one kind: mAP50-95, top1",
        ),
        ((late("a", 1), late("b", 1, step=None)), By.STEP, "the log does not tell the steps: B"),
        ((late("a", 1, probe_score=None, probe_loss=None), late("b", 1)), By.EPOCH, "no probe, so only a rough gap: A"),
    ],
)
def test_what_should_be_known_before_trusting_it(series, by, note):
    assert compared(*series, by=by).notes == (note,)


def test_unknown_settings_are_said():
    comparison = compared(late("a", 1), late("b", 1), settings=[{"model": "m"}, {}])
    assert comparison.notes == ("no settings beside the log, so what differs is not known: B",)
    assert comparison.differences == ()


def test_nothing_to_remark():
    assert compared(late("a", 1), late("b", 2)).notes == ()


# JSON ------------------------------------------------------------------------------------------------------------


def test_one_object_for_each_run_and_one_of_what_they_differ_in():
    comparison = compared(late("a", 1), late("b", 2), settings=[{"train.seed": 0}, {"train.seed": 1}])
    a, b, both = comparison.to_json()
    assert (a["run"], a["label"], a["verdict"], a["by"]) == ("a", "A", "grokked", "epoch")
    assert a["half"]["epoch"] < b["half"]["epoch"]
    assert set(a["half"]) == {"epoch", "step", "seconds", "budget"}
    assert both["runs"] == ["a", "b"]
    assert both["first"] == {"half": ["a"], "most": ["a"]}
    assert both["differences"] == {"train.seed": [0, 1]}
    assert len(a["scores"]) == len(b["scores"]) == len(both["positions"])


def test_json_has_no_nan_whatever_the_runs_lack():
    nothing = late("b", 1, val_score=None, probe_score=None, step=None, seconds=None)
    odd = [{"train.x": math.nan, "train.y": [1, math.inf]}, {"train.x": math.inf, "train.y": {"z": 1}}]
    for one in compared(late("a", 1), nothing, settings=odd).to_json():
        json.dumps(one, allow_nan=False)


A_STEP = -math.log(1 - 0.01 * 0.1)
"""E-folds of decay in a step of these runs, but for rounding in single precision."""


def run(epochs: int = 100, **columns):
    given = {
        "step": np.arange(1, epochs + 1) * 9.0,
        "seconds": np.arange(1, epochs + 1) * 0.5,
        "lr": np.full(epochs, 0.01),
        "weight_decay": np.full(epochs, 0.1),
        "val_score": np.arange(1, epochs + 1) / epochs,
    }
    return from_columns("runs/a", range(1, epochs + 1), **{**given, **columns})


@pytest.mark.parametrize(("by", "last"), [(By.EPOCH, 100), (By.STEP, 900), (By.TIME, 50), (By.BUDGET, 900 * A_STEP)])
def test_what_each_clock_shows(by, last):
    shown = clock(run(), by)
    assert shown[-1] == pytest.approx(last, rel=1e-4)
    assert np.array_equal(clocks(run())[by], shown)


@pytest.mark.parametrize(
    ("by", "unknown"), [(By.STEP, "step"), (By.TIME, "seconds"), (By.BUDGET, "lr"), (By.BUDGET, "weight_decay")]
)
def test_what_a_log_does_not_tell_is_nan(by, unknown):
    assert np.isnan(clock(run(**{unknown: None}), by)).all()


def test_the_score_at_a_place_is_the_last_one_measured_there():
    series = run(10, val_score=[0.1, np.nan, np.nan, 0.4, np.nan, 0.6, 0.7, 0.8, 0.9, 1.0])
    found = score_at(series, By.EPOCH, np.array([1.0, 3.0, 4.0, 5.5, 10.0]))
    assert found.tolist() == [0.1, 0.1, 0.4, 0.4, 1.0]


def test_before_and_after_a_run_there_is_no_score():
    found = score_at(run(), By.STEP, np.array([1.0, 9.0, 900.0, 901.0]))
    assert np.isnan(found).tolist() == [True, False, False, True]


def test_a_run_without_the_clock_has_no_score_on_it():
    assert np.isnan(score_at(run(step=None), By.STEP, np.array([9.0]))).all()


def test_places_are_round_and_end_where_the_longest_run_ends():
    assert positions([run(100), run(280)], By.EPOCH).tolist() == [5, 7, 10, 20, 30, 50, 70, 100, 200, 280][1:]


def test_no_round_place_crowds_the_last_one():
    assert positions([run(101)], By.EPOCH).tolist()[-2:] == [70, 101]


@pytest.mark.parametrize("by", list(By))
def test_there_are_never_more_places_than_asked_for(by):
    for epochs in (1, 2, 7, 1000, 54_321):
        places = positions([run(epochs)], by, count=5)
        assert 1 <= len(places) <= 5
        assert (np.diff(places) > 0).all()
        assert places[-1] == clock(run(epochs), by)[-1]


def test_a_clock_that_no_log_tells_has_no_places():
    assert len(positions([run(step=None)], By.STEP)) == 0


def test_a_budget_of_nothing_has_no_places():
    assert len(positions([run(weight_decay=np.zeros(100))], By.BUDGET)) == 0


def recipe(folder: Path, **train) -> Path:
    folder.mkdir(exist_ok=True)
    content = {"recipe": {"model": "a.pt", "train": train, "gap": {"every": 1}}, "recipe_hash": "x"}
    (folder / "grokyolo.yaml").write_text(yaml.safe_dump(content))
    return folder


def arguments(folder: Path, name: str = "args.yaml", **args) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(yaml.safe_dump(args))
    return folder


def different(*folders: Path) -> dict[str, tuple]:
    return {one.key: one.values for one in differences([flat_settings(folder) for folder in folders])}


def test_settings_have_dotted_keys_as_a_recipe_names_them(tmp_path):
    assert flat_settings(recipe(tmp_path, lr0=0.01)) == {"model": "a.pt", "train.lr0": 0.01, "gap.every": 1}


def test_the_arguments_of_ultralytics_are_named_alike(tmp_path):
    found = flat_settings(arguments(tmp_path, model="b.pt", data="d.yaml", lr0=0.01))
    assert found == {"model": "b.pt", "data": "d.yaml", "train.lr0": 0.01}


def test_those_of_yolov5_are_too(tmp_path):
    arguments(tmp_path, "hyp.yaml", lr0=0.02)
    assert flat_settings(arguments(tmp_path, "opt.yaml", data="d.yaml", hyp={"lrf": 0.1})) == {
        "data": "d.yaml",
        "train.lrf": 0.1,
        "train.lr0": 0.02,
    }


def test_a_recipe_goes_before_the_arguments_beside_it(tmp_path):
    arguments(tmp_path, lr0=0.5)
    assert flat_settings(recipe(tmp_path, lr0=0.01))["train.lr0"] == 0.01


@pytest.mark.parametrize("text", ["", "recipe: 5\n", "[1, 2]\n", ": {"])
def test_settings_that_make_no_sense_are_none(tmp_path, text):
    (tmp_path / "grokyolo.yaml").write_text(text)
    assert flat_settings(tmp_path) == {}


def test_what_differs_stands_in_the_order_of_the_recipe(tmp_path):
    a = recipe(tmp_path / "a", epochs=100, lr0=0.01, seed=0)
    b = recipe(tmp_path / "b", epochs=200, lr0=0.01, seed=1)
    assert list(different(a, b).items()) == [("train.epochs", (100, 200)), ("train.seed", (0, 1))]


def test_runs_with_the_same_settings_differ_in_nothing(tmp_path):
    assert different(recipe(tmp_path / "a", lr0=0.01), recipe(tmp_path / "b", lr0=0.01)) == {}


def test_a_key_that_one_recipe_lacks_is_a_difference(tmp_path):
    assert different(recipe(tmp_path / "a", lr0=0.01, momentum=0.9), recipe(tmp_path / "b", lr0=0.01)) == {
        "train.momentum": (0.9, None)
    }


def test_a_key_that_one_recipe_leaves_at_nothing_is_none(tmp_path):
    assert different(recipe(tmp_path / "a", seed=0, device=None), recipe(tmp_path / "b", seed=0)) == {}


def test_a_recipe_names_few_arguments_and_args_yaml_all_of_them(tmp_path):
    a = recipe(tmp_path / "a", lr0=0.01)
    b = arguments(tmp_path / "b", model="a.pt", lr0=0.02, momentum=0.9)
    assert different(a, b) == {"train.lr0": (0.01, 0.02)}


def test_where_a_run_is_and_what_it_is_called_is_no_difference(tmp_path):
    a = arguments(tmp_path / "a", name="a", project="p", save_dir="x/a", lr0=1)
    b = arguments(tmp_path / "b", name="b", project="q", save_dir="x/b", lr0=1)
    assert different(a, b) == {}


def test_true_is_not_one(tmp_path):
    a, b = arguments(tmp_path / "a", cache=True), arguments(tmp_path / "b", cache=1)
    assert different(a, b) == {"train.cache": (True, 1)}


def test_a_run_without_settings_differs_in_nothing_known(tmp_path):
    a, b = recipe(tmp_path / "a", lr0=0.01), recipe(tmp_path / "b", lr0=0.02)
    (tmp_path / "c").mkdir()
    assert different(a, tmp_path / "c") == {}
    assert different(a, b, tmp_path / "c") == {"train.lr0": (0.01, 0.02, None)}


def scored(scores, **columns):
    return run(len(scores), val_score=scores, **columns)


def step_at(epoch: int, length: int = 100, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    return np.where(np.arange(1, length + 1) >= epoch, high, low)


def test_the_crossing_is_the_first_epoch_at_the_level_with_its_cost():
    cost = crossing(scored(step_at(40)), 0.5)
    assert (cost.epoch, cost.step, cost.seconds) == (40, 360.0, 20.0)
    assert cost.budget == pytest.approx(360 * A_STEP, rel=1e-4)


@pytest.mark.parametrize(("by", "value"), [(By.EPOCH, 40.0), (By.STEP, 360.0), (By.TIME, 20.0), (By.BUDGET, 0.3)])
def test_a_cost_on_each_clock(by, value):
    assert Cost(40, 360.0, 20.0, 0.3).on(by) == value


def test_a_level_that_is_lost_again_was_not_reached():
    scores = step_at(20)
    scores[70:] = 0.1
    assert crossing(scored(scores), 0.5) is None


def test_a_level_that_is_lost_and_regained_counts_from_then_on():
    scores = step_at(20)
    scores[50:60] = 0.1
    assert crossing(scored(scores), 0.5).epoch == 61


def test_one_lucky_or_unlucky_epoch_changes_nothing():
    scores = step_at(40)
    scores[10] = 1.0
    scores[80] = 0.0
    assert crossing(scored(scores), 0.5).epoch == 40


def test_a_level_never_reached():
    assert crossing(scored(step_at(40, high=0.4)), 0.5) is None


def test_a_level_reached_from_the_beginning():
    assert crossing(scored(np.full(50, 0.9)), 0.5).epoch == 1


def test_epochs_without_a_measurement_are_skipped():
    scores = step_at(40)
    scores[np.arange(100) % 5 != 0] = np.nan
    assert crossing(scored(scores), 0.5).epoch == 41


def test_what_the_log_does_not_tell_has_no_cost():
    assert crossing(scored(step_at(40), step=None, seconds=None, lr=None), 0.5) == Cost(40, None, None, None)


def test_without_scores_there_is_neither_level_nor_crossing():
    series = scored(np.full(10, np.nan))
    assert final_level(series) is None
    assert crossing(series, 0.5) is None


def test_the_final_level_is_a_median_of_the_end():
    scores = step_at(40, length=200, high=0.8)
    scores[-1] = 0.0
    assert final_level(scored(scores)) == 0.8


def test_the_final_level_of_a_run_that_fell_is_where_it_fell_to():
    scores = np.full(200, 0.9)
    scores[100:] = 0.3
    assert final_level(scored(scores)) == pytest.approx(0.3)


def test_the_final_level_of_a_short_run_is_the_median_of_what_there_is():
    assert final_level(scored(np.array([0.2, 0.4, 0.9]))) == 0.4
