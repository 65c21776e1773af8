"""The report as a file: whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from grokyolo.errors import UsageError
from grokyolo.gap import Series
from grokyolo.verdict import Assessment
from grokyolo.view.report.page import render
from grokyolo.view.whole import write_whole

SUFFIXES = frozenset({".html", ".htm"})


def save_report(runs: Sequence[tuple[Series, Assessment]], path: Path) -> None:
    """Write the report of some runs.

    Args:
        runs: at least one run with its verdict, in the order to show.
        path: ends in .html or .htm. A file of that name is replaced once the new one is complete.

    Raises:
        UsageError: another suffix, or the file cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"a report is an .html file, not {path.suffix or 'one without suffix'}",
            where=f"-o {path}",
            hint=f"-o {quote(str(path.with_suffix('.html') if path.name else path / 'report.html'))}",
        )
    if path.is_dir():
        raise UsageError("this is a folder", where=str(path), hint=f"-o {quote(str(path / 'report.html'))}")
    write_whole(path, render(runs), what="report", elsewhere="-o FILE.html elsewhere")
