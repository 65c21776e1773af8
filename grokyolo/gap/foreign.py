"""A log of Ultralytics or YOLOv5 in, Series out: there is no probe, so all it allows is a rough gap.

What real logs get wrong is repaired on the way, and what each repair did is said in `Series.notes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from grokyolo.dynamics import setting_steps
from grokyolo.errors import RunError
from grokyolo.format import format_count
from grokyolo.gap.columns import LogLayout, find_layout
from grokyolo.gap.curves import (
    batches_per_epoch,
    clean_scores,
    frozen_rows,
    has_labels,
    learning_rate,
    measured_interval,
    optimizer_steps,
    skipped_rows,
    sum_losses,
    time_trained,
    valid_epochs,
    warmup_batches,
    written_values,
)
from grokyolo.gap.ordering import Order, epoch_cells, one_row_an_epoch, order_rows
from grokyolo.gap.series import Event, EventKind, FloatArray, IntArray, Series, Source, from_columns
from grokyolo.gap.settings import Settings, read_settings
from grokyolo.gap.table import Column, Table, bounds, parse_table, read_bytes


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
    raw = read_bytes(log, where, within=bounds(log, run))
    settings = read_settings(log.parent)
    if is_results_txt(raw):
        table, planned = parse_results_txt(raw, where)
        settings = replace(settings, epochs=planned)
    else:
        table = parse_table(raw, where, keep_open_line=True)
    layout = find_layout(table.columns, where)
    table, merged = one_row_an_epoch(table)
    order, notes = _order(table, layout, where)
    odd = table.odd_note((*layout.train, *layout.measured, *layout.lr, *filter(None, [layout.time])))
    return _series(_Log(run, where, table.columns, layout, order, settings, (*table.notes, *odd, *merged, *notes)))


@dataclass(frozen=True)
class _Log:
    """A log whose rows are chosen, with what its columns mean and what its settings say."""

    run: str
    where: str
    columns: dict[str, Column]
    layout: LogLayout
    order: Order
    settings: Settings
    notes: tuple[str, ...]

    @property
    def epochs(self) -> IntArray:
        return self.order.epochs

    def pick(self, names: tuple[str, ...]) -> list[Column]:
        """Return columns reduced to the rows of the run."""
        return [self.columns[name].take(self.order.rows) for name in names]

    def pick_one(self, name: str | None) -> Column | None:
        return None if name is None else self.pick((name,))[0]


@dataclass(frozen=True)
class _Validation:
    """What validation measured, and the optimizer steps that can be told from its blocks, NaN without any."""

    loss: FloatArray
    score: FloatArray
    step: FloatArray
    every: int
    notes: tuple[str, ...]


def _order(table: Table, layout: LogLayout, where: str) -> tuple[Order, tuple[str, ...]]:
    """Return which rows make the run, with 1-based epochs."""
    cells = epoch_cells(table)
    valid = np.flatnonzero(valid_epochs(cells))
    if not len(valid):
        raise RunError("no finished epoch in this log yet", where=where, hint="wait until one is")
    epochs = cells[valid].astype(np.int64)
    if epochs.min() == 0 or (layout.source is Source.YOLOV5 and epochs.min() > 1):
        epochs += 1  # YOLOv5 counts from 0, also in a log whose beginning is lost
    marks = [table.columns[name].values[valid] for name in (*layout.train, *layout.lr)]
    order = order_rows(epochs, np.array(marks).reshape(len(marks), len(valid)).T, where)
    notes = order.notes
    if len(valid) < table.rows:
        notes = (f"{format_count(table.rows - len(valid), 'row')} left out: the epoch is no whole number", *notes)
    return replace(order, rows=valid[order.rows]), notes


def _series(log: _Log) -> Series:
    layout, settings, rows = log.layout, log.settings, len(log.epochs)
    validation = _validation(log)
    seconds, resets = time_trained(log.pick_one(layout.time), rows)
    lr = learning_rate(log.pick(layout.lr), rows)
    batches = batches_per_epoch(log.epochs, lr, settings.schedule)
    step, step_notes = _steps(log, lr, batches, validation.step)
    events = _events(log, lr, resets)
    restarts = sum(event.kind is EventKind.RESTART for event in events)
    setting_notes = settings.notes_for(int(log.epochs[-1]), restarts)
    return from_columns(
        log.run,
        log.epochs,
        step=step,
        seconds=seconds,
        lr=lr,
        weight_decay=np.full(rows, settings.effective_decay),
        train_loss=sum_losses(log.pick(layout.train), rows),
        val_loss=validation.loss,
        val_score=validation.score,
        events=events,
        score_name=layout.score_name,
        optimizer=settings.optimizer,
        source=layout.source,
        batches_per_epoch=batches,
        epochs_planned=settings.epochs,
        measured_every=validation.every,
        notes=(*layout.notes, *log.notes, *validation.notes, *step_notes, *setting_notes),
    )


def _steps(log: _Log, lr: FloatArray, batches: int | None, blocks: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the optimizer steps as far as they can be told, and how they are known."""
    settings = log.settings
    if batches is not None and settings.accumulate is not None:
        warm = warmup_batches(log.epochs, lr, settings.schedule, batches, settings.warmup_epochs)
        steps = optimizer_steps(log.epochs, batches, settings.accumulate, warm)
        if not np.isnan(steps).all():
            return steps, (f"optimizer steps are counted from the warm-up: {format_count(batches, 'batch')} an epoch",)
    return blocks, () if np.isnan(blocks).all() else ("optimizer steps are an estimate: one a block",)


