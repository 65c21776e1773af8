"""Sweeps in processes of their own, and what their points must come to."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from grokyolo.training import extension
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
        deadline = time.monotonic() + PATIENCE
        while self.epochs(run) < epochs:
            assert self.process is not None and self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.005)

    def wait_for_state(self, run: Path) -> None:
        """Wait until there is something that a resume would go on from."""
        self.wait_for(run, 1)
        deadline = time.monotonic() + PATIENCE
        while not extension.last_saved_epoch(run):
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.005)

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
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE
        while _parent(pid := _owner(run)) != self.process.pid:  # one of a sweep that was killed may still be saving
            assert self.process.poll() is None and time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.005)
        self.wait_for(run, self.epochs(run) + epochs)
        os.kill(pid, signal.SIGKILL)

    def equals(self, undisturbed: list[Path]) -> bool:
        """Tell whether all points came to the same as runs that nobody disturbed, bit for bit."""
        pairs = list(zip(self.runs, undisturbed, strict=True))
        return all(log(one) == log(other) and same_weights(weights(one), weights(other)) for one, other in pairs)


def _owner(run: Path) -> int:
    """Return the process that trains into a run, 0 when there is none."""
    with suppress(OSError, ValueError):
        return int(json.loads((run / "state" / "owner.json").read_text())["pid"])
    return 0


def _parent(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def undisturbed_runs() -> list[Path]:
    """Train the points one after the other in this process, and return the runs."""
    return [trained("grok-modular-addition", f"never-{seed}", *FIXED, f"seed={seed}") for seed in SEEDS]
