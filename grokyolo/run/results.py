"""Ultralytics' results.csv: appended to, never read again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from grokyolo.files import append_whole


def header(names: Iterable[str]) -> bytes:
    """Return the line with the names of the metrics."""
    return (",".join(["epoch", "time", *names]) + "\n").encode()


def row(epoch: int, seconds: float, metrics: Mapping[str, Any]) -> bytes:
    """Return a row in the form of `BaseTrainer.save_metrics`.

    Args:
        epoch: 1-based.
        seconds: trained so far.
        metrics: column to value, in order.
    """
    return (",".join(f"{float(value):.6g}" for value in (epoch, seconds, *metrics.values())) + "\n").encode()


def append(csv: Path, lines: bytes) -> None:
    """Append whole lines, or nothing.

    Raises:
        OSError: disk full or the like; the file is then as before.
    """
    with csv.open("ab", buffering=0) as file:
        append_whole(file, lines)


def sync(csv: Path) -> None:
    """Make sure that every row outlives the machine.

    Raises:
        OSError: the disk does not say so.
    """
    with csv.open("rb") as file:
        os.fsync(file.fileno())
