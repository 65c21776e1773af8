"""Wishes to stop: signals, Ctrl-C and the time limit, heard by the training at its next batch."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from grokyolo.errors import GrokyoloError, Interrupted, Stopped

SIGNALS = tuple(name for name in ("SIGTERM", "SIGUSR1", "SIGHUP", "SIGINT") if hasattr(signal, name))
STDOUT, STDERR = 1, 2


class StopNow(KeyboardInterrupt):
    """A wish to stop that nothing waits for; no `except Exception` of a library can take it for its own failure."""


class StopRequest:
    """What has been asked of the training in this process.

    Args:
        time_limit: seconds from now after which training is to stop; None for no limit.
    """

    def __init__(self, time_limit: float | None = None) -> None:
        self._deadline = None if time_limit is None else time.monotonic() + time_limit
        self._signal: str | None = None
        self._process = os.getpid()
        self._at_once = False
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
        if os.getpid() != self._process:
            return  # a loader worker: it shares terminal and handlers, and ends with its training
        again = self._signal == "SIGINT" and number == signal.SIGINT
        self.note(number)
        if again or not self.can_wait:
            self._at_once = True
            raise StopNow

    def note(self, number: int) -> None:
        """Take a wish to stop that can wait until training looks."""
        self._signal = signal.Signals(number).name

    def meant_by(self, error: BaseException) -> BaseException:
        """Return what an error really is: what follows a stop at once is that stop, whatever a library made of it."""
        if self._at_once and not isinstance(error, (Stopped, Interrupted)):
            return self.error() or error
        return error


@contextmanager
def handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Give SIGTERM, SIGUSR1 (what Slurm sends), SIGHUP (a closed terminal) and Ctrl-C to a handler during the block.

    SIGHUP stays ignored where it is: so `nohup` wants it.
    """
    numbers = [getattr(signal, name) for name in SIGNALS]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        numbers.remove(signal.SIGHUP)

    def handle(number: int, frame: FrameType | None) -> None:
        let_go_of_closed_terminal()
        handler(number, frame)

    previous = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


def let_go_of_closed_terminal() -> None:
    """Let standard output and error lead nowhere where their terminal is closed: writing to it would be an error."""
    for descriptor in (STDOUT, STDERR):
        try:
            os.write(descriptor, b"")
        except OSError as error:
            if error.errno == errno.EIO:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)


current = StopRequest()
"""The request that the trainer of this process looks at."""


@contextmanager
def heard(time_limit: float | None = None) -> Iterator[StopRequest]:
    """Listen for wishes to stop during the block."""
    global current  # noqa: PLW0603  # a process has one set of signal handlers, so it has one request
    current = StopRequest(time_limit)
    try:
        with handled_by(current.signalled):
            try:
                yield current
            except BaseException as error:
                meant = current.meant_by(error)
                if meant is error:
                    raise
                raise meant from error
    finally:
        current = StopRequest()
