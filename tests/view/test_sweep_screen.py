"""A sweep while it runs: the table on a terminal, the lines in a log, and how far it is."""

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from grokyolo.gap import EpochRecord, GapWriter
from grokyolo.sweep.runner import PointProgress, Status
from grokyolo.sweep.trials import plan_sweep
from grokyolo.view import sweep as module
from grokyolo.view.sweep import Monitor, SweepLines, SweepScreen, folded, summary, sweep_display
from tests.view.terminal import Terminal


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Every look reads."""
    monkeypatch.setattr(module, "EVERY", 0.0)
    monkeypatch.setattr(module, "REST", 0.0)
    monkeypatch.setattr(module, "CATCHING_UP", 10.0)


@pytest.fixture
def points(workplace) -> list[PointProgress]:
    arguments = ["weight_decay=0,0.3", "data.fraction=0.4,0.6", "seed=0,1", "epochs=40"]
    return [PointProgress(trial) for trial in plan_sweep(Path("runs") / "s", "grok-modular-addition", arguments).trials]


def train(progress: PointProgress, epochs: int) -> None:
    """Write a log of so many epochs, half a second each."""
    run = progress.trial.run
    run.mkdir(parents=True, exist_ok=True)
    with GapWriter(run / "gap.csv") as log:
        for epoch in range(log.last_epoch + 1, epochs + 1):
            log.append(EpochRecord(epoch, epoch, 0.5 * epoch, 0.01, 0.5, 1.0, 0.5, 2.0, 1.0, 0.25))


def begin(progress: PointProgress, epochs: int = 0) -> None:
    progress.status, progress.started = Status.RUNNING, time.monotonic()
    if epochs:
        train(progress, epochs)


def end(progress: PointProgress, code: int, said: str = "", seconds: float = 20.0) -> None:
    progress.started = 100.0
    progress.end(code, said, 100.0 + seconds, stopping=False)


class TestTable:
    def drawn(self, points, width: int = 80, height: int = 24) -> list[str]:
        terminal = Terminal(width, height)
        screen = SweepScreen(points, terminal.console, jobs=2)
        screen()
        lines = [line.rstrip() for line in terminal.last()]
        screen.close(keep=True)
        assert max(map(len, lines)) <= width and len(lines) < height
        return lines

    def test_each_point_has_a_line_with_its_values_epoch_verdict_and_scores(self, points):
        begin(points[0], 40)
        end(points[0], 0)
        begin(points[1], 10)
        begin(points[2])
        lines = self.drawn(points)
        assert lines[0].startswith("1 of 8 finished · 2 running · 5 waiting · ")
        assert [line.split() for line in lines[1:3]] == [
            ["weight_", "data."],
            ["decay", "fraction", "seed", "epoch", "left", "verdict", "probe", "val"],
        ]
        assert lines[3].split() == ["0", "0.4", "0", "40/40", "finished", "memorising", "1.000", "0.250"]
        assert lines[4].split() == ["0", "0.4", "1", "10/40", "15", "s", "memorising", "1.000", "0.250"]
        assert lines[5].split() == ["0", "0.6", "0", "0/40", "running", "–", "–", "–"]
        assert lines[6].split() == ["0", "0.6", "1", "0/40", "waiting", "–", "–", "–"]
        assert len(lines) == 11

    def test_of_many_points_those_that_do_something_are_shown(self, points):
        for progress in points[:3]:
            train(progress, 40)
            end(progress, 0)
        end(points[3], 1, "no memory")
        begin(points[6], 5)
        lines = self.drawn(points, height=8)
        assert [line.split()[:4] for line in lines[3:6]] == [
            ["0", "0.4", "0", "40/40"],
            ["0", "0.6", "1", "0/40"],
            ["0.3", "0.6", "0", "5/40"],
        ]
        assert lines[-1] == "and 5 more"

    def test_what_failed_and_what_was_stopped_is_said(self, points):
        end(points[0], 1, "no memory")
        end(points[1], 75)
        lines = self.drawn(points)
        assert lines[0] == "0 of 8 finished · 6 waiting · 1 stopped · 1 failed"
        assert lines[3].split()[4] == "failed" and lines[4].split()[4] == "stopped"

    def test_many_axes_share_a_column_whose_ends_are_kept(self, workplace):
        arguments = ["seed=0,1", *(f"{key}=0.001234,0.1" for key in ("lr0", "lrf", "momentum", "weight_decay"))]
        trials = plan_sweep(Path("runs") / "s", "grok-modular-addition", arguments).trials
        lines = self.drawn([PointProgress(trial) for trial in trials[:2]])
        assert lines[1].split() == ["point", "epoch", "left", "verdict", "probe", "val"]
        assert "…" in lines[2] and "weight_decay=0.001234" in lines[2] and "weight_decay=0.1" in lines[3]

    def test_the_last_picture_gives_way_to_the_results(self, points):
        terminal = Terminal()
        screen = SweepScreen(points, terminal.console, jobs=2)
        screen()
        screen.close(keep=False)
        assert [line.rstrip() for line in terminal.last()] == ["0 of 8 finished · 8 waiting"]

    def test_nothing_new_draws_nothing(self, points, monkeypatch):
        monkeypatch.setattr(module, "EVERY", 100.0)
        terminal = Terminal()
        screen = SweepScreen(points, terminal.console, jobs=2)
        screen()
        before = terminal.raw
        screen()
        assert terminal.raw == before
        terminal.resize(100, 30)
        screen()
        assert terminal.raw != before
        screen.close(keep=True)


class TestLines:
    @pytest.fixture
    def out(self) -> io.StringIO:
        return io.StringIO()

    @pytest.fixture
    def lines(self, points, out) -> SweepLines:
        return SweepLines(points, Console(file=out), jobs=2)

    def test_every_change_is_told_once(self, points, lines, out):
        lines()
        begin(points[0], 40)
        begin(points[1])
        lines()
        lines()
        end(points[0], 0)
        end(points[1], -9)
        lines()
        lines.close(keep=True)
        name, other = points[0].trial.point.name, points[1].trial.point.name
        assert out.getvalue().splitlines() == [
            f"started {name}",
            f"started {other}",
            f"finished {name}: memorising, val 0.250, 20 s",
            f"failed {other}: killed by SIGKILL; read runs/s/logs/{other}.log",
        ]

    def test_now_and_then_it_says_how_far_it_is(self, points, lines, out, monkeypatch):
        monkeypatch.setattr(module, "LOG_EVERY", 0.0)
        lines()
        lines.close(keep=True)
        assert out.getvalue().splitlines() == ["0 of 8 finished · 8 waiting"] * 2


def test_the_time_left_follows_from_finished_points(points):
    for progress in points[:2]:
        end(progress, 0, seconds=80.0)
    begin(points[2], 20)
    monitor = Monitor(points)
    monitor.look()
    assert monitor.time_left(2) == pytest.approx(2.0 * (6 * 40 - 20) / 2)
    assert summary(monitor, 2).endswith(" · 4 min left")
    monitor.close()


def test_before_that_it_follows_from_those_that_train(points):
    begin(points[0], 20)
    points[0].started -= 14  # four seconds went by before its first epoch began
    monitor = Monitor(points)
    monitor.look()
    assert monitor.time_left(1) == pytest.approx((0.5 + 4 / 40) * (8 * 40 - 20), rel=0.1)
    monitor.close()


def test_without_any_epoch_nobody_knows(points):
    begin(points[0])
    assert Monitor(points).time_left(1) is None


def test_a_point_that_was_started_again_is_read_again(points):
    monitor = Monitor(points)
    train(points[0], 4)
    end(points[0], 75)
    assert monitor.read(points[0]).epoch == 4
    train(points[0], 40)
    assert monitor.read(points[0]).epoch == 4
    end(points[0], 0)
    assert monitor.read(points[0]).epoch == 40


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("seed", "seed"),
        ("weight_decay", "weight_\ndecay"),
        ("data.fraction", "data.\nfraction"),
        ("momentum", "momentum"),
    ],
)
def test_long_keys_take_two_lines(key, shown):
    assert folded(key) == shown


def test_a_terminal_gets_the_table_and_a_log_the_lines(points):
    assert isinstance(sweep_display(points, Terminal().console, 1), SweepScreen)
    assert isinstance(sweep_display(points, Console(file=io.StringIO()), 1), SweepLines)
