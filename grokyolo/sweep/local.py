"""Points trained on this machine, so many at a time, each in a process of its own."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grokyolo.plan.machine import VISIBLE
from grokyolo.run.folder import SETTINGS, owner_of
from grokyolo.run.lock import named
from grokyolo.sweep.folder import Sweep
from grokyolo.sweep.making import Trial
from grokyolo.sweep.standing import Standing, State
from grokyolo.sweep.training import Training, train_arguments

PATIENCE = 60.0
"""Seconds that a point waits for another process to leave its run: one whose sweep was killed saves for a while."""


@dataclass
class _Job:
    standing: Standing
    training: Training
    slot: int


class LocalEngine:
    """Starts points as others end.

    Args:
        sweep: whose points they are.
        standings: all points of this command; changed as they come on.
        jobs: how many train at the same time.
        gpus: what CUDA_VISIBLE_DEVICES is for the first, second, ... of them; it begins anew where there are fewer.
    """

    def __init__(self, sweep: Sweep, standings: Sequence[Standing], jobs: int, gpus: Sequence[str] = ()) -> None:
        self._sweep = sweep
        self._waiting = [standing for standing in standings if standing.state is State.WAITING]
        self._jobs: list[_Job] = []
        self._free = list(range(jobs))
        self._gpus = tuple(gpus)
        self._stopping = False
        self._refused: dict[str, float] = {}

    @property
    def running(self) -> bool:
        """Whether any training runs."""
        return bool(self._jobs)

    def step(self) -> None:
        """Note what has ended, and start what can be started."""
        for job in list(self._jobs):
            code = job.training.ended()
            if code is not None:
                job.standing.end(code, job.training.last_words(), time.monotonic(), stopping=self._stopping)
                self._jobs.remove(job)
                self._free.append(job.slot)
        while self._free and not self._stopping and (standing := self._next()):
            self._start(standing, min(self._free))

    def stop(self, number: int) -> None:
        """Pass a signal on to all trainings, and start no more."""
        self._stopping = True
        for job in self._jobs:
            job.training.stop(number)

    def close(self) -> None:
        """Stop what still runs, and wait for it."""
        if self._jobs:
            self.stop(signal.SIGTERM)
        for job in self._jobs:
            job.training.wait()

    def _next(self) -> Standing | None:
        """Take the first point that can be started out of the queue."""
        for standing in self._waiting:
            if standing.state is State.WAITING and not self._must_wait(standing):
                self._waiting.remove(standing)
                return standing
        self._waiting = [standing for standing in self._waiting if standing.state is State.WAITING]
        return None

    def _must_wait(self, standing: Standing) -> bool:
        trial = standing.trial
        if any(_share_download(trial, job.standing.trial) for job in self._jobs):
            return True
        owner = owner_of(trial.run) if trial.run.is_dir() else None
        if owner is None:
            return False
        standing.said = f"{named(owner)} is training it"
        now = time.monotonic()
        if now - self._refused.setdefault(trial.point.name, now) > PATIENCE:
            standing.state = State.FAILED
        return True

    def _start(self, standing: Standing, slot: int) -> None:
        trial = standing.trial
        environment = {VISIBLE: self._gpus[slot % len(self._gpus)]} if self._gpus else {}
        name = f"{self._sweep.folder.name}/{trial.point.name}"
        arguments = train_arguments(self._sweep.recipe, trial.arguments, name)
        training = Training(arguments, trial.log, cpus=self._sweep.cpus, environment=environment)
        standing.state, standing.said, standing.started = State.RUNNING, "", time.monotonic()
        self._free.remove(slot)
        self._jobs.append(_Job(standing, training, slot))


def _share_download(trial: Trial, running: Trial) -> bool:
    """Tell whether a running point may be downloading what the other one needs as well."""
    if (running.run / SETTINGS).exists():  # written once model and data are there
        return False
    names = {trial.recipe.model, trial.recipe.data} & {running.recipe.model, running.recipe.data}
    return any(isinstance(name, str) and not Path(name).exists() for name in names)
