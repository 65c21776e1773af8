"""Random states as plain values that `torch.load(weights_only=True)` takes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def capture() -> dict[str, Any]:
    """Return the states of Python's, numpy's, torch's and every CUDA device's generator."""
    name, keys, position, has_gauss, gauss = np.random.get_state()
    cuda = torch.cuda.is_available() and torch.cuda.is_initialized()
    return {
        "python": random.getstate(),
        "numpy": (
            str(name),
            torch.from_numpy(np.asarray(keys, dtype=np.int64)),
            int(position),
            int(has_gauss),
            float(gauss),
        ),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if cuda else [],
    }


def restore(states: dict[str, Any]) -> None:
    """Put states from `capture` back."""
    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, position, has_gauss, cached = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(states["torch"])
    if states["cuda"]:
        torch.cuda.set_rng_state_all(states["cuda"])


def begin(*numbers: int) -> None:
    """Let all generators of this process begin anew with what `numbers` say."""
    words = np.random.SeedSequence(numbers).generate_state(3)
    random.seed(int(words[0]))
    np.random.seed(int(words[1]))
    torch.manual_seed(int(words[2]))


def draws_since(before: Any, most: int) -> int | None:
    """Return how many `random.random()` lie between a state of Python's generator and now, None beyond `most`."""
    now, replay = random.getstate(), random.Random()
    replay.setstate(before)
    for draws in range(most + 1):
        if replay.getstate() == now:
            return draws
        replay.random()
    return None


@contextmanager
def kept() -> Iterator[None]:
    """Leave all random states as they were at the beginning of the block: measure without a trace."""
    states = capture()
    try:
        yield
    finally:
        restore(states)
