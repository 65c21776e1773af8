"""What `grokyolo recipes` shows: all recipes, one as text, its values with their origin, the difference of two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grokyolo.errors import GrokyoloError
from grokyolo.findings import Finding
from grokyolo.format import printable
from grokyolo.recipe import flatten
from grokyolo.recipe.catalogue import Form, RecipeSource, find, sources
from grokyolo.recipe.models import TOP, Recipe
from grokyolo.recipe.resolve import load_source
from grokyolo.recipe.schema import MODELINE
from grokyolo.recipe.train_arguments import epochs_of, task_of, train_arguments

DEFAULT = "default"
FROM_MODEL = "model or data"
ULTRALYTICS = "Ultralytics default"


@dataclass(frozen=True)
class Entry:
    """A line of the list of recipes.

    Attributes:
        name: what `--recipe` takes.
        description: one line; for a broken recipe what is wrong with it.
        epochs: length; None for a broken recipe.
        task: detect, segment, classify, pose or obb; empty for a broken recipe.
        source: the file.
        built_in: whether it is shipped with grokyolo.
        hides: files of the same name that it stands in for.
    """

    name: str
    description: str
    epochs: int | None
    task: str
    source: str
    built_in: bool = True
    hides: tuple[str, ...] = ()


def list_recipes() -> list[Entry]:
    """Return every recipe that a name finds, in alphabetical order; a broken one says what is wrong."""
    return [_entry(source) for source in sources()]


def _entry(source: RecipeSource) -> Entry:
    place: dict[str, Any] = {"source": source.shown, "built_in": source.built_in, "hides": source.hides}
    try:
        recipe = load_source(source, complete=False)
    except GrokyoloError as error:
        return Entry(source.name, f"broken: {error.what} ({error.where})", None, "", **place)
    return Entry(source.name, recipe.description, epochs_of(recipe), task_of(recipe), **place)


@dataclass(frozen=True)
class Value:
    """One value of a recipe.

    Attributes:
        key: dotted.
        value: resolved.
        source: `file:line`, `command line`, `default` (grokyolo's), `Ultralytics default` or `model or data`.
    """

    key: str
    value: Any
    source: str

    @property
    def is_default(self) -> bool:
        """Tell whether nobody set it."""
        return self.source in {DEFAULT, ULTRALYTICS, FROM_MODEL}


@dataclass(frozen=True)
class KeyDifference:
    """One key in which two recipes differ.

    Attributes:
        key: dotted.
        left: in the first recipe; None where it has no such key.
        right: in the second; None where it has no such key.
    """

    key: str
    left: Value | None
    right: Value | None


def every_value(recipe: Recipe, origins: Mapping[str, str] | None = None) -> list[Value]:
    """Return all values that a training will use, those that nobody set included.

    Args:
        recipe: resolved.
        origins: dotted key to where its value comes from; the recipe's own provenance by default.
    """
    known = recipe.provenance if origins is None else origins
    values = [Value(key, value, known.get(key, DEFAULT)) for key, value in flatten(recipe.to_dict()).items()]
    unset = [
        Value(f"train.{name}", argument.default, ULTRALYTICS)
        for name, argument in train_arguments().items()
        if argument.settable and name not in {*recipe.train, "task"}
    ]
    if "task" not in recipe.train:
        unset.append(Value("train.task", task_of(recipe), FROM_MODEL))
    return sorted([*values, *unset], key=lambda value: TOP.index(value.key.partition(".")[0]))


def diff(a: Recipe, b: Recipe) -> list[KeyDifference]:
    """Return where two recipes differ in what they do; a value spelled out equals the same value by default.

    The description makes no difference, as in `Recipe.hash`.
    """
    left = {value.key: value for value in every_value(a)}
    right = {value.key: value for value in every_value(b)}
    keys = [*left, *(key for key in right if key not in left)]
    return [
        KeyDifference(key, left.get(key), right.get(key))
        for key in keys
        if key != "description" and not _same(left.get(key), right.get(key))
    ]


def _same(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return one is other
    # True == 1 in Python, but `cache: true` and `cache: 1` are not the same to Ultralytics
    kinds = isinstance(one.value, bool) == isinstance(other.value, bool)
    return kinds and bool(one.value == other.value)


def source_text(name: str) -> str:
    """Return the text of a recipe's file, comments and all; for a run its recipe.

    Raises:
        RecipeError: there is no such recipe, or it cannot be read.
    """
    source = find(name)
    if source.form is Form.RECIPE:
        return source.read()
    recipe = load_source(source, complete=False)
    return recipe.to_yaml() if source.form is Form.RUN else text_of_run(recipe, source.shown)


def text_of_run(recipe: Recipe, source: str) -> str:
    """Return a recipe made of a run of Ultralytics as a file to edit: with what grokyolo would change, and why.

    Args:
        recipe: of the run.
        source: the file it was read from, as messages name it.
    """
    whole = recipe.to_dict()
    head = {key: value for key, value in whole.items() if key in {"description", "model", "data"}}
    lines = [MODELINE, *_yaml(head), f"# From {source}: what differs from Ultralytics' defaults.", "train:"]
    others = list(recipe.findings)
    for key, value in whole["train"].items():
        here = [finding for finding in others if key in _assignments(finding)]
        others = [finding for finding in others if finding not in here]
        for finding in here:
            better = ", ".join(f"{name}: {text}" for name, text in _assignments(finding).items())
            lines.append(f"  # {finding.what}. Better: {better}")
        lines += [f"  {line}" for line in _yaml({key: value})]
    if others:
        lines.append("  # What grokyolo would change too, and why. To do so remove the # of a line:")
    for finding in others:
        lines.append(
            f"  # {finding.what}" + ("" if _assignments(finding) or not finding.remedy else f": {finding.remedy}")
        )
        lines += [f"  # {name}: {text}" for name, text in _assignments(finding).items()]
    return "\n".join(map(printable, lines)) + "\n"


def _assignments(finding: Finding) -> dict[str, str]:
    """Return the train arguments that a remedy sets."""
    pairs = (word.partition("=") for word in finding.remedy.split())
    return {key: text for key, equals, text in pairs if equals and key in train_arguments()}


def _yaml(values: Mapping[str, Any]) -> list[str]:
    import yaml

    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=10_000).splitlines()
