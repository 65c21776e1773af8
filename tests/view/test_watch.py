"""Watching runs that other processes write: what is shown, how often, and when it ends."""

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from grokyolo.errors import RunError
from grokyolo.gap import EpochRecord, EventKind, GapWriter
from grokyolo.view import watch as module
from grokyolo.view.screen import frame
from grokyolo.view.watch import Watched, line, watch
from tests.run.locks import locked
from tests.view.terminal import Terminal


def write(run: Path, epochs, events=()) -> Path:
    run.mkdir(parents=True, exist_ok=True)
    with GapWriter(run / "gap.csv") as log:
        for epoch in epochs:
            score = min(1.0, epoch / 10)
            log.append(
                EpochRecord(epoch, epoch, 0.5 * epoch, 0.01, 0.5, 1.0, 0.5, 2.0, score, score / 2, events=events)
            )
    return run


def plan(run: Path, epochs: int) -> Path:
    run.mkdir(parents=True, exist_ok=True)
    (run / "grokyolo.yaml").write_text(f"score_name: top1\nrecipe: {{train: {{epochs: {epochs}}}}}\n")
    return run


@pytest.fixture
def run(tmp_path) -> Path:
    return plan(tmp_path / "exp1", 30)


@pytest.fixture
def watched(request):
    """Watch a run until the test is over."""

    def start(run: Path) -> Watched:
        one = Watched(str(run))
        request.addfinalizer(one.close)
        return one

    return start


ONCE = 2
"""Pictures on a terminal where one was drawn: Rich draws the last one again when it leaves."""


class Passing:
    """Stands for time: while the watcher sleeps, the next thing happens; after the last one comes Ctrl-C."""

    def __init__(self, *things) -> None:
        self.things = list(things)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) % round(module.EVERY / module.SLICE) == 0:
            if not self.things:
                raise KeyboardInterrupt
            self.things.pop(0)()


def looked_at(runs, console, *things) -> Passing:
    passing = Passing(*things)
    watch([str(run) for run in runs], console, sleep=passing.sleep, busy=lambda: 0.0)
    return passing


# What is known of a run ------------------------------------------------------------------------------------------


def test_a_run_is_shown_as_far_as_it_is(run, watched):
    write(run, range(1, 11))
    view = watched(run).view
    assert (view.run, view.epoch, view.epochs, view.per_epoch) == (str(run), 10, 30, 0.5)
    assert len(view.series) == 10
    assert view.assessment.epochs == 10


def test_only_a_change_is_one(run, watched):
    write(run, range(1, 11))
    one = watched(run)
    assert not one.update()
    write(run, [11])
    assert one.update()
    assert one.view.epoch == 11
    assert not one.update()


def test_a_run_without_an_epoch_is_awaited(run, watched):
    one = watched(run)
    assert (one.view.state, one.view.said) == ("waiting", "no finished epoch in this run yet")
    write(run, [1])
    assert one.update()
    assert one.view.epoch == 1


@pytest.mark.parametrize("make", [lambda run: None, lambda run: run.mkdir()], ids=["nothing there", "an empty folder"])
def test_what_will_never_be_a_run_is_an_error(tmp_path, make):
    make(tmp_path / "none")
    with pytest.raises(RunError):
        Watched(str(tmp_path / "none"))


def test_a_log_that_goes_away_is_said_and_awaited(run, watched):
    write(run, range(1, 11))
    one = watched(run)
    away = (run / "gap.csv").rename(run / "away")
    assert one.update()
    assert "cannot read the log" in one.view.state
    assert one.view.epoch == 10
    assert not one.update()
    away.rename(run / "gap.csv")
    assert one.update()
    assert "cannot" not in one.view.state


def test_a_run_is_finished_with_its_last_epoch(run, watched):
    write(run, range(1, 30))
    one = watched(run)
    assert not one.finished
    write(run, [30])
    one.update()
    assert one.finished
    assert one.view.state == "finished"


def test_a_run_is_not_finished_while_a_process_holds_it(run, watched):
    write(run, range(1, 31))
    (run / "state").mkdir()
    (run / "state" / "owner.json").write_text(json.dumps({"pid": 4711, "host": "node7"}))
    with locked(run):
        one = watched(run)
        assert not one.finished
        assert one.view.state == "process 4711 on node7"
    (run / "state" / "owner.json").unlink()
    one.update()
    assert one.finished


def test_a_run_that_is_made_longer_goes_on(run, watched):
    write(run, range(1, 31))
    one = watched(run)
    assert one.finished
    plan(run, 1000)
    one.update()
    assert not one.finished


def test_a_run_that_was_stopped_says_so(run, watched):
    write(run, range(1, 11))
    write(run, [11], events=(EventKind.STOP,))
    assert watched(run).view.state == "stopped"


@pytest.mark.parametrize(("age", "state"), [(60, "watching"), (600, "nothing new for 10 min")])
def test_a_run_that_does_not_get_on_says_so(run, watched, age, state):
    write(run, range(1, 11))
    then = time.time() - age - 1
    os.utime(run / "gap.csv", (then, then))
    assert watched(run).view.state == state


