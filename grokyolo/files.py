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
from io import FileIO
from pathlib import Path
from shlex import quote
from typing import Any, BinaryIO

from grokyolo.errors import UsageError

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

LONGEST_NAME = 200
"""Letters of a file's name that the file beside it takes over while it is written."""
RUN_FILE = "grokyolo.yaml"
"""Makes a folder a run of grokyolo, and holds its recipe."""
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
    sizes = _Sizes()
    for event in yaml.parse(text, loader):
        if reason := sizes.after(event):
            raise yaml.YAMLError(reason)
    return yaml.load(text, loader)


class _Sizes:
    """How large the values of a document are, its aliases written out, without building any of them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int] | None] = {}  # anchor: its values and levels, None while it is open
        self._open: list[tuple[str | None, int, int]] = [(None, 0, 0)]  # anchor, values and levels so far

    def after(self, event: Any) -> str:
        """Take the next event of the parser and return what is wrong by now, empty when nothing is."""
        kind = type(event).__name__
        anchor = getattr(event, "anchor", None)
        if kind in {"SequenceStartEvent", "MappingStartEvent"}:
            self._open.append((anchor, 1, 1))
            if anchor is not None:
                self._known[anchor] = None
            return ""
        if kind in {"SequenceEndEvent", "MappingEndEvent"}:
            anchor, *size = self._open.pop()
            return self._add(anchor, (size[0], size[1]))
        if kind == "ScalarEvent":
            plain = event.implicit[0] and len(event.value) > NUMBER_LENGTH
            if plain and re.fullmatch(r"[-+]?[0-9][0-9A-Fa-fxo_.:+-]*", event.value):
                return f"a number in it has more than {NUMBER_LENGTH} digits"
            return self._add(anchor, (1, 0))
        if kind == "AliasEvent":
            behind = self._known.get(anchor or "", (1, 0))
            return self._add(None, behind) if behind else f"*{(anchor or '')[:40]} contains itself"
        return ""

    def _add(self, anchor: str | None, size: tuple[int, int]) -> str:
        if anchor is not None:
            self._known[anchor] = size
        above, values, levels = self._open[-1]
        self._open[-1] = above, values + size[0], max(levels, size[1] + 1)
        if values + size[0] > YAML_NODES:
            return f"more than {YAML_NODES} values are in it"
        too_deep = self._open[-1][2] + len(self._open) > YAML_DEPTH
        return f"it is nested deeper than {YAML_DEPTH} levels" if too_deep else ""


# Writing --------------------------------------------------------------------------------------------------------------


def is_folder(path: Path) -> bool:
    """Tell whether there is such a folder; of a name that no file can have there is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Tell whether there is such a file; of a name that no file can have there is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def exists(path: Path) -> bool:
    """Tell whether there is anything at a path; at one that no file can have there is nothing."""
    try:
        return path.exists()
    except OSError:
        return False


def write_durably(target: Path, content: bytes | memoryview, mode: int | None = None) -> None:
    """Write a file so that after any crash it is either whole or not there; never through a link.

    Args:
        target: the file; folders that are missing are made.
        content: all of it.
        mode: its permissions; None for those that new files get here.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f"{target.name[:LONGEST_NAME]}.{secrets.token_hex(8)}.tmp"
    flags = ("O_CLOEXEC", "O_NOFOLLOW", "O_BINARY")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | sum(getattr(os, f, 0) for f in flags), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def write_output(path: Path, text: str, *, what: str, elsewhere: str) -> None:
    """Write a file that the user named; one of that name is replaced once the new one is complete.

    Args:
        path: the file; it keeps its permissions.
        text: its content; what UTF-8 cannot hold becomes a question mark.
        what: what it is, for the message.
        elsewhere: the hint where its place is the trouble.

    Raises:
        UsageError: the file cannot be written, or there is no such folder.
    """
    hint = elsewhere
    try:
        if not path.parent.is_dir():
            hint = f"mkdir -p {quote(str(path.parent))}"
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        mode = path.stat().st_mode & 0o777 if path.exists() else None
        write_durably(path, text.encode("utf-8", errors="replace"), mode)
    except OSError as error:
        raise UsageError(f"cannot write the {what}: {error.strerror or error}", where=str(path), hint=hint) from error


def append_whole(file: FileIO, data: bytes, *, sync: bool = False) -> None:
    """Append to a file that is open for writing without a buffer: everything, or nothing.

    Raises:
        OSError: disk full or the like; the file is then as before.
    """
    start = file.seek(0, os.SEEK_END)
    try:
        written = 0
        while written < len(data):
            written += file.write(data[written:]) or 0
        if sync:
            os.fsync(file.fileno())
    except OSError:
        file.truncate(start)
        file.seek(start)
        raise


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


def cache_folder() -> Path:
    """Return the folder for generated data: $GROKYOLO_CACHE, or the platform's cache folder."""
    if given := os.environ.get("GROKYOLO_CACHE"):
        return Path(given)
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("grokyolo", appauthor=False))
