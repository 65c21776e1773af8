"""Times as people write them: 30s, 10m, 1h, 11h30m."""

from __future__ import annotations

import re

FORM = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
EXPECTED = "a time such as 30s, 10m, 1h or 11h30m"

PART = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(d|h|m|s)[a-z]*", re.ASCII)
CLOCK = re.compile(r"(\d{1,3}):(\d{1,2})", re.ASCII)


def seconds(text: str) -> int:
    """Return the number of seconds in `text`, for example 41,400 for `11h30m`.

    Days, hours, minutes and seconds, largest first, whole numbers.

    Raises:
        ValueError: the text is no such time.
    """
    match = FORM.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ValueError(f"{text!r} is not {EXPECTED}")
    return sum(int(count) * unit for count, unit in zip(match.groups(), UNITS.values(), strict=True) if count)


def spelled(time: int) -> str:
    """Return the shortest text that `seconds` reads as `time`."""
    parts = []
    for letter, unit in UNITS.items():
        count, time = divmod(time, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"


def remedy(text: str) -> str:
    """Return how to write the time that `text` was meant to be, or an empty string."""
    lower = text.strip().lower()
    if match := CLOCK.fullmatch(lower):
        return f"write {int(match[1])}h{int(match[2])}m or {int(match[1])}m{int(match[2])}s"
    if lower.isdecimal() and lower.isascii():
        return f"add the unit: {lower}s or {lower}m"
    if re.sub(r"[\s,]+|and", "", PART.sub("", lower)) or not PART.search(lower):
        return ""
    total = sum(float(count) * UNITS[letter] for count, letter in PART.findall(lower))
    return f"write {spelled(round(total))}"
