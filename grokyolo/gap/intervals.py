"""errors.csv: error bars of a few telling epochs, beside gap.csv.

    with IntervalWriter(folder / "errors.csv") as log:
        log.append(Intervals(epoch=128, val_low=0.46, val_high=0.54))
    for bars in read_intervals("runs/exp1"):
        print(bars.epoch, bars.val_low, bars.val_high)

Each pair of columns is the 90 % interval (5th to 95th percentile) of a score, or of the score gap, over
bootstrap samples of the images: draw as many images as there are, with replacement, score the sample, repeat.
It says how much the number would move with other images from the same source; the spread over seeds and the
noise of training are not in it. Every sample draws both sets, probe and validation, and the interval of the
gap is that of the differences, sample by sample, not a guess from the two other intervals.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from grokyolo.errors import RunError
from grokyolo.gap.curves import valid_epochs
from grokyolo.gap.log import RowLog, format_float
from grokyolo.gap.run import find_log
from grokyolo.gap.series import Series
from grokyolo.gap.table import parse_table, read_bytes

FILE_NAME = "errors.csv"


@dataclass(frozen=True)
class Intervals:
    """The 90 % bootstrap intervals of one epoch. None where there is none, e.g. without a probe.

    Attributes:
        epoch: 1-based, as in gap.csv.
        probe_low, probe_high: of the probe score.
        val_low, val_high: of the validation score.
        gap_low, gap_high: of the score gap, paired.

    Raises:
        ValueError: a lower end is above its upper end, or only one end is given.
    """

    epoch: int
    probe_low: float | None = None
    probe_high: float | None = None
    val_low: float | None = None
    val_high: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None

    def __post_init__(self) -> None:
        for name in ("probe", "val", "gap"):
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if (low is None) != (high is None):
                raise ValueError(f"epoch {self.epoch}: the interval of the {name} has only one end")
            if low is not None and not low <= high:
                raise ValueError(f"epoch {self.epoch}: the interval of the {name} runs from {low} to {high}")

    def ends(self, name: str) -> tuple[float, float] | None:
        """Return the interval of `probe`, `val` or `gap`, None where there is none."""
        low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
        return None if low is None or high is None else (low, high)

    def to_line(self) -> str:
        """Return the row as text, with its newline."""
        cells = [format_float(getattr(self, name)) for name in COLUMNS[1:]]
        return ",".join([str(int(self.epoch)), *cells]) + "\n"


COLUMNS = tuple(field.name for field in fields(Intervals))
"""The header of errors.csv, word for word."""


class IntervalWriter(RowLog):
    """Appends rows to an errors.csv and keeps it whole; epochs rise, but need not follow one another.

    Args:
        path: the file; its folder must exist.
        sync: call fsync after every row.

    Raises:
        RunError: the file exists and is not an errors.csv.
        OSError: the file cannot be opened or written.
    """

    def __init__(self, path: str | os.PathLike[str], *, sync: bool = False) -> None:
        super().__init__(path, COLUMNS, sync=sync)

    def append(self, intervals: Intervals) -> None:
        """Write one row.

        Raises:
            ValueError: its epoch is not beyond the last one in the file.
            OSError: disk full or the like; the file then ends with the last whole row, as before.
        """
        self.append_line(intervals.epoch, intervals.to_line())


def read_intervals(run: str | os.PathLike[str]) -> tuple[Intervals, ...]:
    """Read the error bars of a run.

    Args:
        run: what `read_run` takes: a run folder, or the log in it.

    Returns:
        One element per epoch that has error bars, rising; empty when there are none. A torn last line and
        pairs that are no interval are left out; of an epoch that comes twice the later row counts.

    Raises:
        RunError: there is no such run, or its errors.csv cannot be read or is something else.
    """
    path = find_log(run).parent / FILE_NAME
    return _read(path) if os.path.lexists(path) else ()


def intervals_of(series: Series) -> tuple[tuple[Intervals, ...], str]:
    """Return the error bars of epochs that the log has, and why they cannot be read; empty where nothing is wrong."""
    try:
        log = find_log(series.run)
    except RunError:  # gone since it was read, or never a file
        return (), ""
    known = set(series.epoch.tolist())
    try:
        return tuple(row for row in read_intervals(log) if row.epoch in known), ""
    except RunError as error:
        return (), f"no intervals from {FILE_NAME}: {error.what}"


def _read(path: Path) -> tuple[Intervals, ...]:
    raw = read_bytes(path, str(path), within=path.parent)
    if b"\n" not in raw:  # nothing in it yet, or torn within its header
        return ()
    table = parse_table(raw, str(path))
    if not table.columns.keys() >= set(COLUMNS):
        raise RunError(
            f"this {FILE_NAME} has other columns than grokyolo writes",
            where=f"{path}: {', '.join(list(table.columns)[:6])}",
            hint="move that file away: the run can be read without it",
        )
    epochs = table.columns["epoch"].values
    found: dict[int, Intervals] = {}
    for row in np.flatnonzero(valid_epochs(epochs) & (epochs >= 1)).tolist():
        cells = {name: float(table.columns[name].values[row]) for name in COLUMNS[1:]}
        ends = _pair("probe", cells) | _pair("val", cells) | _pair("gap", cells)
        found[int(epochs[row])] = Intervals(int(epochs[row]), **ends)
    return tuple(found[epoch] for epoch in sorted(found))


def _pair(name: str, cells: dict[str, float]) -> dict[str, float]:
    """Return both ends of an interval by name, or nothing when they are none."""
    low, high = f"{name}_low", f"{name}_high"
    return {low: cells[low], high: cells[high]} if cells[low] <= cells[high] else {}
