"""What all verbs share: the parser whose errors are ours, and the console."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from grokyolo.errors import GrokyoloError, RecipeError, UsageError, did_you_mean

if TYPE_CHECKING:
    from rich.console import Console


class Verb(Protocol):
    """A module of this package: one verb."""

    DESCRIPTION: str
    EXAMPLES: str

    def add_arguments(self, parser: Parser) -> None:
        """Declare the verb's options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do what was asked and return the exit code."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `UsageError` instead of leaving, and knows --no-color."""

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=f"examples:\n{epilog}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self._typed: list[str] = []
        self.add_argument("--no-color", action="store_true", help="no colours (as NO_COLOR=1 does)")

    def parse_known_intermixed_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse as argparse does, remembering what was typed."""
        self._typed = list(args or ())
        return super().parse_known_intermixed_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Raise the message as an error with the nearest option, and the way to the help."""
        hint = f"{self.prog} --help"
        if message.endswith("are required: --recipe"):
            hint = self._with_recipe()
        if message.startswith("unrecognized arguments: "):
            given = message.split(": ", 1)[1].split()
            options = [option for option in self._option_string_actions if option.startswith("--")]
            near = did_you_mean(given[0], options)
            key = given[0].lstrip("-").split("=")[0].replace("-", "_")
            argument = f"train arguments are written KEY=VALUE: {key}=..." if self._trains_with(key) else ""
            hint = argument or near or hint
        raise UsageError(message, where=self.prog, hint=hint)

    def _with_recipe(self) -> str:
        """Return the command with a recipe in it: the one typed without --recipe, or one to put values over."""
        names = [word for word in self._typed if "=" not in word and not word.startswith("-")]
        others = [word for word in self._typed if word not in names[:1]]
        if not names:
            keys = {word.partition("=")[0] for word in others}
            defaults = {"model": "model=yolo26n.pt", "data": "data=my-data.yaml"}
            others = [word for key, word in defaults.items() if key not in keys] + others
        return f"{self.prog} --recipe {shlex.join([*(names[:1] or ['long']), *others])}"

    def _trains_with(self, key: str) -> bool:
        """Tell whether `key` is a train argument that this verb takes as KEY=VALUE."""
        from grokyolo.recipe.arguments import train_arguments

        return any(action.dest == "overrides" for action in self._actions) and key in train_arguments()


def console(*, stderr: bool = False, no_color: bool = False) -> Console:
    """Return a Rich console; it respects NO_COLOR, TERM=dumb and pipes by itself."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:  # Rich would leave with 1; a reader that has seen enough is no failure
            raise BrokenPipeError

    return Ours(stderr=stderr, no_color=no_color or None, highlight=False, emoji=False)


def print_error(error: GrokyoloError, command: str, *, no_color: bool = False) -> None:
    """Print the three lines of each problem on standard error: what was wrong, where, what to try.

    Args:
        error: where it names no place or no remedy, the command itself and its help stand in.
        command: as it was typed.
        no_color: leave colours out.
    """
    target = console(stderr=True, no_color=no_color)
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
