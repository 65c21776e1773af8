"""From what the user typed to a Series: finds the log, and hands it to the reader that knows it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from grokyolo.errors import RunError
from grokyolo.files import LOG_BYTES, is_folder, opened
from grokyolo.gap.columns import log_in
from grokyolo.gap.dialect import decode, to_csv
from grokyolo.gap.foreign import read_results
from grokyolo.gap.native import LOG_NAME, META_NAME, read_gap_csv
from grokyolo.gap.series import Series
from grokyolo.gap.table import bounds, split_cells

LOGS = (LOG_NAME, "results.csv", "results.txt")
"""Names of logs, the best first."""
DEPTH = 4
"""How far below a folder runs are looked for: runs/sweep/lr=0.1/seed=1 is three."""
MOST_FOLDERS = 20_000
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


def find_runs(names: Sequence[str], *, unfinished: bool = False) -> tuple[list[str], list[RunError]]:
    """Return the runs that some names stand for: of a folder of runs those below it, in natural order.

    A folder is searched to a depth of `DEPTH`. Links and hidden folders are not followed, and nothing inside a run
    is looked at.

    Args:
        names: what the user typed.
        unfinished: take runs without a finished epoch too, to wait for it.

    Returns:
        The runs, and why a folder is or holds none. A name that is no folder counts as a run: reading it will tell.

    Raises:
        RunError: none of the names is or holds a run, or a folder holds more than can be searched.
    """
    runs: list[str] = []
    others: list[RunError] = []
    for name in names:
        found = _runs_in(name, unfinished) if is_folder(Path(name)) else [name]
        runs += [run for run in found if run == name or run not in runs]
        if not found and unfinished:
            runs.append(name)
        elif not found:
            try:
                runs.append(read_run(name).run)
            except RunError as error:
                others.append(error)
    if others and not runs:
        raise others[-1]
    return runs, others


def _runs_in(name: str, unfinished: bool) -> list[str]:
    """Return the runs in a folder, itself included; breadth first, so that a large tree fails early."""
    found: list[str] = []
    level = [name]
    looked_at = 0
    for _ in range(DEPTH + 1):
        inner: list[str] = []
        for folder in level:
            looked_at += 1
            if looked_at > MOST_FOLDERS:
                what = f"`{name}` holds more than {MOST_FOLDERS:,} folders: too many to search for runs"
                raise RunError(what, where=name, hint=f"ls {quote(name)}")
            is_run, folders = _look_into(folder, unfinished)
            found += [folder] if is_run else []
            inner += [] if is_run else folders
        level = inner
    return sorted(found, key=_natural)


def _look_into(folder: str, unfinished: bool) -> tuple[bool, list[str]]:
    """Return whether a folder is a run, and the folders in it."""
    try:
        with os.scandir(folder) as entries:
            here = [entry for entry in entries if not entry.is_symlink()]
        logs = {entry.name: entry.path for entry in here if entry.name in LOGS and entry.is_file()}
        folders = [entry.path for entry in here if entry.is_dir() and not entry.name.startswith(".")]
        log = next((logs[name] for name in LOGS if name in logs), None)
        begun = log is not None or any(entry.name == META_NAME for entry in here)
        return begun if unfinished else log is not None and _has_row(Path(log)), folders
    except OSError:  # it must not be read, or is gone meanwhile
        return False, []


def _has_row(log: Path) -> bool:
    """Whether a log has more than a header; of one that cannot be read its reader shall say why."""
    try:
        with opened(log, LOG_BYTES, within=log.parent) as file:
            lines = file.read(1 << 16).strip().splitlines()
    except OSError:
        return True
    return len(lines) > 1 or bool(lines and log.suffix == ".txt")


def _natural(path: str) -> tuple[list[tuple[bool, int, str]], ...]:
    """Return what sorts exp2 before exp10, folder by folder."""
    return tuple(
        [(not piece.isdigit(), int(piece) if piece.isdigit() else 0, piece) for piece in re.split(r"(\d+)", part)]
        for part in Path(path).parts
    )


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
        raise RunError(f"cannot look for the run: {reason}", where=run, hint="name the folder of a run") from error
    raise RunError(f"there is no run `{run}`", where=str(path.absolute()), hint=_hint_beside(path))


def _log_in(folder: Path, run: str) -> Path:
    for name in LOGS:
        if (folder / name).is_dir():
            raise RunError(f"{name} is a folder, not a file", where=str(folder / name), hint="name the folder of a run")
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
    return f"grokyolo gap {quote(str(near[0]))}" if near else "name a folder that holds a run"


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
