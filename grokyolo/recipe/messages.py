"""What pydantic finds wrong with a recipe, as findings with a place, the words for it, and what to write instead."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from grokyolo.errors import alike, did_you_mean, listed, question
from grokyolo.findings import Finding, Place, problem
from grokyolo.recipe.fields import Wording
from grokyolo.recipe.models import BUILTIN_DATA, SECTIONS, TOP, Accelerate
from grokyolo.recipe.schema import file_model
from grokyolo.recipe.train_arguments import OLD_NAMES, OWNED, REMOVED, train_arguments
from grokyolo.recipe.units import number_remedy, size_remedy, time_remedy
from grokyolo.recipe.yaml_reader import Listing, Node, Scalar, YamlMap, is_null, shortened, shown

Schema = Mapping[str, Any]

NO_TEXT = {"None", "none", "NONE", "nil"}
"""Null in other languages, text in YAML."""
OTHER_TOP_NAMES: Mapping[str, str] = {
    "parent": "extends",
    "base": "extends",
    "inherits": "extends",
    "weights": "model",
    "dataset": "data",
    "hyp": "train",
    "hyperparameters": "train",
    "args": "train",
}
"""What other programs call a section."""


def findings_of(error: ValidationError, table: YamlMap) -> list[Finding]:
    """Return each wrong value and each unknown key of a recipe once.

    Args:
        error: of the model of a recipe file.
        table: what was checked.
    """
    found: dict[tuple[str, ...], Finding] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        path, node, place = _place(one["loc"], table)
        if path not in found:
            unknown = one["type"] == "extra_forbidden"
            found[path] = _unknown_key(path, place) if unknown else wrong_value(path, node)
    return list(found.values())


def _place(location: tuple[str | int, ...], table: YamlMap) -> tuple[tuple[str, ...], Node, Place]:
    """Return path, value and place of the key that pydantic complains of; its own names for alternatives drop out."""
    path: tuple[str, ...] = ()
    node: Node = table
    place = table.place
    for part in location:
        if isinstance(node, YamlMap) and part in node.items:
            place, node = node.keys[str(part)], node.items[str(part)]
            path = (*path, str(part))
    return path, node, place


def _unknown_key(path: tuple[str, ...], place: Place) -> Finding:
    *sections, key = path
    section = ".".join(sections)
    if not section:
        return problem(f"a recipe has no key {shortened(key)}", place, where_it_belongs(key))
    if section == "train":
        why, hint = why_no_argument(key, bare=False) or ("", "")
        return problem(f"train.{shortened(key)} cannot be set: {why}", place, hint)
    known = list(SECTIONS[section].model_fields)
    hint = question(homes(key) or alike(key, known)) if section == "accelerate" else did_you_mean(key, known)
    hint = hint or question(homes(key)) or f"it has {', '.join(known)}"
    return problem(f"{section} has no key {shortened(key)}", place, hint)


def wrong_value(path: tuple[str, ...], node: Node) -> Finding:
    """Return what is wrong with the value of a key, and what to write.

    The remedy is the first of: what the value itself suggests, the key's advice, and the line with an example.
    """
    key = ".".join(path)
    if key in {*SECTIONS, "train"} - {"data"}:
        return problem(f"{key} is {shown(node)}, but must be a section", node.place, as_section(path[-1], node))
    schema, wording = _field(path)
    hint = _remedy(node, schema, wording) or wording.advice
    hint = hint or _with_example(key, node, wording.example if wording.example is not None else schema.get("default"))
    return problem(f"{key} is {shown(node)}, but must be {expected(schema, wording)}", node.place, hint)


@lru_cache(maxsize=8)
def _schema_of(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def _field(path: tuple[str, ...]) -> tuple[Schema, Wording]:
    """Return a key's JSON Schema and the words about it."""
    *sections, key = path
    model: type[BaseModel] = SECTIONS.get(".".join(sections), file_model())
    if sections == ["train"]:
        model = type(file_model().model_fields["train"].default)
    words = [one for one in model.model_fields[key].metadata if isinstance(one, Wording)]
    merged = {name: value for one in words for name, value in vars(one).items() if value != getattr(Wording(), name)}
    return _schema_of(model)["properties"][key], Wording(**merged)


