"""From a name or a path and overrides to a `Recipe`, with all of it checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from grokyolo.errors import did_you_mean
from grokyolo.findings import Finding, Place, Severity, error_of, problem
from grokyolo.recipe import catalogue, checks, layers, messages
from grokyolo.recipe.catalogue import Form, RecipeSource
from grokyolo.recipe.layers import Layers
from grokyolo.recipe.models import BUILTIN_DATA, SECTIONS, TOP, Recipe, Section
from grokyolo.recipe.schema import file_model
from grokyolo.recipe.train_arguments import MODEL_AND_DATA, PATHS, task_of
from grokyolo.recipe.yaml_reader import Node, Scalar, YamlMap, is_null, parse, plain


def load(name_or_path: str, overrides: Sequence[str] = (), *, complete: bool = True) -> Recipe:
    """Load a recipe with everything it inherits, and put overrides over it.

    Args:
        name_or_path: a name of the catalogue, a recipe's file, a run folder of grokyolo, or the folder or
            `args.yaml` of a run of Ultralytics.
        overrides: `KEY=VALUE`; a bare key is a train argument, `model` or `data`, a dotted one a path.
        complete: whether model and data must be there; False is for showing and listing.

    Raises:
        RecipeError: it carries every problem found, in the order of the files.
    """
    return load_source(catalogue.find(name_or_path), overrides, complete=complete)


def load_source(source: RecipeSource, arguments: Sequence[str] = (), *, complete: bool = True) -> Recipe:
    """Load the recipe of a file that the catalogue found; arguments and errors as in `load`."""
    return _resolved(source.name, source.place, layers.read_layers(source), arguments, complete=complete)


def loader(name_or_path: str) -> Callable[[Sequence[str]], Recipe]:
    """Return a function that loads one recipe with ever other overrides; its files are read once.

    Args:
        name_or_path: as in `load`; so are the errors of both.
    """
    source = catalogue.find(name_or_path)
    read = layers.read_layers(source)
    return lambda arguments: _resolved(source.name, source.place, read, arguments, complete=True)


def like_yolo(arguments: Sequence[str]) -> Recipe:
    """Return what `yolo train` would do with the same arguments: Ultralytics' defaults behind them, and no recipe.

    Args:
        arguments: `KEY=VALUE`, as in `load`.

    Raises:
        RecipeError: as in `load`.
    """
    place, nothing = Place("yolo train"), Layers(YamlMap({}, {}, Place("yolo train")))
    first = _resolved(place.file, place, nothing, arguments, complete=False)
    model, data = MODEL_AND_DATA[task_of(first)]
    named = [f"model={model}"] * (not first.model) + [f"data={data}"] * (not first.data)
    return _resolved(place.file, place, nothing, [*named, *arguments], complete=True)


def origins(name_or_path: str, recipe: Recipe) -> dict[str, str]:
    """Return where the values of a loaded recipe come from; for a run where they came from when it began.

    Args:
        name_or_path: as the recipe was loaded.
        recipe: resolved, with or without overrides.

    Raises:
        RecipeError: it is no longer there.
    """
    source = catalogue.find(name_or_path)
    if source.form is not Form.RUN:
        return dict(recipe.provenance)
    node = parse(source.read(), source.place, [])
    table = node.items.get("provenance") if isinstance(node, YamlMap) else None
    items = table.items if isinstance(table, YamlMap) else {}
    before = {key: item.text for key, item in items.items() if isinstance(item, Scalar)}
    own = f"{source.shown}:"
    now = {key: before.get(key) if where.startswith(own) else where for key, where in recipe.provenance.items()}
    return {key: where for key, where in now.items() if where}


def _resolved(name: str, whole: Place, read: Layers, arguments: Sequence[str], *, complete: bool) -> Recipe:
    problems = list(read.problems)
    table = layers.merge(read.table, layers.layer(arguments, problems))
    checked = _checkable(table, problems)
    places = dict(_places(checked))
    values = _values(checked, problems)
    files = {key: _file(key, checked, problems) for key in PATHS}
    recipe = Recipe.model_construct(
        **values | {key: file for key, file in files.items() if file},
        name=name,
        provenance={key: place.source for key, place in places.items()},
        contents={key: content for key, file in files.items() if (content := catalogue.content(file))},
    )
    # the rules compare values with each other, which makes no sense while some are wrong
    findings = [] if problems else [*read.findings, *checks.examine(recipe, places, whole)]
    problems += [finding for finding in findings if finding.severity is Severity.ERROR]
    parent = table.items.get("extends")
    # an unknown key or parent may hide a model or data
    if (
        complete
        and set(table.items) <= set(TOP)
        and (parent is None or is_null(parent) or layers.names_a_parent(parent))
    ):
        given = [key for key in table.items if key in checked.items or not is_null(table.items[key])]
        problems += checks.missing({*PATHS} - {*given}, whole)
    if problems:
        raise error_of(problems, read.files)
    return recipe.model_copy(update={"findings": tuple(findings)})


def _checkable(table: YamlMap, problems: list[Finding]) -> YamlMap:
    """Return what the model of a recipe file checks: without what says nothing, data as a section where built in."""
    items: dict[str, Node] = {}
    for key, node in table.items.items():
        if key == "extends" or (key in TOP and is_null(node) and not (key in layers.WHOLE and node.place.argument)):
            continue
        if key == "data" and isinstance(node, Scalar) and node.value in BUILTIN_DATA:
            items[key] = YamlMap({"name": node}, {"name": table.keys[key]}, node.place)
            continue
        if key == "data" and isinstance(node, YamlMap) and "name" not in node.items:
            found = messages.data_without_name(node)
            problems.append(found)
            if "does not hold one" in found.what:
                continue
        items[key] = node
    return YamlMap(items, table.keys, table.place)


def _places(table: YamlMap, section: str = "") -> Iterator[tuple[str, Place]]:
    """Yield the place of each value by its dotted key."""
    for key, node in table.items.items():
        path = f"{section}{key}"
        if isinstance(node, YamlMap):
            yield from _places(node, f"{path}.")
        elif path not in SECTIONS or path == "data":
            yield path, node.place


def _values(table: YamlMap, problems: list[Finding]) -> dict[str, Any]:
    """Return the values of the top level that the recipe file's model takes; none where one of them is wrong."""
    try:
        checked = file_model().model_validate(plain(table))
    except ValidationError as error:
        problems += messages.findings_of(error, table)
        return {}
    values = dict(checked)
    train = checked.train
    assert isinstance(train, Section)
    values["train"] = {key: getattr(train, key) for key in table.items["train"].items} if "train" in table.items else {}
    values["description"] = " ".join(checked.description.split())
    return values


def _file(key: str, table: YamlMap, problems: list[Finding]) -> str:
    """Return what Ultralytics shall take for the model or the data; empty where there is none or it is built in."""
    node = table.items.get(key)
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.value.strip():
        return ""
    if key == "data":
        if "/" not in node.value and "." not in node.value and "\\" not in node.value:
            near = did_you_mean(node.value.replace("_", "-"), BUILTIN_DATA)
            if near and not catalogue.exists(Path(node.value), folder=True):
                problems.append(problem(f"there is no built-in data set {node.value}", node.place, near))
        return catalogue.data_file(node.value, node.place)
    found = catalogue.model_file(node.value, node.place)
    if isinstance(found, Finding):
        problems.append(found)
        return ""
    return found
