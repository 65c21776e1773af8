"""Images: whether they can be read, and which of them are in two splits."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grokyolo.files import opened

IMAGE_BYTES = 1 << 30
"""Of one image."""

SMALLEST_SIDE = 10
"""Pixels; `ultralytics.data.utils.check_image` takes no smaller images."""
PIECE = 1 << 20
NO_END = "no end mark"
"""A JPEG that Ultralytics saves anew in its place."""


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
