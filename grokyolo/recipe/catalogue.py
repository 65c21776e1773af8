"""Where recipes, and the model and data files that they name, are found: by name, by path, among the built-in ones."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from grokyolo.errors import RecipeError, alike, did_you_mean, question
from grokyolo.files import RUN_FILE, YAML_BYTES, read_bounded
from grokyolo.findings import Finding, Place, error_of, problem
from grokyolo.recipe.yaml_reader import shortened

SUFFIXES = (".yaml", ".yml")
ARGUMENTS = "args.yaml"
"""The file that makes a folder a run of Ultralytics."""
LISTS = "grokyolo recipes"


class Form(Enum):
    """How a file holds a recipe."""

    RECIPE = "recipe"
    RUN = "run"
    """The settings of a run of grokyolo, with the recipe under `recipe`."""
    ARGUMENTS = "arguments"
    """The train arguments that a run of Ultralytics wrote down."""


FORMS = {RUN_FILE: Form.RUN, ARGUMENTS: Form.ARGUMENTS}
"""File names that are no recipe's own."""


@dataclass(frozen=True)
class RecipeSource:
    """A file that holds a recipe.

    Attributes:
        path: the file.
        name: the recipe's name.
        shown: the file as messages and provenance name it.
        form: how it holds the recipe.
        hides: recipes of the same name that a name no longer finds, as messages name them.
    """

    path: Path
    name: str
    shown: str
    form: Form = Form.RECIPE
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
            within = None if self.form is Form.RECIPE else self.path.parent
            return read_bounded(self.path, YAML_BYTES, within=within).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise self._unusable("this is no UTF-8 text", "save the file as UTF-8 in your editor", line) from error
        except OSError as error:
            what = f"cannot read the recipe: {error.strerror or error}"
            raise self._unusable(what, LISTS) from error

    def _unusable(self, what: str, hint: str, line: int = 0) -> RecipeError:
        return error_of([problem(what, Place(self.shown, line, 1 if line else 0), hint)])


def folders() -> list[Path]:
    """Return the folders that are searched for a name; the first that has it wins."""
    from platformdirs import user_config_path

    return [Path("recipes"), user_config_path("grokyolo", appauthor=False) / "recipes", builtin_folder()]


def names() -> list[str]:
    """Return all known names, each once, in alphabetical order."""
    return sorted({source.name for source in sources()})


def sources() -> list[RecipeSource]:
    """Return every recipe that a name finds, by name."""
    found: dict[str, RecipeSource] = {}
    for folder in folders():
        for path in _files(folder):
            first = found.setdefault(path.stem, RecipeSource(path, path.stem, display(path)))
            if first.path.resolve() != path.resolve():  # in a checkout two of the folders are one
                found[path.stem] = replace(first, hides=(*first.hides, display(path)))
    return [found[name] for name in sorted(found)]


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    except (OSError, ValueError):  # most people have no such folder, and some names are none
        return


def find(
    name: str, *, start: Path | None = None, place: Place | None = None, skip: Collection[Path] = ()
) -> RecipeSource:
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
                return RecipeSource(candidate, name, display(candidate))
    if source := _at(path):
        return source
    if name and exists(path, folder=True):
        raise _missing(name, path, place)
    what = f"there is no recipe {shortened(name)!r}" if name.strip() else "a recipe needs a name"
    hint = did_you_mean(name, names()) or LISTS
    raise error_of([problem(what, place or Place(), hint)])


def looks_like_path(name: str) -> bool:
    """Tell a path from a recipe's name."""
    return "/" in name or "\\" in name or name.endswith(SUFFIXES) or name in {".", ".."}


def _at(path: Path) -> RecipeSource | None:
    if exists(path, folder=True):
        inside = next((path / name for name in FORMS if exists(path / name)), None)
        return None if inside is None else _at(inside)
    if not exists(path):
        return None
    form = FORMS.get(path.name, Form.RECIPE)
    file = path if form is Form.RECIPE else path.parent.resolve() / path.name
    return RecipeSource(file, path.stem if form is Form.RECIPE else file.parent.name, display(path), form)


