"""A sweep while it runs: the table on a terminal, the lines in a log, and how far it is."""

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from grokyolo.gap import EpochRecord, GapWriter
from grokyolo.sweep.making import make_sweep
from grokyolo.sweep.standing import Standing, State
from grokyolo.view import sweep_sight, sweeping
from grokyolo.view.sweep_sight import Sight
from grokyolo.view.sweeping import SweepLines, SweepScreen, folded, summary, sweep_display
from tests.view.terminal import Terminal


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Every look reads."""
    monkeypatch.setattr(sweep_sight, "EVERY", 0.0)
    monkeypatch.setattr(sweep_sight, "REST", 0.0)
    monkeypatch.setattr(sweep_sight, "CATCHING_UP", 10.0)


@pytest.fixture
def standings(workplace) -> list[Standing]:
    arguments = ["weight_decay=0,0.3", "data.fraction=0.4,0.6", "seed=0,1", "epochs=40"]
    return [Standing(trial) for trial in make_sweep(Path("runs") / "s", "grok-modular-addition", arguments).trials]


def train(standing: Standing, epochs: int) -> None:
    """Write a log of so many epochs, half a second each."""
    run = standing.trial.run
    run.mkdir(parents=True, exist_ok=True)
    with GapWriter(run / "gap.csv") as log:
        for epoch in range(log.last_epoch + 1, epochs + 1):
            log.append(EpochRecord(epoch, epoch, 0.5 * epoch, 0.01, 0.5, 1.0, 0.5, 2.0, 1.0, 0.25))


def begin(standing: Standing, epochs: int = 0) -> None:
    standing.state, standing.started = State.RUNNING, time.monotonic()
    if epochs:
        train(standing, epochs)


def end(standing: Standing, code: int, said: str = "", seconds: float = 20.0) -> None:
    standing.started = 100.0
    standing.end(code, said, 100.0 + seconds, stopping=False)


class TestTable:
    def drawn(self, standings, width: int = 80, height: int = 24) -> list[str]:
        terminal = Terminal(width, height)
        screen = SweepScreen(standings, terminal.console, jobs=2)
        screen()
        lines = [line.rstrip() for line in terminal.last()]
        screen.close(keep=True)
        assert max(map(len, lines)) <= width and len(lines) < height
        return lines

    def test_each_point_has_a_line_with_its_values_epoch_verdict_and_scores(self, standings):
        begin(standings[0], 40)
        end(standings[0], 0)
        begin(standings[1], 10)
        begin(standings[2])
        lines = self.drawn(standings)
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

    def test_of_many_points_those_that_do_something_are_shown(self, standings):
        for standing in standings[:3]:
            train(standing, 40)
            end(standing, 0)
        end(standings[3], 1, "no memory")
        begin(standings[6], 5)
        lines = self.drawn(standings, height=8)
        assert [line.split()[:4] for line in lines[3:6]] == [
            ["0", "0.4", "0", "40/40"],
            ["0", "0.6", "1", "0/40"],
            ["0.3", "0.6", "0", "5/40"],
        ]
        assert lines[-1] == "and 5 more"

    def test_what_failed_and_what_was_stopped_is_said(self, standings):
        end(standings[0], 1, "no memory")
        end(standings[1], 75)
        lines = self.drawn(standings)
        assert lines[0] == "0 of 8 finished · 6 waiting · 1 stopped · 1 failed"
        assert lines[3].split()[4] == "failed" and lines[4].split()[4] == "stopped"

    def test_many_axes_share_a_column_whose_ends_are_kept(self, workplace):
        arguments = ["seed=0,1", *(f"{key}=0.001234,0.1" for key in ("lr0", "lrf", "momentum", "weight_decay"))]
        trials = make_sweep(Path("runs") / "s", "grok-modular-addition", arguments).trials
        lines = self.drawn([Standing(trial) for trial in trials[:2]])
        assert lines[1].split() == ["point", "epoch", "left", "verdict", "probe", "val"]
        assert "…" in lines[2] and "weight_decay=0.001234" in lines[2] and "weight_decay=0.1" in lines[3]

    def test_the_last_picture_gives_way_to_the_results(self, standings):
        terminal = Terminal()
        screen = SweepScreen(standings, terminal.console, jobs=2)
        screen()
        screen.close(keep=False)
        assert [line.rstrip() for line in terminal.last()] == ["0 of 8 finished · 8 waiting"]

    def test_nothing_new_draws_nothing(self, standings, monkeypatch):
        monkeypatch.setattr(sweep_sight, "EVERY", 100.0)
        terminal = Terminal()
        screen = SweepScreen(standings, terminal.console, jobs=2)
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
    def lines(self, standings, out) -> SweepLines:
        return SweepLines(standings, Console(file=out), jobs=2)

    def test_every_change_is_told_once(self, standings, lines, out):
        lines()
        begin(standings[0], 40)
        begin(standings[1])
        lines()
        lines()
        end(standings[0], 0)
        end(standings[1], -9)
        lines()
        lines.close(keep=True)
        name, other = standings[0].trial.point.name, standings[1].trial.point.name
        assert out.getvalue().splitlines() == [
            f"started {name}",
            f"started {other}",
            f"finished {name}: memorising, val 0.250, 20 s",
            f"failed {other}: killed by SIGKILL; read runs/s/logs/{other}.log",
        ]

    def test_now_and_then_it_says_how_far_it_is(self, standings, lines, out, monkeypatch):
        monkeypatch.setattr(sweeping, "LOG_EVERY", 0.0)
        lines()
        lines.close(keep=True)
        assert out.getvalue().splitlines() == ["0 of 8 finished · 8 waiting"] * 2


def test_the_time_left_follows_from_finished_points(standings):
    for standing in standings[:2]:
        end(standing, 0, seconds=80.0)
    begin(standings[2], 20)
    sight = Sight(standings)
    sight.look()
    assert sight.time_left(2) == pytest.approx(2.0 * (6 * 40 - 20) / 2)
    assert summary(sight, 2).endswith(" · 4 min left")
    sight.close()


def test_before_that_it_follows_from_those_that_train(standings):
    begin(standings[0], 20)
    standings[0].started -= 14  # four seconds went by before its first epoch began
    sight = Sight(standings)
    sight.look()
    assert sight.time_left(1) == pytest.approx((0.5 + 4 / 40) * (8 * 40 - 20), rel=0.1)
    sight.close()


def test_without_any_epoch_nobody_knows(standings):
    begin(standings[0])
    assert Sight(standings).time_left(1) is None


def test_a_point_that_was_started_again_is_read_again(standings):
    sight = Sight(standings)
    train(standings[0], 4)
    end(standings[0], 75)
    assert sight.read(standings[0]).epoch == 4
    train(standings[0], 40)
    assert sight.read(standings[0]).epoch == 4
    end(standings[0], 0)
    assert sight.read(standings[0]).epoch == 40


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


def test_a_terminal_gets_the_table_and_a_log_the_lines(standings):
    assert isinstance(sweep_display(standings, Terminal().console, 1), SweepScreen)
    assert isinstance(sweep_display(standings, Console(file=io.StringIO()), 1), SweepLines)