def held(run: Path) -> subprocess.Popen:
    """Start a process that holds a run as a training does."""
    code = f"""
import sys
from pathlib import Path
from grokyolo.run.folder import owned
with owned(Path({str(run)!r})):
    print(flush=True)
    sys.stdin.read()
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def age(run: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(run / "gap.csv", (then, then))


def test_a_run_that_was_killed_is_known_from_a_quiet_one(run, watched):
    write(run, range(1, 11))
    process = held(run)
    age(run, 601)
    one = watched(run)
    assert one.view.state == "nothing new for 10 min"
    assert one.view.next_command == ""
    process.kill()
    process.wait()
    assert one.update()
    assert one.view.state == "killed"
    assert one.view.time_left is None
    command = f"grokyolo resume {run}"
    assert any(command in text.plain for text in frame(one.view, 200, 40))
    assert command in line(one.view, 10_000)


def test_one_that_ended_in_order_before_its_end_was_stopped(run, watched):
    write(run, range(1, 11))
    held(run).communicate()
    one = watched(run)
    assert one.view.state == "watching", "it may be about to begin"
    age(run, 601)
    assert one.update()
    assert (one.view.state, one.view.next_command) == ("stopped", f"grokyolo resume {run}")


def test_of_another_machine_a_lock_may_not_be_seen(run, watched):
    write(run, range(1, 11))
    (run / "state").mkdir()
    (run / "state" / "lock").touch()
    (run / "state" / "owner.json").write_text(json.dumps({"pid": 4711, "host": "node7"}))
    one = watched(run)
    assert one.view.state == "watching"
    age(run, 601)
    one.update()
    assert one.view.state == "killed"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"pid": 1}'])
def test_a_broken_note_of_the_owner_says_nothing(run, watched, text):
    write(run, range(1, 11))
    (run / "state").mkdir()
    (run / "state" / "owner.json").write_text(text)
    assert watched(run).view.state == "watching"


# Watching --------------------------------------------------------------------------------------------------------


def test_watching_ends_when_the_run_is_finished(run):
    write(run, range(1, 29))
    terminal = Terminal()
    looked_at([run], terminal.console, lambda: write(run, [29]), lambda: write(run, [30]))
    lines = terminal.last()
    assert lines[0].endswith(" finished")
    assert lines[1].startswith("epoch 30 of 30 ")
    assert terminal.raw.endswith("\x1b[?25h")


def test_a_finished_run_is_shown_once(run):
    write(run, range(1, 31))
    terminal = Terminal()
    assert looked_at([run], terminal.console).slept == []
    assert len(terminal.frames()) <= ONCE


def test_ctrl_c_ends_watching_and_leaves_the_last_frame(run):
    write(run, range(1, 11))
    terminal = Terminal()
    looked_at([run], terminal.console, lambda: write(run, [11]), lambda: None)
    assert terminal.last()[1].startswith("epoch 11 of 30 ")
    assert terminal.raw.endswith("\x1b[?25h")


def test_nothing_is_drawn_while_nothing_happens(run):
    write(run, range(1, 11))
    terminal = Terminal()
    looked_at([run], terminal.console, *[lambda: None] * 20)
    assert len(terminal.frames()) <= ONCE


def test_a_resize_is_drawn_for_the_new_size(run):
    write(run, range(1, 11))
    terminal = Terminal()
    looked_at([run], terminal.console, lambda: terminal.resize(120, 40), lambda: None)
    assert len(terminal.last()[0]) == 120
    assert terminal.raw.count("\x1b[2J\x1b[H") == 1


def test_a_narrow_terminal_gets_one_line(run):
    write(run, range(1, 11))
    terminal = Terminal(width=40)
    looked_at([run], terminal.console)
    (only,) = terminal.last()
    assert only.startswith("10/30 · ")
    assert len(only) <= 40


def test_a_look_that_takes_long_is_followed_by_a_long_rest(run):
    write(run, range(1, 11))
    busy = iter([0.0, 0.5, 0.5, 1.0])
    passing = Passing()
    with pytest.raises(StopIteration):  # of the clock: three looks are enough
        watch([str(run)], Terminal().console, sleep=passing.slept.append, busy=lambda: next(busy))
    assert sum(passing.slept) == pytest.approx(2 * 0.5 * module.REST)
    assert 1 / module.REST < 0.02


def test_several_runs_are_one_table(tmp_path):
    runs = [write(plan(tmp_path / name, 30), range(1, count)) for name, count in (("a", 31), ("b", 11))]
    terminal = Terminal(width=200)
    looked_at(runs, terminal.console, lambda: write(runs[1], range(11, 21)), lambda: None)
    head, a, b = terminal.last()
    assert head.split() == ["run", "epoch", "left", "verdict", "probe", "val", "gap"]
    assert a.split()[:3] == [str(runs[0]), "30/30", "finished"]
    assert b.split()[:4] == [str(runs[1]), "20/30", "5.00", "s"]


def test_several_runs_end_when_all_are_finished(tmp_path):
    runs = [write(plan(tmp_path / name, 30), range(1, 21)) for name in "ab"]
    terminal = Terminal(width=200)
    looked_at(runs, terminal.console, *[lambda run=run: write(run, range(21, 31)) for run in runs])
    assert [row.split()[2] for row in terminal.last()[1:]] == ["finished", "finished"]


def test_a_log_gets_a_line_at_once_and_at_the_end(run):
    write(run, range(1, 11))
    written = io.StringIO()
    looked_at([run], Console(file=written, width=80), *[lambda n=n: write(run, [n]) for n in range(11, 31)])
    lines = written.getvalue().splitlines()
    assert [part.split(" · ")[1] for part in lines] == ["10/30", "30/30"]
    assert "\x1b" not in written.getvalue()


def test_a_log_gets_a_line_now_and_then(run, monkeypatch):
    write(run, range(1, 11))
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(clock)))
    written = io.StringIO()
    looked_at([run], Console(file=written, width=80), *[lambda n=n: write(run, [n]) for n in range(11, 20)])
    assert [part.split(" · ")[1] for part in written.getvalue().splitlines()] == ["10/30", "13/30", "16/30", "19/30"]
