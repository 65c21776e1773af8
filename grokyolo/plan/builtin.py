"""How many images the built-in data sets have, before they are made."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from grokyolo.recipe.modular import label_of, split_pairs

if TYPE_CHECKING:
    from grokyolo.recipe import BuiltinData


def count_builtin(data: BuiltinData, train_seed: int) -> tuple[Counter[int], Counter[int]]:
    """Return the images of each class, to train on and to validate with."""
    train, val = split_pairs(data.modulus, data.fraction, train_seed if data.seed is None else data.seed)

    def count(pairs: list[tuple[int, int]]) -> Counter[int]:
        return Counter(label_of(a, b, data.operation, data.modulus) for a, b in pairs)

    return count(train), count(val)
