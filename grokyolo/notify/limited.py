"""A command that ends at its time limit together with what it started, whatever becomes of the process that wants it.

    python -I limited.py SECONDS COMMAND [ARGUMENT ...]

It runs as a process of its own between a training and a command. It says at once how the command ended, one word of
JSON on standard output, and stays until nothing of the command's process group is left or the time is over.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

LOOKS_EVERY = 0.05
"""Seconds between two looks at what a command has left behind."""


def main(seconds: float, words: list[str]) -> None:
    """Run the command and say its exit code, `null` where the time was over, or why it cannot be run."""
    deadline = time.monotonic() + seconds
    try:
        command = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        return _say(error.strerror or "unknown reason")
    code = None
    with suppress(subprocess.TimeoutExpired):
        code = command.wait(seconds)
    if code is not None:
        _say(code)
        while _anyone_left(command.pid) and time.monotonic() < deadline:
            time.sleep(LOOKS_EVERY)
    _end(command)
    if code is None:
        _say(None)


def _say(word: int | str | None) -> None:
    with suppress(OSError):  # who asked may be gone
        os.write(sys.stdout.fileno(), json.dumps(word).encode() + b"\n")


def _anyone_left(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (OSError, AttributeError):  # Windows has no groups
        return False
    return True


def _end(command: subprocess.Popen[bytes]) -> None:
    with suppress(OSError, AttributeError):
        os.killpg(command.pid, signal.SIGKILL)
    command.kill()
    command.wait()


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
