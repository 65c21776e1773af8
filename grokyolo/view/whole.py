"""Text as a file: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from shlex import quote

from grokyolo.errors import UsageError


def write_whole(path: Path, text: str, *, what: str, elsewhere: str) -> None:
    """Write a file; one of that name is replaced once the new one is complete.

    Args:
        path: the file.
        text: its content; what UTF-8 cannot hold becomes a question mark.
        what: what it is, for the message.
        elsewhere: the hint where its place is the trouble.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        _replace(path, text.encode("utf-8", errors="replace"))
    except OSError as error:
        missing = not path.parent.is_dir()
        raise UsageError(
            f"cannot write the {what}: {error.strerror or error}",
            where=str(path),
            hint=f"mkdir -p {quote(str(path.parent))}" if missing else elsewhere,
        ) from error


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and rename, with the permissions that a new file gets here."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
