"""The screen of a training in this process: what it shows, when it draws, and that it never takes much time."""

import signal
import threading
import time
from pathlib import Path

import pytest

from grokyolo.gap import EpochRecord, GapWriter
from grokyolo.notify.figures import Figures, Standing
from grokyolo.notify.listener import Progress
from grokyolo.view import live as module
from grokyolo.view.console import LiveArea, can_draw
from grokyolo.view.live import Allowance, TrainingProgress, TrainingScreen, training_display
from tests.view.terminal import Terminal

PATIENCE = 30.0
"""Seconds that a test waits for what comes at once."""


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def run(tmp_path) -> Path:
    folder = tmp_path / "runs" / "exp1"
    folder.mkdir(parents=True)
    return folder


class Training:
    """A training that only writes its log and tells its listener."""

    def __init__(self, run: Path, screen: TrainingProgress, clock: Clock, epochs: int = 100) -> None:
        self.listener = screen.listener()
        self.log = GapWriter(run / "gap.csv")
        self.standing = Standing(run, self.listener.warning, clock)
        self.clock, self.epochs, self.epoch = clock, epochs, 0
        self.listener.started(run)

    def go_on(self, count: int = 1, each: float = 1.0) -> None:
        for _ in range(count):
            self.epoch += 1
            self.clock.now += each
            score = min(1.0, self.epoch / 10)
            record = EpochRecord(
                self.epoch, self.epoch, self.epoch * each, 0.01, 0.5, 1.0, 0.5, 2.0, score, score / 2, 10.0, 3.0
            )
            self.log.append(record)
            figures = self.standing.after(record, saved_epoch=0, last=self.epoch == self.epochs)
            self.listener.epoch(Progress(record, self.epochs, "top1", figures))


def unassessed(record: EpochRecord, **_: object) -> Figures:
    """Return the figures of an epoch after which nobody reads the log, which takes longer than drawing."""
    return Figures(record, None, None, 0, None, False)


def test_epochs_curves_and_verdict_are_shown(run):
    terminal, clock = Terminal(), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        Training(run, screen, clock).go_on(20)
        lines = terminal.last()
    assert lines[0].split() == ["runs/exp1", "training"]
    assert lines[1].startswith("epoch 20 of 100 ")
    assert "1.00 s an epoch" in lines[1]
    assert any(line.startswith("verdict   ") for line in lines)
    assert any("⠤⠤ validation" in line for line in lines)


def test_before_the_first_epoch_it_shows_the_run(run):
    terminal, clock = Terminal(), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        Training(run, screen, clock)
        assert "the first epoch is not finished yet" in terminal.last()


def test_a_run_that_goes_on_shows_the_epochs_that_it_has(run):
    with GapWriter(run / "gap.csv") as log:
        for epoch in range(1, 61):
            log.append(EpochRecord(epoch, epoch, float(epoch), 0.01, 0.5, 1.0, 0.5, 2.0, 1.0, 0.25))
    terminal = Terminal()
    with TrainingScreen(terminal.console, clock=Clock()) as screen:
        screen.listener().started(run)
        lines = terminal.last()
        record = EpochRecord(61, 61, 61.0, train_loss=1.0)  # of an epoch in which nothing is measured
        screen.listener().epoch(Progress(record, 100, "top1", Figures(record, None, None, 60, None, False)))
        after = terminal.last()
    assert lines[1].startswith("epoch 60")
    assert any("probe 1.000 · val 0.250" in line for line in lines)
    assert after[1].startswith("epoch 61 of 100")
    for shown in (lines, after):
        assert not any("not finished yet" in line or "nothing has been measured" in line for line in shown)


