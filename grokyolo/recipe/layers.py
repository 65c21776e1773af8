"""What a recipe is made of: its parents below it, the `KEY=VALUE` of the command line above, merged into one table.

The `args.yaml` of a run of Ultralytics counts as a recipe as far as it differs from Ultralytics' defaults.

Each value keeps the place it was written at. Values are parsed as YAML, never evaluated.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeGuard

from pydantic import ValidationError

from grokyolo.errors import did_you_mean
from grokyolo.findings import Finding, Place, Severity, error_of, problem
from grokyolo.recipe import catalogue, messages
from grokyolo.recipe.catalogue import Form, RecipeSource
from grokyolo.recipe.models import BUILTIN_DATA, TOP
from grokyolo.recipe.schema import file_model
from grokyolo.recipe.train_arguments import PATHS, train_arguments
from grokyolo.recipe.units import DECIMAL, time_text
from grokyolo.recipe.yaml_reader import Listing, Node, Scalar, YamlMap, is_null, parse, plain, shown

MAX_PARENTS = 8
FORMAT = 1
"""The version of a run's `grokyolo.yaml` that this grokyolo reads."""
WHOLE = (*PATHS, "description")
"""Bare keys that are no train arguments."""
SECTIONED = tuple(key for key in TOP if key not in {"description", "extends", "model"})
"""First parts of dotted keys."""
NOTHING = (None, False, 0, "")
"""Values of an argument that Ultralytics no longer has which said nothing."""


@dataclass(frozen=True)
class Layers:
    """A recipe and its parents.

    Attributes:
        table: everything merged.
        files: names of the files, the recipe first.
        problems: what is wrong but did not keep the rest from being read.
        findings: what else is to be said of them.
    """

    table: YamlMap
    files: tuple[str, ...] = ()
    problems: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_layers(source: RecipeSource) -> Layers:
    """Read a recipe and all its parents.

    Raises:
        RecipeError: a file is missing or unreadable, or the parents go in a circle or too deep.
    """
    problems: list[Finding] = []
    findings: list[Finding] = []
    chain = [source]
    tables = [_read(source, problems, findings, [source.shown])]
    while (parent := _parent(chain, tables[-1], problems)) is not None:
        chain.append(parent)
        tables.append(_read(parent, problems, findings, [one.shown for one in chain]))
    merged = tables[-1]
    for table in reversed(tables[:-1]):
        merged = merge(_without_description(merged), table)  # it tells of one recipe alone
    return Layers(merged, tuple(one.shown for one in chain), tuple(problems), tuple(findings))


def _read(source: RecipeSource, problems: list[Finding], findings: list[Finding], files: list[str]) -> YamlMap:
    found: list[Finding] = []
    node = parse(source.read(), source.place, found)
    problems += found
    if node is None and found:
        raise error_of(problems, files)
    if source.form is Form.RUN or _is_run(node):
        if isinstance(node, YamlMap) and not _readable(node.items.get("format")):
            what = "this run was written by a newer grokyolo"
            raise error_of([problem(what, source.place, "pip install --upgrade grokyolo")], files)
        node = node.items.get("recipe") if isinstance(node, YamlMap) else None
        if not isinstance(node, YamlMap):
            raise error_of([problem("this run has no recipe inside", source.place, "name a recipe instead")], files)
    if is_null(node):
        raise error_of([*problems, problem("the recipe is empty", source.place, "begin with `extends: long`")], files)
    if not isinstance(node, YamlMap):
        assert node is not None
        what = f"a recipe is a map of `key: value`; this is {shown(node)}"
        raise error_of([*problems, problem(what, node.place, _as_map(node))], files)
    if _is_data_set(node):
        remedy = shlex.join(["grokyolo", "plan", "model=yolo26n.yaml", f"data={source.shown}"])
        raise error_of([problem("this is a data set, no recipe", source.place, remedy)], files)
    if source.form is Form.ARGUMENTS:
        node, said = _of_ultralytics(node, Path(source.shown).parent.as_posix())
        findings += said
    return node


def merge(base: YamlMap, top: YamlMap) -> YamlMap:
    """Return `base` with everything that `top` says put over it, depth first."""
    items, keys = dict(base.items), dict(base.keys)
    for key, value in top.items.items():
        below = items.get(key)
        if key in {"train", "gap", "checkpoint", "inputs"} and isinstance(value, Scalar) and value.value is None:
            continue  # a section whose lines are all commented out says nothing
        if isinstance(value, YamlMap) and key == "data" and isinstance(below, Scalar) and below.value in BUILTIN_DATA:
            below = YamlMap({"name": below}, {"name": keys[key]}, below.place)
        if isinstance(value, YamlMap) and isinstance(below, YamlMap):
            items[key] = merge(below, value)
        else:
            items[key] = value
        keys[key] = top.keys[key]
    return YamlMap(items, keys, top.place)


