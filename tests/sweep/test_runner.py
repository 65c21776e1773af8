"""A sweep from its first point to its last: wishes to stop are passed on, and one process runs it at a time."""

import os
import signal
import subprocess
import sys

import pytest

from grokyolo.errors import UsageError
from grokyolo.run.signals import SIGNALS
from grokyolo.sweep import runner
from grokyolo.sweep.runner import locked, run_sweep


class Scripted:
    """An engine whose trainings take so many looks, and as many more to stop."""

    def __init__(self, looks: int, to_stop: int = 3) -> None:
        self.left, self.to_stop = looks, to_stop
        self.signals: list[int] = []
        self.closed = False

    @property
    def running(self) -> bool:
        return self.left > 0

    def step(self) -> None:
        self.left -= 1

    def stop(self, number: int) -> None:
        self.signals.append(number)
        self.left = self.to_stop

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(runner, "POLL", 0.001)


def run(engine: Scripted, *, signals: dict[int, int] | None = None, limit: float | None = None) -> tuple[str, int]:
    """Run, with signals to this process at certain looks; return what stopped it and how often it looked."""
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if number := (signals or {}).get(looks):
            os.kill(os.getpid(), number)

    stopped_by = run_sweep(engine, look, over=lambda: not engine.running, limit=limit)
    assert engine.closed
    return stopped_by, looks


def test_it_ends_when_all_is_over():
    engine = Scripted(5)
    assert run(engine) == ("", 5)
    assert engine.signals == []


@pytest.mark.parametrize("number", [getattr(signal, name) for name in SIGNALS])
def test_a_signal_is_passed_on_and_the_trainings_may_save(number):
    engine = Scripted(1_000_000)
    assert run(engine, signals={4: number}) == (signal.Signals(number).name, 7)
    assert engine.signals == [number]


def test_a_second_signal_is_passed_on_too():
    engine = Scripted(1_000_000)
    run(engine, signals={4: signal.SIGINT, 5: signal.SIGINT})
    assert engine.signals == [signal.SIGINT, signal.SIGINT]


def test_at_the_time_limit_the_trainings_are_told_to_stop():
    engine = Scripted(1_000_000)
    stopped_by, _ = run(engine, limit=0.02)
    assert stopped_by == "time limit"
    assert engine.signals == [signal.SIGTERM]


def test_signals_have_their_old_meaning_afterwards():
    before = signal.getsignal(signal.SIGTERM)
    run(Scripted(2))
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_error_in_between_stops_the_trainings():
    engine = Scripted(10)

    def look() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run_sweep(engine, look, over=lambda: False, limit=None)
    assert engine.closed


HOLD = """
import sys, pathlib
from grokyolo.sweep.runner import locked
with locked(pathlib.Path(sys.argv[1])):
    (pathlib.Path(sys.argv[1]) / "sweep.yaml").touch()
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_with_the_owner_named(tmp_path):
    sweep = tmp_path / "runs" / "s"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(sweep)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match=f"this sweep is being run by process {holder.pid} on "), locked(sweep):
            pass
    finally:
        holder.kill()
        holder.wait()
    with locked(sweep):
        pass  # a killed owner leaves no lock behind
    assert (sweep / "sweep.yaml").exists()


def test_a_sweep_that_came_to_nothing_leaves_no_folder(tmp_path):
    with locked(tmp_path / "s"):
        pass
    assert not (tmp_path / "s").exists()


def test_a_folder_that_was_there_stays(tmp_path):
    (tmp_path / "s").mkdir()
    with locked(tmp_path / "s"):
        pass
    assert (tmp_path / "s").is_dir()


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(UsageError, match="cannot write the sweep"), locked(tmp_path / "runs" / "s"):
        pass