def _validation(log: _Log) -> _Validation:
    layout, rows = log.layout, len(log.epochs)
    columns = log.pick(layout.measured)
    skipped, skip_notes = skipped_rows(columns, log.pick(layout.val))
    cells = {
        name: np.where(skipped, np.nan, written_values(column))
        for name, column in zip(layout.measured, columns, strict=True)
    }
    repeats, every, notes = frozen_rows(cells)
    step = np.full(rows, np.nan)
    if repeats.any() and not skipped.any():
        step = np.cumsum(~repeats).astype(float)
    loss = sum_losses(log.pick(layout.val), rows)
    score, score_notes = clean_scores(log.pick_one(layout.score), rows)
    loss[skipped | repeats] = np.nan
    score[skipped | repeats] = np.nan
    by_name = dict(zip(layout.measured, columns, strict=True))
    metrics = [column for name, column in by_name.items() if name.lower().startswith("metrics/")]
    if not has_labels(metrics, {name: by_name[name] for name in layout.val}, skipped):
        score[:] = np.nan
        score_notes = (*score_notes, "no validation image has a label: its scores of 0 are not measured")
    measured = ~np.isnan(loss) | ~np.isnan(score)
    if not measured.any():
        why = "val: false" if log.settings.val is False else "its cells are empty or zeros"
        raise RunError(
            f"validation was never measured in this run: {why}",
            where=log.where,
            hint="train it with val=True",
        )
    every = max(every, measured_interval(log.epochs, measured))
    return _Validation(loss, score, step, every, (*skip_notes, *notes, *score_notes))


def _events(log: _Log, lr: FloatArray, resets: IntArray) -> tuple[Event, ...]:
    """Return what besides learning moves the curves, as far as the log and its settings tell."""
    settings = log.settings
    seams = dict(log.order.seams)
    for row in resets.tolist():
        seams.setdefault(int(log.epochs[row]), "resumed: the clock of the log starts over")
    events = [Event(epoch, EventKind.RESTART, detail) for epoch, detail in seams.items()]
    closed = settings.mosaic_closed_at(int(log.epochs[-1]), log.layout.score_name)
    if closed is not None and closed > log.epochs[0]:
        detail = f"close_mosaic={settings.close_mosaic} in {settings.file}"
        events.append(Event(closed, EventKind.MOSAIC_CLOSED, detail))
    events += [
        Event(epoch, EventKind.LR_CHANGED, f"lr from {before:.3g} to {after:.3g}")
        for epoch, before, after in setting_steps(log.epochs, lr, settings.warmup_epochs)
        if epoch not in seams
    ]
    return tuple(sorted(events, key=lambda event: event.epoch))


