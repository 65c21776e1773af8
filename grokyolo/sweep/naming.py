"""Names of points: readable, the same for the same values, and a folder on every file system."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

LONGEST = 120
"""Characters; run folders hold files with long names of their own, and Windows has 260 for a whole path."""
UNSAFE = re.compile(r"[^\w.+=,-]+", re.ASCII)
FILES = (".yaml", ".yml", ".pt")


def name_of(values: Mapping[str, object], *, short: bool = True) -> str:
    """Return a name such as `weight_decay=0.3,fraction=0.6,seed=1`.

    Args:
        values: of one point.
        short: name files by their stem; else by their whole path, where two have the same.
    """
    name = ",".join(f"{key}={label(value, short=short)}" for key, value in values.items())
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - 9].rstrip('.')}-{digest}"


def label(value: object, *, short: bool = True) -> str:
    """Return one value as names and tables show it."""
    if isinstance(value, bool) or value is None:
        text = "null" if value is None else str(value).lower()
    elif isinstance(value, float):
        text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    elif isinstance(value, (list, tuple)):
        text = "_".join(label(item, short=short) for item in value)
    elif isinstance(value, Mapping):
        text = "_".join(f"{key}-{label(item, short=short)}" for key, item in value.items())
    else:
        text = _word(str(value), short=short)
    return UNSAFE.sub("-", text).strip(" ") or "-"


def _word(text: str, *, short: bool) -> str:
    path = PurePosixPath(text.replace("\\", "/"))
    if short and path.suffix.lower() in FILES and path.stem:
        return path.stem
    return SIGNS.get(text, text)


SIGNS = {"+": "plus", "-": "minus", "*": "times"}
"""Operations of the built-in data set, which no folder could be named by."""