def test_a_run_that_goes_on_and_was_never_measured_has_epochs_too(run):
    with GapWriter(run / "gap.csv") as log:
        for epoch in range(1, 61):
            log.append(EpochRecord(epoch, epoch, float(epoch), train_loss=1.0))
    terminal = Terminal()
    with TrainingScreen(terminal.console, clock=Clock()) as screen:
        screen.listener().started(run)
        lines = terminal.last()
    assert lines[1].startswith("epoch 60")
    assert "nothing has been measured yet" in lines


@pytest.mark.parametrize("failing", [False, True])
def test_the_last_frame_is_up_to_date_and_stays(run, failing):
    terminal, clock = Terminal(), Clock()
    try:
        with TrainingScreen(terminal.console, clock=clock) as screen:
            Training(run, screen, clock).go_on(30, each=0.001)
            if failing:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    lines = terminal.last()
    assert lines[0].split() == ["runs/exp1", "stopped" if failing else "done"]
    assert lines[1].startswith("epoch 30 of 100 ")
    assert any("probe 1.000 · val 0.500" in line for line in lines)
    assert terminal.raw.endswith("\x1b[?25h")  # the cursor is back


def test_many_epochs_are_few_frames(run):
    terminal, clock = Terminal(), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        training = Training(run, screen, clock, 10_000)
        training.go_on()
        training.standing.after = unassessed
        before = len(terminal.frames())
        training.go_on(1000, each=0.01)
        assert len(terminal.frames()) - before <= 10 * module.FRAMES + 1


def test_the_verdict_is_the_one_that_the_training_has_found(run, monkeypatch):
    terminal, clock = Terminal(), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        training = Training(run, screen, clock)
        training.go_on(20)
        monkeypatch.setattr(module, "whole", lambda run: pytest.fail("the log is read and assessed a second time"))
        training.epochs = 25
        training.go_on(5)
    assert any("val 0.500" in line for line in terminal.last())


def test_an_epoch_after_the_last_verdict_is_on_the_last_frame_too(run):
    terminal, clock = Terminal(), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        training = Training(run, screen, clock)
        training.go_on(3)
        training.standing.after = unassessed
        training.go_on(4)
    assert any("probe 0.700 · val 0.350" in line for line in terminal.last())


def test_before_anything_is_measured_that_is_said(run):
    terminal, clock = Terminal(), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        training = Training(run, screen, clock)
        for epoch in (1, 2):
            clock.now += 1
            record = EpochRecord(epoch, epoch, float(epoch), train_loss=1.0)
            training.listener.epoch(Progress(record, 100, "top1", Figures(record, None, None, 0, None, False)))
        assert "nothing has been measured yet" in terminal.last()


def test_a_narrow_terminal_gets_one_line(run):
    terminal, clock = Terminal(width=40), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        Training(run, screen, clock).go_on(20)
    assert [line.rstrip() for line in terminal.last()] == ["20/100 · 80 s left"]


def test_a_frame_leaves_a_line_free_so_that_nothing_scrolls(run):
    for height in (16, 17, 24, 50):
        terminal, clock = Terminal(height=height), Clock()
        with TrainingScreen(terminal.console, clock=clock) as screen:
            Training(run, screen, clock).go_on(5)
            assert max(frame.count("\n") + 1 for frame in terminal.frames()) < height
        (run / "gap.csv").unlink()


def test_after_a_resize_all_is_cleared_and_drawn_for_the_new_size(run):
    terminal, clock = Terminal(), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        training = Training(run, screen, clock)
        training.go_on(5)
        assert "\x1b[2J" not in terminal.raw
        terminal.resize(120, 40)
        training.go_on()
        assert terminal.raw.count("\x1b[2J\x1b[H") == 1
        assert len(terminal.last()[0]) == 120


def test_a_resize_is_drawn_before_the_epoch_is_over_and_outside_of_any_signal_handler(run):
    terminal, clock = Terminal(), Clock()
    before = signal.getsignal(signal.SIGWINCH)
    with TrainingScreen(terminal.console, clock=clock) as screen:
        Training(run, screen, clock).go_on(5)
        assert signal.getsignal(signal.SIGWINCH) == before
        terminal.resize(120, 40)
        deadline = time.monotonic() + PATIENCE
        while len(terminal.last()[0]) != 120:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert not [thread for thread in threading.enumerate() if thread.name == "terminal size"]


