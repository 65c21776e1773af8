"""What all verbs share: the parser whose errors are ours, and the console."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NoReturn, Protocol

from grokyolo.errors import UsageError, did_you_mean

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
        self.add_argument("--no-color", action="store_true", help="no colours (as NO_COLOR=1 does)")

    def error(self, message: str) -> NoReturn:
        """Raise the message as an error with the nearest option, and the way to the help."""
        hint = f"{self.prog} --help"
        if message.startswith("unrecognized arguments: "):
            given = message.split(": ", 1)[1].split()
            options = [option for option in self._option_string_actions if option.startswith("--")]
            near = did_you_mean(given[0], options)
            key = given[0].lstrip("-")
            hint = near or (f"train arguments are written KEY=VALUE: {key}={given[1]}" if len(given) > 1 else hint)
        raise UsageError(message, where=self.prog, hint=hint)


def console(*, stderr: bool = False, no_color: bool = False) -> Console:
    """Return a Rich console; it respects NO_COLOR, TERM=dumb and pipes by itself."""
    from rich.console import Console

    return Console(stderr=stderr, no_color=no_color or None, highlight=False, emoji=False)
