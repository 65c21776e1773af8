"""The arithmetic of the built-in data set: which pairs there are, how they are split, how large their images are."""

from __future__ import annotations

import random
from collections.abc import Callable

IMAGE_SIDE = 32
"""Pixels; one column per residue, so a larger modulus gets wider images in steps of this."""
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


def image_side(modulus: int) -> int:
    """Return the side of the images in pixels: a multiple of 32 with one column per residue."""
    return -(-modulus // IMAGE_SIDE) * IMAGE_SIDE


def split_pairs(modulus: int, fraction: float, seed: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return all pairs (a, b) below `modulus`, shuffled by `seed`: the training part, then the rest."""
    pairs = [(a, b) for a in range(modulus) for b in range(modulus)]
    random.Random(seed).shuffle(pairs)
    count = int(len(pairs) * fraction)
    return pairs[:count], pairs[count:]


def label_of(a: int, b: int, operation: str, modulus: int) -> int:
    """Return the class of a pair."""
    return OPERATIONS[operation](a, b) % modulus
