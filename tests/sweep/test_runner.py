"""A sweep from its first point to its last: wishes to stop are passed on, and one process runs it at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grokyolo.errors import UsageError
from grokyolo.gap import EpochRecord, EventKind, GapWriter
from grokyolo.run import folder
from grokyolo.run import state as states
from grokyolo.run.signals import SIGNALS
from grokyolo.sweep import runner
from grokyolo.sweep.runner import PointProgress, Status, count, locked, progress_of, run_sweep
from grokyolo.sweep.trials import Trial, plan_sweep


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


@pytest.fixture
def trials(workplace) -> tuple[Trial, ...]:
    return plan_sweep(Path("runs") / "s", "grok-modular-addition", ["seed=0,1,2", "epochs=9"]).trials


@pytest.mark.parametrize(
    ("code", "error", "stopping", "state", "said"),
    [
        (0, "", False, Status.FINISHED, ""),
        (75, "stopped by SIGTERM", True, Status.STOPPED, "stopped by SIGTERM"),
        (75, "stopped at the time limit", False, Status.STOPPED, "stopped at the time limit"),
        (130, "stopped by Ctrl-C", True, Status.STOPPED, "stopped by Ctrl-C"),
        (-15, "", True, Status.STOPPED, ""),
        (-15, "", False, Status.FAILED, "killed by SIGTERM"),
        (-9, "", True, Status.FAILED, "killed by SIGKILL"),
        (1, "training failed: no memory", False, Status.FAILED, "training failed: no memory (exit code 1)"),
        (2, "", False, Status.FAILED, "exit code 2"),
        (-99, "", False, Status.FAILED, "killed by signal 99"),
    ],
)
def test_how_a_training_ended(trials, code, error, stopping, state, said):
    progress = PointProgress(trials[0], Status.RUNNING, started=100.0)
    progress.end(code, error, 130.0, stopping=stopping)
    assert (progress.status, progress.message, progress.code, progress.seconds) == (state, said, code, 30.0)
    assert progress.status.over


def test_what_has_all_its_epochs_is_finished_before(trials):
    done, early, begun = trials
    for trial in trials:
        folder.write_settings(folder.claim(f"s/{trial.point.name}", chosen=True), trial.recipe)
    _log(done.run, 9)
    _log(early.run, 4, EventKind.STOP)
    _log(begun.run, 4)
    states.save(begun.run, 4, b"a state", keep=3)
    points = progress_of(trials)
    assert [one.status for one in points] == [Status.FINISHED, Status.FINISHED, Status.WAITING]
    assert [one.here_before for one in points] == [True, True, False]
    assert count(points)[Status.FINISHED] == 2


def test_what_cannot_go_on_is_told_before_anything_starts(trials):
    for trial in trials[:2]:
        folder.write_settings(folder.claim(f"s/{trial.point.name}", chosen=True), trial.recipe)
    _log(trials[0].run, 4)
    lost, fresh, _ = progress_of(trials)
    assert (lost.status, fresh.status) == (Status.FAILED, Status.WAITING)
    assert lost.message == (
        "there is no state to go on from: seed=0/state holds none; nothing was changed; "
        "to train it anew: mv runs/s/seed=0 runs/s/seed=0.old-1"
    )


def test_a_point_that_another_process_trains_waits_for_it(trials):
    run = folder.claim(f"s/{trials[0].point.name}", chosen=True)
    folder.write_settings(run, trials[0].recipe)
    _log(run, 4)
    with folder.owned(run):
        assert progress_of(trials)[0].status is Status.WAITING


def test_without_a_folder_a_point_waits(trials):
    assert {one.status for one in progress_of(trials)} == {Status.WAITING}


def _log(run: Path, epochs: int, *last: EventKind) -> None:
    """Write a log, and no state: whether a point is finished does not hang on it."""
    with GapWriter(run / "gap.csv") as log:
        for epoch in range(1, epochs + 1):
            log.append(EpochRecord(epoch, epoch, 1.0, events=last if epoch == epochs else ()))
