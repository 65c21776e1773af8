"""What the live screen says below its curves."""

import numpy as np
import pytest

from grokyolo.verdict import assess
from grokyolo.view.screen_facts import facts, last_known
from tests.view.curves import event, grok


def said(series, width: int = 80) -> list[str]:
    return [line.plain for line in facts(series, assess(series), width)]


def row(lines: list[str], label: str) -> str:
    return next(line for line in lines if line.startswith(f"{label:<10}"))


def test_scores_losses_gap_and_best():
    lines = said(grok(val_loss=np.full(300, 2.5), probe_loss=np.full(300, 0.5)))
    assert row(lines, "top1") == "top1      probe 1.000 · val 0.980 · gap 0.020 (widest 1.000) · best 0.980 at 300"
    assert row(lines, "loss") == "loss      train 0.0100 · probe 0.5000 · val 2.5000 · gap 2.0000"


def test_of_scores_that_are_all_zero_none_is_called_the_best():
    assert "best" not in row(said(grok(val_score=np.zeros(300))), "top1")


def test_a_long_name_of_the_score_keeps_a_space_behind_it():
    assert said(grok(score_name="mAP50-95(M)"))[0].startswith("mAP50-95(M) probe 1.000")


def test_norms_learning_rate_and_budget():
    known = {"norm_decayed": 12.5, "norm_free": 3.25, "lr": 0.002, "weight_decay": 1.0}
    series = grok(step=np.arange(1, 301) * 9.0, **{name: np.full(300, value) for name, value in known.items()})
    assert row(said(series), "weights") == "weights   norm 12.5 decayed, 3.25 free · lr 0.002 · decay 1, 5.4 e-folds"
    assert row(said(grok()), "weights") == "weights   nothing in the log"


def test_the_verdict_stands_with_its_reason():
    series = grok()
    lines = said(series, 200)
    at = lines.index(row(lines, "verdict"))
    words = " ".join(f"{lines[at][10:]} {lines[at + 1][10:]}".split())
    assert words == f"grokked (firm): {assess(series).reason}"


@pytest.mark.parametrize("width", [60, 80, 200])
def test_what_stands_below_the_verdict_does_not_move_with_its_length(width):
    places = [lines.index(row(lines, "events")) for lines in (said(grok(epochs=3), width), said(grok(), width))]
    assert places[0] == places[1]


def test_the_newest_events_are_named_first_and_the_others_counted():
    series = grok(events=tuple(event(n, "lr-changed") for n in (10, 20, 30, 40, 50, 60)))
    assert row(said(series), "events") == (
        "events    lr-changed at 60 · lr-changed at 50 · lr-changed at 40 · lr-changed at 30 · 2 before"
    )
    assert row(said(grok(events=(event(5, "start"),))), "events") == "events    start at 5"
    assert row(said(grok()), "events") == "events    none"


def test_the_last_value_is_the_last_measured_one():
    assert last_known(np.array([1.0, 2.0, np.nan])) == 2.0
    assert last_known(np.array([np.nan])) is None
    assert last_known(np.array([1.0, np.inf])) == np.inf
