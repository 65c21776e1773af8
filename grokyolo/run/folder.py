"""The run folder: its name, its owner and grokyolo.yaml."""

from __future__ import annotations

import hashlib
import itertools
import json
import platform
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from grokyolo.errors import RunError, UsageError, first_line
from grokyolo.files import LOG_BYTES, RUN_FILE, TORN, YAML_BYTES, parse_yaml, read_bounded, write_durably
from grokyolo.gap import EventKind
from grokyolo.gap.settings import RunFile, run_file_of
from grokyolo.recipe import origins
from grokyolo.run.lock import Held, held, holder, named, refusal

if TYPE_CHECKING:
    from grokyolo.recipe import Recipe

PLAIN = (str, int, float, bool, list, dict, type(None))
"""Values that YAML can hold as they are."""
OWNER = "owner.json"
LOCK = "state/lock"
FORBIDDEN = set('/\\:*?"<>|\0')
"""Characters that some file system refuses in a name."""


@dataclass(frozen=True)
class Extension:
    """What an extension changed in a run.

    Attributes:
        epoch: the first epoch that is trained that way.
        events: words for the event column.
    """

    epoch: int
    events: tuple[EventKind, ...]


def claim(name: str, *, chosen: bool, parent: Path | None = None, resume: bool = False) -> Path:
    """Make a new run folder and return its absolute path; a taken name gets -2, -3, ...

    Args:
        name: the run's name, or FOLDER/NAME for a run of a sweep.
        chosen: whether the user typed the name; then it may not belong to a run that is training now.
        parent: where runs live; `runs` in the current folder by default.
        resume: take over what a process that was killed before its first line has left under this name.

    Raises:
        UsageError: the name cannot be a folder, the place cannot be written, or the run is training now.
    """
    parent = (parent or Path("runs")).absolute()
    *above, last = name.split("/")
    if len(above) > 1 or not all(map(_is_name, (*above, last))) or (parent.joinpath(*above) / RUN_FILE).exists():
        raise UsageError(
            f"{name!r} cannot be the name of a run",
            where="--name",
            hint="use letters, digits, - and _: --name exp1",
        )
    if chosen and (owner := owner_of(parent / name)):
        raise UsageError(
            f"the run {name} is being trained by {named(owner)}",
            where=str(Path("runs") / name),
            hint="choose another --name, or wait until it is done",
        )
    parent = parent.joinpath(*above)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        if resume and _is_leftover(parent / last):
            return parent / last
        for candidate in _candidates(last):
            try:
                (parent / candidate).mkdir()
                return parent / candidate
            except FileExistsError:
                continue
    except OSError as error:
        raise UsageError(
            f"cannot make a run folder: {error.strerror or error}",
            where=str(parent),
            hint="go to a folder that you may write to, and train there",
        ) from error
    raise AssertionError("unreachable: the candidates never end")


def _is_name(part: str) -> bool:
    try:
        length = len(part.encode())
    except UnicodeEncodeError:  # half a character, out of a name in another encoding
        return False
    return bool(part) and part not in {".", ".."} and not FORBIDDEN & set(part) and length <= 200


def _is_leftover(run: Path) -> bool:
    """Tell whether a folder holds nothing but the lock of a process that was killed before it wrote a line."""
    found = {file.name for file in run.rglob("*")} if run.is_dir() else {""}
    torn = {name for name in found if TORN.fullmatch(name)}
    return found - torn <= {"state", "lock", OWNER}


