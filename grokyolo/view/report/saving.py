"""The report as a file: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from grokyolo.errors import UsageError
from grokyolo.gap import Series
from grokyolo.verdict import Assessment
from grokyolo.view.report.page import render

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
    text = render(runs)
    try:
        _replace(path, text.encode("utf-8", errors="replace"))
    except OSError as error:
        missing = not path.parent.is_dir()
        raise UsageError(
            f"cannot write the report: {error.strerror or error}",
            where=str(path),
            hint=f"mkdir -p {quote(str(path.parent))}" if missing else "-o FILE.html elsewhere",
        ) from error


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and rename, with the permissions that a new file gets here."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
