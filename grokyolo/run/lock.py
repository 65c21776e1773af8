"""Locks: a folder that one process has, and who that is.

The lock is the kernel's (`flock`), which no crash leaves behind. Some file systems have none (FUSE, some network
mounts, Windows): there the file that names the owner is the lock, made so that only one can make it, and a process of
this machine that is no more holds nothing.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import quote
from typing import Any, BinaryIO

from grokyolo.errors import UsageError
from grokyolo.files import YAML_BYTES, opened, read_bounded
from grokyolo.format import printable

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.EACCES})
"""What `flock` says on a file system that has no locks; a lock that is held is EWOULDBLOCK."""
GLANCE = 0.5
"""Seconds that a held lock is asked for again: one who only looks whether it is free holds it for a moment."""
WRITING = 2.0
"""Seconds within which an owner has written its name into a file that it has made."""
UNKNOWN: dict[str, Any] = {}
"""An owner of whom nothing is known."""
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""What is written never goes through a link, nor waits for the reader of a fifo."""


class Held(Exception):
    """Another process holds the lock."""


@contextmanager
def held(lock_file: Path, owner_file: Path, warn: Callable[[str], None] = warnings.warn) -> Iterator[None]:
    """Hold a lock during the block, and say beside it who does.

    Args:
        lock_file: locked, and never removed.
        owner_file: names the owner.
        warn: told where the file system protects less than usual.

    Raises:
        Held: another process holds it.
        OSError: one of the files cannot be written.
    """
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT | _SAFE, 0o666)
    try:
        if _locked(descriptor):
            with suppress(OSError):  # the name is for people: a full disk does not make it less of a lock
                owner_file.write_text(json.dumps(_myself()), encoding="utf-8")
        else:
            _claim(owner_file)
            warn(
                f"the file system has no locks: only {owner_file} keeps a second process out, and a crash on another "
                "machine leaves it behind"
            )
        try:
            yield
        finally:
            with suppress(OSError):
                owner_file.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def holder(lock_file: Path, owner_file: Path) -> dict[str, Any] | None:
    """Return what is known of the process that holds a lock, `UNKNOWN` where that is nothing; None when it is free.

    Nothing is written, and nothing but a regular file is looked at.
    """
    try:
        file = opened(lock_file, YAML_BYTES, within=lock_file.parent)
    except (OSError, ValueError):
        return None
    with file:
        try:
            return None if _is_free(file) else owner_in(owner_file) or UNKNOWN
        except OSError:  # no locks here: the owner's name is the lock
            return _living(owner_file)


def named(owner: dict[str, Any]) -> str:
    """Return how messages call the process that holds a lock."""
    if not owner:
        return "another process"
    host = printable(owner["host"])
    return f"process {owner['pid']} on {host}"


def owner_in(owner_file: Path) -> dict[str, Any] | None:
    """Return pid and host of the process that holds a lock, None where the file does not tell."""
    try:
        owner = json.loads(read_bounded(owner_file, YAML_BYTES, within=owner_file.parent))
    except (OSError, ValueError, RecursionError):
        return None
    known = isinstance(owner, dict) and isinstance(owner.get("pid"), int) and isinstance(owner.get("host"), str)
    return owner if known else None


def refusal(what: str, folder: Path, lock_file: Path, owner_file: Path) -> UsageError:
    """Return the error of a process that found a lock held.

    Args:
        what: what the holder does, up to its name.
        folder: what is locked.
        lock_file, owner_file: as `held` takes them.
    """
    hint = "wait until it is done, or choose another --name"
    try:
        with opened(lock_file, YAML_BYTES, within=lock_file.parent) as file:
            _is_free(file)
    except OSError:
        hint = f"wait until it is done, or remove {quote(str(owner_file))} where that process is gone"
    return UsageError(f"{what} {named(holder(lock_file, owner_file) or UNKNOWN)}", where=str(folder), hint=hint)


def is_gone(owner: dict[str, Any]) -> bool:
    """Tell whether it is certain that an owner's process is no more: of other machines nothing is."""
    here = _myself()
    same_machine = (owner["host"], owner.get("processes")) == (here["host"], here["processes"])
    return same_machine and owner.get("born") != _born(owner["pid"])


def _locked(descriptor: int) -> bool:
    """Lock a file for this process alone; False where the file system has no locks.

    Raises:
        Held: another process has locked it.
    """
    deadline = time.monotonic() + GLANCE
    while True:
        try:
            _flock(descriptor, shared=False)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Held from None
            time.sleep(0.02)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            return False


def _is_free(file: BinaryIO) -> bool:
    """Tell whether nobody has locked a file.

    Raises:
        OSError: the file system has no locks.
    """
    try:
        _flock(file.fileno(), shared=True)  # gone when the file is closed
    except BlockingIOError:
        return False
    return True


def _flock(descriptor: int, *, shared: bool) -> None:
    if fcntl is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _claim(owner_file: Path) -> None:
    """Make the file that names the owner, as only one process can.

    Raises:
        Held: it names a process that is alive, or one of another machine.
        OSError: it cannot be written.
    """
    for _ in range(2):
        try:
            descriptor = os.open(owner_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE, 0o666)
        except FileExistsError:
            if _living(owner_file) is not None:
                raise Held from None
            owner_file.unlink(missing_ok=True)
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(_myself()))
        return
    raise Held


def _living(owner_file: Path) -> dict[str, Any] | None:
    """Return the owner that a file names unless it is certain that there is no such process any more."""
    owner = owner_in(owner_file)
    if owner is None:
        try:
            age = time.time() - owner_file.lstat().st_mtime
        except OSError:
            return None
        return UNKNOWN if 0 <= age < WRITING else None  # its name is still to come, or never will
    return None if is_gone(owner) else owner


def _myself() -> dict[str, Any]:
    pid = os.getpid()
    return {"pid": pid, "host": socket.gethostname(), "processes": _process_numbers(), "born": _born(pid)}


def _process_numbers() -> str:
    """Return which process numbers are meant: containers of one host name have their own."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _born(pid: int) -> str | None:
    """Return what tells a process from a later one of the same number; None when there is none."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    except (OSError, ValueError):
        return _born_elsewhere(pid)


def _born_elsewhere(pid: int) -> str | None:
    """Return the same where there is no /proc."""
    if Path("/proc/self/stat").exists():
        return None
    import psutil  # type: ignore[import-untyped]

    try:
        return str(psutil.Process(pid).create_time())
    except (psutil.Error, ValueError):
        return None
