"""Logs with several rows an epoch, each with other cells (Lightning's CSVLogger): one row each is made of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grokyolo.gap.repair import BoolArray
from grokyolo.gap.series import FloatArray, IntArray
from grokyolo.gap.table import Column, Table, counted


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
    note = f"{counted(int(sizes[merged].sum()), 'row')} of {counted(int(merged.sum()), 'epoch')} complete each other: "
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
