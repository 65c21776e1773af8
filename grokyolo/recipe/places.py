"""Where a value of a recipe stands, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grokyolo.errors import GrokyoloError, RecipeError

COMMAND_LINE = "command line"


@dataclass(frozen=True)
class Place:
    """A point in a file, or an argument of the command line.

    Attributes:
        file: the file as a person would name it; empty on the command line.
        line: 1-based; 0 stands for the whole file.
        column: 1-based.
        argument: the `KEY=VALUE` it comes from; empty in a file.
        folder: where relative paths written here start.
    """

    file: str = ""
    line: int = 0
    column: int = 0
    argument: str = ""
    folder: Path = field(default_factory=Path, repr=False, compare=False)

    def __str__(self) -> str:
        """Return `file:line:column`, or the argument."""
        if self.argument:
            return f"{self.argument} on the {COMMAND_LINE}"
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def source(self) -> str:
        """The short form for a column of a table: `file:line` or `command line`."""
        if self.argument:
            return COMMAND_LINE
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One thing that makes a recipe unusable.

    Attributes:
        what: one line that names the key and the mistake.
        place: where it was found.
        hint: the change to make.
        about: the top-level key it concerns, where that matters.
    """

    what: str
    place: Place
    hint: str = ""
    about: str = ""

    def error(self) -> GrokyoloError:
        """Return the problem as an error of its own."""
        return GrokyoloError(printable(self.what), where=printable(str(self.place)), hint=printable(self.hint))


def printable(text: str) -> str:
    """Return text on one line, with what a terminal would act on written out: a recipe may hold anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def complain(problems: Sequence[Problem], files: Sequence[str] = ()) -> RecipeError:
    """Return one error that carries all problems, file by file, each from top to bottom.

    Args:
        problems: at least one.
        files: the files in the order in which a reader meets them; the command line comes last.
    """
    order = {name: number for number, name in enumerate(files)}

    def position(problem: Problem) -> tuple[int, int, int, int]:
        place = problem.place
        return bool(place.argument), order.get(place.file, len(order)), place.line, place.column

    return RecipeError([problem.error() for problem in sorted(problems, key=position)])
