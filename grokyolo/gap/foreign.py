"""A log of Ultralytics or YOLOv5 in, Series out: no probe, so only a rough gap, and everything repaired
that real logs get wrong. What each repair does is said in `Series.notes`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from grokyolo.errors import RunError
from grokyolo.gap.columns import Layout, find_layout
from grokyolo.gap.ordering import Order, order_rows
from grokyolo.gap.repair import blank_repeats, measured_interval, skipped_rows, valid_epochs
from grokyolo.gap.schedule import lr_steps
from grokyolo.gap.series import Event, EventKind, FloatArray, IntArray, Series, Source, from_columns
from grokyolo.gap.settings import Settings, read_settings
from grokyolo.gap.table import BoolArray, Column, Table, parse_table, read_bytes
from grokyolo.gap.yolov5 import is_results_txt, parse_results_txt


def read_results(log: Path, run: str) -> Series:
    """Read a results.csv of any generation, or a results.txt of YOLOv5.

    Args:
        log: the file; args.yaml, or opt.yaml and hyp.yaml, are looked for beside it.
        run: what the user typed, for `Series.run`.

    Raises:
        RunError: unreadable, another tool's, no finished epoch, no validation, or rows of several runs
            that cannot be told apart.
    """
    where = str(log)
    raw = read_bytes(log, where)
    planned = None
    if is_results_txt(raw):
        table, planned = parse_results_txt(raw, where)
    else:
        table = parse_table(raw, where, keep_open_line=True)
    layout = find_layout(table.columns, where)
    order, notes = _order(table, layout, where)
    table = replace(table, columns={name: column.take(order.rows) for name, column in table.columns.items()})
    settings = read_settings(log.parent)
    if planned is not None:
        settings = replace(settings, epochs=planned)
    series = _build(_Log(where, table, layout, order, settings), notes)
    return replace(series, run=run)


def _order(table: Table, layout: Layout, where: str) -> tuple[Order, list[str]]:
    """Return which rows make the run, with 1-based epochs."""
    cells = _epoch_column(table, where).values
    valid = np.flatnonzero(valid_epochs(cells))
    notes = list(table.notes)
    if len(valid) < table.rows:
        notes.append(f"{table.rows - len(valid)} rows left out: the epoch is no whole number")
    if not len(valid):
        raise RunError(
            "no finished epoch in this log yet", where=where, hint="grokyolo gap RUN, once it has one"
        )
    epochs = cells[valid].astype(np.int64)
    if layout.source is Source.YOLOV5 or epochs.min() == 0:
        epochs += epochs.min() == 0 or layout.score_name != "top1"
    columns = [table.columns[name].values[valid] for name in (*layout.train, *layout.lr)]
    marks = np.column_stack(columns) if columns else np.zeros((len(valid), 0))
    order = order_rows(epochs, marks, where)
    return replace(order, rows=valid[order.rows]), [*notes, *order.notes]


def _epoch_column(table: Table, where: str) -> Column:
    for name, column in table.columns.items():
        if name.lower() == "epoch":
            return column
    raise RunError("the log has no column `epoch`", where=where, hint=f"head -3 {where}")


@dataclass(frozen=True)
class _Log:
    """A log whose rows are chosen and sorted, with what its columns mean and what its settings say."""

    where: str
    table: Table
    layout: Layout
    order: Order
    settings: Settings


def _build(log: _Log, notes: list[str]) -> Series:
    where, table, layout, order, settings = log.where, log.table, log.layout, log.order, log.settings
    epochs = order.epochs
    measured = [table.columns[name] for name in layout.measured]
    skipped, skip_notes = skipped_rows(measured, [table.columns[name] for name in layout.val])
    cells = {name: np.where(skipped, np.nan, _cell_values(table.columns[name])) for name in layout.measured}
    repeats, repeat_notes = blank_repeats(cells)
    hidden = skipped | repeats
    val_loss = np.where(hidden, np.nan, _sum(table, layout.val))
    val_score, score_notes = _scores(table, layout, hidden)
    if np.isnan(val_loss).all() and np.isnan(val_score).all():
        raise RunError(
            "validation was never measured in this run" + (" (val: false)" if settings.val is False else ""),
            where=where,
            hint="yolo train ... val=True",
        )
    seconds, resets = _seconds(table, layout)
    lr = _lr(table, layout)
    events = _events(log, lr, resets)
    every_note, step = [], np.full(len(epochs), np.nan)
    if repeats.any():
        step = np.cumsum(~repeats).astype(float)
        every_note = ["optimizer steps are estimated: one per block"]
    return from_columns(
        where,
        epochs,
        step=step,
        seconds=seconds,
        lr=lr,
        weight_decay=np.full(len(epochs), settings.effective_decay),
        train_loss=_sum(table, layout.train),
        val_loss=val_loss,
        val_score=val_score,
        events=events,
        score_name=layout.score_name,
        source=layout.source,
        epochs_planned=settings.epochs,
        measured_every=measured_interval(epochs, {"loss": val_loss, "score": val_score}, hidden),
        notes=(
            *layout.notes,
            *notes,
            *skip_notes,
            *repeat_notes,
            *every_note,
            *score_notes,
            *settings.notes_for(int(epochs[-1])),
        ),
    )


def _cell_values(column: Column) -> FloatArray:
    """Return the cells, a written nan as inf: so that two equal rows compare equal."""
    return np.where(column.written & np.isnan(column.values), np.inf, column.values)


def _sum(table: Table, names: tuple[str, ...]) -> FloatArray:
    """Sum loss items: NaN where one is missing, +inf where one is not finite."""
    total = np.zeros(table.rows if not names else len(table.columns[names[0]].values))
    if not names:
        return np.full(len(next(iter(table.columns.values())).values), np.nan)
    whole = np.ones(len(total), dtype=bool)
    for name in names:
        column = table.columns[name]
        with np.errstate(over="ignore"):
            total = total + np.where(np.isfinite(column.values), column.values, np.inf)
        whole &= column.written
    return np.where(whole, total, np.nan)


def _scores(table: Table, layout: Layout, hidden: BoolArray) -> tuple[FloatArray, list[str]]:
    if layout.score is None:
        return np.full(len(hidden), np.nan), ["no score in this log: losses only"]
    score = np.where(hidden, np.nan, table.columns[layout.score].values)
    with np.errstate(invalid="ignore"):
        odd = (score < 0) | (score > 1)
    notes = [f"{odd.sum()} scores are not between 0 and 1: left out"] if odd.any() else []
    return np.where(odd, np.nan, score), notes


def _seconds(table: Table, layout: Layout) -> tuple[FloatArray, IntArray]:
    """Return the time trained, continued where it starts over, and the rows at which it does."""
    if layout.time is None:
        return np.full(len(next(iter(table.columns.values())).values), np.nan), np.zeros(0, dtype=np.int64)
    time = table.columns[layout.time].values
    time = np.where(np.isfinite(time), time, np.nan)
    drops = np.zeros(len(time))
    with np.errstate(invalid="ignore"):
        resets = np.flatnonzero(time[1:] < time[:-1]) + 1
    drops[resets] = time[resets - 1]
    return time + np.cumsum(drops), resets


def _lr(table: Table, layout: Layout) -> FloatArray:
    """Return the learning rate of most weights: the lower median of the groups (biases warm up apart)."""
    if not layout.lr:
        return np.full(len(next(iter(table.columns.values())).values), np.nan)
    groups = np.sort(np.column_stack([table.columns[name].values for name in layout.lr]), axis=1)
    rates: FloatArray = groups[:, (groups.shape[1] - 1) // 2]
    return rates


def _events(log: _Log, lr: FloatArray, resets: IntArray) -> tuple[Event, ...]:
    epochs, settings = log.order.epochs, log.settings
    seams = dict(log.order.seams)
    for row in resets:
        seams.setdefault(int(epochs[row]), "resumed: its clock starts over")
    events = [Event(epoch, EventKind.RESTART, detail) for epoch, detail in seams.items()]
    closed = settings.mosaic_closed_at(int(epochs[-1]), log.layout.score_name)
    if closed is not None and closed > epochs[0]:
        events.append(
            Event(closed, EventKind.MOSAIC_CLOSED, f"close_mosaic={settings.close_mosaic} in {settings.file}")
        )
    events += [
        Event(epoch, EventKind.LR_CHANGED, f"lr {before:.3g} to {after:.3g}")
        for epoch, before, after in lr_steps(epochs, lr, settings.warmup_epochs)
        if epoch not in seams
    ]
    return tuple(sorted(events, key=lambda event: event.epoch))
