"""Points trained by Ray: on a cluster, or on a Ray that is started here. Ray decides what runs where and when."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

from grokyolo.errors import GrokyoloError, UsageError, first_line
from grokyolo.run.folder import owner_of
from grokyolo.run.lock import named
from grokyolo.sweep.folder import LOGS, Sweep, log_of
from grokyolo.sweep.local_engine import Training, gpus_of, train_arguments
from grokyolo.sweep.run_sync import RunSync, Store
from grokyolo.sweep.runner import PointProgress, Status

LOST_NODES = 20
"""Times that Ray starts a point anew after the node that trained it was lost."""
COPY_EVERY = 30
"""Seconds between two copies of a run that a node sends back; fewer where its states come more often."""
REACHED_WITHIN = 10.0
"""Seconds in which a cluster must answer."""
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}
"""Environment that keeps Ray from asking, warning and reporting."""


@dataclass(frozen=True)
class Resources:
    """What each point gets.

    Attributes:
        cpus: cores, and threads.
        gpus: may be a fraction; None for one where the recipe wants one and the cluster has any.
    """

    cpus: int
    gpus: float | None = None


class RayEngine:
    """Hands all points to Ray.

    Args:
        sweep: whose points they are.
        points: all points of this command; changed as they come on.
        address: of a cluster; None starts a Ray on this machine.
        resources: of each point.
        copy: whether the nodes do not see this folder, so that runs are sent to and fro.

    Raises:
        UsageError: Ray is not installed.
        GrokyoloError: there is no cluster at the address, or a point does not fit on this machine.
    """

    def __init__(
        self,
        sweep: Sweep,
        points: Sequence[PointProgress],
        address: str | None,
        resources: Resources,
        *,
        copy: bool = False,
    ) -> None:
        self._sweep, self._copy = sweep, copy
        self._stopping, self._may_grow = False, address is not None
        self._tasks: dict[Any, PointProgress] = {}
        self._sizes = {one.trial.point.name: _size(one.trial.log) for one in points}
        waiting = [one for one in points if one.status is Status.WAITING]
        with ExitStack() as opened:
            self._ray = _connected(address)
            opened.callback(self._ray.shutdown)
            options = self._options(waiting, resources)
            opened.enter_context(redirect_stdout(opened.enter_context(_log(sweep.folder))))
            opened.callback(self._ray.shutdown)  # the first thing to happen: Ray prints while it goes
            task = self._ray.remote(**options)(train_in_copy if copy else train_in_shared_folder)
            more = (self._store(),) if copy else ()
            for progress in waiting:
                self._tasks[task.remote(self._task(progress, resources.cpus), *more)] = progress
            self._opened = opened.pop_all()

    @property
    def running(self) -> bool:
        """Whether any point is left to Ray."""
        return bool(self._tasks)

    @property
    def jobs(self) -> int:
        """How many points the cluster can train at the same time."""
        return self._jobs

    def step(self) -> None:
        """Note what has started and what has ended."""
        now = time.monotonic()
        if self._tasks:
            ready, _ = self._ray.wait(list(self._tasks), num_returns=len(self._tasks), timeout=0)
            for task in ready:
                self._note(task, self._tasks.pop(task), now)
        for progress in self._tasks.values():
            trial = progress.trial
            if progress.status is Status.WAITING and _size(trial.log) > self._sizes[trial.point.name]:
                progress.status, progress.started = Status.RUNNING, now

    def stop(self, number: int) -> None:
        """Let all trainings save and stop."""
        if self._stopping:
            return
        self._stopping = True
        for task in self._tasks:
            self._ray.cancel(task, force=False)

    def close(self) -> None:
        """Stop what still runs, wait for it, and leave the cluster."""
        if self._tasks:
            self.stop(signal.SIGTERM)
            self._ray.wait(list(self._tasks), num_returns=len(self._tasks), timeout=120)
        self._opened.close()

    def _note(self, task: Any, progress: PointProgress, now: float) -> None:
        progress.started = progress.started or now
        try:
            ended: Ended = self._ray.get(task)
        except self._ray.exceptions.TaskCancelledError:
            progress.status = Status.WAITING if progress.status is Status.WAITING else Status.STOPPED
        except self._ray.exceptions.RayError as error:
            progress.end(1, first_line(error), now, stopping=self._stopping)
        else:
            progress.end(ended.code, ended.message, now, stopping=self._stopping)

    def _options(self, waiting: Sequence[PointProgress], resources: Resources) -> dict[str, Any]:
        """Return the options of the task; a cluster may get nodes that it fits on, this machine stays as it is."""
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        gpus = resources.gpus
        if gpus is None:
            wanted = max((gpus_of(one.trial.recipe) or 0 for one in waiting), default=0)
            gpus = float(wanted) if any(node.get("GPU", 0) >= wanted for node in nodes) else 0.0
        fits = [min(_times(node.get("CPU", 0), resources.cpus), _times(node.get("GPU", 0), gpus)) for node in nodes]
        self._jobs = max(int(sum(fits)), 1)
        if not any(fits) and not self._may_grow:
            raise GrokyoloError(
                f"this machine has no {resources.cpus} CPUs and {gpus:g} GPUs for Ray",
                where="--ray",
                hint="ask for fewer: --cpus 1 --gpus 0",
            )
        return {"num_cpus": resources.cpus, "num_gpus": gpus, "max_retries": LOST_NODES}

    def _task(self, progress: PointProgress, cpus: int) -> Task:
        trial = progress.trial
        return Task(
            self._sweep.folder.name,
            trial.point.name,
            trial.recipe.to_yaml() if self._copy else self._sweep.recipe,
            () if self._copy else trial.arguments,
            str(Path.cwd()),
            cpus,
            max(1, min(COPY_EVERY, trial.recipe.checkpoint.every)) if self._copy else None,
        )

    def _store(self) -> Any:
        """Start the actor that keeps this machine's folder; it must run on this machine."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(self._ray.get_runtime_context().get_node_id(), soft=False)
        actor = self._ray.remote(num_cpus=0, scheduling_strategy=here)(Store)
        return actor.remote(str(self._sweep.folder.absolute()))


