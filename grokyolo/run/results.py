"""Ultralytics' results.csv: appended to, never read again, and cut back to what a state knows."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grokyolo.files import write_durably


def row(epoch: int, seconds: float, metrics: Mapping[str, Any], *, header: bool) -> bytes:
    """Return a row in the form of `BaseTrainer.save_metrics`.

    Args:
        epoch: 1-based.
        seconds: trained so far.
        metrics: column to value, in order.
        header: put the line with the names before it.
    """
    names = ",".join(["epoch", "time", *metrics]) + "\n" if header else ""
    return (names + ",".join(f"{float(value):.6g}" for value in (epoch, seconds, *metrics.values())) + "\n").encode()


def append(csv: Path, lines: bytes) -> None:
    """Append whole lines, or nothing.

    Raises:
        OSError: disk full or the like; the file is then as before.
    """
    with csv.open("ab", buffering=0) as file:
        end = file.tell()
        try:
            written = file.write(lines)
            if written != len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            file.truncate(end)
            raise


def truncate_after(csv: Path, epoch: int) -> None:
    """Remove the rows of all epochs beyond `epoch`, and the file when none is left.

    Raises:
        OSError: the file cannot be read or written; it is then as before.
    """
    if not csv.exists():
        return
    lines = csv.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines[1:] if line.endswith(b"\n") and 1 <= _epoch_of(line) <= epoch]
    if not kept:
        csv.unlink()
    elif len(kept) + 1 < len(lines):
        write_durably(csv, b"".join([lines[0], *kept]))


def _epoch_of(line: bytes) -> int:
    """Return the number in the first cell, 0 where there is none."""
    try:
        return int(float(line.split(b",", 1)[0]))
    except ValueError:
        return 0
