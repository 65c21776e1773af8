"""How far each point of a sweep is while the sweep runs."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from grokyolo.errors import Interrupted, RunError, Stopped
from grokyolo.files import RUN_FILE
from grokyolo.run.folder import old_name, owner_of, shown
from grokyolo.run.signals import SIGNALS
from grokyolo.run.status import is_finished, state_to_resume
from grokyolo.sweep.trials import Trial


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
class Progress:
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


def progress_of(trials: Iterable[Trial]) -> list[Progress]:
    """Return where the points stand before anything is started: waiting, finished, or not able to go on."""
    found = []
    for trial in trials:
        progress = Progress(trial)
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


def count(points: Iterable[Progress]) -> dict[Status, int]:
    """Return how many points are in each state."""
    found = dict.fromkeys(Status, 0)
    for progress in points:
        found[progress.status] += 1
    return found
