"""Text that was meant as a number, and how YAML wants it written."""

from __future__ import annotations

import re

from grokyolo.recipe.document import Scalar

SCIENTIFIC = re.compile(r"([-+]?)(?=\.?\d)(\d*)(?:\.(\d*))?[eE]([-+]?)(\d{1,2})")
COMMA = re.compile(r"[-+]?\d+,\d+")
PERCENT = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*%")
FORMULA = re.compile(r"[-+*/().\d\se]*\d\s*(?:\*\*|[-+*/])\s*[-+*/().\d\se]+")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
FORMS = (
    (re.compile(r"\d+(?::\d+)+"), "a number has no colon"),
    (re.compile(r"(?i)[-+]?\.?(inf|infinity|nan)"), "there is no such number: write a finite one"),
    (FORMULA, "nothing in a recipe is computed: write the result"),
)


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
    if SCIENTIFIC.fullmatch(text):
        return f"YAML reads {text} as text: write {_spelled(text, whole=whole)}"
    if match := PERCENT.fullmatch(text):
        return f"write a share of 1: {_decimal(float(match[1]) / 100)}"
    if COMMA.fullmatch(text):
        return f"write a point: {text.replace(',', '.')}"
    return next((hint for form, hint in FORMS if form.fullmatch(text)), "")


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
    return f"{number:.15f}".rstrip("0").rstrip(".")
