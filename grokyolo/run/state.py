"""Full states on disk: written atomically, carrying a checksum, the newest sound one wins.

    state/epoch-0000123-9f86d081884c7d65.pt

The second part of the name is the beginning of the SHA-256 of the content, so a file that was torn or has rotted tells
on itself, and name and content cannot get out of step.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grokyolo.files import STATE_BYTES, opened, read_bounded, remove_torn, write_durably

FOLDER = "state"
DIGITS = 16
PIECE = 1 << 20
ROWS = "archive/rows"
"""Member of a state, which is a zip archive as torch writes it: the digest of the rows of gap.csv that it counts on."""
_NAME = re.compile(r"epoch-([0-9]{7,18})-([0-9a-f]{16})\.pt")


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
            with opened(self.path, STATE_BYTES, within=self.path.parent.parent) as file:
                summed = hashlib.sha256()
                while piece := file.read(PIECE):
                    summed.update(piece)
                return summed.hexdigest()[:DIGITS] == self.digest
        except OSError:
            return False

    def knows(self, rows: Iterable[bytes]) -> bool:
        """Tell whether the first rows of a gap.csv, as many as there were, are those that it was saved with.

        States of older versions did not note them, and take any.
        """
        try:
            with (
                opened(self.path, STATE_BYTES, within=self.path.parent.parent) as file,
                zipfile.ZipFile(file) as archive,
                archive.open(ROWS) as member,
            ):
                return member.read(DIGITS + 1) == digest(b"".join(rows)).encode()
        except (KeyError, zipfile.BadZipFile):
            return True
        except Exception:  # zipfile raises whatever an odd archive makes it stumble over
            return False

    def read(self) -> bytes:
        """Return the content.

        Raises:
            OSError: it cannot be read, or is no file of the run.
        """
        return read_bounded(self.path, STATE_BYTES, within=self.path.parent.parent)


def state_files(run: Path) -> list[StateFile]:
    """Return the states of a run, newest first."""
    found = []
    for path in (run / FOLDER).glob("epoch-*.pt"):
        if match := _NAME.fullmatch(path.name):
            try:
                written = path.lstat().st_mtime_ns
            except FileNotFoundError:  # a training has removed it just now
                continue
            found.append((int(match[1]), written, StateFile(path, int(match[1]), match[2])))
    return [state for *_, state in sorted(found, key=lambda one: one[:2], reverse=True)]


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
    for old in [state for state in state_files(run) if state.epoch <= epoch][max(keep, 1) :]:
        with suppress(OSError):  # what cannot be removed, a folder of that name for one, makes the new one no worse
            old.path.unlink()
    for folder in (run, run / "weights", run / FOLDER):
        remove_torn(folder)
    return target


def set_aside(run: Path, epoch: int) -> None:
    """Rename the states beyond an epoch that a run goes back to: they are of another course of it."""
    for state in state_files(run):
        if state.epoch > epoch:
            state.path.replace(state.path.with_name(f"{state.path.name}.old"))


def digest(content: bytes | memoryview) -> str:
    """Return the beginning of the SHA-256 of a content, as file names carry it."""
    return hashlib.sha256(content).hexdigest()[:DIGITS]
