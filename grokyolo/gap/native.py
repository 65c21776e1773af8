"""A run folder of grokyolo in, Series out: gap.csv for the curves, grokyolo.yaml for what they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from grokyolo.errors import RunError
from grokyolo.format import format_count
from grokyolo.gap.curves import clean_scores, frozen_rows, losses, measured_interval, valid_epochs
from grokyolo.gap.log import read_remarks
from grokyolo.gap.series import COLUMNS, Event, EventKind, IntArray, Series, Source, from_columns
from grokyolo.gap.settings import as_count, load_yaml
from grokyolo.gap.table import Table, bounds, parse_table, read_bytes

LOG_NAME = "gap.csv"
META_NAME = "grokyolo.yaml"

_LOSSES = ("train_loss", "probe_loss", "val_loss")
_SCORES = ("probe_score", "val_score")
_MEASURED = ("probe_loss", "val_loss", "probe_score", "val_score")


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
    notes = [*table.notes, *table.odd_note(COLUMNS[1:]), *notes]
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
    meta, meta_notes = load_yaml(log.parent / META_NAME)
    measured = {name: arrays.get(name, np.full(len(epochs), np.nan)) for name in _MEASURED}
    repeats, every, repeat_notes = frozen_rows(measured, arrays.get("step"))
    arrays |= {name: np.where(repeats, np.nan, values) for name, values in measured.items()}
    series = from_columns(
        run,
        epochs,
        **arrays,
        **_metadata(meta),
        events=events,
        source=Source.GROKYOLO,
        notes=(
            *table.notes,
            *table.odd_note(COLUMNS[1:]),
            *notes,
            *score_notes,
            *odd,
            *meta_notes,
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


def optimizer_of(meta: Mapping[str, Any]) -> str:
    """Return the optimizer that a grokyolo.yaml names, lower case; empty where it names none."""
    recipe = meta.get("recipe")
    train = recipe.get("train") if isinstance(recipe, Mapping) else None
    name = train.get("optimizer") if isinstance(train, Mapping) else None
    return name.lower() if isinstance(name, str) else ""


def _metadata(meta: Mapping[str, Any]) -> dict[str, Any]:
    recipe = meta.get("recipe")
    train = recipe.get("train") if isinstance(recipe, Mapping) else None
    epochs = train.get("epochs") if isinstance(train, Mapping) else None
    name = meta.get("score_name")
    return {
        "score_name": name if isinstance(name, str) else "",
        "optimizer": optimizer_of(meta),
        "train_images": as_count(meta.get("train_images")),
        "probe_images": as_count(meta.get("probe_images")),
        "val_images": as_count(meta.get("val_images")),
        "batches_per_epoch": as_count(meta.get("batches_per_epoch")),
        "epochs_planned": as_count(epochs),
    }
