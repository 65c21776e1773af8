"""Full states on disk: written atomically, carrying a checksum, the newest sound one wins.

    state/epoch-0000123-9f86d081884c7d65.pt

The second part of the name is the beginning of the SHA-256 of the content, so a file that was torn or has rotted tells
on itself, and name and content cannot get out of step.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = "state"
_NAME = re.compile(r"epoch-(\d{7,})-([0-9a-f]{16})\.pt")


@dataclass(frozen=True)
class StateFile:
    """One state on disk.

    Attributes:
        path: the file.
        epoch: how many epochs were finished when it was taken.
        digest: beginning of the SHA-256 that the content must have.
    """

    path: Path
    epoch: int
    digest: str

    def is_sound(self) -> bool:
        """Tell whether the content is what was written."""
        try:
            return _digest(self.path.read_bytes()) == self.digest
        except OSError:
            return False


def state_files(run: Path) -> list[StateFile]:
    """Return the states of a run, newest first."""
    found = []
    for path in (run / FOLDER).glob("epoch-*.pt"):
        if match := _NAME.fullmatch(path.name):
            found.append(StateFile(path, int(match[1]), match[2]))
    return sorted(found, key=lambda state: (state.epoch, state.path.stat().st_mtime_ns), reverse=True)


def encode(state: dict[str, Any]) -> bytes:
    """Return a state as bytes; it is made of tensors and plain values only."""
    import torch

    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def save(run: Path, epoch: int, content: bytes, keep: int) -> Path:
    """Write a state durably, then remove all but the newest `keep`.

    Args:
        run: the run folder.
        epoch: how many epochs are finished.
        content: from `encode`.
        keep: how many states stay; the older ones outlive the writing of the new one.

    Raises:
        OSError: it cannot be written; the older states are untouched and no torn file is left.
    """
    target = run / FOLDER / f"epoch-{epoch:07d}-{_digest(content)}.pt"
    write_durably(target, content)
    for old in state_files(run)[max(keep, 1) :]:
        old.path.unlink(missing_ok=True)
    for torn in (run / FOLDER).glob("*.tmp"):
        torn.unlink(missing_ok=True)
    return target


def load_newest(run: Path, warn: Callable[[str], None]) -> dict[str, Any] | None:
    """Return the newest state that is whole, None when there is none.

    Args:
        run: the run folder.
        warn: told about each damaged one that was passed over.
    """
    import torch

    for state in state_files(run):
        content = state.path.read_bytes()
        if _digest(content) != state.digest:
            warn(f"{state.path.name} is damaged: going back to the state before it")
            continue
        loaded: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        return loaded
    return None


def write_durably(target: Path, content: bytes | memoryview) -> None:
    """Write a file so that after any crash it is either whole or not there.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows cannot open a folder, and orders renames by itself
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
