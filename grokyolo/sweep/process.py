"""The process that trains one point: its command, its environment, what it said."""

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
from pathlib import Path
from typing import IO

from grokyolo.training.threads import VARIABLE as THREADS

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
                [sys.executable, "-m", "grokyolo.sweep.process", *arguments],
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
        with log.open("rb") as file:
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
