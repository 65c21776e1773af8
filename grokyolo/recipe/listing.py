"""The list of recipes, as `grokyolo recipes` shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grokyolo.errors import GrokyoloError
from grokyolo.recipe.catalogue import Source, sources
from grokyolo.recipe.loading import load_source
from grokyolo.recipe.tasks import epochs_of, task_of


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


def _entry(source: Source) -> Entry:
    place: dict[str, Any] = {"source": source.shown, "built_in": source.built_in, "hides": source.hides}
    try:
        recipe = load_source(source, complete=False)
    except GrokyoloError as error:
        return Entry(source.name, f"broken: {error.what} ({error.where})", None, "", **place)
    return Entry(source.name, recipe.description, epochs_of(recipe), task_of(recipe), **place)
