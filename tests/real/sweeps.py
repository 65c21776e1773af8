"""Sweeps in processes of their own, and what their points must come to."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from grokyolo.run import extension
from grokyolo.run.folder import OWNER
from grokyolo.run.lock import owner_in
from tests.real.training import log, same_weights, trained, weights

RECIPE = ("--recipe", "grok-modular-addition")
FIXED = ("data.modulus=5", "epochs=1000", "checkpoint.every=1s")
SEEDS = (0, 1)
PATIENCE = 180.0


def quiet_settings(folder: Path) -> dict[str, str]:
    """Return an environment in which trainings load no loggers, which takes longer than they do."""
    from ultralytics.utils import SETTINGS

    (folder / "Ultralytics").mkdir(parents=True)
    (folder / "Ultralytics" / "settings.json").write_text(json.dumps({**SETTINGS, "mlflow": False}))
    return {"YOLO_CONFIG_DIR": str(folder)}


class Sweep:
    """One command, typed again and again.

    Args:
        workplace: its current folder.
        options: of `grokyolo sweep`.
        fixed: what all points have in common.
        environment: what differs from this process'.
    """

    def __init__(self, workplace: Path, *options: str, fixed: tuple[str, ...] = FIXED, **environment: str) -> None:
        self.folder = workplace / "runs" / "s"
        self.runs = [self.folder / f"seed={seed}" for seed in SEEDS]
        seeds = f"seed={','.join(map(str, SEEDS))}"
        words = ("sweep", *RECIPE, *fixed, seeds, "--name", "s", "--cpus", "1", *options)
        self._command = [sys.executable, "-m", "grokyolo", *words]
        self._workplace, self._environment = workplace, environment
        self.process: subprocess.Popen[bytes] | None = None
        self.said = workplace / "sweep.log"

    def start(self) -> None:
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                self._command,
                cwd=self._workplace,
                env={**os.environ, **self._environment},
                stdout=said,
                stderr=said,
            )

    def end(self) -> int:
        """Wait for the end; a stopped or killed sweep is no failure here."""
        assert self.process is not None
        return self.process.wait(PATIENCE)

    def wait_for(self, run: Path, epochs: int) -> None:
        """Wait until a run has so many epochs."""
        self._wait(lambda: self.epochs(run) >= epochs)

    def wait_for_state(self, run: Path) -> None:
        """Wait until there is something that a resume would go on from."""
        self._wait(lambda: extension.last_saved_epoch(run) > 0)

    def _wait(self, until: Callable[[], int]) -> int:
        """Wait for something that a sweep in progress brings about, and return it."""
        deadline = time.monotonic() + PATIENCE
        while not (found := until()):
            assert self.process is not None and self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.005)
        return found

    def epochs(self, run: Path) -> int:
        try:
            return (run / "gap.csv").read_bytes().count(b"\n") - 1
        except OSError:
            return 0

    def kill(self) -> None:
        """Kill the sweep itself; its trainings notice."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def kill_training(self, run: Path, epochs: int) -> None:
        """Kill the process that this sweep started for a run, after so many more epochs of it."""
        sweep = self.process
        assert sweep is not None
        pid = self._wait(lambda: _child(sweep.pid, run))
        self.wait_for(run, self.epochs(run) + epochs)
        os.kill(pid, signal.SIGKILL)

    def equals(self, undisturbed: list[Path]) -> bool:
        """Tell whether all points came to the same as runs that nobody disturbed, bit for bit."""
        pairs = list(zip(self.runs, undisturbed, strict=True))
        return all(log(one) == log(other) and same_weights(weights(one), weights(other)) for one, other in pairs)


def _child(sweep: int, run: Path) -> int:
    """Return the process that a sweep has started for a run, 0 while one of an earlier sweep may still be saving."""
    owner = owner_in(run / "state" / OWNER)
    return owner["pid"] if owner and _parent(owner["pid"]) == sweep else 0


def _parent(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def undisturbed_runs() -> list[Path]:
    """Train the points one after the other in this process, and return the runs."""
    return [trained("grok-modular-addition", f"never-{seed}", *FIXED, f"seed={seed}") for seed in SEEDS]
