"""Names of runs for a terminal: in lines that leave room for other columns, and without what moves its cursor."""

from __future__ import annotations

import re

from grokyolo.errors import printable

__all__ = ["RUN_WIDTH", "broken", "printable", "printable_lines"]

RUN_WIDTH = 28
"""What 80 columns leave for the name of a run in a table."""


def broken(path: str, width: int = RUN_WIDTH) -> str:
    """Return a path in lines of at most `width` letters, broken after its slashes where that is possible."""
    lines = [""]
    for part in re.split(r"(?<=/)(?!$)", path):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def printable_lines(run: str) -> str:
    """Return the name of a run in lines that leave room for the other columns."""
    return "\n".join(printable(line) for line in broken(run).split("\n"))
