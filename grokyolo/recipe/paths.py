"""Files: whether they are there, how a person names them, and where the built-in recipes are."""

from __future__ import annotations

from pathlib import Path


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
