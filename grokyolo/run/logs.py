"""The logs of a run as a resume needs them: which rows can be relied on, and back to an epoch without losing any.

Nothing is written before the first new row is there to follow: a resume that comes to nothing leaves no trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grokyolo.errors import RunError
from grokyolo.files import LOG_BYTES, read_bounded, write_durably
from grokyolo.gap.series import COLUMNS, EventKind

LOG = "gap.csv"
RESULTS = "results.csv"
BY_EPOCH = (LOG, RESULTS, "errors.csv", "measures.csv", "breakdown.csv")
"""Logs whose first column is the epoch."""
HEADER = (",".join(COLUMNS) + "\n").encode()
_NUMBER = rb"(?:[-+]?[0-9][0-9.eE+-]*|NaN|[-+]?inf)?"
_ROW = re.compile(rb"(\d+),\d+" + (rb"," + _NUMBER) * (len(COLUMNS) - 3) + rb",([a-z|-]*)\n")


@dataclass(frozen=True)
class Row:
    """A row of gap.csv that can be read.

    Attributes:
        epoch: 1-based.
        events: words of the event column.
        line: as it stands in the file, with its newline.
    """

    epoch: int
    events: tuple[str, ...]
    line: bytes

    @property
    def stops(self) -> bool:
        """Whether the training ended with this row, before its last epoch."""
        return EventKind.STOP.value in self.events


def readable_rows(raw: bytes) -> Iterator[Row]:
    """Yield the whole rows of a gap.csv; none where its header is another one."""
    if raw.startswith(HEADER):
        for line in raw[len(HEADER) :].splitlines(keepends=True):
            if match := _ROW.fullmatch(line):
                yield Row(int(match[1]), tuple(match[2].decode().split("|")), line)


def supported_rows(raw: bytes) -> list[Row]:
    """Return the rows 1, 2, 3 and so on, up to the first that is missing; lines that are no rows are passed over."""
    rows: list[Row] = []
    for row in readable_rows(raw):
        if row.epoch == len(rows) + 1:
            rows.append(row)
        elif row.epoch > len(rows) + 1:
            break
    return rows


def read(run: Path, name: str = LOG) -> bytes:
    """Return the bytes of a log, none where there is no such file.

    Raises:
        RunError: it cannot be read, or is no file of the run.
    """
    try:
        return read_bounded(run / name, LOG_BYTES, within=run)
    except FileNotFoundError:
        return b""
    except OSError as error:
        what = f"{name} cannot be read: {error.strerror or error}"
        raise RunError(what, where=str(run / name), hint="move it away, or give it back its rights") from error


def has_rows(run: Path) -> bool:
    """Tell whether one of the logs holds anything beyond a header."""
    return any(read(run, name).strip(b"\0").count(b"\n") > 1 for name in BY_EPOCH)


def go_back(run: Path, epoch: int, *, repeats: bool) -> None:
    """Take everything beyond an epoch out of the logs, each in one step.

    What was taken out and will not come again, letter for letter, stays in a copy of the old file beside it.

    Args:
        run: the run folder.
        epoch: the last one to stay, 0 for none.
        repeats: whether the training will repeat the epochs beyond it exactly.

    Raises:
        OSError: a file cannot be read or written; it is then as before.
    """
    for name in BY_EPOCH:
        before = read(run, name)
        if not before.startswith(b"epoch,"):
            continue  # empty, or somebody else's
        kept, beyond, odd = split_after(before, epoch)
        if name == LOG:
            kept = HEADER + b"".join(row.line for row in supported_rows(before)[:epoch])
        if kept == before:
            continue
        if odd or (beyond and not repeats):
            write_durably(_free(run / f"{name}.old-1"), before)
        if name == LOG or kept.count(b"\n") > 1:
            write_durably(run / name, kept)
        else:
            (run / name).unlink()


def split_after(raw: bytes, epoch: int) -> tuple[bytes, bytes, bytes]:
    """Return what a log by epochs holds up to an epoch, with its header; beyond it; and what is no row at all.

    What a power cut leaves at the end (a torn line, zeros) and empty lines hold nothing, and are in none of the three.
    """
    header, *lines = raw.splitlines(keepends=True) or [b""]
    kept, beyond, odd = [header], list[bytes](), list[bytes]()
    for number, line in enumerate(lines, 1):
        whole = _ROW.fullmatch(line) if header == HEADER else line.count(b",") == header.count(b",")
        found = _epoch_of(line) if whole and line.endswith(b"\n") else None
        if found is not None:
            (kept if found <= epoch else beyond).append(line)
        elif line.strip(b"\0\r\n \t") and not (number == len(lines) and not line.endswith(b"\n")):
            odd.append(line)
    return b"".join(kept), b"".join(beyond), b"".join(odd)


def last_epoch(raw: bytes, most: int) -> int:
    """Return the last epoch of a log that is not beyond `most`, 0 where there is none."""
    header = raw.find(b"\n") + 1
    found = (_epoch_of(line) for line in raw[header:].splitlines(keepends=True) if line.endswith(b"\n"))
    return max((epoch for epoch in found if epoch is not None and epoch <= most), default=0)


def _epoch_of(line: bytes) -> int | None:
    cell = line.split(b",", 1)[0]
    return int(cell) if cell.isdigit() and int(cell) > 0 else None


def _free(path: Path) -> Path:
    """Return the path, or the next one with a higher number at its end that does not exist yet."""
    stem, number = path.name.rsplit("-", 1)
    while path.exists() or path.is_symlink():
        number = str(int(number) + 1)
        path = path.with_name(f"{stem}-{number}")
    return path
