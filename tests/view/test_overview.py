"""Runs at a glance: the table that fits, and the line that says the most telling first."""

import io

import pytest
from rich.console import Console

from grokyolo.view.screen import View
from grokyolo.view.watch import FINISHED, OTHER_COLUMNS, line, many
from tests.view.curves import grok, judged


def view(run="runs/a", state="watching", **columns):
    series, assessment = judged(grok(run, epochs=20, **columns))
    return View(run, state, 20, 30, 1.0, series, assessment)


def lines(views, width=100, height=24):
    written = io.StringIO()
    Console(file=written, width=width).print(many(views, width, height))
    return [line.rstrip() for line in written.getvalue().splitlines()]


@pytest.mark.parametrize(("width", "height"), [(60, 10), (80, 24), (200, 50)])
@pytest.mark.parametrize("rough", [False, True])
def test_the_table_fits_however_many_runs(width, height, rough):
    plain = {"probe_score": None, "probe_loss": None} if rough else {}
    shown = lines([view("runs/" + "long-name-" * 20, **plain)] * 60, width, height)
    assert len(shown) == height
    assert max(map(len, shown)) <= width
    assert "…" in shown[1]
    assert shown[height - 1 - rough].split() == ["and", str(60 - (height - 2 - rough)), "more"]


def test_where_not_all_fit_those_that_go_on_are_shown():
    views = [view(f"runs/{number}", FINISHED if number != 37 else "process 1 on a") for number in range(50)]
    shown = [line.split()[0] for line in lines(views, height=8)[1:]]
    assert shown == ["runs/0", "runs/1", "runs/2", "runs/3", "runs/4", "runs/37", "and"]


def test_a_row_says_how_far_a_run_is_and_how_it_stands():
    assert lines([view()])[1].split() == ["runs/a", "20/30", "10", "s", "memorising", "1.000", "0.000", "1.000"]
    assert lines([view(state="stopped")])[1].split()[2] == "stopped"
    assert lines([view(state="nothing new for 3 min")])[1].split()[2] == "quiet"


def test_a_rough_gap_is_marked_and_the_mark_explained():
    shown = lines([view(), view("runs/b", probe_score=None, probe_loss=None)])
    assert shown[2].split()[-1].startswith("~")
    assert shown[-1] == "~ rough gap: of losses, no probe was measured"
    assert "~" not in "".join(lines([view()]))


def test_a_run_without_a_log_says_what_is_awaited():
    assert lines([View("runs/c", "waiting")])[1].split() == ["runs/c", "–", "waiting", "–", "–", "–", "–"]


def test_a_name_loses_its_last_stroke_and_keeps_its_end():
    assert lines([view("runs/a/")])[1].split()[0] == "runs/a"
    name = lines([view("x" * 100 + "/exp7/")], width=OTHER_COLUMNS + 12)[1].split()[0]
    assert name == "…xxxxxx/exp7"


def test_the_line_of_a_run_says_the_most_telling_first():
    assert line(view(), 200) == "20/30 · top1 probe 1.000 val 0.000 · memorising · watching · 10 s left"
    assert line(view(), 12) == "20/30"