def _candidates(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _lock_file(run: Path) -> Path:
    return run / LOCK


@contextmanager
def owned(run: Path, warn: Callable[[str], None] = warnings.warn) -> Iterator[None]:
    """Hold the run's lock during the block, so that no second process trains into the folder.

    Args:
        run: the run folder.
        warn: told where the file system has no locks.

    Raises:
        UsageError: another process holds it, or the folder cannot be written.
    """
    lock_file = _lock_file(run)
    owner_file = lock_file.with_name(OWNER)
    with ExitStack() as opened:
        try:
            lock_file.parent.mkdir(exist_ok=True)
            opened.enter_context(held(lock_file, owner_file, warn))
        except Held:
            raise refusal("the run is being trained by", run, lock_file, owner_file) from None
        except OSError as error:
            raise UsageError(
                f"cannot write the run folder: {error.strerror or error}",
                where=str(error.filename or run),
                hint=f"ls -ld {quote(str(run))}",
            ) from error
        yield


def owner_of(run: Path) -> dict[str, Any] | None:
    """Return pid and host of the process that trains into `run` now, None when there is none."""
    lock_file = _lock_file(run)
    return holder(lock_file, lock_file.with_name(OWNER))


def write_settings(run: Path, recipe: Recipe) -> None:
    """Write grokyolo.yaml as far as it is known before training (DESIGN section 2)."""
    content = {"recipe": recipe.to_dict(), "provenance": dict(recipe.provenance), "recipe_hash": recipe.hash}
    _write(run, {"format": 1, **content, **_circumstances(), "evaluated": 0})


def write_foreign_settings(run: Path, arguments: dict[str, Any], gap: dict[str, Any], facts: dict[str, Any]) -> None:
    """Write grokyolo.yaml for a training of Ultralytics' own, which grokyolo only measures.

    Args:
        run: its folder.
        arguments: its train arguments, `model` and `data` among them.
        gap: what the recipe's section of that name would say.
        facts: what is known of data and device.
    """
    plain = {key: value if isinstance(value, PLAIN) else str(value) for key, value in arguments.items()}
    train = {key: value for key, value in plain.items() if key not in {"model", "data", "mode", "save_dir"}}
    recipe = {"model": plain.get("model"), "data": plain.get("data"), "train": train, "gap": gap}
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()
    content = {"trained_by": "ultralytics", "recipe": recipe, "recipe_hash": digest}
    _write(run, {"format": 1, **content, **_circumstances(), **facts})


def _circumstances() -> dict[str, Any]:
    versions = {name: version(name) for name in ("grokyolo", "ultralytics", "torch")}
    return {
        "versions": {**versions, "python": platform.python_version()},
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def replace_recipe(run: Path, recipe: Recipe, change: Extension | None) -> None:
    """Put an extended recipe in the place of the old one; the same recipe leaves the file as it is.

    Args:
        run: the run folder.
        recipe: resolved.
        change: what an extension changes; None where the run is not made longer.
    """
    known = read_facts(run)
    values = recipe.to_dict()
    if known["recipe"] == values:
        return
    new: dict[str, Any] = {
        "recipe": values,
        "provenance": origins(str(run), recipe),
        "recipe_hash": recipe.hash,
    }
    if change is not None:
        new |= {"extended": change.epoch - 1, "evaluated": 0}
    if change is not None and change.events:
        entry = {"epoch": change.epoch, "events": [event.value for event in change.events]}
        new["changes"] = [*known.get("changes", ()), entry]
    _write(run, {**known, **new})


def read_changes(run: Path) -> list[Extension]:
    """Return the changes that extensions have made."""
    changes = read_facts(run).get("changes", ())
    return [Extension(entry["epoch"], tuple(map(EventKind, entry["events"]))) for entry in changes]


def must_be_run(run: Path) -> None:
    """Make sure that a folder is a run of grokyolo.

    Raises:
        RunError: it is not there, or holds no grokyolo.yaml.
    """
    if not (run / RUN_FILE).is_file():
        raise RunError(
            "this is no run of grokyolo" if run.is_dir() else "there is no such run folder",
            where=str(run),
            hint=f"give a folder that holds {RUN_FILE}, for example runs/exp1",
        )


def must_be_trained_here(run: Path) -> None:
    """Make sure that grokyolo can train a run on.

    Raises:
        RunError: it is no run of grokyolo, its settings cannot be read, or Ultralytics trained it.
    """
    must_be_run(run)
    if run_file(run).trained_by:
        raise RunError(
            "Ultralytics trained this run, grokyolo only measured it",
            where=str(run / RUN_FILE),
            hint=f"yolo train resume model={quote(str(run / 'weights' / 'last.pt'))}",
        )


def read_settings(run: Path) -> dict[str, Any]:
    """Return the resolved recipe of a run."""
    settings = read_facts(run).get("recipe")
    if not isinstance(settings, dict):
        raise _unreadable(run, "it holds no recipe")
    return settings


def add_facts(run: Path, facts: dict[str, Any]) -> None:
    """Add what is known once the data is loaded to grokyolo.yaml, atomically; what it says already is left alone."""
    known = read_facts(run)
    if any(key not in known or known[key] != value for key, value in facts.items()):
        _write(run, {**known, **facts})


def run_file(run: Path) -> RunFile:
    """Return what grokyolo.yaml says.

    Raises:
        RunError: it cannot be read.
    """
    return run_file_of(read_facts(run))


def read_facts(run: Path) -> dict[str, Any]:
    """Return what grokyolo.yaml holds, key by key.

    Raises:
        RunError: it cannot be read, or is not what grokyolo writes.
    """
    import yaml

    try:
        content = parse_yaml(read_bounded(run / RUN_FILE, YAML_BYTES, within=run).decode("utf-8"))
    except OSError as error:
        raise _unreadable(run, error.strerror or str(error)) from error
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
        raise _unreadable(run, first_line(error)) from error
    if not isinstance(content, dict):
        raise _unreadable(run, "it holds no settings")
    return content


def _unreadable(run: Path, why: str) -> RunError:
    return RunError(
        f"{RUN_FILE} cannot be read: {why}",
        where=str(run / RUN_FILE),
        hint=f"grokyolo verify {quote(str(run))}",
    )


def _write(run: Path, content: dict[str, Any]) -> None:
    import yaml

    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    write_durably(run / RUN_FILE, text.encode("utf-8"))


def shown(run: Path) -> str:
    """Return a run as it can be typed in the current folder."""
    path = run.absolute()
    return (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path).as_posix()


def typed(run: Path) -> str:
    """Return a run as messages name it: `runs/exp1`, and `runs/sweep1/seed=1` for one of a sweep."""
    above = run.parts[::-1]
    depth = above.index("runs") if "runs" in above else 0
    return Path("runs", *run.parts[len(above) - max(depth, 1) :]).as_posix()


def old_name(run: Path) -> Path:
    """Return where a run goes that gives way to another: `NAME.old-1`, or the next number that is free."""
    names = (run.with_name(f"{run.name}.old-{number}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())


def set_aside(name: str, parent: Path | None = None) -> Path | None:
    """Rename the run of a name, so that another can be trained under it; None where there is none.

    Args:
        name: as `claim` takes it.
        parent: as there.

    Returns:
        Where it is now: `NAME.old-1`, or the next number.

    Raises:
        UsageError: it is being trained now, or cannot be renamed.
    """
    run = (parent or Path("runs")).absolute() / name
    if not run.is_dir():
        return None
    if owner := owner_of(run):
        raise UsageError(
            f"the run {name} is being trained by {named(owner)}", where=shown(run), hint="choose another --name"
        )
    try:
        return run.rename(old_name(run))
    except OSError as error:
        raise UsageError(
            f"cannot move the old run aside: {error.strerror or error}", where=shown(run), hint="choose another --name"
        ) from error


OURS = (
    *(RUN_FILE, "args.yaml", "gap.csv", "results.csv", "labels.jpg", "*.tmp", "state/*.tmp"),
    *("train_batch*.jpg", "events.out.tfevents.*", "state/lock", f"state/{OWNER}", "state/epoch-0000000-*.pt"),
)
"""What a training may write before it has finished an epoch."""
SMALL = 2**22
"""Bytes of a file that are kept in memory to be put back."""


class Untouched:
    """A run folder as it is now, to be left so by a training that does not come to its first new row.

    Args:
        run: the run folder.
        made: whether this process made it, just now.
    """

    def __init__(self, run: Path, *, made: bool) -> None:
        self.run = run
        self.made = made
        self._there = set() if made else set(_files(run))
        changing = (path for path in self._there if path.parent == run and _is_ours(path, run))
        self._content = {path: read_bounded(path, SMALL) for path in changing if path.stat().st_size <= SMALL}
        self._log = self._signature()

    def has_new_rows(self) -> bool:
        """Tell whether gap.csv has become another one."""
        return self._signature() != self._log

    def restore(self) -> bool:
        """Put back what changed, remove what a training of this process has left; tell whether the folder is gone."""
        for path in _files(self.run):
            if path not in self._there and _is_ours(path, self.run):
                path.unlink(missing_ok=True)
        for path, content in self._content.items():
            if not path.is_file() or path.read_bytes() != content:
                write_durably(path, content)
        if self.made:
            for inner in (self.run / "weights", self.run / "state", self.run):
                with suppress(OSError):  # it holds something that somebody else put there
                    inner.rmdir()
        return not self.run.exists()

    def _signature(self) -> tuple[int, bytes] | None:
        """Return what tells one gap.csv with rows from another, None without rows."""
        try:
            content = read_bounded(self.run / "gap.csv", LOG_BYTES, within=self.run)
        except OSError:
            return None
        return (len(content), content[-4096:]) if content.count(b"\n") > 1 else None


def _is_ours(path: Path, run: Path) -> bool:
    name = path.relative_to(run).as_posix()
    return any(fnmatch(name, pattern) for pattern in OURS)


def _files(run: Path) -> list[Path]:
    """Return the files that a training writes beside states and weights, as far as they are there."""
    return [path for path in (*run.glob("*"), *run.glob("state/*")) if path.is_file() and not path.is_symlink()]
