"""gap.csv and its sidecars out: one row an epoch, appended only, whole after a power cut (DESIGN: the run folder).

    with GapWriter(folder / "gap.csv") as log:
        log.append(EpochRecord(epoch=1, step=9, seconds=0.5, val_loss=3.4, events=(EventKind.START,)))

A cell that was not measured is empty; `format_float` says how the others look.
"""

from __future__ import annotations

import csv
import math
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from grokyolo.errors import RunError
from grokyolo.files import NOTES_BYTES, append_whole, read_bounded
from grokyolo.gap.series import COLUMNS, EventKind

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
        append_whole(self._file, line.encode(), sync=self._sync)
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
            append_whole(self._file, self._header, sync=self._sync)
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


@dataclass(frozen=True)
class EpochRecord:
    """One row of gap.csv. A float that is None was not measured; NaN and inf were measured as such.

    Attributes:
        epoch: 1-based.
        step: optimizer steps so far.
        seconds: wall time trained so far, continued across resumes.
        lr, weight_decay: as the optimizer applied them (largest group).
        train_loss: running mean over the epoch.
        probe_loss, val_loss: sums over the loss items, like-for-like.
        probe_score, val_score: headline metric in [0, 1], like-for-like.
        norm_decayed, norm_free: L2 norm of the weights under weight decay and of the others.
        events: what touches this epoch first.
    """

    epoch: int
    step: int
    seconds: float
    lr: float | None = None
    weight_decay: float | None = None
    train_loss: float | None = None
    probe_loss: float | None = None
    val_loss: float | None = None
    probe_score: float | None = None
    val_score: float | None = None
    norm_decayed: float | None = None
    norm_free: float | None = None
    events: tuple[EventKind, ...] = ()

    @property
    def loss_gap(self) -> float | None:
        """Validation loss minus probe loss; None unless both were measured."""
        return _difference(self.val_loss, self.probe_loss)

    @property
    def score_gap(self) -> float | None:
        """Probe score minus validation score; None unless both were measured."""
        return _difference(self.probe_score, self.val_score)

    def to_line(self) -> str:
        """Return the row as text, with its newline."""
        floats = [format_float(getattr(self, name)) for name in COLUMNS[2:-1]]
        events = "|".join(event.value for event in self.events)
        return ",".join([str(int(self.epoch)), str(int(self.step)), *floats, events]) + "\n"


class GapWriter(RowLog):
    """Appends rows to a gap.csv and keeps it whole; see `RowLog` for what that means.

    Args:
        path: the file; its folder must exist.
        sync: call fsync after every row.

    Raises:
        RunError: the file exists and is not a gap.csv of this layout.
        OSError: the file cannot be opened or written.
    """

    def __init__(self, path: str | os.PathLike[str], *, sync: bool = False) -> None:
        super().__init__(path, COLUMNS, sync=sync)

    def append(self, record: EpochRecord) -> None:
        """Write one row.

        Raises:
            ValueError: its epoch does not follow the last one in the file.
            OSError: disk full or the like; the file then ends with the last whole row, as before.
        """
        if self.last_epoch and record.epoch != self.last_epoch + 1:
            raise ValueError(f"epoch {record.epoch} does not follow epoch {self.last_epoch} in {self.path}")
        self.append_line(record.epoch, record.to_line())


def _difference(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else float(left) - float(right)


REMARKS = "warnings.csv"
"""What the trainer noticed about the numbers of a run, for whoever reads the run later."""
_REMARK_COLUMNS = ("epoch", "warning")


def append_remark(run: Path, epoch: int, text: str) -> None:
    """Add one warning to a run.

    Args:
        run: the run folder.
        epoch: 1-based, when it was noticed.
        text: one sentence.

    Raises:
        OSError: the file cannot be written.
    """
    path = run / REMARKS
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        if new:
            rows.writerow(_REMARK_COLUMNS)
        rows.writerow((epoch, text))


def read_remarks(run: Path) -> tuple[str, ...]:
    """Return the warnings of a run as sentences, each once; none when there is no such file or it is unreadable."""
    try:
        text = read_bounded(run / REMARKS, NOTES_BYTES, within=run).decode("utf-8", errors="replace")
        lines = text.splitlines(keepends=True)
        rows = [row for row in csv.reader(lines) if len(row) == len(_REMARK_COLUMNS) and row[0].isdigit()]
    except (OSError, csv.Error):
        return ()
    first: dict[str, str] = {}
    for epoch, text in rows:
        first.setdefault(text, epoch)
    return tuple(f"epoch {epoch}: {text}" for text, epoch in first.items())
