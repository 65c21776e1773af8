"""From what the user typed to a Series: finds the log, and hands it to the reader that knows it."""

from __future__ import annotations

import os
from pathlib import Path
from shlex import quote

from grokyolo.errors import RunError
from grokyolo.files import LOG_BYTES, opened
from grokyolo.gap.dialect import decode, to_csv
from grokyolo.gap.foreign import read_results
from grokyolo.gap.native import LOG_NAME, META_NAME, read_gap_csv
from grokyolo.gap.series import Series
from grokyolo.gap.table import bounds, split_cells
from grokyolo.gap.tools import log_in

LOGS = (LOG_NAME, "results.csv", "results.txt")
"""Names of logs, the best first."""
_OWN_COLUMNS = frozenset({"probe_loss", "probe_score", "val_score", "loss_gap", "score_gap"})
"""Columns that only a gap.csv has; other tools, too, write `epoch` and `val_loss`."""


def read_run(path: str | os.PathLike[str]) -> Series:
    """Read a run from any log.

    Args:
        path: a run folder of grokyolo, of Ultralytics or of YOLOv5, or the log itself: gap.csv,
            results.csv or results.txt. A file's own header decides what it is, not its name.

    Returns:
        The run; `Series.run` is the path as given, `Series.notes` says what was repaired.

    Raises:
        RunError: there is no such run, no finished epoch in it, validation was never measured,
            or the log belongs to another tool.
    """
    run = os.fspath(path)
    log = find_log(run)
    if _is_own(log, run):
        return read_gap_csv(log, run)
    return read_results(log, run)


def find_log(run: str | os.PathLike[str]) -> Path:
    """Return the log of a run: the file itself, or the one in a run folder.

    Raises:
        RunError: there is no such run, or no log in it.
    """
    run = os.fspath(run)
    path = Path(run)
    try:
        if path.is_dir():
            return _log_in(path, run)
        if path.is_file():
            return path
        if path.exists():
            raise RunError(f"`{run}` is neither a file nor a folder", where=str(path), hint=_hint_beside(path))
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise RunError(f"cannot look for the run: {reason}", where=run, hint="grokyolo gap RUN_FOLDER") from error
    raise RunError(f"there is no run `{run}`", where=str(path.absolute()), hint=_hint_beside(path))


def _log_in(folder: Path, run: str) -> Path:
    for name in LOGS:
        if (folder / name).is_dir():
            raise RunError(f"{name} is a folder, not a file", where=str(folder / name), hint="grokyolo gap RUN_FOLDER")
        if os.path.lexists(folder / name):  # also what no reader will open: it says why
            return folder / name
    if (folder / META_NAME).is_file():
        raise RunError("no finished epoch in this run yet", where=str(folder), hint=f"grokyolo resume {quote(run)}")
    inner = _runs_below(folder)
    if inner:
        what = f"`{run}` is not a run but holds {len(inner)} of them" if len(inner) > 1 else f"`{run}` is not a run"
        raise RunError(what, where=str(folder), hint=f"grokyolo gap {quote(str(inner[0]))}")
    if other := log_in(folder):
        what = f"no log that is read from a folder: neither gap.csv nor results.csv nor results.txt, but {other.name}"
        raise RunError(what, where=str(folder), hint=f"grokyolo gap {quote(str(other))}")
    raise RunError(
        "no log in this folder: neither gap.csv nor results.csv nor results.txt",
        where=str(folder),
        hint=_hint_beside(folder),
    )


def _runs_below(folder: Path) -> list[Path]:
    """Return the folders right below that hold a log, newest first."""
    found = [child for child in folder.iterdir() if any((child / name).is_file() for name in LOGS)]
    return sorted(found, key=lambda child: child.stat().st_mtime, reverse=True)


def _hint_beside(path: Path) -> str:
    try:
        near = [run for run in _runs_below(path.parent) if run != path]
    except OSError:
        near = []
    return f"grokyolo gap {quote(str(near[0]))}" if near else "ls runs"


def _is_own(log: Path, run: str) -> bool:
    """Whether the header of the file is one of gap.csv."""
    try:
        with opened(log, LOG_BYTES, within=bounds(log, run)) as file:
            head = file.read(4096)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"cannot read the log: {reason}", where=str(log), hint=f"ls -l {quote(str(log))}") from error
    text, _ = to_csv(decode(head))
    names = split_cells(text.decode("utf-8", errors="replace").split("\n", 1)[0])
    return names[0] == "epoch" and any(name in _OWN_COLUMNS for name in names)
