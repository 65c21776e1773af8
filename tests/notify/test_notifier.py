"""What is told of a training, and when."""

import json
import sys
import threading
from pathlib import Path
from queue import Queue

import pytest

from grokyolo.errors import UsageError
from grokyolo.notify import notifier as module
from grokyolo.notify.delivery import DeliveryError
from grokyolo.notify.notifier import Jumps, Notifier, StallWatch
from grokyolo.notify.reporting import EndKind, TrainingReport
from grokyolo.verdict import Verdict
from tests.notify.reports import assessment, progress, record, unmeasured

PATIENCE = 30.0
"""Seconds that a test waits for what comes at once."""
DONE = TrainingReport(EndKind.DONE)


@pytest.fixture
def told(monkeypatch):
    """Messages that the notifiers of this test delivered."""
    messages: Queue = Queue()
    monkeypatch.setattr(module.Target, "deliver", lambda _self, body: messages.put(json.loads(body)))
    return messages


@pytest.fixture
def notifier(told):
    """A notifier of a training that has begun."""
    notifier = Notifier(["https://example.org"], unwanted)
    notifier.started(run_folder())
    return notifier


def run_folder() -> Path:
    """Return a run's folder below the current one."""
    run = Path.cwd() / "runs" / "exp1"
    (run / "state").mkdir(parents=True, exist_ok=True)
    return run


def unwanted(text: str) -> None:
    raise AssertionError(text)


def all_of(told: Queue) -> list[dict]:
    return list(told.queue)


def events(told: Queue) -> list[str]:
    return [message["event"] for message in told.queue]


class TestEnds:
    def test_done(self, notifier, told):
        notifier.epoch(progress(record(100)))
        notifier.ended(TrainingReport(EndKind.DONE, assessment=assessment(Verdict.MEMORISING), saved_epoch=100))
        (message,) = all_of(told)
        assert message["event"] == "end"
        assert message["text"] == "exp1 is done: memorising: it is so"
        assert message["assessment"]["verdict"] == "memorising"
        assert (message["error"], message["next"]) == (None, None)

    def test_stopped(self, notifier, told):
        notifier.epoch(progress(record(31)))
        what = "stopped by SIGTERM; saved up to epoch 31 of 100"
        notifier.ended(TrainingReport(EndKind.STOPPED, what, "grokyolo resume runs/exp1", saved_epoch=31))
        (message,) = all_of(told)
        assert message["event"] == "stop"
        assert message["text"] == f"exp1 stopped: {what}; grokyolo resume runs/exp1"
        assert (message["error"], message["next"]) == (what, "grokyolo resume runs/exp1")
        assert message["saved_epoch"] == 31

    def test_failed(self, notifier, told):
        notifier.epoch(progress(record(31)))
        notifier.ended(TrainingReport(EndKind.FAILED, "out of memory"))
        (message,) = all_of(told)
        assert (message["event"], message["text"]) == ("failure", "exp1 failed: out of memory")

    def test_failed_before_there_was_a_run(self, told):
        Notifier(["https://example.org"], unwanted).ended(TrainingReport(EndKind.FAILED, "there is no such data set"))
        (message,) = all_of(told)
        assert message["text"] == "grokyolo failed: there is no such data set"
        assert (message["run"], message["epoch"], message["figures"], message["assessment"]) == (None, 0, None, None)


class TestMessage:
    def test_says_which_run_where_and_how_far(self, notifier, told):
        notifier.epoch(progress(record(31), assessment(), saved_epoch=30))
        notifier.ended(DONE)
        (message,) = all_of(told)
        assert message["format"] == 1
        assert (message["run"], message["folder"]) == ("exp1", str(run_folder()))
        assert (message["epoch"], message["epochs"]) == (31, 100)
        assert message["host"]
        assert message["time"].endswith("+00:00")

    def test_holds_the_figures_of_the_epoch(self, notifier, told):
        notifier.epoch(progress(record(31, val_loss=float("nan"))))
        notifier.ended(DONE)
        figures = all_of(told)[0]["figures"]
        assert (figures["probe_score"], figures["score_gap"], figures["val_loss"]) == (0.75, 0.5, None)

    def test_what_was_not_measured_is_null(self, notifier, told):
        notifier.epoch(progress(unmeasured(31)))
        notifier.ended(DONE)
        figures = all_of(told)[0]["figures"]
        assert (figures["train_loss"], figures["val_score"], figures["score_gap"]) == (1.5, None, None)

    def test_the_verdict_is_the_object_of_gap_json(self, notifier, told):
        found = assessment(Verdict.GROKKED, jump_at=40)
        notifier.ended(TrainingReport(EndKind.DONE, assessment=found))
        assert all_of(told)[0]["assessment"] == {**found.to_json(), "run": "runs/exp1"}


