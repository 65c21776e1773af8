"""Numbers, sizes, times and names as people read them, each written in one place."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

MISSING = "–"
"""Stands where nothing was measured."""
NAME_WIDTH = 28
"""What 80 columns leave for the name of a run in a table."""
ACTED_ON = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of Unicode that move a cursor, turn text round, or break lines."""


def printable(text: str, *, keep_lines: bool = False) -> str:
    """Return text with what a terminal would act on written out: a name may hold anything.

    Args:
        text: of a file, a path or a message.
        keep_lines: ends of lines stay; without it all is one line.
    """
    if text.isprintable():
        return text
    return "".join(c if _harmless(c) or (keep_lines and c == "\n") else _escaped(c) for c in text)


def page_text(value: object) -> object:
    """Return what a page shows: text as in `printable`, markup and all else as it is; `finalize` of Jinja."""
    return printable(value, keep_lines=True) if type(value) is str else value


def _harmless(letter: str) -> bool:
    return unicodedata.category(letter) not in ACTED_ON


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def format_score(value: float | None) -> str:
    """Return a score in [0, 1] with three decimals, or a dash."""
    return MISSING if value is None or math.isnan(value) else f"{value:.3f}"


def format_loss(value: float | None) -> str:
    """Return a loss with about four telling digits in at most seven columns, or a dash."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "not fin."
    if value != 0 and (abs(value) < 0.001 or abs(value) >= 1e5):
        return f"{value:.1e}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.5g}"


def format_metric(value: float | None) -> str:
    """Return a score or a loss as short as a line of progress needs it, or a dash."""
    return MISSING if value is None else f"{value:.3f}" if abs(value) < 100 else f"{value:.3g}"


def format_short(value: float | None) -> str:
    """Return any number with three telling digits, or a dash."""
    return MISSING if value is None else f"{value:.3g}"


def format_number(value: float) -> str:
    """Return a number with two telling digits, without an exponent.

    >>> format_number(0.00014963), format_number(0.25), format_number(3.5245), format_number(1234.5)
    ('0.00015', '0.25', '3.5', '1,234')
    """
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{round(value):,}"
    digits = max(1 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_tick(value: float) -> str:
    """Return a number at an axis in at most six columns: `0.0056`, `9.82`, `12,345`, `1e-4`."""
    if value == 0:
        return "0"
    if 0.01 <= abs(value) < 1000:
        return f"{value:.3g}"
    if 0.001 <= abs(value) < 0.01:
        return f"{value:.2g}"
    return f"{value:,.0f}" if 1000 <= value < 1e5 else f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")


def format_decimal(value: float) -> str:
    """Return a number as a recipe takes it: with a point, never with an exponent, which YAML may read as text."""
    text = f"{value:.10f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def format_rate(value: float) -> str:
    """Return a learning rate or a decay, without an exponent."""
    return f"{value:.3g}" if value == 0 or value >= 1e-4 else f"{value:.7f}".rstrip("0")


def format_large(value: int) -> str:
    """Return a large number such as that of the parameters of a model: `2.57 M`, `62 k`."""
    return f"{value / 1e6:.2f} M" if value >= 1e5 else f"{value / 1e3:.0f} k"


def format_integer(value: int | None) -> str:
    """Return a whole number with its thousands apart, or a dash."""
    return MISSING if value is None else f"{value:,}"


def format_count(number: int, noun: str) -> str:
    """Return how many there are of something: `1 row`, `2,000 rows`, `2 batches`."""
    ending = "" if number == 1 else "es" if noun.endswith("tch") else "s"
    return f"{number:,} {noun}{ending}"


def format_setting(value: Any) -> str:
    """Return a setting as YAML and the command line take it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def format_size(count: float) -> str:
    """Return a number of bytes: `999 B`, `593 kB`, `5.2 MB`, `31 GB`."""
    for unit, power in (("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3)):
        value = count / 10**power
        if value >= 0.9995:
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{count:.0f} B"


def format_duration(seconds: float) -> str:
    """Return a time in one unit: `8 ms`, `0.27 s`, `48 s`, `3 min`, `5.2 h`, `6.1 d`."""
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 120 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 72 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} d"


def format_long_duration(seconds: float) -> str:
    """Return a time in at most two units: `2 d 3 h`, `1 h 30 min`, `12 min`, `37 s`."""
    whole = round(seconds)
    for unit, length, lesser, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60)):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length:,} {unit} {rest} {lesser}" if rest else f"{whole // length:,} {unit}"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{seconds:.3g} s"


def join_words(words: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def break_path(path: str, width: int = NAME_WIDTH) -> str:
    """Return a path in lines of at most `width` letters, broken after its slashes where that is possible."""
    lines = [""]
    for part in re.split(r"(?<=/)(?!$)", path):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def shorten(text: str, most: int) -> str:
    """Return text of at most so many letters: its end tells most of a path."""
    return text if len(text) <= most else f"…{text[1 - most :]}"


def format_name(run: str) -> str:
    """Return the name of a run for a cell of a table, in lines that leave room for the other columns."""
    return "\n".join(printable(line) for line in break_path(run).split("\n"))
