"""Text that was meant as a number, and how YAML wants it written."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from grokyolo.recipe.document import Scalar

Match = re.Match[str]
SCIENTIFIC = re.compile(r"([-+]?)(?=\.?\d)(\d*)(?:\.(\d*))?[eE]([-+]?)(\d{1,2})", re.ASCII)
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)", re.ASCII)


def remedy(scalar: Scalar, *, whole: bool) -> str:
    """Return how to write the number that `scalar` was meant to be, or an empty string.

    Args:
        scalar: a value that is no number for YAML.
        whole: a whole number is wanted.
    """
    text = scalar.text.strip()
    if not isinstance(scalar.value, str):
        return ""
    if NUMBER.fullmatch(text):
        return "" if scalar.plain else f"remove the quotes: {text}"
    return next((hint for form, say in FORMS if (m := form.fullmatch(text)) and (hint := say(m, whole))), "")


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


FORMS: tuple[tuple[re.Pattern[str], Callable[[Match, bool], str]], ...] = (
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
