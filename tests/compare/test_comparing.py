"""Several runs in, one comparison out."""

import json
import math

import numpy as np
import pytest

from grokyolo.compare import By, compare
from grokyolo.compare.comparing import HALF, MOST, label
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
