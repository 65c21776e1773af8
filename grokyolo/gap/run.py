"""From what the user typed to a Series: finds the log, reads a gap.csv itself, and hands others to their reader."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

import numpy as np

from grokyolo.errors import RunError
from grokyolo.files import LOG_BYTES, RUN_FILE, is_folder, opened
from grokyolo.format import format_count
from grokyolo.gap.columns import decode, log_in, to_csv
from grokyolo.gap.curves import clean_scores, frozen_rows, losses, measured_interval, valid_epochs
from grokyolo.gap.foreign import read_results
from grokyolo.gap.log import read_remarks
from grokyolo.gap.series import COLUMNS, Event, EventKind, IntArray, Series, Source, from_columns
from grokyolo.gap.settings import read_run_file
from grokyolo.gap.table import Table, bounds, parse_table, read_bytes, split_cells

LOG_NAME = "gap.csv"
LOGS = (LOG_NAME, "results.csv", "results.txt")
"""Names of logs, the best first."""
DEPTH = 4
"""How far below a folder runs are looked for: runs/sweep/lr=0.1/seed=1 is three."""
MOST_FOLDERS = 20_000
_OWN_COLUMNS = frozenset({"probe_loss", "probe_score", "val_score", "loss_gap", "score_gap"})
"""Columns that only a gap.csv has; other tools, too, write `epoch` and `val_loss`."""
_LOSSES = ("train_loss", "probe_loss", "val_loss")
_SCORES = ("probe_score", "val_score")
_MEASURED = ("probe_loss", "val_loss", "probe_score", "val_score")


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
        begun = log is not None or any(entry.name == RUN_FILE for entry in here)
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
    if (folder / RUN_FILE).is_file():
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


def read_gap_csv(log: Path, run: str) -> Series:
    """Read gap.csv and, where it exists, the grokyolo.yaml beside it.

    Unknown columns are ignored, missing ones are NaN. A line that has no end yet is left out: the file may
    be written at this moment. Where epochs repeat, the later row counts.

    Args:
        log: the gap.csv.
        run: what the user typed, for `Series.run` and for messages.

    Raises:
        RunError: unreadable, no grokyolo log, no finished epoch, or validation never measured.
    """
    table = parse_table(read_bytes(log, str(log), within=bounds(log, run)), str(log))
    rows, epochs, notes = _rows_by_epoch(table, log)
    columns = {name: column.take(rows) for name, column in table.columns.items() if name in COLUMNS}
    arrays = {name: column.values for name, column in columns.items() if name in _SERIES_COLUMNS}
    for name in _LOSSES:
        if name in columns:
            arrays[name] = losses(columns[name])
    score_notes: dict[str, None] = {}
    for name in _SCORES:
        if name in columns:
            arrays[name], found = clean_scores(columns[name], len(epochs))
            score_notes |= dict.fromkeys(found)
    events, odd = _events(table, rows, epochs)
    known, run_notes = read_run_file(log.parent)
    measured = {name: arrays.get(name, np.full(len(epochs), np.nan)) for name in _MEASURED}
    repeats, every, repeat_notes = frozen_rows(measured, arrays.get("step"))
    arrays |= {name: np.where(repeats, np.nan, values) for name, values in measured.items()}
    series = from_columns(
        run,
        epochs,
        **arrays,
        score_name=known.score_name,
        optimizer=known.optimizer,
        train_images=known.train_images,
        probe_images=known.probe_images,
        val_images=known.val_images,
        batches_per_epoch=known.batches_per_epoch,
        epochs_planned=known.epochs,
        events=events,
        source=Source.GROKYOLO,
        notes=(
            *table.notes,
            *table.odd_note(COLUMNS[1:]),
            *notes,
            *score_notes,
            *odd,
            *run_notes,
            *repeat_notes,
            *read_remarks(log.parent),
        ),
    )
    if not series.measured.any():
        raise RunError(
            "validation was never measured in this run",
            where=str(log),
            hint="train with gap.every=1, which measures each epoch",
        )
    return replace(series, measured_every=max(every, measured_interval(epochs, series.measured)))


_SERIES_COLUMNS = frozenset(COLUMNS) - {"epoch", "loss_gap", "score_gap", "event"}


def _rows_by_epoch(table: Table, log: Path) -> tuple[IntArray, IntArray, list[str]]:
    """Return row numbers and their epochs, rising; of an epoch that comes twice the later row."""
    cells = table.columns["epoch"].values
    valid = valid_epochs(cells)
    notes = []
    if dropped := table.rows - int(valid.sum()):
        notes.append(f"{format_count(dropped, 'row')} left out: the epoch is no whole number")
    rows = np.flatnonzero(valid)
    if not len(rows):
        raise RunError(
            "no finished epoch in this run yet",
            where=str(log),
            hint=f"grokyolo resume {quote(str(log.parent))}",
        )
    epochs = cells[rows].astype(np.int64)
    if (np.diff(epochs) <= 0).any():
        unique, first_from_end = np.unique(epochs[::-1], return_index=True)
        rows = rows[::-1][first_from_end]
        notes.append(f"epochs repeat or go back ({len(epochs) - len(unique)} repeated): the later rows count")
        epochs = unique
    return rows, epochs, notes


def _events(table: Table, rows: IntArray, epochs: IntArray) -> tuple[tuple[Event, ...], list[str]]:
    known = {kind.value: kind for kind in EventKind}
    cells = table.words.get("event", {})
    chosen = np.isin(rows, list(cells))
    pairs = zip(rows[chosen].tolist(), epochs[chosen].tolist(), strict=True)
    words = [(epoch, word.strip()) for row, epoch in pairs for word in cells[row].split("|")]
    events = tuple(Event(epoch, known[word]) for epoch, word in words if word in known)
    unknown = dict.fromkeys(word for _, word in words if word and word not in known)
    return events, [f"unknown event `{word}` ignored" for word in list(unknown)[:3]]
