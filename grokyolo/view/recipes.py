"""Recipes as tables: the list of them, every value with its origin, the difference between two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from grokyolo.findings import COMMAND_LINE
from grokyolo.format import MISSING
from grokyolo.recipe import Entry, KeyDifference, Value

VALUE = 16
"""Columns that a value has at least where an origin stays on one line."""


def entries_table(entries: Sequence[Entry]) -> RenderableType:
    """Return the list of recipes, and beneath it where those come from that are not built in."""
    table = _table()
    table.add_column("recipe", no_wrap=True)
    table.add_column("epochs", justify="right")
    table.add_column("task", no_wrap=True)
    table.add_column("what it is for")
    for entry in entries:
        table.add_row(entry.name, str(entry.epochs or ""), entry.task, escape(entry.description))
    own = [Text(_source(entry), style="dim", overflow="fold") for entry in entries if not entry.built_in]
    return Group(table, *([Text(), *own] if own else []))


def _source(entry: Entry) -> str:
    hidden = f", instead of {' and '.join(entry.hides)}" if entry.hides else ""
    return f"{entry.name}: {entry.source}{hidden}"


def values_table(values: Sequence[Value], width: int = 80) -> RenderableType:
    """Return every value with its origin; what nobody set is dim.

    Args:
        values: at least one.
        width: columns of the terminal.
    """
    table = _table()
    table.add_column("key", no_wrap=True)
    table.add_column("value", overflow="fold")
    others = max(len(value.key) for value in values) + VALUE + 4
    longest = max(len(value.source) for value in values)
    table.add_column("from", overflow="fold", no_wrap=others + longest <= width)
    for value in values:
        section, dot, key = value.key.rpartition(".")
        if value.is_default:
            table.add_row(value.key, written(value.value), value.source, style="dim")
        else:
            origin = "bold yellow" if value.source == COMMAND_LINE else ""
            table.add_row(
                Text.assemble((section + dot, "dim"), (key, "blue")),
                Text(written(value.value), style=_colour(value.value)),
                Text(value.source, style=origin),
            )
    return table


def differences_table(names: Sequence[str], differences: Sequence[KeyDifference]) -> RenderableType:
    """Return where two recipes differ, side by side."""
    if not differences:
        return Text("no difference")
    table = _table()
    for header, style in zip(("key", *names), ("", "red", "green"), strict=True):
        table.add_column(escape(header), style=style, no_wrap=header == "key", overflow="fold")
    for difference in differences:
        sides = (MISSING if side is None else written(side.value) for side in (difference.left, difference.right))
        table.add_row(difference.key, *map(Text, sides))
    return table


def written(value: object) -> str:
    """Return a value as a recipe would have it."""
    import yaml

    text = value if isinstance(value, str) else yaml.safe_dump(value, default_flow_style=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


def _colour(value: Any) -> str:
    """Return the colour that editors give to a value of this kind, out of those that every terminal has."""
    if value is None or isinstance(value, bool):
        return "magenta"
    if isinstance(value, (int, float)):
        return "cyan"
    return "green" if isinstance(value, str) else ""


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
