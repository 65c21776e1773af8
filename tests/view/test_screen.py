"""What the live screen says of one run."""

import dataclasses

import numpy as np
import pytest

from grokyolo.gap import Series
from grokyolo.gap.series import from_columns
from grokyolo.verdict import assess
from grokyolo.view.screen import (
    MIN_HEIGHT,
    MIN_WIDTH,
    PROGRESS_LINE,
    View,
    facts,
    fits,
    frame,
    last_known,
    progress_line,
    seconds_per_epoch,
)
from tests.view.curves import event, grok

SIZES = [(MIN_WIDTH, MIN_HEIGHT), (60, 23), (75, 40), (76, 16), (80, 23), (120, 39), (200, 49), (300, 100)]


def view(series: Series | None = None, **changes) -> View:
    series = grok() if series is None else series
    known = View(series.run, "training", int(series.epoch[-1]), 1000, 0.5, series, assess(series))
    return dataclasses.replace(known, **changes)


def shown(one: View, width: int = 80, height: int = 23) -> list[str]:
    return [line.plain for line in frame(one, width, height)]


def row(lines: list[str], label: str) -> str:
    return next(line for line in lines if line.startswith(f"{label:<10}"))


RICH = {
    "norm_decayed": np.full(300, 12.5),
    "norm_free": np.full(300, 3.25),
    "lr": np.full(300, 0.002),
    "weight_decay": np.full(300, 1.0),
    "step": np.arange(1, 301) * 9.0,
}
ROUGH = {"probe_loss": None, "probe_score": None}


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(
    "series",
    [
        grok(**RICH),
        grok(**ROUGH),
        grok(val_score=None, probe_score=None),
        grok(epochs=1),
        grok(run="runs/" + "long-name-" * 40),
        grok(events=tuple(event(n, "lr-changed") for n in range(10, 200, 3))),
        grok(val_loss=np.full(300, np.inf)),
    ],
    ids=["whole", "rough", "losses only", "one epoch", "long name", "many events", "not finite"],
)
def test_a_frame_fits(series, width, height):
    lines = frame(view(series), width, height)
    assert len(lines) <= height
    assert max(line.cell_len for line in lines) <= width


def test_wide_letters_are_counted_as_terminals_count_them():
    lines = frame(view(grok(run="runs/実験" * 20)), 80, 23)
    assert max(line.cell_len for line in lines) <= 80


def test_a_small_terminal_has_no_room():
    assert fits(MIN_WIDTH, MIN_HEIGHT)
    assert not fits(40, 24)
    assert not fits(80, MIN_HEIGHT - 1)


def test_the_first_line_names_the_run_and_what_happens_to_it():
    first = shown(view())[0]
    assert first.startswith("runs/a ")
    assert first.endswith(" training")
    assert len(first) == 80


def test_progress_in_epochs_and_time_left():
    line = shown(view(epoch=300, epochs=1000, per_epoch=0.5))[PROGRESS_LINE]
    assert line.startswith("epoch 300 of 1,000 ")
    assert line.endswith(" 30 % · 0.50 s an epoch · 6 min left")


@pytest.mark.parametrize("epoch", [0, 1, 9, 10, 500, 999, 1000])
def test_the_bar_grows_and_stays_where_it_is(epoch):
    line = progress_line(view(epoch=epoch, epochs=1000), 100).plain
    bar = [letter for letter in line if letter in "━─"]
    assert bar.count("━") == int(epoch / 1000 * len(bar))
    assert bar == sorted(bar, reverse=True)


def test_a_run_is_only_whole_when_it_is():
    assert "99 %" in progress_line(view(epoch=9999, epochs=10_000), 100).plain
    assert "100 %" in progress_line(view(epoch=10_000, epochs=10_000), 100).plain


def test_a_run_of_unknown_length_has_no_bar():
    assert progress_line(view(epoch=300, epochs=None), 80).plain == "epoch 300 · 0.50 s an epoch"


@pytest.mark.parametrize("state", ["stopped", "nothing new for 5 min"])
def test_no_time_is_left_where_nothing_goes_on(state):
    assert "left" in progress_line(view(), 80).plain
    assert "left" not in progress_line(view(state=state), 80).plain


def test_before_the_first_epoch_it_says_what_is_awaited():
    lines = shown(View("runs/a", "training", said="the first epoch is not finished yet"))
    assert "the first epoch is not finished yet" in lines
    assert lines[PROGRESS_LINE] == "starting"


def test_a_plain_log_has_a_rough_gap_and_says_so():
    lines = shown(view(grok(**ROUGH)))
    assert "rough gap" in row(lines, "loss")
    assert "gap" not in row(lines, "top1")
    assert any("train (rough)" in line for line in lines)
    assert not any("probe" in line.split("verdict")[0] for line in lines[:5])


def test_where_the_files_are(tmp_path):
    run = tmp_path / "exp1"
    (run / "weights").mkdir(parents=True)
    for name in ("gap.csv", "weights/last.pt"):
        (run / name).touch()
    words = row(shown(view(grok(run=str(run))), 200, 49), "files")
    assert words == f"files     {run}: gap.csv · weights/last.pt"
    assert row(shown(view(grok(run=str(tmp_path / "gone"))), 200, 49), "files") == f"files     {tmp_path}"


def test_charts_stand_side_by_side_or_below_each_other_or_the_score_alone():
    def legends(width: int, height: int) -> list[str]:
        return [line for line in shown(view(), width, height) if "⠤⠤⠤ validation" in line]

    assert ["loss" in line and "top1" in line for line in legends(80, 23)] == [True]
    assert [line.split()[0] for line in legends(70, 45)] == ["top1", "loss"]
    assert [line.split()[0] for line in legends(70, 23)] == ["top1"]


def test_a_run_without_a_score_shows_its_losses():
    lines = shown(view(grok(val_score=None, probe_score=None)), 80, 23)
    assert [line.split()[0] for line in lines if "⠤⠤⠤ validation" in line] == ["loss"]


def test_letters_that_move_the_cursor_are_not_printed():
    assert not any("\x1b" in line for line in shown(view(grok(run="runs/\x1b[2J"))))


# Numbers ---------------------------------------------------------------------------------------------------------


def test_the_pace_is_that_of_the_last_epochs():
    seconds = np.concatenate([np.arange(1, 101) * 10.0, 1000 + np.arange(1, 101) * 2.0])
    assert seconds_per_epoch(from_columns("a", range(1, 201), seconds=seconds)) == pytest.approx(2.0)


@pytest.mark.parametrize("seconds", [None, [5.0], [5.0, 5.0, 5.0], [9.0, 5.0]])
def test_no_pace_is_made_up(seconds):
    count = len(seconds or [1])
    assert seconds_per_epoch(from_columns("a", range(1, count + 1), seconds=seconds)) is None


# Below the curves ---------------------------------------------------------------------------------------------------


def said(series, width: int = 80) -> list[str]:
    return [line.plain for line in facts(series, assess(series), width)]


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
    assert row(said(series), "weights") == "weights   norm 12.5 decayed, 3.25 free · lr 0.002 · decay 1, 5.41 e-folds"
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
