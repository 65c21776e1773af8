"""`KEY=VALUE` of the command line as one more layer over a recipe.

Values are parsed as YAML, never evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grokyolo.errors import did_you_mean
from grokyolo.recipe.document import Listing, Node, Scalar, Table, parse
from grokyolo.recipe.merging import merge
from grokyolo.recipe.ownership import why_no_argument
from grokyolo.recipe.places import Place, Problem
from grokyolo.recipe.schema import TOP

WHOLE = ("model", "data", "description")
"""Bare keys that are no train arguments."""
SECTIONED = ("data", "train", "gap", "checkpoint", "inputs", "accelerate")
"""First parts of dotted keys."""


def layer(arguments: Sequence[str], problems: list[Problem]) -> Table:
    """Return what the command line says as a table in the form of a recipe; later ones win.

    Args:
        arguments: each `KEY=VALUE`.
        problems: gets what is wrong with them.
    """
    table = Table({}, {}, Place(argument="KEY=VALUE", folder=Path()))
    for argument in arguments:
        if (one := _table(argument, problems)) is not None:
            table = merge(table, one)
    return table


def _table(argument: str, problems: list[Problem]) -> Table | None:
    place = Place(argument=argument, folder=Path())
    key, equals, text = argument.partition("=")
    if not equals or not key or key != key.strip() or text != text.strip():
        if argument.strip() in {"=", ""} or key != key.strip() or text != text.strip() or not key:
            hint = "write KEY=VALUE without spaces around ="
        else:
            hint = _as_assignment(argument)
        problems.append(Problem(f"{argument!r} is not KEY=VALUE", place, hint))
        return None
    path = _path(key, place, problems)
    value = _value(text, place, problems)
    if path is None or value is None:
        return None
    for part in reversed(path):
        value = Table({part: value}, {part: place}, place)
    return value if isinstance(value, Table) else None


def _as_assignment(argument: str) -> str:
    key, colon, text = argument.partition(":")
    if key.replace("_", "").replace(".", "").isalpha():
        return f"write {key}={text}" if colon else f"write {key}=VALUE"
    return "write KEY=VALUE without spaces around ="


def _path(key: str, place: Place, problems: list[Problem]) -> tuple[str, ...] | None:
    parts = tuple(key.split("."))
    if len(parts) > 1:
        return parts if _known_section(key, parts, place, problems) else None
    if key in WHOLE:
        return parts
    if key == "extends":
        problems.append(Problem("the parent of a recipe cannot change", place, "choose another --recipe"))
        return None
    if reason := why_no_argument(key, bare=True):
        why, hint = reason
        problems.append(Problem(f"{key} cannot be set: {why}", place, hint))
        return None
    return ("train", key)


def _known_section(key: str, parts: tuple[str, ...], place: Place, problems: list[Problem]) -> bool:
    if all(parts) and parts[0] in SECTIONED:
        return True
    if not all(parts):
        hint = "write SECTION.KEY=VALUE"
    elif parts[0] in TOP:
        hint = f"write {parts[0]}=VALUE"
    else:
        hint = did_you_mean(parts[0], SECTIONED) or f"sections are {', '.join(SECTIONED)}"
    problems.append(Problem(f"no recipe has a key {key}", place, hint))
    return False


def _value(text: str, place: Place, problems: list[Problem]) -> Node | None:
    if not text:
        return Scalar(None, "", True, place)
    found: list[Problem] = []
    node = parse(text, place, found)
    unread = node is None and bool(found) and text[0] not in "'\"!&" and text.isprintable()
    if text[0] not in "[{" and (unread or isinstance(node, (Listing, Table))):
        # what no shell user would quote twice: data.operation=* or =-, description=a: b
        return Scalar(text, text, True, place)
    problems += found
    return Scalar(None, text, True, place) if node is None and not found else node
