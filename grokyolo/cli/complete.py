"""What the shell proposes for a word that is not done: recipes, runs, train arguments, verdicts. Quick: no torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

LOGS = ("grokyolo.yaml", "gap.csv", "results.csv", "results.txt")
DEEPEST = 3
"""Folders below `runs` in which a run is looked for: `runs/detect/train`, `runs/sweep/point`."""
MOST = 200


def recipes(incomplete: str) -> list[tuple[str, str]]:
    """Return recipes by name, then files and runs that start like this."""
    from grokyolo.recipe import list_recipes

    named = [(entry.name, entry.description) for entry in list_recipes() if entry.name.startswith(incomplete)]
    files = [(str(path), "recipe file") for path in _paths(incomplete) if path.suffix in {".yaml", ".yml"}]
    return named + files + (runs(incomplete) if "/" in incomplete else [])


def runs(incomplete: str) -> list[tuple[str, str]]:
    """Return run folders that start like this: those below `runs`, or beside what was typed."""
    roots = [Path("runs"), *(path for path in _paths(incomplete) if path.is_dir())]
    found = dict.fromkeys(run for root in roots for run in _runs_below(root, DEEPEST))
    shown = [str(run) for run in found if str(run).startswith(incomplete)][:MOST]
    return [(run, "run") for run in shown]


def folders(incomplete: str) -> list[str]:
    """Return the folders that start like this and may hold runs: those in `runs`, or beside what was typed."""
    typed = "runs/" if "runs/".startswith(incomplete) else incomplete
    return [str(path) for path in _paths(typed) if path.is_dir()]


def train_keys(incomplete: str) -> list[tuple[str, str]]:
    """Return `KEY=` of the train arguments that a recipe may set, and of model and data."""
    from grokyolo.recipe.messages import why_no_argument
    from grokyolo.recipe.train_arguments import train_arguments

    known = {"model": "model file", "data": "data set"}
    known |= {name: one.description for name, one in train_arguments().items() if not why_no_argument(name, bare=True)}
    return [(f"{name}=", what) for name, what in sorted(known.items()) if name.startswith(incomplete)]


def sweep_words(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return `KEY=` of the train arguments; before any of them `show`, too."""
    first = not ctx.params.get("overrides") and "show".startswith(incomplete)
    return [("show", "what the runs of a sweep show together")] * first + train_keys(incomplete)


def verdicts(incomplete: str) -> list[str]:
    """Return the verdicts that a list of some, separated by commas, may go on with."""
    from grokyolo.verdict import Verdict

    head, comma, _ = incomplete.rpartition(",")
    named = head.split(",")
    return [f"{head}{comma}{verdict.value}" for verdict in Verdict if verdict.value not in named]


def _paths(incomplete: str) -> Iterator[Path]:
    """Yield what is in the folder of a path that is not done and starts like it."""
    folder = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
    start = "" if incomplete.endswith("/") else Path(incomplete).name
    try:
        yield from sorted(path for path in folder.iterdir() if path.name.startswith(start) and path.name[0] != ".")
    except OSError:
        return


def _runs_below(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the run folders in `folder`, itself among them, that lie at most `depth` folders deeper."""
    try:
        if any((folder / log).is_file() for log in LOGS):
            yield folder
        elif depth:
            for inner in sorted(folder.iterdir()):
                if inner.is_dir() and not inner.is_symlink():
                    yield from _runs_below(inner, depth - 1)
    except OSError:
        return
