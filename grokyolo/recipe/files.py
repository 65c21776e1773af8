"""Model and data files that a recipe names: found beside the recipe first, then as Ultralytics finds them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from grokyolo.errors import did_you_mean
from grokyolo.recipe.catalogue import SUFFIXES
from grokyolo.recipe.paths import builtin_folder, exists
from grokyolo.recipe.places import Place
from grokyolo.recipe.schema import BUILTIN_DATA
from grokyolo.recipe.values import Wrong


class MissingFile(Wrong):
    """A file that is named by its path and is not there.

    Args:
        what: one line.
        hint: the change to make.
    """

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(hint)
        self.args = (what,)


def model(name: str, place: Place) -> str:
    """Return what `ultralytics.YOLO` shall take for the model `name`.

    Raises:
        MissingFile: a path to an architecture that is not there, or a file that cannot be trained.
    """
    if "://" in name:
        return name
    suffix = Path(name).suffix.lower()
    if suffix not in {"", ".pt", *SUFFIXES} and not suffix[1:].isdigit():
        raise MissingFile(f"the model {name} cannot be trained", "name weights (.pt) or an architecture (.yaml)")
    # built-in before the current folder, so that a run's recipe means the same wherever it is read
    if found := _beside(name, place.folder, builtin_folder(), Path()):
        return found
    if suffix in SUFFIXES and ("/" in name or "\\" in name):
        start = "the current folder" if place.argument else "the folder of the recipe, or the current one"
        raise MissingFile(f"there is no model file {name}", f"write the path from {start}")
    return name


def data(name: str, place: Place) -> str:
    """Return what Ultralytics shall take for the data set `name`."""
    return name if "://" in name else _beside(name, place.folder, Path()) or name


def content(name: str) -> str:
    """Return name and SHA-256 of a resolved architecture or data set file, an empty string for anything else."""
    path = Path(name)
    if not path.is_absolute() or path.suffix not in SUFFIXES:
        return ""
    try:
        return f"{path.name} sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    except (OSError, ValueError):
        return ""


def misspelled(name: str) -> str:
    """Return 'did you mean ...?' for something close to a built-in data set's name, else an empty string."""
    if Path(name).suffix or "/" in name or "\\" in name:
        return ""
    return did_you_mean(name.replace("_", "-"), BUILTIN_DATA)


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
