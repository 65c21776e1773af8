"""Everything that can go wrong in grokyolo, in one tree, and what was meant by a mistyped name.

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

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from grokyolo.format import printable

CLOSE = 0.65
"""Likeness of two names below which none is proposed for the other."""
SPREAD = 0.12
"""How much less like than the best another proposal may be."""
MOST = 3
SHORTEST_START = 3
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


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
        return [printable(line) for line in lines]


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

    def lines(self) -> list[str]:
        """Return the lines; what somebody asked for is called no error."""
        return [self.what, *super().lines()[1:]]


def alike(word: str, known: Iterable[str]) -> list[str]:
    """Return the names that `word` may stand for, best first: only close ones, since a far-fetched guess misleads.

    Dashes and capitals make no difference, and a start stands for what it starts.
    """
    typed = _plain(word[:100])
    scored = sorted(((_likeness(typed, _plain(name)), name) for name in known), reverse=True)
    best = scored[0][0] if scored else 0.0
    return [name for likeness, name in scored if likeness >= max(CLOSE, best - SPREAD)][:MOST]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return 'did you mean a, b or c?' for the names that `word` may stand for, or an empty string."""
    return question(alike(word, known))


def question(names: Sequence[str]) -> str:
    """Return 'did you mean a, b or c?', or an empty string for no names."""
    return f"did you mean {listed(names)}?" if names else ""


def listed(words: Sequence[str]) -> str:
    """Return `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")


def _likeness(typed: str, name: str) -> float:
    if len(typed) >= SHORTEST_START and name.startswith(typed):
        return CLOSE + (1 - CLOSE) * len(typed) / len(name)
    return SequenceMatcher(None, typed, name).ratio()


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, without colours, or its kind where it says nothing."""
    lines = [line.strip() for line in COLOUR.sub("", str(error)).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
