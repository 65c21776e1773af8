"""The YAML files beside a log: loaded without trust, each value taken only when it has the right type."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grokyolo.files import YAML_BYTES, parse_yaml, read_bounded

_BAD_VALUES = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError, RecursionError)
"""What PyYAML lets through, besides its own errors, for values such as `!!bool maybe`."""


def load_yaml(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Load a YAML map.

    Args:
        path: the file; it need not exist.

    Returns:
        The map, empty when the file is missing or unusable, and a note when it is not whole. Of a file that
        stops being YAML at some line (two processes wrote it, or a power cut) the lines before it count.
    """
    try:
        text = read_bounded(path, YAML_BYTES, within=path.parent).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return {}, ()
    except OSError as error:
        return {}, (f"{path.name} cannot be read ({error.strerror or error}): its settings are unknown",)
    loaded, broken = _parse(text)
    if broken is None:
        return (loaded, ()) if loaded is not None else ({}, (f"{path.name} holds no settings",))
    before, _ = _parse("\n".join(text.split("\n")[:broken]))
    if before:
        return before, (f"{path.name} is not valid YAML from line {broken + 1} on: the lines before it count",)
    return {}, (f"{path.name} is not valid YAML: its settings are unknown",)


def _parse(text: str) -> tuple[dict[str, Any] | None, int | None]:
    """Return the map, None when it is something else, and the number of lines before the first broken one."""
    import yaml

    try:
        loaded = parse_yaml(text)
    except yaml.MarkedYAMLError as error:
        marks = [mark.line for mark in (error.context_mark, error.problem_mark) if mark is not None]
        return None, min(marks, default=0)
    except (yaml.YAMLError, *_BAD_VALUES):
        return None, 0
    if loaded is None:
        return {}, None
    return ({str(key): value for key, value in loaded.items()}, None) if isinstance(loaded, Mapping) else (None, None)


def as_count(value: object) -> int | None:
    """Return a whole number above zero, or None for anything else (YAML's `true` included)."""
    number = as_number(value)
    return int(number) if number is not None and number >= 1 and number == int(number) else None


def as_number(value: object) -> float | None:
    """Return a finite number, also one that YAML took for text such as `1e-3`, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e300 else None


def as_flag(value: object) -> bool | None:
    """Return a truth value, or None for anything that is none."""
    return value if isinstance(value, bool) else None