_ROW = re.compile(rb"\s*\d+/\d+\s+[\d.]+[GMgm]\w?\s")
_NAMES = (
    "train/box_loss",
    "train/obj_loss",
    "train/cls_loss",
    "total",
    "labels",
    "img_size",
    "metrics/precision",
    "metrics/recall",
    "metrics/mAP_0.5",
    "metrics/mAP_0.5:0.95",
    "val/box_loss",
    "val/obj_loss",
    "val/cls_loss",
)
_WIDTH = len(_NAMES) + 2
_ROUNDING = 0.02
_SHARE = 0.95


def is_results_txt(raw: bytes) -> bool:
    """Whether the file starts like a results.txt: `0/399  2.19G  ...`."""
    return _ROW.match(raw) is not None


def parse_results_txt(raw: bytes, where: str) -> tuple[Table, int]:
    """Parse a results.txt of YOLOv5 before its version 6: no header, so it is read only when its columns are certain.

    One row an epoch, 15 columns:

        0/399  2.19G  box obj cls total  labels img_size  P R mAP@.5 mAP@.5:.95  val-box val-obj val-cls

    YOLOv3 wrote as many columns with the F1 score in the place of mAP@.5:.95, YOLOv7's pose variant wrote 17.

    Args:
        raw: the file's bytes, for which `is_results_txt` holds.
        where: named in errors.

    Returns:
        The table under the column names of YOLOv5's results.csv, and the planned number of epochs.

    Raises:
        RunError: it is not certain which column is what; the message says why.
    """
    lines = [line.split() for line in raw.decode("utf-8", errors="replace").splitlines() if line.strip()]
    widths = [len(cells) for cells in lines]
    usual = max(set(widths), key=widths.count)
    if usual != _WIDTH:
        raise _refusal(f"it has {usual} columns, YOLOv5 writes {_WIDTH}", where)
    numbers: list[list[float]] = []
    planned = 0
    for cells in lines:
        row, total = _row(cells)
        if row:
            numbers.append(row)
            planned = total
    if not numbers:
        raise _refusal("no row is made of numbers", where)
    values = np.array(numbers)
    if reason := _doubt(values[:, 1:]):
        raise _refusal(reason, where)
    columns = {
        name: Column(values[:, i], np.ones(len(values), dtype=bool)) for i, name in enumerate(("epoch", *_NAMES))
    }
    dropped = len(lines) - len(numbers)
    notes = ["results.txt has no header: its columns are those of YOLOv5, checked against each other"]
    if dropped:
        notes.append(f"{format_count(dropped, 'torn row')} left out")
    return Table(columns, {}, rows=len(values), notes=tuple(notes)), planned


def _row(cells: list[str]) -> tuple[list[float], int]:
    """Return the numbers of a row and the planned epochs; no numbers when the row is torn."""
    if len(cells) != _WIDTH:
        return [], 0
    epoch, _, last = cells[0].partition("/")
    try:
        return [float(epoch), *map(float, cells[2:])], int(last) + 1
    except ValueError:
        return [], 0


def _doubt(values: FloatArray) -> str:
    """Return why the columns may not be what they seem, or an empty string."""
    box, objectness, cls, total = values[:, 0], values[:, 1], values[:, 2], values[:, 3]
    precision, recall, map50, ours = values[:, 6], values[:, 7], values[:, 8], values[:, 9]
    with np.errstate(all="ignore"):
        sums = np.abs(box + objectness + cls - total) <= _ROUNDING * np.abs(total) + 1e-4
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
        like_f1 = np.abs(f1 - ours) <= _ROUNDING * np.abs(f1) + 1e-4
        below = (ours >= 0) & (ours <= map50 + 1e-6) & (map50 <= 1)
    finite = np.isfinite(values[:, :4]).all(axis=1)
    if finite.any() and sums[finite].mean() < _SHARE:
        return "its loss columns do not add up to the total"
    told = f1 > 0
    if told.any() and like_f1[told].mean() >= _SHARE:
        return "the 12th column is the F1 score of YOLOv3, not mAP50-95"
    if below[np.isfinite(ours)].mean() < _SHARE if np.isfinite(ours).any() else True:
        return "the 12th column cannot be mAP50-95: it is larger than mAP50"
    return ""


def _refusal(reason: str, where: str) -> RunError:
    return RunError(
        f"a results.txt has no header, and what its columns mean is not certain: {reason}",
        where=where,
        hint="name a run that has a results.csv",
    )
