"""What values of a recipe may be: times, sizes and numbers, how people write them, and how a recipe wants them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import CoreSchema, core_schema

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
LARGEST = 2**63 - 1
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


# Types of fields ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wording:
    """What messages say about a key, beyond what its type says.

    Attributes:
        expected: the words after 'must be', where those of the type do not do; without null.
        null: what null stands for.
        advice: what to do about a value it cannot have.
        example: a value to propose, where that is not the default.
        choices: words of which the one that looks like the value is proposed.
        guess: whether a word that looks alike is proposed at all.
    """

    expected: str = ""
    null: str = ""
    advice: str = ""
    example: Any = None
    choices: tuple[str, ...] = ()
    guess: bool = True


class _OrNothing:
    """A section that may be null, as it is when all its lines are commented out."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: {} if value is None else value, handler(source)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "null"}]}


def _as_whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 100.0 counts as 100, as in Ultralytics
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError("too large")
    return value


def _as_written(value: Any, check: Callable[[Any], Any]) -> Any:
    check(value)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError("too large")
    return value


def _of_text(read: Callable[[str], int]) -> Callable[[Any], int]:
    def value_of(value: Any) -> int:
        if isinstance(value, str):
            return read(value)
        raise ValueError("no text")

    return value_of


def _size(value: Any) -> int:
    return 0 if value == 0 and not isinstance(value, bool) else _of_text(bytes_of)(value)


WHOLE = BeforeValidator(_as_whole)
"""Beside `int`: a whole number, however it is written."""
NUMBER = WrapValidator(_as_written)
"""Beside `float`: a number, kept as it is written."""
OR_NOTHING = _OrNothing()
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Count = Annotated[int, Field(ge=1), WHOLE]
Positive = Annotated[float, Field(gt=0), NUMBER]
Share = Annotated[float, Field(gt=0, lt=1), NUMBER]
Duration = Annotated[
    int,
    BeforeValidator(_of_text(seconds)),
    PlainSerializer(time_text),
    WithJsonSchema({"type": "string", "pattern": r"^(?=.)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$"}),
    Wording(TIME_EXPECTED),
]
"""Seconds; text such as 10m in a recipe."""
Size = Annotated[
    int,
    BeforeValidator(_size),
    PlainSerializer(size_text),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^(\d{1,6}(kB|MB|GB|TB)|0)$"}, {"const": 0}]}),
    Wording(SIZE_EXPECTED),
]
"""Bytes; text such as 2GB in a recipe."""
