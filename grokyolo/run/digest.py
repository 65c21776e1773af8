"""Digests of data: the same images and labels as before, or not, told without keeping a copy of them.

Names are relative to the folder that holds all images of a set, so that a set that lies elsewhere is the same data.
Images are read whole where they are not too large together. Of larger sets a seeded sample is, and of all the others
the last bytes, where a compressed image that was changed differs; the time of each file tells of the rest.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

WHOLE = 2**28
"""Bytes that are read of a set; one that is larger is sampled."""
SAMPLE = 200
"""Images of a large set that are read whole, as long as they are no larger than `WHOLE` together."""
TAIL = 4096
"""Bytes at the end that are read of every other image of a large set."""


@dataclass(frozen=True)
class ImageSet:
    """What a split consists of, in the order in which its data set has it.

    Attributes:
        files: of the images, and of masks where labels are images.
        labels: of each image, as the training knows them.
    """

    files: Sequence[str]
    labels: Iterable[bytes]


@dataclass(frozen=True)
class SplitDigest:
    """The digest of the images and labels of training or validation.

    Attributes:
        images: how many files.
        names: of the files below their common folder.
        content: of the files, with their sizes.
        labels: of all images.
        times: when each file was written, in nanoseconds; empty where all were read whole.
    """

    images: int
    names: str
    content: str
    labels: str
    times: tuple[int, ...] = ()


@dataclass(frozen=True)
class DataDigest:
    """The digest of all that is trained and validated on.

    Attributes:
        classes: names and what else the data set file says of the labels.
        train, val: the two splits.
    """

    classes: str
    train: SplitDigest
    val: SplitDigest

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"classes": self.classes, "train": dict(vars(self.train)), "val": dict(vars(self.val))}


def from_dict(found: Mapping[str, Any]) -> DataDigest:
    """Return a digest from plain values."""
    train, val = ({field.name: found[name][field.name] for field in fields(SplitDigest)} for name in ("train", "val"))
    return DataDigest(found["classes"], SplitDigest(**train), SplitDigest(**val))


def text_digest(parts: Iterable[bytes]) -> str:
    """Return the digest of some texts in their order."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "little"))
        whole.update(part)
    return whole.hexdigest()


def split_digest(images: ImageSet, *, whole: int = WHOLE) -> SplitDigest:
    """Return the digest of a split.

    Args:
        images: what it consists of.
        whole: bytes up to which all files are read whole.
    """
    stats = [_stat(file) for file in images.files]
    sizes = [-1 if stat is None else stat.st_size for stat in stats]
    is_whole = sum(sizes) <= whole
    read = range(len(sizes)) if is_whole else _sample(sizes, whole)
    content = hashlib.sha256(repr(sizes).encode())
    chosen = set(read)
    for number, file in enumerate(images.files):
        content.update(_read(file, 0 if number in chosen else max(sizes[number] - TAIL, 0)))
    return SplitDigest(
        images=len(sizes),
        names=text_digest(os.fsencode(name) for name in _relative(images.files)),
        content=content.hexdigest(),
        labels=text_digest(images.labels),
        times=() if is_whole else tuple(0 if stat is None else stat.st_mtime_ns for stat in stats),
    )


def differences(before: DataDigest, now: DataDigest) -> tuple[str, ...]:
    """Return what is not the same data any more, a sentence each; empty when it is the same."""
    found = []
    for name, old, new in (("training", before.train, now.train), ("validation", before.val, now.val)):
        if reason := _difference(old, new):
            found.append(f"the {name} set changed ({reason})")
    if before.classes != now.classes:
        found.append("the classes changed (names or what the data set file says of labels)")
    return tuple(found)


def _difference(old: SplitDigest, new: SplitDigest) -> str:
    if old.images != new.images:
        return f"{old.images} images before, {new.images} now"
    if old.names != new.names:
        return "other names"
    if old.content != new.content:
        return "other images"
    if old.labels != new.labels:
        return "other labels"
    written = sum(was != now for was, now in zip(old.times, new.times, strict=False))
    if 0 < written < new.images:  # all of them: a copy, whose sizes, ends and sample are the same
        return f"{written} of {new.images} images were written since, and not all were read before"
    return ""


def _sample(sizes: Sequence[int], most: int) -> list[int]:
    """Return the numbers of some files, the same for the same number of files, not larger than `most` together."""
    chosen, room = [], most
    for number in random.Random(len(sizes)).sample(range(len(sizes)), min(SAMPLE, len(sizes))):
        if sizes[number] <= room:
            chosen.append(number)
            room -= sizes[number]
    return chosen


def _relative(files: Sequence[str]) -> list[str]:
    """Return the files below the folder that holds them all."""
    paths = [os.path.abspath(file) for file in files]  # noqa: PTH100  # 10,000 of them
    root = len(os.path.commonpath([os.path.dirname(path) for path in paths]).rstrip(os.sep)) + 1 if paths else 0  # noqa: PTH120
    return [path[root:].replace(os.sep, "/") for path in paths]


def _stat(file: str) -> os.stat_result | None:
    try:
        return os.stat(file)  # noqa: PTH116
    except OSError:
        return None


def _read(file: str, start: int) -> bytes:
    """Return a file's content from `start` on, nothing where it cannot be read: its size says so already."""
    try:
        with open(file, "rb", buffering=0) as opened:  # noqa: PTH123
            if start:
                opened.seek(start)
            return opened.read()
    except OSError:
        return b""
