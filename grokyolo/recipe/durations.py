"""Times as people write them: 30s, 10m, 1h, 11h30m."""

from __future__ import annotations

import re

FORM = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?")
UNITS = (86_400, 3_600, 60, 1)
EXPECTED = "a time such as 30s, 10m, 1h or 11h30m"


def seconds(text: str) -> int:
    """Return the number of seconds in `text`, for example 41,400 for `11h30m`.

    Days, hours, minutes and seconds, largest first, whole numbers.

    Raises:
        ValueError: the text is no such time.
    """
    match = FORM.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ValueError(f"{text!r} is not {EXPECTED}")
    return sum(int(count) * unit for count, unit in zip(match.groups(), UNITS, strict=True) if count)


def spelled(time: int) -> str:
    """Return the shortest text that `seconds` reads as `time`."""
    parts = []
    for letter, unit in zip("dhms", UNITS, strict=True):
        count, time = divmod(time, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"
