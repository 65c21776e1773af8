"""Everything that can go wrong in grokyolo, in one tree.

    GrokyoloError              1  failed while running
    ├── UsageError             2  the command line asks for something that does not exist
    ├── RecipeError            2  a recipe cannot be used; carries every problem found
    ├── RunError               2  a run folder or a log cannot be read
    ├── DataError              2  model, images or labels are missing or broken
    ├── VerdictMatched         3  --fail-on matched
    ├── Stopped               75  stopped by a signal or a time limit, resumable
    └── Interrupted          130  stopped by Ctrl-C, resumable

Each error carries three lines: what was wrong, where, and what to type next.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


class GrokyoloError(Exception):
    """Base of all errors that a user may see.

    Args:
        what: one line, what was wrong.
        where: the file, line, key or option it was found in; empty when there is no such place.
        hint: the next command to type, or the change to make.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def lines(self) -> list[str]:
        """Return the error as the lines to print, without colour."""
        lines = [f"error: {self.what}"]
        if self.where:
            lines.append(f"where: {self.where}")
        if self.hint:
            lines.append(f"try:   {self.hint}")
        return lines


class UsageError(GrokyoloError):
    """The command line is wrong."""

    exit_code = 2


class RecipeError(GrokyoloError):
    """A recipe cannot be used.

    Args:
        problems: one error per problem, in the order of the file; the message shows them all.
    """

    exit_code = 2

    def __init__(self, problems: Sequence[GrokyoloError]) -> None:
        super().__init__(problems[0].what, where=problems[0].where, hint=problems[0].hint)
        self.problems = tuple(problems)

    def lines(self) -> list[str]:
        """Return the lines of every problem."""
        return [line for problem in self.problems for line in problem.lines()]


class RunError(GrokyoloError):
    """A run folder or a log is missing, empty or not what it should be."""

    exit_code = 2


class DataError(GrokyoloError):
    """A model or a data set is missing or broken."""

    exit_code = 2


class VerdictMatched(GrokyoloError):
    """A run has a verdict that --fail-on names."""

    exit_code = 3


class Stopped(GrokyoloError):
    """Training stopped on a signal or at its time limit and can go on later."""

    exit_code = 75


class Interrupted(GrokyoloError):
    """Training stopped on Ctrl-C and can go on later."""

    exit_code = 130


def nearest(word: str, known: Sequence[str], count: int = 3) -> list[str]:
    """Return up to `count` names from `known` that look like `word`, best first."""
    by_lower = {name.lower(): name for name in known}
    return [by_lower[match] for match in get_close_matches(word.lower(), list(by_lower), n=count, cutoff=0.5)]


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return 'did you mean a, b or c?' for the names like `word`, or an empty string."""
    names = nearest(word, known)
    if not names:
        return ""
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"did you mean {listed}?"
