"""Times, sizes and numbers as people write them, and how a recipe wants them written."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

TIME = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
TIME_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
TIME_EXPECTED = "a time such as 30s, 10m, 1h or 11h30m"
TIME_PART = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(d|h|m|s)[a-z]*", re.ASCII)
CLOCK = re.compile(r"(\d{1,3}):(\d{1,2})", re.ASCII)

SIZE = re.compile(r"(\d{1,6})(kB|MB|GB|TB)|0", re.ASCII)
SIZE_UNITS = {"TB": 10**12, "GB": 10**9, "MB": 10**6, "kB": 10**3}
SIZE_EXPECTED = "a size such as 500MB or 2GB, or 0"
NEARLY_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(?:([kmgt])(i?)b?|bytes?|b)?", re.ASCII)
MEANT_WITH_UNIT = 6
"""Digits up to which a bare number is no number of bytes."""
SIZE_WORDS = {"kilobyte": "kb", "megabyte": "mb", "gigabyte": "gb", "terabyte": "tb"}

Match = re.Match[str]
SCIENTIFIC = re.compile(r"([-+]?)(?=\.?\d)(\d*)(?:\.(\d*))?[eE]([-+]?)(\d{1,2})", re.ASCII)
DECIMAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)", re.ASCII)


def seconds(text: str) -> int:
    """Return the number of seconds in `text`, for example 41,400 for `11h30m`.

    Days, hours, minutes and seconds, largest first, whole numbers.

    Raises:
        ValueError: the text is no such time.
    """
    match = TIME.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ValueError(f"{text!r} is not {TIME_EXPECTED}")
    return sum(int(count) * unit for count, unit in zip(match.groups(), TIME_UNITS.values(), strict=True) if count)


def time_text(time: int) -> str:
    """Return the shortest text that `seconds` reads as `time`."""
    parts = []
    for letter, unit in TIME_UNITS.items():
        count, time = divmod(time, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"


def time_remedy(text: str) -> str:
    """Return how to write the time that `text` was meant to be, or an empty string."""
    lower = text.strip().lower()
    if match := CLOCK.fullmatch(lower):
        return f"write {int(match[1])}h{int(match[2])}m or {int(match[1])}m{int(match[2])}s"
    if lower.isdecimal() and lower.isascii():
        return f"add the unit: {lower}s or {lower}m"
    if re.sub(r"[\s,]+|and", "", TIME_PART.sub("", lower)) or not TIME_PART.search(lower):
        return ""
    total = sum(float(count) * TIME_UNITS[letter] for count, letter in TIME_PART.findall(lower))
    return f"write {time_text(round(total))}"


def bytes_of(text: str) -> int:
    """Return the number of bytes in `text`, for example 2,000,000,000 for `2GB`.

    A whole number with a unit (a thousand to the next), or 0.

    Raises:
        ValueError: the text is no such size.
    """
    match = SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not {SIZE_EXPECTED}")
    return int(match[1]) * SIZE_UNITS[match[2]] if match[1] else 0


def size_text(size: int) -> str:
    """Return the shortest text that `bytes_of` reads as `size`, rounded up to full kilobytes."""
    if not size:
        return "0MB"
    size = -(-size // 1000) * 1000
    unit = next(unit for unit, count in SIZE_UNITS.items() if size % count == 0)
    return f"{size // SIZE_UNITS[unit]}{unit}"


def size_remedy(text: str) -> str:
    """Return how to write the size that `text` was meant to be, or an empty string."""
    lower = text.strip().lower()
    for word, short in SIZE_WORDS.items():
        lower = lower.replace(f"{word}s", short).replace(word, short)
    match = NEARLY_SIZE.fullmatch(lower)
    if not match:
        return ""
    if not match[2] and len(match[1]) <= MEANT_WITH_UNIT:
        return f"add the unit: {match[1]}MB or {match[1]}GB"
    size = float(match[1]) * (1024 if match[3] else 1000) ** " kmgt".index(match[2] or " ")
    digits = max(len(str(round(size))) - 3, 3)  # three telling digits; nobody counts memory in single bytes
    written = size_text(-(-round(size) // 10**digits) * 10**digits)
    return f"write {written}" if SIZE.fullmatch(written) else ""


def number_remedy(text: str, *, plain: bool, whole: bool) -> str:
    """Return how to write the number that `text` was meant to be, or an empty string.

    Args:
        text: what is no number for YAML.
        plain: it was written without quotes.
        whole: a whole number is wanted.
    """
    text = text.strip()
    if DECIMAL.fullmatch(text):
        return "" if plain else f"remove the quotes: {text}"
    return next((hint for form, say in NEARLY_NUMBERS if (m := form.fullmatch(text)) and (hint := say(m, whole))), "")


def _spelled(text: str, *, whole: bool) -> str:
    number = float(text)
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number)) if whole else f"{number:.1f}"
    match = SCIENTIFIC.fullmatch(text)
    assert match
    sign, digits, decimals, exponent_sign, exponent = match.groups()
    scientific = f"{sign}{digits or '0'}.{decimals or '0'}e{exponent_sign or '+'}{exponent}"
    decimal = _decimal(number)
    return f"{scientific} or {decimal}" if len(decimal) <= 12 else scientific


def _decimal(number: float) -> str:
    return format(Decimal(repr(number)), "f")


def _thousands(match: Match, whole: bool) -> str:
    return f"write {re.sub('[^0-9]', '', match[0])}" if whole else ""


NEARLY_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[Match, bool], str]], ...] = (
    (SCIENTIFIC, lambda m, whole: f"YAML reads {m[0]} as text: write {_spelled(m[0], whole=whole)}"),
    (
        re.compile(r"([-+]?\d{1,15}(?:\.\d{1,15})?)\s*%", re.ASCII),
        lambda m, _: f"write a share of 1: {_decimal(float(m[1]) / 100)}",
    ),
    (re.compile(r"\d{1,3}(?:[ .']\d{3})+", re.ASCII), _thousands),
    (re.compile(r"(\d+(?:\.\d+)?)\s+[A-Za-z]+", re.ASCII), lambda m, _: f"write the number alone: {m[1]}"),
    (
        re.compile(r"[-+]?\d+,\d+", re.ASCII),
        lambda m, whole: "" if whole else f"write a point: {m[0].replace(',', '.')}",
    ),
    (re.compile(r"\d+(?::\d+)+", re.ASCII), lambda _m, _w: "a number has no colon"),
    (re.compile(r"(?i)[-+]?\.?(inf|infinity|nan)"), lambda _m, _w: "write a finite number"),
    (
        re.compile(r"[-+*/().\d\se]*\d\s*(?:\*\*|[-+*/])\s*[-+*/().\d\se]+", re.ASCII),
        lambda _m, _w: "nothing in a recipe is computed: write the result",
    ),
)
"""How numbers get written that are none for YAML, most telling first."""
