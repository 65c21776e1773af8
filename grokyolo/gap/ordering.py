"""Which rows of a log are one run, when its epochs do not simply rise.

Ultralytics appends to a results.csv that exists. So one file may hold a run and its resumption, several runs
one after the other, or two runs that wrote at the same time. What is made of it:

- A resumption goes on from an earlier epoch. The rows it repeats, and those after them, belong to weights
  that were thrown away: the later rows replace them, and the seam is kept as an event.
- Runs that start again from the first epoch: the last one counts, since the weights and the settings in the
  folder are its own. Gluing them together would invent a jump at the seam.
- Two processes at once: the rows are sorted out by epoch and by how near losses and learning rate are. The
  longest run counts. Where that is not decisive the file is refused. Going back all the time is a sign of
  them, too: nobody resumes a run every other epoch.
- Several rows an epoch, each with other cells (Lightning's CSVLogger), are made one row each before all that.
- The same epochs in another order are sorted. Every row with one and the same epoch: numbered as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from shlex import quote

import numpy as np

from grokyolo.errors import RunError
from grokyolo.format import format_count
from grokyolo.gap.curves import BoolArray
from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.gap.table import Column, Table

_DECISIVE = 3.0


@dataclass(frozen=True)
class Order:
    """The rows that make the run.

    Attributes:
        rows: shape (m,), row numbers in the order of their epochs.
        epochs: shape (m,), strictly rising.
        seams: epochs at which a resumption took over, each with words that say how it is known.
        notes: what was left out, one sentence each.
    """

    rows: IntArray
    epochs: IntArray
    seams: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()


def order_rows(epochs: IntArray, marks: FloatArray, where: str) -> Order:
    """Choose and sort the rows of one run.

    Args:
        epochs: shape (n,), n > 0, as the log has them.
        marks: shape (n, k), what tells two runs apart from row to row: train losses, learning rates.
        where: named in errors.

    Raises:
        RunError: the rows cannot be told apart.
    """
    every = np.arange(len(epochs))
    steps = np.diff(epochs)
    if (steps > 0).all():
        return Order(every, epochs, notes=_gap_notes(epochs))
    if (steps == 0).all():
        note = f"every row says epoch {epochs[0]}: the {len(epochs)} rows are numbered as they stand"
        return Order(every, every + 1, notes=(note,))
    if len(np.unique(epochs)) == len(epochs):
        rows = np.argsort(epochs)
        notes = ("the rows are not in the order of their epochs: sorted", *_gap_notes(epochs[rows]))
        return Order(rows, epochs[rows], notes=notes)
    runs, interleaved = _split(epochs.tolist())
    if interleaved or runs[-1].goes_back_all_the_time:
        return _longest(epochs, marks, where)
    return _last(epochs, runs)


@dataclass
class _Run:
    """A run while it is being collected: its rows, where it was resumed, how many rows that replaced."""

    rows: list[int] = field(default_factory=list)
    seams: list[tuple[int, str]] = field(default_factory=list)
    replaced: int = 0
    rewinds: int = 0

    @property
    def goes_back_all_the_time(self) -> bool:
        return self.rewinds > 1 and 2 * self.rewinds > len(self.rows)


def _split(epochs: list[int]) -> tuple[list[_Run], bool]:
    """Split into runs one after the other; the flag says that an earlier run went on behind a later one."""
    runs: list[_Run] = [_Run()]
    tails: set[int] = set()
    for row, epoch in enumerate(epochs):
        run = runs[-1]
        if not run.rows:
            run.rows.append(row)
            continue
        last = epochs[run.rows[-1]]
        if epoch > last + 1 and epoch - 1 in tails:
            return runs, True
        if epoch > last:
            run.rows.append(row)
        elif epoch <= epochs[run.rows[0]]:
            tails.add(last)
            runs.append(_Run([row]))
        else:
            _rewind(run, epochs, row)
    return runs, False


def _rewind(run: _Run, epochs: list[int], row: int) -> None:
    """Let a resumption take over at the epoch of this row."""
    epoch = epochs[row]
    last = epochs[run.rows[-1]]
    while epochs[run.rows[-1]] >= epoch:
        run.rows.pop()
        run.replaced += 1
    run.rows.append(row)
    run.rewinds += 1
    run.seams = [seam for seam in run.seams if seam[0] < epoch]
    run.seams.append((epoch, f"resumed: the log goes back from epoch {last} to {epoch}"))


def _last(epochs: IntArray, runs: list[_Run]) -> Order:
    run = runs[-1]
    rows = np.array(run.rows)
    notes = []
    if len(runs) > 1:
        counts = ", ".join(str(len(other.rows)) for other in runs[:-1][-5:])
        notes.append(
            f"the file holds {len(runs)} runs one after the other: the last one counts, "
            f"the {'one' if len(runs) == 2 else 'ones'} before it ({counts} epochs) left out"
        )
    if run.replaced:
        notes.append(f"resumed {run.rewinds}×: {format_count(run.replaced, 'row')} replaced by later ones")
    return Order(rows, epochs[rows], tuple(run.seams), (*notes, *_gap_notes(epochs[rows])))


def _longest(epochs: IntArray, marks: FloatArray, where: str) -> Order:
    """Sort out the rows of several processes that wrote at the same time."""
    runs: list[list[int]] = []
    by_tail: dict[int, list[list[int]]] = {}
    for row, epoch in enumerate(epochs.tolist()):
        waiting = by_tail.get(epoch - 1, [])
        if waiting:
            run = waiting[0] if len(waiting) == 1 else _nearest(waiting, row, marks, where)
            waiting.remove(run)
        elif epoch <= epochs[0]:
            run = []
            runs.append(run)
        else:
            raise _inseparable(row, where)
        run.append(row)
        by_tail.setdefault(epoch, []).append(run)
    longest = max(reversed(runs), key=len)
    rows = np.array(longest)
    note = (
        f"{len(runs)} processes wrote into this file at once: the longest run counts ({len(rows)} epochs), "
        f"{format_count(len(epochs) - len(rows), 'row')} left out"
    )
    return Order(rows, epochs[rows], notes=(note,))


def _nearest(waiting: list[list[int]], row: int, marks: FloatArray, where: str) -> list[int]:
    tails = marks[[run[-1] for run in waiting]]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        apart = np.abs(tails - marks[row]) / (np.abs(tails) + np.abs(marks[row]))
    finite = np.isfinite(apart).all(axis=0)
    distance = apart[:, finite].mean(axis=1) if finite.any() else np.zeros(len(waiting))
    best, second = np.argsort(distance, kind="stable")[:2]
    if distance[second] <= _DECISIVE * distance[best]:
        raise _inseparable(row, where)
    return waiting[int(best)]


def _inseparable(row: int, where: str) -> RunError:
    return RunError(
        "the epochs go back and forth: two processes wrote into this file at once, "
        f"and cannot be told apart from row {row + 1} on",
        where=where,
        hint=f"cut -d, -f1 {quote(where)}",
    )


def _gap_notes(epochs: IntArray) -> tuple[str, ...]:
    missing = int(epochs[-1] - epochs[0]) + 1 - len(epochs)
    notes = []
    if missing:
        verb = "is" if missing == 1 else "are"
        notes.append(f"{format_count(missing, 'epoch')} {verb} missing between the first and the last row")
    if epochs[0] > 1:
        notes.append(f"the log starts at epoch {epochs[0]}")
    return tuple(notes)


def epoch_cells(table: Table) -> FloatArray:
    """Return the cells of the epoch column, shape (n,), whatever its case; NaN where there is no number."""
    return next(column for name, column in table.columns.items() if name.lower() == "epoch").values


def one_row_an_epoch(table: Table) -> tuple[Table, tuple[str, ...]]:
    """Make one row of rows that follow one another, say the same epoch, and contradict each other in no cell.

    A row written twice, by a resume say, is no such thing: each of them is whole. So somewhere in such rows a
    cell must be written in some and empty in others.

    Returns:
        The table, and a note when rows were made one.
    """
    epochs = epoch_cells(table)
    starts = np.flatnonzero(np.diff(epochs, prepend=np.nan) != 0)
    if len(starts) == len(epochs):
        return table, ()
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(epochs))))
    fits, complements = np.ones(len(starts), dtype=bool), np.zeros(len(starts), dtype=bool)
    sizes = np.bincount(group)
    for column in table.columns.values():
        written = np.add.reduceat(column.written.astype(int), starts)
        fits &= (written <= 1) | _agree(column, starts)
        complements |= (written > 0) & (written < sizes)
    merged = fits & complements & (sizes > 1)
    if not merged.any():
        return table, ()
    firsts = np.flatnonzero(~merged[group] | (np.diff(group, prepend=-1) != 0))
    columns = {name: _written_one(column, firsts) for name, column in table.columns.items()}
    halves, whole = format_count(int(sizes[merged].sum()), "row"), format_count(int(merged.sum()), "epoch")
    note = f"{halves} of {whole} complete each other: "
    return replace(table, columns=columns, rows=len(firsts)), (f"{note}one row an epoch is made of them",)


def _agree(column: Column, starts: IntArray) -> BoolArray:
    """Return for each group of rows whether all its written cells are equal."""
    values = np.where(np.isnan(column.values), np.inf, column.values)
    least = np.minimum.reduceat(np.where(column.written, values, np.inf), starts)
    most = np.maximum.reduceat(np.where(column.written, values, -np.inf), starts)
    agree: BoolArray = least == most
    return agree


def _written_one(column: Column, firsts: IntArray) -> Column:
    """Return the first written cell of each stretch of rows, or the empty one."""
    rows = np.arange(len(column.values))
    first = np.minimum.reduceat(np.where(column.written, rows, len(rows)), firsts)
    return column.take(np.where(first < len(rows), first, firsts))
