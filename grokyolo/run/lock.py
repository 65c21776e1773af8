"""Locks: a folder that one process has, and who that is."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grokyolo.files import YAML_BYTES, read_bounded


class Held(Exception):
    """Another process holds the lock."""


@contextmanager
def held(lock_file: Path, owner_file: Path) -> Iterator[None]:
    """Hold a lock during the block, and say beside it who does.

    Raises:
        Held: another process holds it.
        OSError: one of the files cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Held from None
    try:
        owner_file.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}), encoding="utf-8")
        yield
    finally:
        owner_file.unlink(missing_ok=True)
        lock.release()


def named(owner: dict[str, Any]) -> str:
    """Return how messages call the process that holds a lock."""
    return f"process {owner['pid']} on {owner['host']}"


def owner_in(owner_file: Path) -> dict[str, Any] | None:
    """Return pid and host of the process that holds a lock, None where the file does not tell."""
    try:
        owner = json.loads(read_bounded(owner_file, YAML_BYTES, within=owner_file.parent))
    except (OSError, ValueError, RecursionError):
        return None
    return owner if isinstance(owner, dict) and {"pid", "host"} <= owner.keys() else None