def _without_description(table: YamlMap) -> YamlMap:
    """A description tells of one recipe alone."""
    items = {key: value for key, value in table.items.items() if key != "description"}
    return YamlMap(items, {key: table.keys[key] for key in items}, table.place)


def _is_run(node: Node | None) -> bool:
    """Tell the settings of a run, copied to a file of another name, from a recipe."""
    return isinstance(node, YamlMap) and isinstance(node.items.get("recipe"), YamlMap) and "recipe_hash" in node.items


def _is_data_set(table: YamlMap) -> bool:
    """Tell the file of a data set, in which `train` and `val` are places, from a recipe."""
    places = [table.items[key] for key in ("train", "val") if key in table.items]
    named = bool({"names", "nc"} & set(table.items))
    return named and bool(places) and not any(isinstance(place, YamlMap) for place in places)


def _readable(version: Node | None) -> bool:
    return version is None or (isinstance(version, Scalar) and version.value == FORMAT)


def _as_map(node: Node) -> str:
    if isinstance(node, Listing):
        return "remove the dashes"
    if isinstance(node, Scalar) and "=" in node.text:
        return "write `key: value` instead of KEY=VALUE, one a line"
    return "begin with `extends: long`"


def names_a_parent(node: Node | None) -> TypeGuard[Scalar]:
    """Tell whether a value of `extends` can be a name."""
    return isinstance(node, Scalar) and isinstance(node.value, str) and bool(node.value.strip())


def _parent(chain: list[RecipeSource], table: YamlMap, problems: list[Finding]) -> RecipeSource | None:
    node = table.items.get("extends")
    if node is None or is_null(node):
        return None
    if not names_a_parent(node):
        wrong = messages.wrong_value(("extends",), node)
        problems.append(replace(wrong, remedy="a recipe has one parent: extends: long"))
        return None
    here, name = chain[-1], node.text
    passed = {one.path.resolve() for one in chain}
    # a recipe that extends its own name means the one it hides
    skip = passed if here.name == name else ()
    parent = catalogue.find(name, start=here.path.parent, place=node.place, skip=skip)
    names = " -> ".join(one.shown for one in [*chain, parent])
    if parent.path.resolve() in passed:
        what = f"the recipes extend each other in a circle: {names}"
        raise error_of([problem(what, node.place, "break the circle")])
    if len(chain) > MAX_PARENTS:
        what = f"more than {MAX_PARENTS} parents: {names}"
        raise error_of([problem(what, node.place, "write the values into fewer files")])
    return parent


def layer(arguments: Sequence[str], problems: list[Finding]) -> YamlMap:
    """Return what the command line says as a table in the form of a recipe; later ones win.

    Args:
        arguments: each `KEY=VALUE`.
        problems: gets what is wrong with them.
    """
    table = YamlMap({}, {}, Place(argument="KEY=VALUE", folder=Path()))
    for argument in arguments:
        if (one := _table(argument, problems)) is not None:
            table = merge(table, one)
    return table


def _table(argument: str, problems: list[Finding]) -> YamlMap | None:
    place = Place(argument=argument, folder=Path())
    key, equals, text = argument.partition("=")
    if not equals or not key or key != key.strip() or text != text.strip():
        if argument.strip() in {"=", ""} or key != key.strip() or text != text.strip() or not key:
            hint = "write KEY=VALUE without spaces around ="
        else:
            hint = _as_assignment(argument)
        problems.append(problem(f"{argument!r} is not KEY=VALUE", place, hint))
        return None
    path = _path(key, text, place, problems)
    value = Scalar(text or None, text, True, place) if key in PATHS else _value(text, place, problems)
    if path is None or value is None:
        return None
    for part in reversed(path):
        value = YamlMap({part: value}, {part: place}, place)
    return value if isinstance(value, YamlMap) else None


def _as_assignment(argument: str) -> str:
    key, colon, text = argument.partition(":")
    if key.replace("_", "").replace(".", "").isalpha():
        return f"write {key}={text}" if colon else f"write {key}=VALUE"
    return "write KEY=VALUE without spaces around ="


def _path(key: str, text: str, place: Place, problems: list[Finding]) -> tuple[str, ...] | None:
    parts = tuple(key.split("."))
    if len(parts) > 1:
        return parts if _known_section(key, parts, place, problems) else None
    if key in WHOLE:
        return parts
    if key == "extends":
        problems.append(problem("the parent of a recipe cannot change", place, "choose another --recipe"))
        return None
    if reason := messages.why_no_argument(key, bare=True):
        why, hint = reason
        problems.append(problem(f"{key} cannot be set: {why}", place, _option_for(key, text) or hint))
        return None
    return ("train", key)


