"""How many images the built-in data sets have, before they are made."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokyolo.recipe import BuiltinData

OPERATIONS = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}


def count_builtin(data: BuiltinData, train_seed: int) -> tuple[Counter[int], Counter[int]]:
    """Return the images of each class, to train on and to validate with."""
    pairs = [(a, b) for a in range(data.modulus) for b in range(data.modulus)]
    random.Random(train_seed if data.seed is None else data.seed).shuffle(pairs)
    combine = OPERATIONS[data.operation]
    labels = [combine(a, b) % data.modulus for a, b in pairs]
    count = int(len(labels) * data.fraction)
    return Counter(labels[:count]), Counter(labels[count:])
