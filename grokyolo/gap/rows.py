"""A CSV with one row an epoch, appended only, whole after a power cut: what gap.csv and errors.csv share."""

from __future__ import annotations

import math
import os
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from grokyolo.errors import RunError

_Log = TypeVar("_Log", bound="RowLog")


def format_float(value: float | None) -> str:
    """Return the cell for a number: empty for None, else with a point, an exponent, or not finite.

    `repr` precision, so that every bit survives; never a whole number, so that no reader takes a column of
    floats for one of integers; `NaN`, `inf` and `-inf`, the spellings that polars and pandas know.
    """
    if value is None:
        return ""
    number = float(value)  # numpy and torch scalars show themselves differently
    return "NaN" if math.isnan(number) else repr(number)


class RowLog:
    """Appends rows to a file and keeps it whole.

    Opening creates the file with its header, or goes on with an existing one and first cuts off whatever
    a power cut has left behind the last whole row.

    Args:
        path: the file; its folder must exist.
        columns: the header; the first column is `epoch`.
        sync: call fsync after every row. Off, a row survives the death of the process but not of the machine.

    Attributes:
        path: the file.
        last_epoch: epoch of the last row, 0 when there is none.

    Raises:
        RunError: the file exists and has another header.
        OSError: the file cannot be opened or written.
    """

    def __init__(self, path: str | os.PathLike[str], columns: tuple[str, ...], *, sync: bool = False) -> None:
        self.path = Path(path)
        self.last_epoch = 0
        self._header = (",".join(columns) + "\n").encode()
        self._sync = sync
        self._file = open(self.path, "r+b" if self.path.exists() else "x+b", buffering=0)  # noqa: SIM115, PTH123
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def append_line(self, epoch: int, line: str) -> None:
        """Write one row.

        Args:
            epoch: of the row; it must be beyond the last one.
            line: the row with its newline.

        Raises:
            ValueError: the epoch is not beyond the last one in the file.
            OSError: disk full or the like; the file then ends with the last whole row, as before.
        """
        if epoch <= self.last_epoch:
            raise ValueError(f"epoch {epoch} does not follow epoch {self.last_epoch} in {self.path}")
        self._write(line.encode())
        self.last_epoch = epoch

    def sync(self) -> None:
        """Make sure that every row outlives the machine.

        Raises:
            OSError: the disk does not say so.
        """
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        self._file.close()

    def __enter__(self: _Log) -> _Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        raw = self._file.readall()
        if raw != self._header and self._header.startswith(raw):  # new, empty, or torn within its header
            self._cut(0)
            self._write(self._header)
            return
        if not raw.startswith(self._header):
            raise RunError(
                f"this {self.path.name} has another header than grokyolo writes: nothing was changed in it",
                where=str(self.path),
                hint="give the run another --name, or move that file away",
            )
        end = len(raw)
        while end > len(self._header):
            start = raw.rfind(b"\n", 0, end - 1) + 1
            number = self._epoch_of(raw[start:end])
            if number is not None:
                self.last_epoch = number
                break
            end = start
        if end != len(raw):
            self._cut(end)
        self._file.seek(end)

    def _write(self, data: bytes) -> None:
        start = self._file.seek(0, os.SEEK_END)
        try:
            written = 0
            while written < len(data):
                written += self._file.write(data[written:]) or 0
            if self._sync:
                os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(start)
            self._file.seek(start)
            raise

    def _cut(self, end: int) -> None:
        self._file.truncate(end)
        os.fsync(self._file.fileno())
        self._file.seek(end)

    def _epoch_of(self, line: bytes) -> int | None:
        """Return the epoch of a whole row, or None when the line is no whole row."""
        if not line.endswith(b"\n") or line.count(b",") != self._header.count(b","):
            return None
        cell = line[: line.index(b",")]
        return int(cell) if cell.isdigit() else None