class TestJump:
    def verdicts(self, notifier, *found, first=1):
        for epoch, one in enumerate(found, start=first):
            notifier.epoch(progress(record(epoch), one))

    def test_is_told_when_the_verdict_becomes_one(self, notifier, told):
        self.verdicts(notifier, assessment(), assessment(Verdict.GROKKED, jump_at=2))
        notifier.ended(DONE)
        assert events(told) == ["jump", "end"]
        message = all_of(told)[0]
        assert message["text"] == "exp1: grokked: it is so"
        assert message["epoch"] == 2

    def test_is_told_once(self, notifier, told):
        self.verdicts(notifier, *[assessment(Verdict.GROKKED, jump_at=2)] * 3)
        notifier.ended(TrainingReport(EndKind.DONE, assessment=assessment(Verdict.GROKKED, jump_at=2)))
        assert events(told) == ["jump", "end"]

    def test_is_told_when_it_shows_at_the_end_only(self, notifier, told):
        self.verdicts(notifier, assessment())
        notifier.ended(TrainingReport(EndKind.DONE, assessment=assessment(Verdict.DELAYED_JUMP, jump_at=2)))
        assert events(told) == ["jump", "end"]

    def test_that_was_told_is_not_told_again_after_a_resume(self, notifier, told):
        self.verdicts(notifier, assessment(Verdict.GROKKED, jump_at=2))
        notifier.ended(TrainingReport(EndKind.STOPPED, "stopped"))
        later = Notifier(["https://example.org"], unwanted)
        later.started(run_folder())
        self.verdicts(later, *[assessment(Verdict.GROKKED, jump_at=2)] * 2, first=50)
        later.ended(TrainingReport(EndKind.DONE, assessment=assessment(Verdict.GROKKED, jump_at=2)))
        assert events(told) == ["jump", "stop", "end"]

    def test_that_nobody_was_told_of_before_a_kill_is_told_after_the_resume(self, notifier, told):
        self.verdicts(notifier, *[assessment(Verdict.GROKKED, jump_at=2)] * 2, first=50)
        notifier.ended(TrainingReport(EndKind.DONE, assessment=assessment(Verdict.GROKKED, jump_at=2)))
        assert events(told) == ["jump", "end"]

    @pytest.mark.parametrize("text", ["", "[3]", '["no verdict"]', "{", "[" * 10_000])
    def test_a_broken_note_is_none(self, text, told):
        (run_folder() / "state" / "told.json").write_text(text)
        notifier = Notifier(["https://example.org"], unwanted)
        notifier.started(run_folder())
        self.verdicts(notifier, assessment(Verdict.GROKKED, jump_at=2))
        notifier.ended(DONE)
        assert events(told) == ["jump", "end"]

    def test_after_a_resume_is_told(self, notifier, told):
        self.verdicts(notifier, assessment(), assessment(Verdict.GROKKED, jump_at=2), first=50)
        notifier.ended(DONE)
        assert events(told) == ["jump", "end"]

    def test_an_assessment_that_is_not_new_is_not_looked_at(self, notifier, told):
        notifier.epoch(progress(record(2), assessment(Verdict.GROKKED, jump_at=2), just_assessed=False))
        notifier.ended(DONE)
        assert events(told) == ["end"]


class TestJumps:
    @pytest.mark.parametrize(
        ("found", "new"),
        [
            ([(Verdict.MEMORISING, None)], [False]),
            ([(Verdict.MEMORISING, 40)], [True]),
            ([(Verdict.MEMORISING, 40), (Verdict.MEMORISING, None), (Verdict.MEMORISING, 41)], [True, False, False]),
            ([(Verdict.MEMORISING, 40), (Verdict.DELAYED_JUMP, 40), (Verdict.GROKKED, 40)], [True, True, True]),
            ([(Verdict.GROKKED, 40), (Verdict.DELAYED_JUMP, 40), (Verdict.GROKKED, 40)], [True, True, False]),
            ([(Verdict.GROKKED, 40), (Verdict.MEMORISING, 40)], [True, False]),
        ],
    )
    def test_a_verdict_that_wavers_is_news_once_a_word(self, found, new):
        jumps = Jumps()
        assert [jumps.is_new(assessment(verdict, jump)) for verdict, jump in found] == new


