"""What makes a recipe unusable, while it is being read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grokyolo.errors import RecipeError
from grokyolo.findings import COMMAND_LINE, Finding, Place, Severity, error_of, printable

__all__ = ["COMMAND_LINE", "Place", "Problem", "complain", "printable"]


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

    @property
    def finding(self) -> Finding:
        """The same as a finding."""
        return Finding(Severity.ERROR, self.what, self.hint, self.place)


def complain(problems: Sequence[Problem], files: Sequence[str] = ()) -> RecipeError:
    """Return one error that carries all problems, in the order of the files."""
    return error_of([problem.finding for problem in problems], files)
