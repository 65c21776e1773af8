"""Whether writing into a run folder stays in it: what is checked before a run goes on."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from grokyolo.errors import RunError
from grokyolo.files import LOG_BYTES, read_bounded, write_durably

WRITTEN = ("", "weights", "state")
"""Folders of a run that a training writes into; links have no place in them."""


def must_stay_inside(run: Path) -> None:
    """Make sure that nothing that is written below a run folder reaches another place.

    Raises:
        RunError: a link leads out of the run or stands where a training writes, or something there is no file.
        OSError: the folder cannot be read.
    """
    home = os.path.realpath(run)
    for path in _entries(run):
        kind = path.lstat().st_mode
        ours = path.parent in {run / name for name in WRITTEN}
        if stat.S_ISLNK(kind):
            inside = Path(os.path.realpath(path)).is_relative_to(home)
            if ours or not inside:
                raise _refused(path, "is a link, and a training would write through it", run)
        elif ours and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            raise _refused(path, "is neither a file nor a folder", run)


def _entries(run: Path) -> Iterator[Path]:
    """Return everything below a folder; links are named, and not followed."""
    for root, folders, files in os.walk(run, followlinks=False):
        yield from (Path(root, name) for name in (*folders, *files))


def _refused(path: Path, why: str, run: Path) -> RunError:
    name = path.relative_to(run).as_posix()
    aside = run.with_name(f"{run.name}-{path.name}")
    return RunError(
        f"{name} {why}; nothing was changed", where=str(path), hint=f"mv {quote(str(path))} {quote(str(aside))}"
    )


def unshare(run: Path) -> None:
    """Give a run files of its own where another name stands for the same one, as after `cp -al`.

    Raises:
        OSError: one of them cannot be read or written; it is as it was.
    """
    for path in run.iterdir():
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
            write_durably(path, read_bounded(path, LOG_BYTES, within=run))
