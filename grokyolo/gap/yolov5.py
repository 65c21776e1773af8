"""results.txt of YOLOv5 before its version 6: no header, so it is read only when its columns are certain.

One row an epoch, 15 columns:

    0/399  2.19G  box obj cls total  labels img_size  P R mAP@.5 mAP@.5:.95  val-box val-obj val-cls

YOLOv3 wrote as many columns with the F1 score in the place of mAP@.5:.95, YOLOv7's pose variant wrote 17.
"""

from __future__ import annotations

import re

import numpy as np

from grokyolo.errors import RunError
from grokyolo.gap.series import FloatArray
from grokyolo.gap.table import Column, Table, counted

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
    """Parse a results.txt.

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
        notes.append(f"{counted(dropped, 'torn row')} left out")
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
        hint="grokyolo gap RUN_FOLDER, one that has a results.csv",
    )
