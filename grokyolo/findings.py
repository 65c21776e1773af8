"""What was found before a training, how grave it is, where it stands, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from grokyolo.errors import GrokyoloError, RecipeError
from grokyolo.format import printable

COMMAND_LINE = "command line"


class Severity(IntEnum):
    """What a finding means for the training: the larger, the earlier it is shown."""

    INFO = 1
    """Good to know."""
    WARNING = 2
    """The training does something else or says less than it seems to be asked for, or may break."""
    DEFEATS = 3
    """It cannot show what it is for."""
    LIES = 4
    """Its numbers would be wrong."""
    ERROR = 5
    """It makes no sense, or would surely break."""


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
class Finding:
    """One thing to know before training.

    Attributes:
        severity: what it means for the training.
        what: one line that names the key or thing and what is wrong with it.
        remedy: the `KEY=VALUE`, command or change that helps; empty where there is none.
        location: where it was found; empty where `what` says so.
    """

    severity: Severity
    what: str
    remedy: str = ""
    location: str | Place = ""

    def __str__(self) -> str:
        """Return it as one line."""
        where = f"{self.location}: " if str(self.location) else ""
        return printable(f"{where}{self.what}" + (f". Try: {self.remedy}" if self.remedy else ""))

    def as_error(self) -> GrokyoloError:
        """Return it as an error of its own."""
        return GrokyoloError(printable(self.what), where=printable(str(self.location)), hint=printable(self.remedy))


def problem(what: str, location: str | Place, remedy: str = "") -> Finding:
    """Return a finding of the gravest kind."""
    return Finding(Severity.ERROR, what, remedy, location)


def error_of(findings: Sequence[Finding], files: Sequence[str] = ()) -> RecipeError:
    """Return one error that carries all findings, file by file, each from top to bottom.

    Args:
        findings: at least one.
        files: the files in the order in which a reader meets them; the command line comes last.
    """
    order = {name: number for number, name in enumerate(files)}

    def position(finding: Finding) -> tuple[int, int, int, int]:
        place = finding.location if isinstance(finding.location, Place) else Place(finding.location)
        return bool(place.argument), order.get(place.file, len(order)), place.line, place.column

    return RecipeError([finding.as_error() for finding in sorted(findings, key=position)])
