"""What all verbs print with: consoles that know --no-color, and errors of three lines."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from grokyolo.errors import GrokyoloError, RecipeError

if TYPE_CHECKING:
    from rich.console import Console

NO_COLOR: ContextVar[bool] = ContextVar("NO_COLOR", default=False)
"""Whether --no-color was typed; `main` sets it. Rich looks at the environment variable of this name by itself."""


def console(*, stderr: bool = False) -> Console:
    """Return a Rich console; it respects --no-color, NO_COLOR, TERM=dumb and pipes."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:  # Rich would leave with 1; a reader that has seen enough is no failure
            raise BrokenPipeError

    return Ours(stderr=stderr, no_color=NO_COLOR.get() or None, highlight=False, emoji=False)


def say(line: str, *, stderr: bool = False) -> None:
    """Print one line as it is, however long: a command in it works when pasted."""
    console(stderr=stderr).print(line, markup=False, soft_wrap=True)


def print_error(error: GrokyoloError, command: str) -> None:
    """Print the three lines of each problem on standard error: what was wrong, where, what to try.

    Args:
        error: where it names no place or no remedy, the command itself and its help stand in.
        command: as it was typed.
    """
    target = console(stderr=True)
    for problem in error.problems if isinstance(error, RecipeError) else (error,):
        full = GrokyoloError(problem.what, where=problem.where or command, hint=problem.hint or help_of(command))
        for line in full.lines():
            label, text = line.split(":", 1)
            style = "bold red" if label == "error" else "dim"
            target.print(f"[{style}]{label}:[/]", end="", highlight=False)
            target.print(text, markup=False, highlight=False, soft_wrap=True)


def help_of(command: str) -> str:
    """Return the command that explains the verb of `command`."""
    return " ".join([*command.split()[:2], "--help"])
