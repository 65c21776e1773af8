"""Wishes to stop: signals, Ctrl-C and the time limit, heard by the training at its next batch."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from grokyolo.errors import GrokyoloError, Interrupted, Stopped

SIGNALS = tuple(name for name in ("SIGTERM", "SIGUSR1", "SIGINT") if hasattr(signal, name))


class StopRequest:
    """What has been asked of the training in this process.

    Args:
        time_limit: seconds from now after which training is to stop; None for no limit.
    """

    def __init__(self, time_limit: float | None = None) -> None:
        self._deadline = None if time_limit is None else time.monotonic() + time_limit
        self._signal: str | None = None
        self.can_wait = False
        """Whether a training is under way that looks here after each batch; before, a signal stops at once."""

    def error(self, margin: float = 0.0) -> GrokyoloError | None:
        """Return the error to stop with, None as long as nobody wants to stop.

        Args:
            margin: seconds that finishing and saving will take: the time limit is kept, not overrun.
        """
        if self._signal == "SIGINT":
            return Interrupted("stopped by Ctrl-C")
        if self._signal:
            return Stopped(f"stopped by {self._signal}")
        if self._deadline is not None and time.monotonic() + margin >= self._deadline:
            return Stopped("stopped at the time limit")
        return None

    def signalled(self, number: int, _frame: FrameType | None = None) -> None:
        """Note a signal; the second Ctrl-C, or any before training can wait, stops at once."""
        again = self._signal == "SIGINT" and number == signal.SIGINT
        self._signal = signal.Signals(number).name
        if again or not self.can_wait:
            error = self.error()
            assert error is not None, "the signal was noted just now"
            raise error


@contextmanager
def handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Give SIGTERM, SIGUSR1 (what Slurm sends) and Ctrl-C to a handler during the block."""
    previous = {name: signal.signal(getattr(signal, name), handler) for name in SIGNALS}
    try:
        yield
    finally:
        for name, before in previous.items():
            signal.signal(getattr(signal, name), before)


current = StopRequest()
"""The request that the trainer of this process looks at."""


@contextmanager
def heard(time_limit: float | None = None) -> Iterator[StopRequest]:
    """Listen for wishes to stop during the block."""
    global current  # noqa: PLW0603  # a process has one set of signal handlers, so it has one request
    current = StopRequest(time_limit)
    try:
        with handled_by(current.signalled):
            yield current
    finally:
        current = StopRequest()