def expected(schema: Schema, wording: Wording) -> str:
    """Return the words after 'must be'."""
    words = [] if not wording.expected else [wording.expected]
    for one in _alternatives(schema):
        if one.get("type") == "null":
            words.append(f"null ({wording.null})" if wording.null else "null")
        elif not wording.expected:
            words += _in_words(one)
    return listed(words)


def _alternatives(schema: Schema) -> Iterator[Schema]:
    for one in schema.get("anyOf", [schema]):
        yield from _alternatives(one) if "anyOf" in one else [one]


def _in_words(schema: Schema) -> list[str]:
    if "enum" in schema or "const" in schema:
        return [str(word) for word in schema.get("enum", [schema.get("const")])]
    if schema["type"] == "boolean":
        return ["true", "false"]
    if schema["type"] == "array":
        return [f"a list, each {listed([word for one in _alternatives(schema['items']) for word in _in_words(one)])}"]
    return [_range(schema)] if schema["type"] in {"integer", "number"} else ["text"]


def _range(schema: Schema) -> str:
    what = "a whole number" if schema["type"] == "integer" else "a number"
    above, below = "exclusiveMinimum" in schema, "exclusiveMaximum" in schema
    low = schema.get("exclusiveMinimum", schema.get("minimum"))
    high = schema.get("exclusiveMaximum", schema.get("maximum"))
    if low is None:
        return what
    if high is None:
        return f"{what} {'above' if above else 'of at least'} {low}"
    if not above and not below:
        return f"{what} from {low} to {high}"
    return f"{what} {'above' if above else 'of at least'} {low} and {'below' if below else 'at most'} {high}"


def _remedy(node: Node, schema: Schema, wording: Wording) -> str:
    """Return how to write what the value was meant to be, or an empty string."""
    kinds = [one for one in _alternatives(schema) if one.get("type") != "null"]
    may_be_null = len(kinds) < len(list(_alternatives(schema)))
    if may_be_null and isinstance(node, Scalar) and node.plain and node.text in NO_TEXT:
        return f"YAML reads {node.text} as text: write null"
    hints = (_remedy_of_kind(node, one, wording, alone=len(kinds) == 1) for one in kinds)
    return next(filter(None, hints), "")


def _remedy_of_kind(node: Node, schema: Schema, wording: Wording, *, alone: bool) -> str:
    if not isinstance(node, Scalar):
        items = node.items if isinstance(node, Listing) and "items" in schema else ()
        return next(filter(None, (_remedy(item, schema["items"], Wording()) for item in items)), "")
    kind, pattern = schema.get("type"), schema.get("pattern", "")
    words = wording.choices or tuple(map(str, schema.get("enum", [schema["const"]] if "const" in schema else [])))
    if kind in {"integer", "number"}:
        return _as_number(node, whole=kind == "integer")
    if kind == "boolean":
        return _as_flag(node)
    if "kB" in pattern or "(\\d+h)" in pattern:
        remedy = size_remedy if "kB" in pattern else time_remedy
        return "" if is_null(node) else remedy(node.text)
    if words:
        return did_you_mean(node.text, words) if wording.guess else ""
    return f'quote it: "{node.text}"' if alone and type(node.value) in {int, float} else ""


def _as_flag(node: Scalar) -> str:
    quoted = isinstance(node.value, str) and not node.plain and node.text.lower() in {"true", "false"}
    return f"remove the quotes: {node.text}" if quoted else ""


def _as_number(node: Scalar, *, whole: bool) -> str:
    if isinstance(node.value, float) and not math.isfinite(node.value):
        return "write a finite number"
    return number_remedy(node.text, plain=node.plain, whole=whole) if isinstance(node.value, str) else ""