def _log(folder: Path) -> TextIO:
    """Open the file that gets what Ray prints of lost nodes; it would print that among the results."""
    (folder / LOGS).mkdir(parents=True, exist_ok=True)
    return (folder / LOGS / "ray.log").open("a", encoding="utf-8")


def _connected(address: str | None) -> ModuleType:
    """Return Ray, connected to a cluster or started here, and quiet."""
    import logging

    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise UsageError("Ray is not installed", where="--ray", hint="pip install 'grokyolo[ray]'") from error
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    try:
        _reach(address)
        ray.init(
            address=address or "local",
            include_dashboard=False if address is None else None,
            log_to_driver=False,
            configure_logging=False,
            namespace="grokyolo",
        )
    except (ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as error:
        raise GrokyoloError(
            f"cannot {'join' if address else 'start'} Ray: {getattr(error, 'strerror', None) or first_line(error)}",
            where=f"--ray {address or ''}".strip(),
            hint="--ray HOST:6379 as `ray start --head` prints it" if address else "use --jobs instead",
        ) from error
    return ray  # type: ignore[no-any-return]


def _reach(address: str | None) -> None:
    """Raise an OSError where nobody answers: Ray itself would try for ten minutes."""
    host, _, port = (address or "").rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACHED_WITHIN).close()


def _times(there: float, wanted: float) -> float:
    return there // wanted if wanted else float("inf")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


POLL = 0.2
"""Seconds between two looks at a training."""
PATIENCE = 180.0
"""Seconds that a point waits until the lock of a node that was lost is free: file servers take their time."""


@dataclass(frozen=True)
class Task:
    """What has to be known to train a point on another machine.

    Attributes:
        sweep, point: names of the sweep and of the point.
        recipe: name or path; the text of the resolved recipe where the run is copied.
        arguments: `KEY=VALUE`; none where the run is copied.
        folder: the current folder of the sweep.
        cpus: threads.
        copy_every: seconds between two copies that are sent back; None for a shared folder.
    """

    sweep: str
    point: str
    recipe: str
    arguments: tuple[str, ...]
    folder: str
    cpus: int
    copy_every: float | None = None


@dataclass(frozen=True)
class Ended:
    """How a training ended: exit code and last error."""

    code: int
    message: str


def train_in_shared_folder(task: Task) -> Ended:
    """Train in the folder of the sweep, which all nodes see."""
    folder = Path(task.folder)
    sweep = folder / "runs" / task.sweep
    if not sweep.is_dir():
        what = f"{socket.gethostname()} has no folder {sweep}"
        return Ended(1, f"{what}: share it between the nodes, or use --copy")
    if owner := _owner_that_stays(sweep / task.point):
        return Ended(1, f"{named(owner)} is training it")
    arguments = train_arguments(task.recipe, task.arguments, f"{task.sweep}/{task.point}")
    log = log_of(sweep, task.point)
    return _wait_for(Training(arguments, log, cpus=task.cpus, cwd=folder))


def train_in_copy(task: Task, store: Any) -> Ended:
    """Train in a folder of this node's own; what is there already comes from the store, what is new goes there.

    Args:
        task: the point.
        store: handle of the actor that keeps the sweep's folder.
    """
    import ray

    scratch = Path(tempfile.mkdtemp(prefix="grokyolo-sweep-"))
    try:
        sweep = scratch / "runs" / task.sweep
        sync = RunSync(sweep, task.point)
        sync.apply(ray.get(store.load.remote(task.point)))
        (scratch / "recipe.yaml").write_text(task.recipe, encoding="utf-8")
        log = log_of(sweep, task.point)
        arguments = train_arguments("recipe.yaml", (), f"{task.sweep}/{task.point}")
        training = Training(arguments, log, cpus=task.cpus, cwd=scratch)

        def send() -> None:
            ray.get(store.save.remote(task.point, *sync.changes()))

        send()
        ended = _wait_for(training, send, task.copy_every or 0.0)
        send()
        return ended
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _wait_for(training: Training, regularly: Callable[[], None] = lambda: None, every: float = float("inf")) -> Ended:
    """Wait for the end of a training; Ray's wish to stop reaches this process as Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where Ray was started below a shell's `&`
    due = time.monotonic() + every
    try:
        while (code := training.wait(POLL)) is None:
            if time.monotonic() >= due:
                regularly()
                due = time.monotonic() + every
    except BaseException:
        training.stop()
        code = training.wait()
        if code is None:
            raise
    return Ended(code, training.last_error())


def _owner_that_stays(run: Path) -> dict[str, Any] | None:
    """Return who trains into a run and does not end."""
    deadline = time.monotonic() + PATIENCE
    while owner := (owner_of(run) if run.is_dir() else None):
        if time.monotonic() >= deadline:
            return owner
        time.sleep(1.0)
    return None
