"""Inheritance: a recipe on top of its parents, map by map, each value keeping the place it was written at."""

from __future__ import annotations

from dataclasses import dataclass

from grokyolo.recipe import catalogue
from grokyolo.recipe.catalogue import Source
from grokyolo.recipe.document import Listing, Node, Scalar, Table, parse
from grokyolo.recipe.places import Problem, complain
from grokyolo.recipe.schema import BUILTIN_DATA, EXTENDS
from grokyolo.recipe.showing import shown
from grokyolo.recipe.values import Wrong

MAX_PARENTS = 8
FORMAT = 1
"""The version of a run's `grokyolo.yaml` that this grokyolo reads."""


@dataclass(frozen=True)
class Layers:
    """A recipe and its parents.

    Attributes:
        table: everything merged.
        files: names of the files, the recipe first.
    """

    table: Table
    files: tuple[str, ...]


def read_layers(source: Source, problems: list[Problem]) -> Layers:
    """Read a recipe and all its parents.

    Args:
        source: the recipe.
        problems: gets what is wrong but does not keep the rest from being read.

    Raises:
        RecipeError: a file is missing or unreadable, or the parents go in a circle or too deep.
    """
    chain = [source]
    tables = [_read(source, problems, [])]
    while (parent := _parent(chain, tables[-1], problems)) is not None:
        chain.append(parent)
        tables.append(_read(parent, problems, [one.shown for one in chain]))
    merged = tables[-1]
    for table in reversed(tables[:-1]):
        merged = merge(_without_description(merged), table)
    return Layers(merged, tuple(one.shown for one in chain))


def merge(base: Table, top: Table) -> Table:
    """Return `base` with everything that `top` says put over it, depth first."""
    items, keys = dict(base.items), dict(base.keys)
    for key, value in top.items.items():
        below = items.get(key)
        if key in {"train", "gap", "checkpoint", "inputs"} and isinstance(value, Scalar) and value.value is None:
            continue  # a section whose lines are all commented out says nothing
        if isinstance(value, Table) and key == "data" and isinstance(below, Scalar) and below.value in BUILTIN_DATA:
            below = Table({"name": below}, {"name": keys[key]}, below.place)
        if isinstance(value, Table) and isinstance(below, Table):
            items[key] = merge(below, value)
        else:
            items[key] = value
        keys[key] = top.keys[key]
    return Table(items, keys, top.place)


def _without_description(table: Table) -> Table:
    """A description tells of one recipe alone."""
    items = {key: value for key, value in table.items.items() if key != "description"}
    return Table(items, {key: table.keys[key] for key in items}, table.place)


def _read(source: Source, problems: list[Problem], chain: list[str]) -> Table:
    files = chain or [source.shown]
    found: list[Problem] = []
    node = parse(source.read(), source.place, found)
    problems += found
    if node is None and found:
        raise complain(problems, files)
    if source.run or _is_run(node):
        if isinstance(node, Table) and not _readable(node.items.get("format")):
            what = "this run was written by a newer grokyolo"
            raise complain([Problem(what, source.place, "pip install --upgrade grokyolo")], files)
        node = node.items.get("recipe") if isinstance(node, Table) else None
        if not isinstance(node, Table):
            raise complain([Problem("this run has no recipe inside", source.place, "name a recipe instead")], files)
    if node is None or (isinstance(node, Scalar) and node.value is None):
        raise complain([*problems, Problem("the recipe is empty", source.place, "begin with `extends: long`")], files)
    if not isinstance(node, Table):
        what = f"a recipe is a map of `key: value`; this is {shown(node)}"
        raise complain([*problems, Problem(what, node.place, _as_map(node))], files)
    return node


def _is_run(node: Node | None) -> bool:
    """Tell the settings of a run, copied to a file of another name, from a recipe."""
    return isinstance(node, Table) and isinstance(node.items.get("recipe"), Table) and "recipe_hash" in node.items


def _readable(version: Node | None) -> bool:
    return version is None or (isinstance(version, Scalar) and version.value == FORMAT)


def _as_map(node: Node) -> str:
    if isinstance(node, Listing):
        return "remove the dashes"
    if isinstance(node, Scalar) and "=" in node.text:
        return "write `key: value` instead of KEY=VALUE, one a line"
    return "begin with `extends: long`"


def _parent(chain: list[Source], table: Table, problems: list[Problem]) -> Source | None:
    node = table.items.get("extends")
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return None
    try:
        name = EXTENDS.accept(node)
    except Wrong:
        problems.append(_no_name(node))
        return None
    here = chain[-1]
    passed = {one.path.resolve() for one in chain}
    # a recipe that extends its own name means the one it hides
    skip = passed if here.name == name else ()
    parent = catalogue.find(name, start=here.path.parent, place=node.place, skip=skip)
    names = " -> ".join(one.shown for one in [*chain, parent])
    if parent.path.resolve() in passed:
        raise complain([Problem(f"the recipes extend each other in a circle: {names}", node.place, "break the circle")])
    if len(chain) > MAX_PARENTS:
        what = f"more than {MAX_PARENTS} parents: {names}"
        raise complain([Problem(what, node.place, "write the values into fewer files")])
    return parent


def _no_name(node: Node) -> Problem:
    hint = "a recipe has one parent: extends: long"
    return Problem(f"extends is {shown(node)}, but must be {EXTENDS.expected}", node.place, hint, "extends")
