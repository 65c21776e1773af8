"""Text as a file: whole or not at all."""

from __future__ import annotations

import os
import secrets
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
    temporary = path.parent / (f".{path.stem[:40]}-{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
