"""Strict YAML: text in, a tree of values with their places out.

A recipe is data. Tags, anchors and aliases are refused, so nothing is ever executed and nothing can grow when
it is expanded; depth and size are limited. YAML's traps (octal 010, 12:30 as 750, dates) are named,
or read as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from grokyolo.findings import Finding, Place, problem

MAX_DEPTH = 16
MAX_CHARACTERS = 200_000
MAX_NODES = 4_000
"""A run's settings are a few hundred, and PyYAML reads about ten thousand a second."""
LONGEST_SHOWN = 40
TOO_LARGE = "this is too large for a recipe"

OCTAL = re.compile(r"[-+]?0[0-7_]+")
CLOCK = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Scalar:
    """A single value.

    Attributes:
        value: None, bool, int, float or str.
        text: as it was written, without quotes.
        plain: written without quotes.
        place: where it starts.
    """

    value: bool | int | float | str | None
    text: str
    plain: bool
    place: Place


@dataclass(frozen=True)
class Listing:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True)
class YamlMap:
    """A map from key to value; `keys` tells where each key stands."""

    items: Mapping[str, Node]
    keys: Mapping[str, Place]
    place: Place


Node: TypeAlias = "Scalar | Listing | YamlMap"


def plain(node: Node) -> Any:
    """Return the values of a tree without their places."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {key: plain(item) for key, item in node.items.items()}


def is_null(node: Node | None) -> bool:
    """Tell whether nothing is there."""
    return node is None or (isinstance(node, Scalar) and node.value is None)


def shown(node: Node) -> str:
    """Return a value as a message quotes it."""
    if isinstance(node, Listing):
        flat = f"[{', '.join(item.text for item in node.items if isinstance(item, Scalar))}]"
        short = len(flat) <= LONGEST_SHOWN and all(isinstance(item, Scalar) for item in node.items)
        return flat if short else "a list"
    if isinstance(node, YamlMap):
        return "a section"
    if node.value is None:
        return "empty"
    return repr(shortened(node.text)) if isinstance(node.value, str) else shortened(node.text)


def shortened(text: str) -> str:
    """Return text as far as a message has room for it."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


class _Refused(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what)
        self.finding = finding


def parse(text: str, place: Place, problems: list[Finding]) -> Node | None:
    """Read one YAML document.

    Args:
        text: the document.
        place: the file or argument it comes from.
        problems: gets what is wrong; a broken document gives one problem, a readable one gives all.

    Returns:
        The tree, or None where the text cannot be read at all.
    """
    if len(text) > MAX_CHARACTERS:
        problems.append(problem(TOO_LARGE, place, "a recipe has a few dozen lines"))
        return None
    reader = _Reader(text, place, problems)
    try:
        return reader.document()
    except _Refused as refused:
        problems.append(refused.finding)
    except yaml.reader.ReaderError as error:
        # `position` counts characters of the text up to the one that no YAML file may hold
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
        what = f"the character U+{_code(error.character):04X} is not allowed in YAML"
        hint = "delete it: it is often invisible and comes from copying"
        problems.append(problem(what, reader.at(line, column), hint))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = reader.at(mark.line + 1, mark.column + 1) if mark else place
        what, hint = _in_our_words(str(error.problem or error.context or ""))
        if error.context_mark and "not closed" in what:
            where = reader.at(error.context_mark.line + 1, error.context_mark.column + 1)
        elif error.context_mark and " is missing before" in what and not place.argument:
            what += f"; its bracket opens in line {error.context_mark.line + 1}"
        problems.append(problem(f"this is not valid YAML: {what}", where, hint))
    except (yaml.YAMLError, ValueError, OverflowError):
        # PyYAML lets escapes like "\\Uffffffff" through to Python
        what = "this is not valid YAML: an escape that stands for no character"
        problems.append(problem(what, place, "use single quotes around text with backslashes"))
    return None


