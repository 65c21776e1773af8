"""Points trained on this machine, so many at a time, each in a process of its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokyolo.plan.machine import VISIBLE, look_around
from grokyolo.recipe import Recipe
from grokyolo.run.folder import SETTINGS, owner_of
from grokyolo.run.lock import named
from grokyolo.sweep.folder import Sweep, Trial
from grokyolo.sweep.process import Training, train_arguments
from grokyolo.sweep.progress import Progress, Status

PATIENCE = 60.0
"""Seconds that a point waits for another process to leave its run: one whose sweep was killed saves for a while."""


@dataclass
class _Job:
    progress: Progress
    training: Training
    slot: int


class LocalEngine:
    """Starts points as others end.

    Args:
        sweep: whose points they are.
        points: all points of this command; changed as they come on.
        jobs: how many train at the same time.
        gpus: what CUDA_VISIBLE_DEVICES is for the first, second, ... of them; it begins anew where there are fewer.
    """

    def __init__(self, sweep: Sweep, points: Sequence[Progress], jobs: int, gpus: Sequence[str] = ()) -> None:
        self._sweep = sweep
        self._waiting = [progress for progress in points if progress.status is Status.WAITING]
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
                job.progress.end(code, job.training.last_error(), time.monotonic(), stopping=self._stopping)
                self._jobs.remove(job)
                self._free.append(job.slot)
        while self._free and not self._stopping and (progress := self._next()):
            self._start(progress, min(self._free))

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

    def _next(self) -> Progress | None:
        """Take the first point that can be started out of the queue."""
        for progress in self._waiting:
            if progress.status is Status.WAITING and not self._must_wait(progress):
                self._waiting.remove(progress)
                return progress
        self._waiting = [progress for progress in self._waiting if progress.status is Status.WAITING]
        return None

    def _must_wait(self, progress: Progress) -> bool:
        trial = progress.trial
        if any(_share_download(trial, job.progress.trial) for job in self._jobs):
            return True
        owner = owner_of(trial.run) if trial.run.is_dir() else None
        if owner is None:
            return False
        progress.said = f"{named(owner)} is training it"
        now = time.monotonic()
        if now - self._refused.setdefault(trial.point.name, now) > PATIENCE:
            progress.status = Status.FAILED
        return True

    def _start(self, progress: Progress, slot: int) -> None:
        trial = progress.trial
        environment = {VISIBLE: self._gpus[slot % len(self._gpus)]} if self._gpus else {}
        name = f"{self._sweep.folder.name}/{trial.point.name}"
        arguments = train_arguments(self._sweep.recipe, trial.arguments, name)
        training = Training(arguments, trial.log, cpus=self._sweep.cpus, environment=environment)
        progress.status, progress.said, progress.started = Status.RUNNING, "", time.monotonic()
        self._free.remove(slot)
        self._jobs.append(_Job(progress, training, slot))


def _share_download(trial: Trial, running: Trial) -> bool:
    """Tell whether a running point may be downloading what the other one needs as well."""
    if (running.run / SETTINGS).exists():  # written once model and data are there
        return False
    names = {trial.recipe.model, trial.recipe.data} & {running.recipe.model, running.recipe.data}
    return any(isinstance(name, str) and not Path(name).exists() for name in names)


MOST_THREADS = 8
"""As in Ultralytics."""


def visible_gpus() -> list[str]:
    """Return the GPUs that trainings started here may use, as CUDA_VISIBLE_DEVICES names them."""
    named = os.environ.get(VISIBLE)
    if named is None:
        return [str(gpu.index) for gpu in look_around().gpus]
    found = []
    for name in (part.strip() for part in named.split(",")):
        if not name or name == "-1":  # CUDA sees none of those behind it
            break
        found.append(name)
    return found


def gpus_of(recipe: Recipe) -> int | None:
    """Return how many GPUs a recipe wants; None where it names certain ones, which a sweep leaves to it.

    A recipe that names no device wants one, `cpu` none.
    """
    named = _named(recipe.train.get("device"))
    if named in ([], ["cuda"]):
        return 1
    if not all(name.removeprefix("cuda:").lstrip("-").isdecimal() for name in named):
        return 0
    numbers = [int(name.removeprefix("cuda:")) for name in named]
    wanted = len(numbers)
    return wanted if numbers == list(range(wanted)) or set(numbers) == {-1} else None


def _named(device: Any) -> list[str]:
    parts = device if isinstance(device, (list, tuple)) else str("" if device is None else device).split(",")
    return [str(part).strip().lower() for part in parts if str(part).strip()]


def gpu_groups(recipes: Iterable[Recipe]) -> list[str]:
    """Return what CUDA_VISIBLE_DEVICES is for each job that fits at the same time; empty without GPUs to hand out."""
    wanted = {gpus_of(recipe) for recipe in recipes}
    if None in wanted or not (each := max(wanted - {None}, default=0)):  # type: ignore[type-var]
        return []
    gpus = visible_gpus()
    return [",".join(gpus[i : i + each]) for i in range(0, len(gpus) - each + 1, each)]


def cores() -> int:
    """Return how many CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads(jobs: int) -> int:
    """Return how many threads each of so many jobs has; one alone has as many as Ultralytics gives it."""
    each = cores() // jobs if jobs > 1 else cores() - 1
    return min(max(each, 1), MOST_THREADS)
