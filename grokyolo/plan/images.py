"""Images and their labels: whether they can be read, and which images are in two splits."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grokyolo.files import NOTES_BYTES, opened, read_bounded

IMAGE_BYTES = 1 << 30
"""Of one image."""
SMALLEST_SIDE = 10
"""Pixels; `ultralytics.data.utils.check_image` takes no smaller images."""
PIECE = 1 << 20
NO_END = "no end mark"
"""A JPEG that Ultralytics saves anew in its place."""
TOLERANCE = 0.01
"""By how much a coordinate may lie outside the image."""


@dataclass(frozen=True)
class Twins:
    """Images that are in both splits, byte by byte.

    Attributes:
        pairs: (training image, validation image); one for each validation image that has a twin.
        compared: how many validation images were looked at.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    compared: int = 0


def fault_of(image: str) -> str:
    """Return why Ultralytics cannot use an image, or would rewrite it; empty for a sound one.

    The rules are those of `ultralytics.data.utils.check_image`.
    """
    from PIL import Image

    try:
        with opened(Path(image), IMAGE_BYTES) as file, Image.open(file) as picture:
            picture.verify()
            width, height, kind = picture.width, picture.height, picture.format
    except FileNotFoundError:
        return "there is no such file"
    except Exception:  # PIL raises whatever a damaged file makes it stumble over
        return "cannot be read"
    if min(width, height) < SMALLEST_SIDE:
        return f"{width} × {height} pixels, fewer than {SMALLEST_SIDE}"
    return _end_of_jpeg(image) if kind == "JPEG" else ""


def _end_of_jpeg(image: str) -> str:
    """Return what is wrong with the end of a JPEG: Ultralytics saves one without an end mark anew, if it can."""
    from PIL import Image

    with opened(Path(image), IMAGE_BYTES) as file:
        file.seek(-2, os.SEEK_END)
        if file.read() == b"\xff\xd9":
            return ""
    try:
        with opened(Path(image), IMAGE_BYTES) as file, Image.open(file) as picture:
            picture.load()
    except Exception:  # as above
        return "cut off"
    return NO_END


def find_twins(train: Sequence[str], val: Sequence[str]) -> Twins:
    """Return the validation images that are training images too, told by their content.

    Only files of the same size are read, so this is fast for photographs.
    """
    if not val:  # then nobody need ask a disk for the size of every training image
        return Twins()
    wanted = defaultdict(list)
    for image in val:
        wanted[_size(image)].append(image)
    wanted.pop(None, None)
    alike: dict[int | None, list[str]] = defaultdict(list)
    for image in train:
        size = _size(image)
        if size in wanted:
            alike[size].append(image)
    pairs = []
    for size, candidates in alike.items():
        known = {_digest(image): image for image in reversed(candidates)}
        pairs += [(known[digest], image) for image in wanted[size] if (digest := _digest(image)) in known]
    return Twins(tuple(sorted(pairs, key=lambda pair: pair[1])), len(val))


def _size(image: str) -> int | None:
    try:
        return Path(image).stat().st_size
    except OSError:
        return None


def _digest(image: str) -> bytes:
    digest = hashlib.sha256()
    try:
        with opened(Path(image), IMAGE_BYTES) as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except OSError:
        return os.urandom(8)  # like nothing else
    return digest.digest()


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
