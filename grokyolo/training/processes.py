"""Several processes, one per GPU: how the first one speaks with the process that launched them.

`torch.distributed.run` starts the processes, in sessions of their own, so that no signal reaches them but through the
launcher. They speak through standard output: a line that begins with a mark is for the launcher, all others are what
libraries print. The launcher speaks through standard input, whose end tells them that it is gone.
"""

from __future__ import annotations

import json
import os
import queue
import select
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from grokyolo.errors import GrokyoloError
from grokyolo.gap import EpochRecord, EventKind

MARK = "\x1egrokyolo "
LAUNCHED = "GROKYOLO_LAUNCHED"
"""Environment variable of processes whose standard input is the launcher's; any value."""
STOP = b"s"
LAST_LINES = 200
"""How much of what libraries printed is kept for the report of a failure."""
STDIN, STDOUT = 0, 1


class Word(str, Enum):
    """What the first process says."""

    EPOCH = "epoch"
    WARNING = "warning"
    STOPPED = "stopped"
    FAILED = "failed"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Finished:
    """An epoch that the first process has finished.

    Attributes:
        record: the row of gap.csv.
        epochs: planned length of the run.
        saved_epoch: the last epoch that a resume would go on from.
    """

    record: EpochRecord
    epochs: int
    saved_epoch: int


# In the processes ---------------------------------------------------------------------------------------------------


def say(word: Word, content: Any = None) -> None:
    """Tell the launcher something; nothing where there is none."""
    if LAUNCHED in os.environ:
        os.write(STDOUT, f"\n{MARK}{json.dumps([word, content])}\n".encode())


def say_finished(finished: Finished) -> None:
    """Tell the launcher of an epoch."""
    say(Word.EPOCH, asdict(finished))


def say_failed(error: GrokyoloError) -> None:
    """Tell the launcher why training cannot go on."""
    say(Word.FAILED, {"what": error.what, "where": error.where, "hint": error.hint})


def die_with_launcher(stop: Callable[[], None] | None) -> None:
    """Watch standard input from now on: end this process when the launcher is gone.

    Args:
        stop: called when the launcher asks for a stop; None in all processes but the first.
    """
    if LAUNCHED in os.environ:
        threading.Thread(target=_listen if stop else _wait_for_the_end, args=(stop,), daemon=True).start()


def _listen(stop: Callable[[], None]) -> None:
    while os.read(STDIN, 1):
        stop()
    os._exit(1)


def _wait_for_the_end(_: None) -> None:
    poll = select.poll()
    poll.register(STDIN, 0)  # what is written is for the first process; the end is for all
    poll.poll()
    os._exit(1)


# In the launcher ----------------------------------------------------------------------------------------------------


class Processes:
    """The processes of a training, as the launcher sees them.

    Args:
        process: that of `torch.distributed.run`, with pipes.

    Attributes:
        last: the last lines that libraries printed.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.decode(errors="replace").rstrip("\r\n"))
        self._lines.put(None)

    def said(self, seconds: float) -> tuple[Word, Any] | str | None:
        """Return the next thing: a word with its content, a line of a library, or None when all have ended.

        Args:
            seconds: how long to wait for it.

        Raises:
            queue.Empty: nothing was said in that time.
        """
        line = self._lines.get(timeout=seconds)
        if line is None or not line.startswith(MARK):
            if line:
                self.last.append(line)
            return line
        word, content = json.loads(line.removeprefix(MARK))
        return Word(word), content

    def ask_to_stop(self) -> None:
        """Ask the first process to stop as soon as everything is saved."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(STOP)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended by itself

    def end(self) -> None:
        """End all processes at once."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()


@contextmanager
def launched(command: Sequence[str]) -> Iterator[Processes]:
    """Start processes that do not outlive the block, nor this process."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, LAUNCHED: "1", "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"},
        start_new_session=True,
    )
    processes = Processes(process)
    try:
        yield processes
    finally:
        processes.end()


def finished(content: dict[str, Any]) -> Finished:
    """Return what `say_finished` said."""
    record = {**content["record"], "events": tuple(EventKind(value) for value in content["record"]["events"])}
    return Finished(EpochRecord(**record), content["epochs"], content["saved_epoch"])
