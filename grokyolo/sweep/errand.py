"""What a node of a Ray cluster does for one point: train it here, in the shared folder or in a copy of the run.

Ray starts it again on another node where this one is lost; the training then goes on from its newest state.
"""

from __future__ import annotations

import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokyolo.run.folder import owner_of
from grokyolo.run.lock import named
from grokyolo.sweep.folder import log_of
from grokyolo.sweep.luggage import Luggage
from grokyolo.sweep.training import Training, train_arguments

LOOKS_EVERY = 0.2
"""Seconds between two looks at a training."""
PATIENCE = 180.0
"""Seconds that a point waits until the lock of a node that was lost is free: file servers take their time."""


@dataclass(frozen=True)
class Errand:
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
    """How a training ended: exit code and last words."""

    code: int
    said: str


def train_in_shared_folder(errand: Errand) -> Ended:
    """Train in the folder of the sweep, which all nodes see."""
    folder = Path(errand.folder)
    sweep = folder / "runs" / errand.sweep
    if not sweep.is_dir():
        what = f"{socket.gethostname()} has no folder {sweep}"
        return Ended(1, f"{what}: share it between the nodes, or use --copy")
    if owner := _lasting_owner(sweep / errand.point):
        return Ended(1, f"{named(owner)} is training it")
    arguments = train_arguments(errand.recipe, errand.arguments, f"{errand.sweep}/{errand.point}")
    log = log_of(sweep, errand.point)
    return _trained(Training(arguments, log, cpus=errand.cpus, cwd=folder))


def train_in_copy(errand: Errand, store: Any) -> Ended:
    """Train in a folder of this node's own; what is there already comes from the store, what is new goes there.

    Args:
        errand: the point.
        store: handle of the actor that keeps the sweep's folder.
    """
    import ray

    scratch = Path(tempfile.mkdtemp(prefix="grokyolo-sweep-"))
    try:
        sweep = scratch / "runs" / errand.sweep
        luggage = Luggage(sweep, errand.point)
        luggage.unpack(ray.get(store.load.remote(errand.point)))
        (scratch / "recipe.yaml").write_text(errand.recipe, encoding="utf-8")
        log = log_of(sweep, errand.point)
        arguments = train_arguments("recipe.yaml", (), f"{errand.sweep}/{errand.point}")
        training = Training(arguments, log, cpus=errand.cpus, cwd=scratch)

        def send() -> None:
            ray.get(store.keep.remote(errand.point, *luggage.pack()))

        send()
        ended = _trained(training, send, errand.copy_every or 0.0)
        send()
        return ended
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _trained(training: Training, regularly: Callable[[], None] = lambda: None, every: float = float("inf")) -> Ended:
    """Wait for the end of a training; Ray's wish to stop reaches this process as Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where Ray was started below a shell's `&`
    due = time.monotonic() + every
    try:
        while (code := training.wait(LOOKS_EVERY)) is None:
            if time.monotonic() >= due:
                regularly()
                due = time.monotonic() + every
    except BaseException:
        training.stop()
        code = training.wait()
        if code is None:
            raise
    return Ended(code, training.last_words())


def _lasting_owner(run: Path) -> dict[str, Any] | None:
    """Return who trains into a run and does not end."""
    deadline = time.monotonic() + PATIENCE
    while owner := (owner_of(run) if run.is_dir() else None):
        if time.monotonic() >= deadline:
            return owner
        time.sleep(1.0)
    return None
