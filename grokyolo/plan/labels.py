"""Labels of images, read and checked by the rules of `ultralytics.data.utils.verify_image_label`."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from grokyolo.files import NOTES_BYTES, read_bounded

TOLERANCE = 0.01
"""By how much a coordinate may lie outside the image."""


@dataclass(frozen=True)
class Rules:
    """What labels must look like.

    Attributes:
        classes: number of classes; 0 where it is unknown.
        keypoint_columns: further columns of a row for a pose; 0 for other tasks.
        single_class: whether class numbers do not matter.
    """

    classes: int
    keypoint_columns: int = 0
    single_class: bool = False


@dataclass(frozen=True)
class Labels:
    """The labels of one image.

    Attributes:
        objects: how many of each class.
        missing: whether there is no file; the image is then background.
        outlines: whether its objects have outlines (or turned boxes), and not upright boxes.
        fault: why Ultralytics leaves the image out, empty when it does not.
    """

    objects: Counter[int]
    missing: bool = False
    outlines: bool = False
    fault: str = ""


def label_file(image: str) -> Path:
    """Return where the labels of an image are: the last `images` folder becomes `labels`, as `img2label_paths`."""
    images, labels = f"{os.sep}images{os.sep}", f"{os.sep}labels{os.sep}"
    return Path(labels.join(image.rsplit(images, 1)).rsplit(".", 1)[0] + ".txt")


def read_labels(file: Path, rules: Rules) -> Labels:
    """Read the labels of one image."""
    try:
        text = read_bounded(file, NOTES_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return Labels(Counter(), missing=True)
    except (OSError, UnicodeDecodeError) as error:
        return Labels(Counter(), fault=f"cannot be read: {error}")
    rows = [line.split() for line in text.splitlines() if line.strip()]
    try:
        numbers = [[float(cell) for cell in row] for row in rows]
    except ValueError as error:
        return Labels(Counter(), fault=str(error))
    if fault := _fault(numbers, rules):
        return Labels(Counter(), fault=fault)
    distinct = {tuple(row) for row in numbers}
    objects = Counter(0 if rules.single_class else int(row[0]) for row in distinct)
    return Labels(objects, outlines=not rules.keypoint_columns and any(len(row) > 6 for row in distinct))


def _fault(rows: list[list[float]], rules: Rules) -> str:
    if not rows:
        return ""
    widths = {len(row) for row in rows}
    if rules.keypoint_columns:
        wanted = 5 + rules.keypoint_columns
        if widths != {wanted}:
            return f"{_columns(widths)} instead of {wanted}"
    elif max(widths) > 6:
        if 5 in widths:
            return "boxes and outlines in one file"
        if any(width % 2 == 0 for width in widths):
            return "an outline with half a point"
    elif widths != {5}:
        return f"{_columns(widths)} instead of 5"
    return _values(rows, rules)


def _columns(widths: set[int]) -> str:
    return f"{' and '.join(map(str, sorted(widths)))} columns"


def _values(rows: list[list[float]], rules: Rules) -> str:
    for row in rows:
        if not row[0].is_integer():
            return f"class {row[0]:g} is no whole number"
        if row[0] < 0:
            return f"class {row[0]:g} is negative"
        if not rules.single_class and rules.classes and row[0] >= rules.classes:
            return f"class {row[0]:g}, but the data set has 0 to {rules.classes - 1}"
        points = row[1:] if not rules.keypoint_columns else row[1:5]
        # written so that NaN is a fault too
        if not all(-TOLERANCE <= value <= 1 + TOLERANCE for value in points):
            return "coordinates outside 0 to 1: they must be shares of the image's sides"
    return ""
