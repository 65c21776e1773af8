"""Full states as bytes, and the newest sound one back as tensors."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from grokyolo.run.state import ROWS, StateFile, digest, state_files


def encode(state: dict[str, Any], rows: str = "") -> bytes:
    """Return a state as bytes; it is made of tensors and plain values only.

    Args:
        state: what to keep.
        rows: digest of the rows of gap.csv that it counts on, to be read without torch; empty where it has none.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    if rows:
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.writestr(ROWS, rows)
    return buffer.getvalue()


def load_newest(run: Path, warn: Callable[[str], None]) -> dict[str, Any] | None:
    """Return the newest state that is whole, None when there is none.

    Args:
        run: the run folder.
        warn: told about each damaged one that was passed over.
    """
    for state in state_files(run):
        if (loaded := load(state)) is not None:
            return loaded
        warn(f"{state.path.name} is damaged: going back to the state before it")
    return None


def load(state: StateFile) -> dict[str, Any] | None:
    """Return what a state holds, None where it is not what was written."""
    try:
        content = state.read()
    except OSError:
        return None
    if digest(content) != state.digest:
        return None
    loaded: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return loaded