def _option_for(key: str, text: str) -> str:
    """Return the option that says what `yolo train` says by an argument of its own, an empty string for none."""
    said = text.lower() not in {"", "false", "none", "null", "0"}
    options = {"name": f"--name {shlex.quote(text)}", "cfg": f"--recipe {shlex.quote(text)}"}
    options |= {"resume": "--resume", "verbose": "--verbose"}
    if key == "time" and DECIMAL.fullmatch(text) and float(text) > 0:
        return f"--time-limit {time_text(max(round(float(text) * 3600), 1))}"
    return options.get(key, "") if said else ""


def _known_section(key: str, parts: tuple[str, ...], place: Place, problems: list[Finding]) -> bool:
    if all(parts) and parts[0] in SECTIONED:
        return True
    if not all(parts):
        hint = "write SECTION.KEY=VALUE"
    elif parts[0] in TOP:
        hint = f"write {parts[0]}=VALUE"
    else:
        hint = did_you_mean(parts[0], SECTIONED) or f"sections are {', '.join(SECTIONED)}"
    problems.append(problem(f"no recipe has a key {key}", place, hint))
    return False


def _value(text: str, place: Place, problems: list[Finding]) -> Node | None:
    if not text:
        return Scalar(None, "", True, place)
    found: list[Finding] = []
    node = parse(text, place, found)
    unread = node is None and bool(found) and text[0] not in "'\"!&" and text.isprintable()
    if text[0] not in "[{" and (unread or isinstance(node, (Listing, YamlMap))):
        # what no shell user would quote twice: data.operation=* or =-, description=a: b
        return Scalar(text, text, True, place)
    problems += found
    return Scalar(None, text, True, place) if node is None and not found else node


# A run of Ultralytics -------------------------------------------------------------------------------------------------


def _of_ultralytics(arguments: YamlMap, run: str) -> tuple[YamlMap, list[Finding]]:
    """Return a run's train arguments in the form of a recipe, and what of them no recipe holds.

    Args:
        arguments: of the run's `args.yaml`.
        run: its folder, as messages name it.
    """
    findings = []
    train: dict[str, Node] = {}
    for key, node in arguments.items.items():
        if why := _left_out(key, node):
            what, remedy = why
            findings.append(Finding(Severity.INFO, what, remedy, arguments.keys[key]))
        elif _kept(key, node):
            train[key] = node
    table = YamlMap(train, arguments.keys, arguments.place)
    for key in _invalid(table):
        what = f"{key} was {shown(train[key])}, which Ultralytics no longer takes, and is left out"
        findings.append(Finding(Severity.WARNING, what, "", arguments.keys[key]))
        del train[key]
    description = f"what the run {run} of Ultralytics was"
    items: dict[str, Node] = {"description": Scalar(description, description, True, arguments.place)}
    items |= {key: node for key, node in arguments.items.items() if key in {"model", "data"} and not is_null(node)}
    keys = {key: arguments.keys.get(key, arguments.place) for key in (*items, "train")}
    return YamlMap(items | {"train": table}, keys, arguments.place), findings


def _left_out(key: str, node: Node) -> tuple[str, str] | None:
    """Return why a recipe cannot say what the run said, and what to type instead; None where nothing is lost."""
    value = plain(node)
    if key == "time" and isinstance(value, (int, float)) and value > 0:
        return "time let the clock decide how long the run was", f"--time-limit {time_text(round(value * 3600))}"
    if key == "val" and value is False:
        return "val was false; grokyolo validates, since without that there is no gap", "gap.every=5 for less often"
    if key == "split" and value == "train":
        return "split was train, so the run validated on its training images", ""
    if key not in train_arguments() and key not in {"save_dir"} and value not in NOTHING:
        return f"Ultralytics no longer has {key}, which was {shown(node)}", ""
    return None


def _kept(key: str, node: Node) -> bool:
    argument = train_arguments().get(key)
    if argument is None or not argument.settable:
        return False
    value = plain(node)
    empty = value in ("", None) and argument.default in ("", None)  # Ultralytics notes an unset device as an empty text
    return not empty and (type(value) is bool, value) != (type(argument.default) is bool, argument.default)


def _invalid(train: YamlMap) -> set[str]:
    try:
        file_model().model_validate({"train": plain(train)})
    except ValidationError as error:
        return {str(one["loc"][1]) for one in error.errors(include_url=False)}
    return set()
