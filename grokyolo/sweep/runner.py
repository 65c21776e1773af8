"""One sweep from its first point to its last, whatever engine trains them, and how far each point is."""

from __future__ import annotations

import shlex
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Protocol

from grokyolo.errors import Interrupted, RunError, Stopped, UsageError
from grokyolo.files import RUN_FILE
from grokyolo.run.folder import old_name, owner_of, shown
from grokyolo.run.lock import Held, held, refusal
from grokyolo.run.signals import SIGNALS, handled_by
from grokyolo.run.status import is_finished, state_to_resume
from grokyolo.sweep.trials import Trial

POLL = 0.2
"""Seconds between two polls of the trainings."""
MARGIN = 12.0
"""Seconds before the time limit when trainings are told to stop: shorter epochs than ten seconds are finished."""


class SweepEngine(Protocol):
    """What trains the points."""

    @property
    def running(self) -> bool:
        """Whether any training runs or may still be started."""

    def step(self) -> None:
        """Note what has ended, and start what can be started."""

    def stop(self, number: int) -> None:
        """Pass a signal on to all trainings, and start no more."""

    def close(self) -> None:
        """Stop what still runs, and wait for it."""


def run_sweep(engine: SweepEngine, show: Callable[[], None], *, over: Callable[[], bool], limit: float | None) -> str:
    """Run an engine until all is over, or until somebody wants it to stop and the trainings have saved.

    Args:
        engine: trains.
        show: called at every poll, to show how far it is.
        over: tells whether nothing is left to do.
        limit: seconds after which to stop; None for no limit.

    Returns:
        What stopped it: the name of a signal, `time limit`, or an empty string.
    """
    deadline = None if limit is None else time.monotonic() + max(limit - MARGIN, limit / 2)
    stopped_by = ""
    with caught_signals() as asked:
        try:
            while True:
                engine.step()
                show()
                if not engine.running and (stopped_by or over()):
                    return stopped_by
                while asked:
                    number = asked.pop(0)
                    stopped_by = signal.Signals(number).name
                    engine.stop(number)
                if deadline is not None and not stopped_by and time.monotonic() >= deadline:
                    stopped_by = "time limit"
                    engine.stop(signal.SIGTERM)
                time.sleep(POLL)
        finally:
            engine.close()


@contextmanager
def caught_signals() -> Iterator[list[int]]:
    """Collect signals that ask to stop, instead of dying of them."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    with handled_by(note):
        yield asked


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the sweep's lock, so that no second process runs it.

    Raises:
        UsageError: another process does, or the folder cannot be written.
    """
    owner_file, lock_file = folder / "sweep.owner.json", folder / "sweep.lock"
    existed = folder.is_dir()
    taken = _taken(folder, lock_file, owner_file)
    try:
        with taken:
            yield
    finally:
        if not existed and list(folder.iterdir()) == [lock_file]:  # nothing came of it
            lock_file.unlink()
            folder.rmdir()


def _taken(folder: Path, lock_file: Path, owner_file: Path) -> ExitStack:
    opened = ExitStack()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened.enter_context(held(lock_file, owner_file))
    except Held:
        raise refusal("this sweep is being run by", folder, lock_file, owner_file) from None
    except OSError as error:
        what = f"cannot write the sweep: {error.strerror or error}"
        raise UsageError(what, where=str(folder), hint="go to a folder that you may write to") from error
    return opened


class Status(str, Enum):
    """What a point does now."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether this command has nothing left to do about the point."""
        return self not in {Status.WAITING, Status.RUNNING}


@dataclass
class PointProgress:
    """One point while its sweep runs; the engine changes it, displays read it.

    Attributes:
        trial: the point.
        status: what it does now.
        message: one line about it: why it failed, what it waits for.
        code: exit code of its training, None as long as there is none.
        started: on the monotonic clock, when its training was started by this command; None before.
        seconds: that its training took in this command.
        here_before: finished before this command.
    """

    trial: Trial
    status: Status = Status.WAITING
    message: str = ""
    code: int | None = None
    started: float | None = None
    seconds: float = 0.0
    here_before: bool = False

    def end(self, code: int, message: str, now: float, *, stopping: bool) -> None:
        """Note how a training ended.

        Args:
            code: exit code; negative for the signal that killed it.
            message: its error; empty when it message none.
            now: on the monotonic clock.
            stopping: whether trainings have been asked to stop.
        """
        self.code, self.seconds = code, now - (self.started or now)
        if code == 0:
            self.status, self.message = Status.FINISHED, ""
        elif code in RESUMABLE or (stopping and -code in STOP_SIGNALS):
            self.status, self.message = Status.STOPPED, message
        else:
            self.status = Status.FAILED
            self.message = f"{message} ({_ended(code)})" if message else _ended(code)


RESUMABLE = (Stopped.exit_code, Interrupted.exit_code)
"""Exit codes of a training that can go on (DESIGN section 3)."""
STOP_SIGNALS = tuple(getattr(signal, name) for name in SIGNALS)
"""They kill a training that has only begun to load, which loses nothing."""


def _ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def progress_of(trials: Iterable[Trial]) -> list[PointProgress]:
    """Return where the points stand before anything is started: waiting, finished, or not able to go on."""
    found = []
    for trial in trials:
        progress = PointProgress(trial)
        if (trial.run / RUN_FILE).is_file():
            if is_finished(trial.run, trial.recipe):
                progress.status, progress.here_before = Status.FINISHED, True
            elif why := _lost(trial.run):
                progress.status, progress.message = Status.FAILED, why
        found.append(progress)
    return found


def _lost(run: Path) -> str:
    """Return why a run that has begun cannot go on, and what to type; empty where it can, or is being trained."""
    if owner_of(run):
        return ""
    try:
        state_to_resume(run)
    except RunError as error:
        aside = shlex.join(["mv", shown(run), shown(old_name(run))])
        return f"{error.what}; to train it anew: {aside}"
    return ""


def count(points: Iterable[PointProgress]) -> dict[Status, int]:
    """Return how many points are in each state."""
    found = dict.fromkeys(Status, 0)
    for progress in points:
        found[progress.status] += 1
    return found
