"""What all verbs print with: consoles that know --no-color, and errors of three lines."""

from __future__ import annotations

import errno
import json
import sys
from contextvars import ContextVar
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from grokyolo.errors import GrokyoloError, Interrupted, RecipeError
from grokyolo.run.signals import let_go_of_closed_terminal
from grokyolo.typed import completed

if TYPE_CHECKING:
    from rich.console import Console

NO_COLOR: ContextVar[bool] = ContextVar("NO_COLOR", default=False)
"""Whether --no-color was typed; `main` sets it. Rich looks at the environment variable of this name by itself."""
TYPED: ContextVar[tuple[str, ...]] = ContextVar("TYPED", default=())
"""The command as it was typed, word by word; `main` sets it."""


class Output:
    """A stream that fails neither for a terminal that was closed nor for a character that it cannot show.

    Args:
        stream: standard output or error.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        """Be the stream in everything else."""
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write as the stream does."""
        try:
            return self._stream.write(text)
        except UnicodeEncodeError:
            encoding = self._stream.encoding
            return self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        except OSError as error:
            return self._dropped(error, len(text))

    def flush(self) -> None:
        """Flush as the stream does."""
        try:
            self._stream.flush()
        except OSError as error:
            self._dropped(error, 0)

    @staticmethod
    def _dropped(error: OSError, length: int) -> int:
        if error.errno != errno.EIO:
            raise error
        let_go_of_closed_terminal()
        return length


def console(*, stderr: bool = False) -> Console:
    """Return a Rich console; it respects --no-color, NO_COLOR, TERM=dumb and pipes."""
    from grokyolo.view.console import SafeConsole

    file = cast("IO[str]", Output(sys.stderr if stderr else sys.stdout))
    return SafeConsole(file=file, stderr=stderr, no_color=NO_COLOR.get() or None, highlight=False, emoji=False)


def say(line: str, *, stderr: bool = False) -> None:
    """Print one line as it is, however long: a command in it works when pasted."""
    console(stderr=stderr).print(line, markup=False, soft_wrap=True)


def say_json(value: object) -> None:
    """Print one JSON object on a line; it holds no control character, `DEL` included."""
    sys.stdout.write(json.dumps(value, allow_nan=False).replace("\x7f", r"\u007f") + "\n")


def print_error(error: GrokyoloError, command: str) -> None:
    """Print the three lines of each problem on standard error: what was wrong, where, what to try.

    Args:
        error: where it names no place or no remedy, the command itself and its help stand in; a remedy that is
            nothing but arguments is shown as the whole command.
        command: as it was typed.
    """
    target = console(stderr=True)
    for problem in error.problems if isinstance(error, RecipeError) else (error,):
        kind = Interrupted if isinstance(problem, Interrupted) else GrokyoloError
        full = kind(
            problem.what, where=problem.where or command, hint=completed(command, problem.hint) or help_of(command)
        )
        for line in full.lines():
            label, colon, text = line.partition(":")
            if not colon or label not in {"error", "where", "try"}:
                target.print(line, markup=False, highlight=False, soft_wrap=True)
                continue
            style = "bold red" if label == "error" else "dim"
            target.print(f"[{style}]{label}:[/]", end="", highlight=False)
            target.print(text, markup=False, highlight=False, soft_wrap=True)


def help_of(command: str) -> str:
    """Return the command that explains the verb of `command`."""
    return " ".join([*command.split()[:2], "--help"])