class _Reader:
    def __init__(self, text: str, place: Place, problems: list[Finding]) -> None:
        self.place = place
        self.problems = problems
        self.resolver: Any = yaml.SafeLoader("")
        self.events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
        self.nodes = 0

    def at(self, line: int, column: int) -> Place:
        if self.place.argument:
            return self.place
        return Place(self.place.file, line, column, folder=self.place.folder)

    def where(self, event: Any) -> Place:
        return self.at(event.start_mark.line + 1, event.start_mark.column + 1)

    def document(self) -> Node | None:
        root: Node | None = None
        seen = False
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if seen:
                    what = "a second document starts here"
                    raise _Refused(problem(what, self.where(event), "one recipe a file: remove `---`"))
                seen = True
                root = self.node(next(self.events), 1)
        return root

    def node(self, event: Any, depth: int) -> Node:
        place = self.where(event)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _Refused(problem(TOO_LARGE, place, "a recipe has a few dozen lines"))
        anchor = shortened(str(event.anchor))
        if isinstance(event, yaml.AliasEvent):
            hint = 'write the value out, share it by `extends`, or quote it as text: "*"'
            raise _Refused(problem(f"*{anchor} is an alias; recipes have none", place, hint))
        if event.anchor is not None:
            hint = "write the value out where it is used"
            raise _Refused(problem(f"&{anchor} is an anchor; recipes have none", place, hint))
        if event.tag is not None and event.tag != "!":
            what = f"{shortened(_tag(event.tag))} is a tag; recipes have none"
            raise _Refused(problem(what, place, "write the plain value without the tag"))
        if depth > MAX_DEPTH:
            raise _Refused(problem(f"nested deeper than {MAX_DEPTH} levels", place, "a recipe needs three levels"))
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
                items.append(self.node(event, depth + 1))
            return Listing(tuple(items), place)
        return self.table(place, depth)

    def table(self, place: Place, depth: int) -> YamlMap:
        items: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            where = self.where(event)
            key = self.node(event, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if not isinstance(key, Scalar):
                self.problems.append(problem("a key must be a single word", where, "write each key as `key: value`"))
            elif key.text == "<<" and key.plain:
                hint = "share values between recipes by `extends`"
                self.problems.append(problem("<< merges maps, which recipes do not do", where, hint))
            elif key.text in items:
                first = keys[key.text]
                seen = f"first in line {first.line}" if first.line else "twice"
                self.problems.append(
                    problem(f"the key {shortened(key.text)} is given twice ({seen})", where, "remove one of the two")
                )
            else:
                items[key.text], keys[key.text] = value, where
        return YamlMap(items, keys, place)

    def scalar(self, event: Any, place: Place) -> Scalar:
        text = event.value
        if SURROGATE.search(text):
            raise _Refused(problem("half of a character (a lone surrogate) is no text", place, "delete it"))
        if event.tag == "!" or not event.implicit[0]:
            return Scalar(text, text, event.style is None, place)
        tag = self.resolver.resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
        value: bool | int | float | str | None = text
        if tag == "null":
            value = None
        elif tag == "bool":
            value = self.resolver.bool_values[text.lower()]
        elif tag in {"int", "float"} and not CLOCK.fullmatch(text):
            if tag == "int" and OCTAL.fullmatch(text):
                decimal = text.replace("_", "").lstrip("+-0") or "0"
                hint = f"write {shortened(decimal)} without the leading 0"
                what = f"{shortened(text)} starts with 0, so YAML reads it as an octal number"
                self.problems.append(problem(what, place, hint))
                value = int(decimal[:18])
            elif len(text) < 400:  # far beyond any number of use, and below Python's limit for digits
                node = yaml.ScalarNode(f"tag:yaml.org,2002:{tag}", text)
                value = getattr(self.resolver, f"construct_yaml_{tag}")(node)
        return Scalar(value, text, event.style is None, place)


def _tag(tag: str) -> str:
    return "!!" + tag.removeprefix("tag:yaml.org,2002:") if tag.startswith("tag:yaml.org,2002:") else tag


def _code(character: Any) -> int:
    return character if isinstance(character, int) else ord(str(character)[:1] or "\0")


WORDS = (
    ("'\\t' that cannot start", "a tab", "indent with spaces"),
    (
        "mapping values are not allowed",
        "a colon where no key can stand",
        "look here and one line up: `key: value`, keys indented alike; quote text that holds a colon",
    ),
    ("could not find expected ':'", "a key without a colon above this line", "write `key: value`"),
    ("expected ',' or '}'", "a comma or } is missing before this", "write {epochs: 1000, patience: 0}"),
    ("expected ',' or ']'", "a comma or ] is missing before this", "write [0, 1]"),
    (
        "expected <block end>",
        "this line is not indented like its neighbours",
        "indent the keys of one section alike",
    ),
    ("sequence entries are not allowed", "a - where no list can stand", 'quote it as text: "-"'),
    ("while scanning a quoted scalar", "a quote is not closed", "close it on the same line"),
    ("unexpected end of stream", "a quote or bracket is not closed", "close it on the same line"),
    ("unknown escape character", "an unknown escape after a backslash", "use single quotes: 'C:\\data'"),
    ("'%' that cannot start", "a value cannot start with %", "quote it"),
    ("'@' that cannot start", "a value cannot start with @", "quote it"),
    ("'`' that cannot start", "a value cannot start with `", "quote it"),
    ("expected alphabetic or numeric", "a * or & without a name", 'quote it as text: "*"'),
    ("found undefined tag handle", "an unknown tag", "write the plain value without the tag"),
    ("expected '<document start>'", "something after the end of the recipe", "a recipe is one map of `key: value`"),
    ("incompatible YAML document", "another version of YAML", "remove the line that begins with %YAML"),
    ("expected the node content", "a value is missing before this", "write `key: value`"),
)


def _in_our_words(problem: str) -> tuple[str, str]:
    """Return PyYAML's complaint as a person would say it, and the remedy."""
    for words, what, hint in WORDS:
        if words in problem:
            return what, hint
    return problem, "write `key: value`, and quote text that holds other signs"
