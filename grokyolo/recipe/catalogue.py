"""Where recipes are found by name: `./recipes`, the user's folder, then the built-in ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from grokyolo.errors import RecipeError, alike, did_you_mean, question
from grokyolo.recipe.paths import builtin_folder, display, exists
from grokyolo.recipe.places import Place, Problem, complain
from grokyolo.recipe.showing import shortened

SUFFIXES = (".yaml", ".yml")
LARGEST_FILE = 4_000_000
"""Bytes."""
RUN_SETTINGS = "grokyolo.yaml"
"""The file that makes a folder a run of grokyolo; it holds the run's recipe."""


@dataclass(frozen=True)
class Source:
    """A file that holds a recipe.

    Attributes:
        path: the file.
        name: the recipe's name.
        shown: the file as messages and provenance name it.
        run: whether it is a run's `grokyolo.yaml`, with the recipe under `recipe`.
        hides: recipes of the same name that a name no longer finds, as messages name them.
    """

    path: Path
    name: str
    shown: str
    run: bool = False
    hides: tuple[str, ...] = ()

    @property
    def built_in(self) -> bool:
        """Tell whether it is shipped with grokyolo."""
        return self.path.resolve().parent == builtin_folder()

    @property
    def place(self) -> Place:
        """The file as a whole."""
        return Place(self.shown, folder=self.path.parent)

    def read(self) -> str:
        """Return the file's text.

        Raises:
            RecipeError: it cannot be read as text.
        """
        try:
            if self.path.stat().st_size > LARGEST_FILE:
                raise self._unusable("this is too large for a recipe", "a recipe has a few dozen lines")
            return self.path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise self._unusable("this is no UTF-8 text", "save the file as UTF-8 in your editor", line) from error
        except OSError as error:
            what = f"cannot read the recipe: {error.strerror or error}"
            raise self._unusable(what, "grokyolo recipes lists what there is") from error

    def _unusable(self, what: str, hint: str, line: int = 0) -> RecipeError:
        return complain([Problem(what, Place(self.shown, line, 1 if line else 0), hint)])


def folders() -> list[Path]:
    """Return the folders that are searched for a name; the first that has it wins."""
    from platformdirs import user_config_path

    return [Path("recipes"), user_config_path("grokyolo", appauthor=False) / "recipes", builtin_folder()]


def names() -> list[str]:
    """Return all known names, each once, in alphabetical order."""
    return sorted({source.name for source in sources()})


def sources() -> list[Source]:
    """Return every recipe that a name finds, by name."""
    found: dict[str, Source] = {}
    for folder in folders():
        for path in _files(folder):
            first = found.setdefault(path.stem, Source(path, path.stem, display(path)))
            if first.path.resolve() != path.resolve():  # in a checkout two of the folders are one
                found[path.stem] = replace(first, hides=(*first.hides, display(path)))
    return [found[name] for name in sorted(found)]


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    except (OSError, ValueError):  # most people have no such folder, and some names are none
        return


def find(name: str, *, start: Path | None = None, place: Place | None = None, skip: Collection[Path] = ()) -> Source:
    """Return the recipe that a name, a path or a run folder stands for.

    Args:
        name: as `--recipe` or `extends` has it.
        start: the folder where relative paths start; the current folder by default.
        place: where the name is written, for messages; None for `--recipe`.
        skip: files that a bare name does not find, so that `recipes/long.yaml` can extend the built-in one.

    Raises:
        RecipeError: there is none.
    """
    path = (start or Path()) / name
    if looks_like_path(name):
        if (source := _at(path)) is None:
            raise _missing(name, path, place)
        return source
    for folder in folders():
        for suffix in SUFFIXES:
            candidate = folder / f"{name}{suffix}"
            if exists(candidate) and candidate.resolve() not in skip:
                return Source(candidate, name, display(candidate))
    if source := _at(path):
        return source
    if name and exists(path, folder=True):
        raise _missing(name, path, place)
    what = f"there is no recipe {shortened(name)!r}" if name.strip() else "a recipe needs a name"
    hint = did_you_mean(name, names()) or "grokyolo recipes lists what there is"
    raise complain([Problem(what, place or Place(), hint)])


def looks_like_path(name: str) -> bool:
    """Tell a path from a recipe's name."""
    return "/" in name or "\\" in name or name.endswith(SUFFIXES) or name in {".", ".."}


def _at(path: Path) -> Source | None:
    if exists(path, folder=True) and exists(path / RUN_SETTINGS):
        folder = path.resolve()
        return Source(folder / RUN_SETTINGS, folder.name, display(path / RUN_SETTINGS), run=True)
    if not exists(path):
        return None
    if path.name == RUN_SETTINGS:
        return Source(path, path.resolve().parent.name, display(path), run=True)
    return Source(path, path.stem, display(path))


def _missing(name: str, path: Path, place: Place | None) -> RecipeError:
    where = place or Place()
    if exists(path, folder=True):
        what = f"the folder {shortened(name)} has no {RUN_SETTINGS}, so it is no run of grokyolo"
        hint = "name a recipe, a recipe's file or a run that grokyolo trained"
        return complain([Problem(what, where, hint)])
    there = _around(path.parent, Path(name).parent)
    hint = question([there[stem] for stem in alike(path.stem, there)]) or "grokyolo recipes lists what there is"
    return complain([Problem(f"there is no file {shortened(name)}", where, hint)])


def _around(folder: Path, typed: Path) -> dict[str, str]:
    """Return what may be meant by a file that is not in a folder: by its name, as it would be typed."""
    found = {name: name for name in names()}
    try:
        runs = [path for path in folder.iterdir() if exists(path / RUN_SETTINGS)]
    except (OSError, ValueError):
        runs = []
    return found | {path.stem: (typed / path.name).as_posix() for path in (*runs, *_files(folder))}
