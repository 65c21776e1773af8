"""The data of the study, made from scikit-learn's digits: 1,797 real scans, 8 by 8, 16 shades of grey.

Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 8
"""Pixels of a scan, each way."""
TRAIN, VAL = 50, 500
"""Scans to train a classifier on, and to validate it with."""
TRAIN_SCENES, VAL_SCENES = 16, 50
"""The same for the detector, with `PER_SCENE` digits each."""
PER_SCENE = 4
SCENE, ENLARGED = 64, 16
"""Pixels of a scene and of a digit in it, each way."""

Shades = npt.NDArray[np.uint8]
Box = tuple[int, int]


@dataclass(frozen=True)
class Scans:
    """Scans and what they show.

    Attributes:
        shades: (n, 8, 8), 0 to 255.
        digits: (n,), 0 to 9.
    """

    shades: Shades
    digits: npt.NDArray[np.int64]


def scans() -> Scans:
    """Return all scans.

    Raises:
        ImportError: scikit-learn is not there.
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    return Scans((found.images * 255 / 16).round().astype(np.uint8), found.target.astype(np.int64))


def split(count: int, seed: int, train: int, val: int) -> tuple[list[int], list[int]]:
    """Draw which of `count` scans are trained on and which validate; none is in both."""
    order = np.random.default_rng(seed).permutation(count).tolist()
    return order[:train], order[train : train + val]


def enlarged(shades: Shades, side: int) -> Shades:
    """Repeat each pixel of a scan (8, 8) so that it fills (side, side); nothing is interpolated."""
    times = side // SIDE
    return np.kron(shades, np.ones((times, times), np.uint8))


def write_classes(all_scans: Scans, folder: Path, seed: int) -> str:
    """Write the classifier's data and return what `data=` takes."""
    parts = split(len(all_scans.digits), seed, TRAIN, VAL)
    for part, chosen in zip(("train", "val"), parts, strict=True):
        for digit in range(10):  # Ultralytics numbers the classes by the folders it finds
            (folder / part / str(digit)).mkdir(parents=True, exist_ok=True)
        for i in chosen:
            image = Image.fromarray(enlarged(all_scans.shades[i], 32)).convert("RGB")
            image.save(folder / part / str(all_scans.digits[i]) / f"{i:04d}.png")
    return str(folder)


def write_scenes(all_scans: Scans, folder: Path, seed: int) -> str:
    """Write the detector's data and return what `data=` takes."""
    counts = TRAIN_SCENES * PER_SCENE, VAL_SCENES * PER_SCENE
    random = np.random.default_rng([seed, 1])
    for part, chosen in zip(("train", "val"), split(len(all_scans.digits), seed, *counts), strict=True):
        (folder / "images" / part).mkdir(parents=True, exist_ok=True)
        (folder / "labels" / part).mkdir(parents=True, exist_ok=True)
        for number in range(len(chosen) // PER_SCENE):
            members = chosen[number * PER_SCENE : (number + 1) * PER_SCENE]
            corners = places(random)
            canvas = np.zeros((SCENE, SCENE), np.uint8)
            for i, (left, top) in zip(members, corners, strict=True):
                canvas[top : top + ENLARGED, left : left + ENLARGED] = enlarged(all_scans.shades[i], ENLARGED)
            Image.fromarray(canvas).convert("RGB").save(folder / "images" / part / f"{number:04d}.png")
            lines = [label(int(all_scans.digits[i]), corner) for i, corner in zip(members, corners, strict=True)]
            (folder / "labels" / part / f"{number:04d}.txt").write_text("\n".join(lines) + "\n")
    names = "".join(f"  {digit}: '{digit}'\n" for digit in range(10))
    file = folder / "scenes.yaml"
    file.write_text(f"path: {folder.absolute()}\ntrain: images/train\nval: images/val\nnames:\n{names}")
    return str(file)


def places(random: np.random.Generator) -> list[Box]:
    """Draw left and top of the digits of one scene, in pixels: one in each quarter, so that none hides another."""
    half = SCENE // 2
    free = half - ENLARGED + 1
    return [
        (x * half + int(random.integers(free)), y * half + int(random.integers(free)))
        for y in range(2)
        for x in range(2)
    ]


def label(digit: int, corner: Box) -> str:
    """Return the line that labels a digit whose left upper corner is there, in pixels."""
    left, top = ((edge + ENLARGED / 2) / SCENE for edge in corner)
    return f"{digit} {left:.6f} {top:.6f} {ENLARGED / SCENE:.6f} {ENLARGED / SCENE:.6f}"