def test_a_warning_stands_above_the_screen(run):
    terminal, clock = Terminal(), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        training = Training(run, screen, clock)
        training.go_on(3)
        training.listener.warning("the disk is full")
        training.go_on(3)
    warning, frame = terminal.raw.index("the disk is full"), terminal.raw.rindex("epoch 6 of 100")
    assert warning < frame


def test_without_colour_no_colour_is_sent(run):
    terminal, clock = Terminal(no_color=True), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        Training(run, screen, clock).go_on(5)
    assert "\x1b[38;5" not in terminal.raw


def test_a_log_that_cannot_be_read_stops_no_training(run):
    terminal, clock = Terminal(), Clock()
    with TrainingScreen(terminal.console, clock=clock) as screen:
        training = Training(run, screen, clock)
        (run / "gap.csv").unlink()
        training.go_on(10)
    assert terminal.last()[1].startswith("epoch 10 of 100 ")


# How much time it takes -----------------------------------------------------------------------------------------


def test_what_costs_more_than_its_share_waits_until_it_is_paid_for():
    clock = Clock()
    allowance = Allowance(share=0.01, grace=0.0, every=0.0, clock=clock)

    def work() -> None:
        clock.now += 1.0

    assert allowance.due()
    allowance.spend(work)
    assert not allowance.due()
    clock.now += 198.0
    assert not allowance.due()
    clock.now += 2.0
    assert allowance.due()


def test_what_costs_nothing_is_still_not_done_all_the_time():
    clock = Clock()
    allowance = Allowance(share=0.01, grace=1.0, every=3.0, clock=clock)
    allowance.spend(lambda: None)
    clock.now += 2.9
    assert not allowance.due()
    clock.now += 0.2
    assert allowance.due()


@pytest.mark.parametrize("cost", [0.001, 0.05, 2.0])
def test_drawing_takes_less_than_a_hundredth_of_the_time_whatever_it_costs(run, monkeypatch, cost):
    terminal, clock = Terminal(), Clock()
    spent = []

    def slow(self: LiveArea, make: object) -> None:
        spent.append(cost)
        clock.now += cost

    with TrainingScreen(terminal.console, clock=clock) as screen:
        training = Training(run, screen, clock, 1_000)
        training.standing.after = unassessed
        monkeypatch.setattr(LiveArea, "draw", slow)
        start = clock.now
        training.go_on(300, each=2.5)
        passed, total = clock.now - start, sum(spent)
    assert cost <= total <= module.SHARE * passed + module.GRACE + cost


# Which display --------------------------------------------------------------------------------------------------


def test_a_terminal_gets_the_screen():
    assert type(training_display(Terminal().console)) is TrainingScreen


def test_verbose_gets_lines_since_ultralytics_writes_to_the_terminal_too():
    display = training_display(Terminal().console, verbose=True)
    assert type(display) is TrainingProgress
    assert display._live is None


@pytest.mark.parametrize(
    "environment", [{"TERM": "dumb"}, {"TERM": "unknown"}], ids=["a dumb terminal", "an unknown terminal"]
)
def test_a_terminal_that_cannot_move_its_cursor_gets_lines(environment):
    terminal = Terminal(_environ=environment)
    assert not can_draw(terminal.console)
    assert type(training_display(terminal.console)) is TrainingProgress


def test_a_file_gets_lines(tmp_path):
    from rich.console import Console

    with (tmp_path / "log").open("w") as file:
        assert not can_draw(Console(file=file))


def test_a_terminal_without_the_letters_gets_lines(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(type(terminal.console), "encoding", "latin-1")
    assert not can_draw(terminal.console)
