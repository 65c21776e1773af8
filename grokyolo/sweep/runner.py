"""One sweep from its first point to its last, whatever engine trains them."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Protocol

from grokyolo.errors import UsageError
from grokyolo.run.lock import Held, held, refusal
from grokyolo.run.signals import handled_by

POLL = 0.2
"""Seconds between two polls of the trainings."""
MARGIN = 12.0
"""Seconds before the time limit when trainings are told to stop: shorter epochs than ten seconds are finished."""


class Engine(Protocol):
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


def run_sweep(engine: Engine, show: Callable[[], None], *, over: Callable[[], bool], limit: float | None) -> str:
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
