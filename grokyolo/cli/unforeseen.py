"""What a command says of an error that no part of the program has a message for."""

from __future__ import annotations

import errno
import os
import tempfile
import time
import traceback
from pathlib import Path
from shlex import quote

from grokyolo.errors import GrokyoloError, UsageError, first_line

UNUSABLE_NAMES = frozenset({errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENOENT})
"""What the system says of a path that was mistyped; all else is about the place."""
REMEDIES = {
    errno.ENOSPC: "df -h {place}",
    errno.EDQUOT: "df -h {place}",
    errno.EROFS: "go to a folder that you may write to, and type the command there",
    errno.EACCES: "ls -ld {place}",
    errno.EPERM: "ls -ld {place}",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def explained(error: Exception) -> GrokyoloError:
    """Return the error to print: what the system refused, or that the program has a fault, and where it is noted."""
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        return _refused(error)
    if isinstance(error, UnicodeEncodeError):
        what = f"a name holds a character that no encoding has: {error.object[:80]!r}"
        return UsageError(what, hint="rename it, or type another name")
    if isinstance(error, ValueError) and "embedded null" in str(error):
        return UsageError("a name holds a null byte", hint="type another name")
    return GrokyoloError(
        f"internal error: {type(error).__name__}: {first_line(error)}",
        where=_noted(error),
        hint="type the command again; where it fails again, report what that file says",
    )


def _refused(error: OSError) -> GrokyoloError:
    assert error.errno is not None, "the caller has looked"
    place = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else str(error.filename)
    kind = UsageError if error.errno in UNUSABLE_NAMES else GrokyoloError
    folder = next((str(above) for above in Path(place).parents if _is_there(above)), ".")
    hint = REMEDIES.get(error.errno, "ls -ld {place}").format(place=quote(folder))
    return kind(error.strerror or str(error), where=place, hint=hint)


def _is_there(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:
        return False


def _noted(error: Exception) -> str:
    """Write the traceback into a file of the user's, and return its name, or that there is none."""
    import platformdirs

    text = "".join(traceback.format_exception(error)).encode("utf-8", errors="backslashreplace")
    name = f"error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    cache = os.environ.get("GROKYOLO_CACHE") or platformdirs.user_cache_dir("grokyolo")
    for folder in (Path(cache), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("xb") as file:
                file.write(text)
        except OSError:
            continue
        return str(folder / name)
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"line {last.lineno} of {last.filename}; no file could be written that says more"