def _missing(name: str, path: Path, place: Place | None) -> RecipeError:
    where = place or Place()
    if exists(path, folder=True):
        what = f"the folder {shortened(name)} has neither {RUN_FILE} nor {ARGUMENTS}, so it is no run"
        hint = "name a recipe, a recipe's file or the folder of a run"
        return error_of([problem(what, where, hint)])
    there = _around(path.parent, Path(name).parent)
    hint = question([there[stem] for stem in alike(path.stem, there)]) or LISTS
    return error_of([problem(f"there is no file {shortened(name)}", where, hint)])


def _around(folder: Path, typed: Path) -> dict[str, str]:
    """Return what may be meant by a file that is not in a folder: by its name, as it would be typed."""
    found = {name: name for name in names()}
    try:
        runs = [path for path in folder.iterdir() if any(exists(path / name) for name in FORMS)]
    except (OSError, ValueError):
        runs = []
    return found | {path.stem: (typed / path.name).as_posix() for path in (*runs, *_files(folder))}


def model_file(name: str, place: Place) -> str | Finding:
    """Return what `ultralytics.YOLO` shall take for the model `name`, or what is wrong with it.

    Wrong are a path to an architecture that is not there, and a file that cannot be trained.
    """
    if "://" in name:
        return name
    suffix = Path(name).suffix.lower()
    if suffix not in {"", ".pt", *SUFFIXES} and not suffix[1:].isdigit():
        return problem(f"the model {name} cannot be trained", place, "name weights (.pt) or an architecture (.yaml)")
    # built-in before the current folder, so that a run's recipe means the same wherever it is read
    if found := _beside(name, place.folder, builtin_folder(), Path()):
        return found
    if suffix in SUFFIXES and ("/" in name or "\\" in name):
        start = "the current folder" if place.argument else "the folder of the recipe, or the current one"
        return problem(f"there is no model file {name}", place, f"write the path from {start}")
    return name


def data_file(name: str, place: Place) -> str:
    """Return what Ultralytics shall take for the data set `name`."""
    return name if "://" in name else _beside(name, place.folder, Path()) or name


def content(name: str) -> str:
    """Return name and SHA-256 of a resolved architecture or data set file, an empty string for anything else."""
    path = Path(name)
    if not path.is_absolute() or path.suffix not in SUFFIXES:
        return ""
    try:
        return f"{path.name} sha256:{hashlib.sha256(read_bounded(path, YAML_BYTES)).hexdigest()}"
    except (OSError, ValueError):
        return ""


def _beside(name: str, *folders: Path) -> str | None:
    """Return the absolute path of a file in the first folder that has it; None leaves the name to Ultralytics.

    A bare name of weights or of a folder that the current folder has too stays bare: Ultralytics puts
    downloads there, and a recipe must not change by having been run.
    """
    written = _expanded(Path(name))
    if written.suffix not in SUFFIXES and written.name == name and _there(written):
        return None
    found = (folder / written for folder in folders if _there(folder / written))
    return next((str(path.resolve()) for path in found), None)


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # ~ of somebody who has no home here
        return path


def _there(path: Path) -> bool:
    return exists(path) or exists(path, folder=True)


def builtin_folder() -> Path:
    """Return the folder of the built-in recipes: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parent / "recipes"


def exists(path: Path, *, folder: bool = False) -> bool:
    """Tell whether a file (or folder) is there; what cannot be a path is not."""
    try:
        return path.is_dir() if folder else path.is_file()
    except (OSError, ValueError):
        return False


def display(path: Path) -> str:
    """Return a file as a person would name it: relative below the current folder, short when built in, `~` for home."""
    resolved, builtin, here = path.resolve(), builtin_folder(), Path.cwd()
    # the package may lie below the current folder, in a virtual environment
    if resolved.is_relative_to(builtin) and builtin.parent != here:
        return f"built-in {resolved.relative_to(builtin).as_posix()}"
    if resolved.is_relative_to(here):
        return resolved.relative_to(here).as_posix()
    home = _home()
    if home is not None and resolved.is_relative_to(home):
        return f"~/{resolved.relative_to(home).as_posix()}"
    return resolved.as_posix()


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except RuntimeError:  # somebody who has none here
        return None


def portable(file: str) -> str:
    """Return a built-in file by a name that holds on every machine; any other stays as it is."""
    path, builtin = Path(file), builtin_folder()
    return path.relative_to(builtin).as_posix() if path.is_absolute() and path.is_relative_to(builtin) else file