def _with_example(key: str, node: Node, example: Any) -> str:
    argument = node.place.argument
    several = isinstance(node, Listing) or (isinstance(node, Scalar) and "," in node.text)
    if argument and several:
        return "for one run per value: grokyolo sweep"
    written = "null" if example is None else str(example).lower() if isinstance(example, bool) else str(example)
    if argument:
        typed = argument.partition("=")[0]
        return f"write {typed if key.endswith(typed) else key}={written}"
    return f"write {key.rpartition('.')[2]}: {written}{' or remove the line' if is_null(node) else ''}"


def as_section(key: str, node: Node) -> str:
    """Return how to write what was meant as a section."""
    text = node.text if isinstance(node, Scalar) else ""
    if isinstance(node, Listing):
        return "remove the dashes or brackets"
    if "=" in text:
        return "write `key: value` instead of KEY=VALUE, one a line"
    if ":" in text:
        return "write a space after the colon"
    if key == "inputs" and text:
        return f"write inputs: {{memory: {text}}}"
    named = text if key == "accelerate" else key
    if named in Accelerate.model_fields:
        example = {} if named == "grokfast" else _field(("accelerate", named))[1].example
        return f"write accelerate: {{{named}: {str(example).lower()}}}"
    return f"write {key}: and keys below it"


def data_without_name(table: YamlMap) -> Finding:
    """Return what is wrong with a section `data` that names no built-in data set."""
    if {"train", "val", "test", "path", "names", "nc"} & set(table.items):
        what = "a recipe names the file of a data set and does not hold one"
        return problem(what, table.place, "put these lines into a file of their own, and its path behind data:")
    option = next((f"data.{key}" for key in table.items), "data")
    add = f"data={BUILTIN_DATA[0]}" if table.place.argument else f"name: {BUILTIN_DATA[0]}"
    return problem(f"{option} is an option of built-in data sets, and none is named", table.place, f"add {add}")


def homes(key: str) -> list[str]:
    """Return the dotted paths under which a bare key is known, for example `gap.every` for `every`."""
    found = [f"{section}.{key}" for section, model in SECTIONS.items() if key in model.model_fields]
    found = [path for path in found if path != "data.name"]
    if key in train_arguments() and key not in OWNED:
        found.append(f"train.{key}")
    return found


def where_it_belongs(key: str) -> str:
    """Return what to do about a key at the top level of a recipe that has no place there."""
    section, dot, inner = key.partition(".")
    if dot and section in TOP:
        return f"nest it: {section}: {{{inner}: ...}}"
    if key in OWNED and key not in TOP:
        return OWNED[key][1]
    other = OTHER_TOP_NAMES.get(key)
    found = [other] if other else homes(key) or alike(key, TOP) or homes(OLD_NAMES.get(key, key))
    found = found or [f"train.{name}" for name in alike(key, _settable())]
    return question(found) or f"it has {', '.join(TOP)}"


def why_no_argument(name: str, *, bare: bool) -> tuple[str, str] | None:
    """Return why `name` cannot be a train argument and what to do instead; None for one that can.

    Args:
        name: as written below `train`, or bare on the command line.
        bare: written without `train.`, where `model` and `data` are right and so are never asked about.
    """
    if name in OWNED:
        return OWNED[name]
    if name in REMOVED:
        return REMOVED[name], "remove it"
    argument = train_arguments().get(name)
    if argument is None:
        return _unknown_argument(name, bare=bare)
    if not argument.used_in_training:
        return "training does not use it: it belongs to another mode of Ultralytics", "remove it"
    return None


def _unknown_argument(name: str, *, bare: bool) -> tuple[str, str]:
    if name in TOP:
        hint = f"write {name}.KEY=VALUE" if bare else "write it at the top level"
        return "it is a section of its own", hint
    no_such = "Ultralytics has no such train argument"
    if name in OLD_NAMES:
        return no_such, f"did you mean {OLD_NAMES[name]}?"
    if found := homes(name):
        return no_such, question(found)
    return no_such, did_you_mean(name, _settable()) or "grokyolo recipes show long"


def _settable() -> list[str]:
    return [name for name, argument in train_arguments().items() if argument.settable]
