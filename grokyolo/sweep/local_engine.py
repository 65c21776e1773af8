"""Points trained on this machine, so many at a time, each in a process of its own.

Such a process runs `python -m grokyolo.sweep.local_engine train ...`: grokyolo, ended with its parent.
Its standard input is a pipe that the parent holds open. Where the parent dies, by kill -9 too, the pipe ends, and the
training saves and stops as on SIGTERM. Nothing else is portable: Linux alone can tie a process to its parent.
"""

from __future__ import annotations

import os
import runpy
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from grokyolo.files import RUN_FILE, STATE_BYTES, opened
from grokyolo.plan.machine import VISIBLE, look_around
from grokyolo.recipe import Recipe
from grokyolo.run.folder import owner_of
from grokyolo.run.lock import named
from grokyolo.sweep.folder import Sweep
from grokyolo.sweep.runner import PointProgress, Status
from grokyolo.sweep.trials import Trial
from grokyolo.training.environment import THREADS

PATIENCE = 60.0
"""Seconds that a point waits for another process to leave its run: one whose sweep was killed saves for a while."""


@dataclass
class _Job:
    progress: PointProgress
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

    def __init__(self, sweep: Sweep, points: Sequence[PointProgress], jobs: int, gpus: Sequence[str] = ()) -> None:
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

    def _next(self) -> PointProgress | None:
        """Take the first point that can be started out of the queue."""
        for progress in self._waiting:
            if progress.status is Status.WAITING and not self._must_wait(progress):
                self._waiting.remove(progress)
                return progress
        self._waiting = [progress for progress in self._waiting if progress.status is Status.WAITING]
        return None

    def _must_wait(self, progress: PointProgress) -> bool:
        trial = progress.trial
        if any(_share_download(trial, job.progress.trial) for job in self._jobs):
            return True
        owner = owner_of(trial.run) if trial.run.is_dir() else None
        if owner is None:
            return False
        progress.message = f"{named(owner)} is training it"
        now = time.monotonic()
        if now - self._refused.setdefault(trial.point.name, now) > PATIENCE:
            progress.status = Status.FAILED
        return True

    def _start(self, progress: PointProgress, slot: int) -> None:
        trial = progress.trial
        environment = {VISIBLE: self._gpus[slot % len(self._gpus)]} if self._gpus else {}
        name = f"{self._sweep.folder.name}/{trial.point.name}"
        arguments = train_arguments(self._sweep.recipe, trial.arguments, name)
        training = Training(arguments, trial.log, cpus=self._sweep.cpus, environment=environment)
        progress.status, progress.message, progress.started = Status.RUNNING, "", time.monotonic()
        self._free.remove(slot)
        self._jobs.append(_Job(progress, training, slot))


def _share_download(trial: Trial, running: Trial) -> bool:
    """Tell whether a running point may be downloading what the other one needs as well."""
    if (running.run / RUN_FILE).exists():  # written once model and data are there
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


TAIL = 8192
"""Bytes at the end of a log in which the reason of a failure is looked for."""


def train_arguments(recipe: str, overrides: Sequence[str], name: str) -> list[str]:
    """Return what `grokyolo` is called with to train a point, or to go on with it.

    Args:
        recipe: name or path.
        overrides: `KEY=VALUE`.
        name: SWEEP/POINT.
    """
    return ["train", "--recipe", recipe, *overrides, "--name", name, "--resume"]


class Training:
    """One running process.

    Args:
        arguments: from `train_arguments`.
        log: gets all that it prints, appended.
        cpus: threads on a CPU.
        environment: what differs from this process'.
        cwd: where it runs; None for the current folder.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        log: Path,
        *,
        cpus: int,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        given = {THREADS: str(cpus), **(environment or {})}
        command = shlex.join([*(f"{name}={value}" for name, value in given.items()), "grokyolo", *arguments])
        with log.open("ab") as output:
            output.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {command}\n".encode())
            output.flush()
            self._start = output.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "grokyolo.sweep.local_engine", *arguments],
                stdin=subprocess.PIPE,  # it ends with this process: see worker.py
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, "NO_COLOR": "1", **given},
                start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on once
            )
        self.pid = self._process.pid

    def ended(self) -> int | None:
        """Return the exit code, negative for the signal that killed it; None while it runs."""
        code = self._process.poll()
        if code is not None:
            self._input.close()
        return code

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait for the end, so many seconds at most; returns as `ended`."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return self.ended()

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ask it to save and stop."""
        if os.name == "nt":
            self._input.close()  # a signal would end it at once there
        elif self._process.poll() is None:
            self._process.send_signal(number)

    def last_error(self) -> str:
        """Return its error; the last line of a traceback counts as one."""
        return last_error(self._log, self._start)

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None, "it was made with a pipe"
        return self._process.stdin


def last_error(log: Path, start: int = 0) -> str:
    """Return the last error in a log behind `start` bytes; empty when there is none.

    A line of grokyolo's own that begins with `error:`, or else the last line of a traceback or of a crash.
    """
    said = [line for line in last_lines(log, start) if line.strip()]
    if errors := errors_in(said):
        return errors[-1]
    crashed = any(line.startswith(("Traceback ", "Fatal Python error")) for line in said)
    return said[-1].strip() if crashed else ""


def last_lines(log: Path, start: int = 0) -> list[str]:
    """Return the lines at the end of a log, behind `start` bytes; none of one that cannot be read."""
    try:
        with opened(log, STATE_BYTES, within=log.parent) as file:
            file.seek(max(start, file.seek(0, os.SEEK_END) - TAIL))
            return file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []


def errors_in(lines: Iterable[str]) -> list[str]:
    """Return what grokyolo called an error."""
    return [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]


def end_with_parent() -> None:
    """Wait for the end of standard input, then ask this process to stop."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    if os.name == "nt":
        signal.raise_signal(signal.SIGTERM)  # os.kill would end the process at once there
    else:
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored below a shell's `&`, which this is not
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv[0] = "grokyolo"
    runpy.run_module("grokyolo", run_name="__main__", alter_sys=True)
