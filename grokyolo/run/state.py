"""Full states on disk: written atomically, carrying a checksum, the newest sound one wins.

    state/epoch-0000123-9f86d081884c7d65.pt

The second part of the name is the beginning of the SHA-256 of the content, so a file that was torn or has rotted tells
on itself, and name and content cannot get out of step.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from grokyolo.files import write_durably

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
            return digest(self.path.read_bytes()) == self.digest
        except OSError:
            return False


def state_files(run: Path) -> list[StateFile]:
    """Return the states of a run, newest first."""
    found = []
    for path in (run / FOLDER).glob("epoch-*.pt"):
        if match := _NAME.fullmatch(path.name):
            found.append(StateFile(path, int(match[1]), match[2]))
    return sorted(found, key=lambda state: (state.epoch, state.path.stat().st_mtime_ns), reverse=True)


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
    target = run / FOLDER / f"epoch-{epoch:07d}-{digest(content)}.pt"
    write_durably(target, content)
    for old in state_files(run)[max(keep, 1) :]:
        old.path.unlink(missing_ok=True)
    for torn in (run / FOLDER).glob("*.tmp"):
        torn.unlink(missing_ok=True)
    return target


def digest(content: bytes | memoryview) -> str:
    """Return the beginning of the SHA-256 of a content, as file names carry it."""
    return hashlib.sha256(content).hexdigest()[:16]
