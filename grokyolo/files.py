"""Files of a run: written so that a crash leaves them whole or as they were, read without trust.

A run folder may come from a stranger. Its files are opened only where they are regular files inside the run
and of a bounded size, and what is written never goes through a link.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from pathlib import Path
from typing import Any, BinaryIO

YAML_BYTES = 1 << 20
"""Of grokyolo.yaml, args.yaml and the like: hundreds of times what they take."""
SWEEP_BYTES = 4 << 20
"""Of sweep.yaml: some 40,000 points."""
LOG_BYTES = 1 << 28
"""Of gap.csv, results.csv and their sidecars: a million epochs."""
NOTES_BYTES = 1 << 24
"""Of warnings.csv, and of what the trainings of a sweep printed."""
STATE_BYTES = 1 << 34
"""Of a full state or weights: ten times what the largest model takes."""

YAML_DEPTH = 64
YAML_NODES = 500_000
"""Values of a file, those that stand behind an alias counted at each of them."""
NUMBER_LENGTH = 300
"""Characters; beyond it lie numbers that take minutes to read and cannot be printed."""

TORN = re.compile(r".+\.[0-9a-f]{16}\.tmp")
"""Names of the files that `write_durably` leaves behind when its process is killed."""


class Refused(OSError):
    """A file that is not read, for what it is; `strerror` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EINVAL, reason)


# Reading --------------------------------------------------------------------------------------------------------------


def opened(path: Path, limit: int, *, within: Path | None = None) -> BinaryIO:
    """Open a file for reading, if it is a regular one.

    What counts is the file that was opened, not the one that was looked at before: it may have been exchanged.

    Args:
        path: the file.
        limit: bytes that it may have at most.
        within: the folder that links must not lead out of; None for a file that the user named.

    Raises:
        Refused: no regular file, too large, or a link that leads out.
        OSError: it cannot be opened.
    """
    real = os.fspath(path)
    if within is None or path.parent != within or stat.S_ISLNK(os.lstat(real).st_mode):
        real = os.path.realpath(real)
    if within is not None and leads_out(path, real, within):
        raise Refused("it is a link that leads out of the run")
    _must_be_file(os.lstat(real))  # before it is opened, since opening a device may already do something
    flags = ("O_NONBLOCK", "O_NOFOLLOW", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
    descriptor = os.open(real, os.O_RDONLY | sum(getattr(os, flag, 0) for flag in flags))
    try:
        found = os.fstat(descriptor)
        _must_be_file(found)
        if found.st_size > limit:
            raise Refused(f"it has more than {limit >> 20} MB, which is more than is read of such a file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_bounded(path: Path, limit: int, *, within: Path | None = None) -> bytes:
    """Return the content of a file; arguments and errors as in `opened`."""
    with opened(path, limit, within=within) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Refused(f"it has more than {limit >> 20} MB, which is more than is read of such a file")
    return content


def leads_out(path: Path, real: str, within: Path) -> bool:
    """Tell whether a path, resolved to `real`, is not below the folder `within`, itself resolved."""
    if real == os.fspath(path) and path.parent == within:
        return False
    return not Path(real).is_relative_to(os.path.realpath(within))


def _must_be_file(found: os.stat_result) -> None:
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFLNK: "a link to itself",
    }
    if not stat.S_ISREG(found.st_mode):
        raise Refused(f"it is {kinds.get(stat.S_IFMT(found.st_mode), 'something else')}, not a file")


def parse_yaml(text: str) -> Any:
    """Return plain values from YAML whose author is not known.

    Raises:
        yaml.YAMLError: it is not valid, nested too deeply, contains itself, or grows beyond all use by its aliases.
        ValueError, LookupError, AttributeError, TypeError, ArithmeticError: what PyYAML lets through for values
            such as `!!bool maybe`.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where it was built in
    _must_be_small(text, loader)
    return yaml.load(text, loader)


def _must_be_small(text: str, loader: Any) -> None:
    """Go through the document without building anything.

    Raises:
        yaml.YAMLError: it is not valid, or too much is in it.
    """
    import yaml

    known: dict[str, tuple[int, int] | None] = {}  # anchor: values and levels behind it, None while it is open
    open_nodes: list[list[Any]] = [[None, 0, 0]]  # anchor, values, levels
    for event in yaml.parse(text, loader):
        if isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent)):
            size, height = 1, 0
            if isinstance(event, yaml.AliasEvent):
                behind = known.get(event.anchor, (1, 0))
                if behind is None:
                    raise yaml.YAMLError(f"*{event.anchor[:40]} contains itself")
                size, height = behind
            elif event.anchor is not None:
                known[event.anchor] = size, height
            if event.anchor is None and event.implicit[0] and len(event.value) > NUMBER_LENGTH:
                _must_not_be_number(event.value)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            if event.anchor is not None:
                known[event.anchor] = None
            open_nodes.append([event.anchor, 1, 1])
            size = height = 0
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            anchor, size, height = open_nodes.pop()
            if anchor is not None:
                known[anchor] = size, height
        else:
            continue
        parent = open_nodes[-1]
        parent[1] += size
        parent[2] = max(parent[2], height + 1)
        if parent[1] > YAML_NODES:
            raise yaml.YAMLError(f"more than {YAML_NODES} values are in it")
        if parent[2] + len(open_nodes) > YAML_DEPTH:
            raise yaml.YAMLError(f"it is nested deeper than {YAML_DEPTH} levels")


def _must_not_be_number(value: str) -> None:
    import yaml

    if re.fullmatch(r"[-+]?[0-9][0-9A-Fa-fxo_.:+-]*", value):
        raise yaml.YAMLError(f"a number in it has more than {NUMBER_LENGTH} digits")


# Writing --------------------------------------------------------------------------------------------------------------


def write_durably(target: Path, content: bytes | memoryview) -> None:
    """Write a file so that after any crash it is either whole or not there; never through a link.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.{secrets.token_hex(8)}.tmp")
    flags = ("O_CLOEXEC", "O_NOFOLLOW", "O_BINARY")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | sum(getattr(os, f, 0) for f in flags), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def remove_torn(folder: Path) -> None:
    """Remove what killed processes have left of `write_durably` in a folder; whoever calls it owns the folder."""
    for path in folder.glob("*.tmp"):
        if TORN.fullmatch(path.name) and not path.is_symlink() and path.is_file():
            path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows cannot open a folder, and orders renames by itself
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
