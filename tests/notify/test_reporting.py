"""Who is told of a training, and how it ended."""

from pathlib import Path

import pytest

from grokyolo.errors import DataError, Interrupted, Stopped
from grokyolo.gap import GapWriter
from grokyolo.notify.listener import Listener
from grokyolo.notify.reporting import EndKind, TrainingReport, observed, outcome_of, reporting
from tests.notify.reports import progress, record


def unwanted(text: str) -> None:
    raise AssertionError(text)


class Witness:
    """Writes down what it is told."""

    def __init__(self, name: str, book: list) -> None:
        self.name, self.book = name, book

    def started(self, run: Path) -> None:
        self.book.append((self.name, "started", run.name))

    def epoch(self, progress) -> None:
        self.book.append((self.name, "epoch", progress.record.epoch))

    def ended(self, outcome) -> None:
        self.book.append((self.name, "ended", outcome.ending.value))

    def warning(self, text: str) -> None:
        self.book.append((self.name, "warning", text))

    def listener(self) -> Listener:
        return Listener(self.started, self.epoch, self.warning)


def test_the_display_is_told_first_and_observers_hear_of_the_end():
    book: list = []
    display, one, two = (Witness(name, book) for name in ("display", "one", "two"))
    with observed(display.listener(), [one, two]) as listener:
        listener.started(Path("runs/a"))
        listener.warning("careful")
        listener.epoch(progress(record(1)))
    assert book == [
        *((name, "started", "a") for name in ("display", "one", "two")),
        ("display", "warning", "careful"),
        *((name, "epoch", 1) for name in ("display", "one", "two")),
        *((name, "ended", "end") for name in ("one", "two")),
    ]


def test_an_error_goes_on_its_way_after_observers_heard_of_it():
    book: list = []
    with (
        pytest.raises(DataError, match="no images"),
        observed(Witness("display", book).listener(), [Witness("one", book)]),
    ):
        raise DataError("no images")
    assert book == [("one", "ended", "failure")]


def test_an_observer_that_fails_is_one_warning_and_disturbs_nobody():
    class Broken(Witness):
        def epoch(self, progress) -> None:
            raise RuntimeError("no more threads")

    book: list = []
    with observed(Witness("display", book).listener(), [Broken("one", book), Witness("two", book)]) as listener:
        listener.epoch(progress(record(1)))
        listener.epoch(progress(record(2)))
    assert book == [
        ("display", "epoch", 1),
        ("display", "warning", "Broken fails: RuntimeError; training goes on"),
        ("two", "epoch", 1),
        ("display", "epoch", 2),
        ("two", "epoch", 2),
        ("one", "ended", "end"),
        ("two", "ended", "end"),
    ]


@pytest.mark.parametrize(
    ("error", "ending", "what"),
    [
        (None, EndKind.DONE, ""),
        (Stopped("stopped by SIGTERM"), EndKind.STOPPED, "stopped by SIGTERM"),
        (Interrupted("stopped by Ctrl-C"), EndKind.STOPPED, "stopped by Ctrl-C"),
        (KeyboardInterrupt(), EndKind.STOPPED, "stopped by Ctrl-C"),
        (DataError("no images"), EndKind.FAILED, "no images"),
        (RuntimeError("a text that nobody has looked at"), EndKind.FAILED, "RuntimeError"),
    ],
)
def test_each_way_to_end(error, ending, what):
    assert outcome_of(None, error, unwanted) == TrainingReport(ending, what)


def test_the_next_command_and_the_last_verdict_are_part_of_it(tmp_path):
    with GapWriter(tmp_path / "gap.csv") as log:
        log.append(record(1))
    outcome = outcome_of(tmp_path, Stopped("stopped", hint="grokyolo resume runs/a"), unwanted)
    assert outcome.hint == "grokyolo resume runs/a"
    assert outcome.assessment.epochs == 1


def test_a_run_that_is_gone_hides_nothing(tmp_path):
    assert outcome_of(tmp_path / "gone", DataError("no images"), unwanted) == TrainingReport(
        EndKind.FAILED, "no images"
    )


def test_only_what_is_asked_for_is_made(tmp_path):
    book: list = []
    with reporting(Witness("display", book).listener()) as listener:
        listener.started(tmp_path)
        listener.epoch(progress(record(1)))
    assert list(tmp_path.iterdir()) == []
    with reporting(Witness("display", book).listener(), prometheus=tmp_path / "a.prom") as listener:
        listener.started(tmp_path)
        listener.epoch(progress(record(1)))
    assert [path.name for path in tmp_path.iterdir()] == ["a.prom"]


def test_a_verdict_that_fails_is_said_and_hides_no_ending(tmp_path, monkeypatch):
    def fail(_):
        raise ZeroDivisionError("of noise")

    monkeypatch.setattr("grokyolo.notify.reporting.last_assessment", fail)
    said: list[str] = []
    assert outcome_of(tmp_path, None, said.append) == TrainingReport(EndKind.DONE)
    assert said == ["the notified end has no verdict: ZeroDivisionError: of noise"]
