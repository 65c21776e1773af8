"""Where recipes are found by name: `./recipes`, the user's folder, then the built-in ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grokyolo.errors import GrokyoloError, RecipeError, did_you_mean
from grokyolo.recipe.places import Place, Problem, complain

SUFFIXES = (".yaml", ".yml")
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
    """

    path: Path
    name: str
    shown: str
    run: bool = False

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
            return self.path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            place = Place(self.shown, line, 1)
            problem = Problem("this is no UTF-8 text", place, "save the file as UTF-8 in your editor")
        except OSError as error:
            what = f"cannot read the recipe: {error.strerror or error}"
            problem = Problem(what, self.place, "grokyolo recipes lists what there is")
        raise complain([problem])


@dataclass(frozen=True)
class Entry:
    """A line of the list of recipes.

    Attributes:
        name: what `--recipe` takes.
        description: one line; for a broken recipe what is wrong with it.
        epochs: length; None for a broken recipe.
        task: detect, segment, classify, pose or obb; empty for a broken recipe.
        source: the file.
    """

    name: str
    description: str
    epochs: int | None
    task: str
    source: str


def builtin_folder() -> Path:
    """Return the folder of the recipes that come with grokyolo: inside the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parent / "recipes"


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
            found.setdefault(path.stem, Source(path, path.stem, display(path)))
    return [found[name] for name in sorted(found)]


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    except OSError:  # most people have no such folder
        return


def find(
    name: str, *, start: Path | None = None, place: Place | None = None, skip: Path | None = None
) -> Source:
    """Return the recipe that a name, a path or a run folder stands for.

    Args:
        name: as `--recipe` or `extends` has it.
        start: the folder where relative paths start; the current folder by default.
        place: where the name is written, for messages; None for `--recipe`.
        skip: a file that a bare name does not find, so that `recipes/long.yaml` can extend the built-in `long`.

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
            if exists(candidate) and not (skip and _same(candidate, skip)):
                return Source(candidate, name, display(candidate))
    if source := _at(path):
        return source
    what = f"there is no recipe {name!r}" if name.strip() else "a recipe needs a name"
    hint = did_you_mean(name, names()) or "grokyolo recipes lists what there is"
    raise complain([Problem(what, place or Place(file=f"--recipe {name}"), hint)])


def looks_like_path(name: str) -> bool:
    """Tell a path from a recipe's name."""
    return "/" in name or "\\" in name or name.endswith(SUFFIXES) or name in {".", ".."}


def exists(path: Path, *, folder: bool = False) -> bool:
    """Tell whether a file (or folder) is there; what cannot be a path is not."""
    try:
        return path.is_dir() if folder else path.is_file()
    except (OSError, ValueError):
        return False


def display(path: Path) -> str:
    """Return a file as a person would name it: `long.yaml` when built in, relative below the current folder."""
    resolved, builtin = path.resolve(), builtin_folder()
    here = Path.cwd()
    if resolved.is_relative_to(here):
        return resolved.relative_to(here).as_posix()
    if resolved.is_relative_to(builtin):
        return resolved.relative_to(builtin).as_posix()
    return resolved.as_posix()


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
    where = place or Place(file=f"--recipe {name}")
    if exists(path, folder=True):
        return complain(
            [
                Problem(
                    f"the folder {name} has no {RUN_SETTINGS}, so it is no run of grokyolo",
                    where,
                    "name a recipe, a recipe's file or a run that grokyolo trained",
                )
            ]
        )
    neighbours = [file.name for file in _files(path.parent)]
    near = did_you_mean(path.name, neighbours)
    return complain(
        [Problem(f"there is no file {name}", where, near or "grokyolo recipes lists what there is")]
    )


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def source_text(name: str) -> str:
    """Return the text of a recipe's file, comments and all.

    Raises:
        RecipeError: there is no such recipe, or it cannot be read.
    """
    return find(name).read()


def list_recipes() -> list[Entry]:
    """Return every recipe that a name finds, in alphabetical order; a broken one says what is wrong with it."""
    from grokyolo.recipe.loading import load_source
    from grokyolo.recipe.tasks import epochs_of, task_of

    entries = []
    for source in sources():
        try:
            recipe = load_source(source, complete=False)
        except GrokyoloError as error:
            entries.append(
                Entry(source.name, f"broken: {error.what} ({error.where})", None, "", source.shown)
            )
        else:
            entries.append(
                Entry(source.name, recipe.description, epochs_of(recipe), task_of(recipe), source.shown)
            )
    return entries