class TestTargets:
    def test_all_are_told(self, told):
        notifier = Notifier(["https://example.org/1", "https://example.org/2"], unwanted)
        notifier.ended(DONE)
        assert events(told) == ["end", "end"]

    def test_a_real_command_gets_real_json(self, tmp_path):
        note = f"import pathlib, sys; pathlib.Path({str(tmp_path / 'got.json')!r}).write_bytes(sys.stdin.buffer.read())"
        notifier = Notifier([f'{sys.executable} -c "{note}"'], unwanted, closing_seconds=PATIENCE)
        notifier.started(run_folder())
        notifier.ended(DONE)
        assert json.loads((tmp_path / "got.json").read_bytes())["event"] == "end"

    def test_a_mistake_is_found_before_training(self):
        with pytest.raises(UsageError, match="it is empty"):
            Notifier(["https://example.org", ""], unwanted)

    def test_what_cannot_be_delivered_is_a_warning_in_the_next_epoch(self, monkeypatch):
        failed = threading.Event()

        def deliver(_target, _body):
            failed.set()
            raise DeliveryError("the server answered 404")

        monkeypatch.setattr(module.Target, "deliver", deliver)
        warnings: list[tuple[str, str]] = []
        notifier = Notifier(
            ["https://example.org/x"],
            lambda text: warnings.append((text, threading.current_thread().name)),
            closing_seconds=PATIENCE,
        )
        notifier.started(run_folder())
        notifier.epoch(progress(record(1), assessment(Verdict.GROKKED, jump_at=1)))
        assert failed.wait(PATIENCE)
        notifier.ended(DONE)
        text = "cannot notify https://example.org/…: the server answered 404"
        assert warnings == [(text, threading.main_thread().name)], "one, from the training's own thread"

    def test_what_is_not_delivered_in_time_is_a_warning(self, monkeypatch):
        go = threading.Event()
        monkeypatch.setattr(module.Target, "deliver", lambda *_: go.wait(PATIENCE))
        warnings = []
        notifier = Notifier(["https://example.org"], warnings.append, closing_seconds=0.0)
        notifier.ended(DONE)
        go.set()
        assert warnings == ["1 notification was not delivered before the end"]


class TestStall:
    @pytest.mark.parametrize(
        ("usual", "left"), [(1.0, 600.0), (60.0, 600.0), (61.0, 610.0), (3600.0, 36000.0), (None, None)]
    )
    def test_is_ten_times_the_usual_time_and_ten_minutes_at_least(self, usual, left):
        watch = StallWatch(unwanted, clock=lambda: 5.0)
        watch.finished(usual)
        watch.close()
        assert watch.left() == left

    def test_counts_from_the_last_epoch(self):
        now = [0.0]
        watch = StallWatch(unwanted, clock=lambda: now[0])
        watch.finished(1.0)
        now[0] = 400.0
        assert watch.left() == 200.0
        watch.finished(1.0)
        assert watch.left() == 600.0
        watch.close()

    def test_is_told_once_until_an_epoch_finishes(self):
        told: Queue = Queue()
        watch = StallWatch(lambda quiet, usual: told.put((quiet, usual)), at_least=0.0)
        watch.finished(0.001)
        quiet, usual = told.get(timeout=PATIENCE)
        assert quiet >= 10 * usual == 0.01
        assert watch.left() is None
        watch.finished(0.001)
        told.get(timeout=PATIENCE)
        watch.close()

    def test_the_end_of_the_run_is_none(self, told):
        notifier = Notifier(["https://example.org"], unwanted, stalled_at_least=0.0)
        notifier.started(run_folder())
        notifier.epoch(progress(record(100), epochs=100, usual_seconds=0.0))
        assert notifier.watch.left() is None
        notifier.ended(DONE)
        assert events(told) == ["end"]

    def test_is_told_with_how_long_it_is(self, told):
        notifier = Notifier(["https://example.org"], unwanted, stalled_at_least=0.0)
        notifier.started(run_folder())
        notifier.epoch(progress(record(31), assessment(), usual_seconds=0.001))
        message = told.get(timeout=PATIENCE)
        notifier.ended(DONE)
        assert message["event"] == "stall"
        assert message["quiet_seconds"] >= 10 * message["usual_seconds"] == 0.01
        assert message["text"].startswith("exp1: no epoch finished for 0 min")
        assert message["assessment"]["verdict"] == "memorising"
