"""A run that is still being written, read again and again: of its log only what was added.

The bytes of the log are taken once and kept in a local copy, so that a log on a shared disk costs next to
nothing to follow, and every reader works on the copy as it does on the log itself.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from grokyolo.errors import RunError
from grokyolo.files import LOG_BYTES, NOTES_BYTES, RUN_FILE, opened, read_bounded
from grokyolo.gap.log import REMARKS
from grokyolo.gap.run import find_log, read_run
from grokyolo.gap.series import Series
from grokyolo.gap.table import bounds

SIDE_FILES = (RUN_FILE, "args.yaml", "opt.yaml", "hyp.yaml", REMARKS)
"""What the readers look for beside a log."""
OVERLAP = 512
"""Bytes before the known end that are compared: a resume cuts rows off and writes others in their place."""


class Tail:
    """A local copy of a file that grows.

    Args:
        source: the file.
        copy: where the copy goes.
        within: as in `opened`.

    Attributes:
        read: bytes read from the source so far, those that were only compared included.
    """

    def __init__(self, source: Path, copy: Path, *, within: Path | None = None) -> None:
        self.source = source
        self.within = within
        self.copy = copy
        self.read = 0
        self._end = 0
        self._last = b""
        self._seen: tuple[int, ...] = ()

    def update(self) -> bool:
        """Bring the copy up to date and tell whether it changed.

        A file that was replaced, cut off, or written anew before its known end is copied from its start.

        Raises:
            OSError: the source cannot be read or the copy not written.
        """
        stat = self.source.stat()
        seen = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if seen == self._seen:
            return False
        same_file = self._seen[:2] == seen[:2] and stat.st_size >= self._end
        with opened(self.source, LOG_BYTES, within=self.within) as file:
            if not (same_file and self._add(file.fileno())):
                self._copy_whole(file.fileno())
        self._seen = seen
        return True

    def _add(self, file: int) -> bool:
        """Append what is new; False when the file has other bytes than the copy before the known end."""
        start = self._end - len(self._last)
        os.lseek(file, start, os.SEEK_SET)
        data = self._read_all(file)
        if not data.startswith(self._last):
            return False
        self._append(data[len(self._last) :], "ab")
        return True

    def _copy_whole(self, file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        self._end, self._last = 0, b""
        self._append(self._read_all(file), "wb")

    def _append(self, data: bytes, mode: str) -> None:
        with self.copy.open(mode) as copy:
            copy.write(data)
        self._end += len(data)
        self._last = (self._last + data)[-OVERLAP:]

    def _read_all(self, file: int) -> bytes:
        parts = []
        while part := os.read(file, 1 << 20):
            parts.append(part)
            self.read += len(part)
        return b"".join(parts)


class Follower:
    """Follows one run; use as a context manager, or call `close`.

    Args:
        run: what the user typed; it need not have a finished epoch yet.

    Attributes:
        run: the same.
        log: the log that is followed, None before there is one.
    """

    def __init__(self, run: str | os.PathLike[str]) -> None:
        self.run = os.fspath(run)
        self.log: Path | None = None
        self._place = TemporaryDirectory(prefix="grokyolo-follow-")
        self._tail: Tail | None = None
        self._sides: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the local copy; closing twice does no harm."""
        self._place.cleanup()

    def poll(self) -> Series | None:
        """Return the run as `read_run` does if anything about it has changed since the last call, else None.

        Raises:
            RunError: as `read_run`; a run without a finished epoch may have one at a later call.
        """
        try:
            tail = self._found()
            changed = tail.update()
        except OSError as error:
            reason = error.strerror or str(error)
            raise RunError(f"cannot read the log: {reason}", where=self.run, hint=f"ls -l {self.run}") from error
        if not (self._sides_changed(tail.source.parent) or changed):
            return None
        try:
            return replace(read_run(tail.copy), run=self.run)
        except RunError as error:
            hint = error.hint.replace(str(tail.copy.parent), str(tail.source.parent))
            raise RunError(error.what, where=str(tail.source), hint=hint) from error

    def _found(self) -> Tail:
        if self._tail is None:
            self.log = find_log(self.run)
            copy = Path(self._place.name) / self.log.name
            self._tail = Tail(self.log, copy, within=bounds(self.log, self.run))
        return self._tail

    def _sides_changed(self, folder: Path) -> bool:
        changed = False
        for name in SIDE_FILES:
            copy = Path(self._place.name) / name
            try:
                stat = (folder / name).stat()
                seen = (stat.st_size, stat.st_mtime_ns)
                if self._sides.get(name) != seen:
                    copy.write_bytes(read_bounded(folder / name, NOTES_BYTES, within=folder))
                    self._sides[name] = seen
                    changed = True
            except OSError:
                changed |= self._sides.pop(name, None) is not None
                copy.unlink(missing_ok=True)
        return changed
