"""Amounts of memory as people write them: 500MB, 2GB."""

from __future__ import annotations

import re

FORM = re.compile(r"(\d{1,6})(kB|MB|GB|TB)|0", re.ASCII)
UNITS = {"TB": 10**12, "GB": 10**9, "MB": 10**6, "kB": 10**3}
EXPECTED = "a size such as 500MB or 2GB, or 0"

NEARLY = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(?:([kmgt])(i?)b?|bytes?|b)?", re.ASCII)
MEANT_WITH_UNIT = 6
"""Digits up to which a bare number is no number of bytes."""
WORDS = {"kilobyte": "kb", "megabyte": "mb", "gigabyte": "gb", "terabyte": "tb"}


def bytes_of(text: str) -> int:
    """Return the number of bytes in `text`, for example 2,000,000,000 for `2GB`.

    A whole number with a unit (a thousand to the next), or 0.

    Raises:
        ValueError: the text is no such size.
    """
    match = FORM.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not {EXPECTED}")
    return int(match[1]) * UNITS[match[2]] if match[1] else 0


def spelled(size: int) -> str:
    """Return the shortest text that `bytes_of` reads as `size`, rounded up to full kilobytes."""
    if not size:
        return "0MB"
    size = -(-size // 1000) * 1000
    unit = next(unit for unit, count in UNITS.items() if size % count == 0)
    return f"{size // UNITS[unit]}{unit}"


def remedy(text: str) -> str:
    """Return how to write the size that `text` was meant to be, or an empty string."""
    lower = text.strip().lower()
    for word, short in WORDS.items():
        lower = lower.replace(f"{word}s", short).replace(word, short)
    match = NEARLY.fullmatch(lower)
    if not match:
        return ""
    if not match[2] and len(match[1]) <= MEANT_WITH_UNIT:
        return f"add the unit: {match[1]}MB or {match[1]}GB"
    size = float(match[1]) * (1024 if match[3] else 1000) ** " kmgt".index(match[2] or " ")
    digits = max(len(str(round(size))) - 3, 3)  # three telling digits; nobody counts memory in single bytes
    written = spelled(-(-round(size) // 10**digits) * 10**digits)
    return f"write {written}" if FORM.fullmatch(written) else ""
