"""From a command to trainings: every point resolved and checked before anything starts, old points kept."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grokyolo.errors import GrokyoloError, RecipeError, UsageError
from grokyolo.files import RUN_FILE
from grokyolo.recipe import Recipe, load, loader
from grokyolo.sweep.folder import Point, Sweep, is_safe, is_sweep, log_of, read_sweep
from grokyolo.sweep.grid import MOST_POINTS, Draw, Grid, assignment, identity, name_of, parse_grid, value_of

SHOWN_PROBLEMS = 20


@dataclass(frozen=True)
class Trial:
    """One point that is to be trained.

    Attributes:
        point: its name and values.
        run: its run folder.
        log: what its trainings print.
        recipe: resolved.
        arguments: `KEY=VALUE` that make the point out of the sweep's recipe.
    """

    point: Point
    run: Path
    log: Path
    recipe: Recipe
    arguments: tuple[str, ...]

    @property
    def epochs(self) -> int:
        """How long it trains."""
        from grokyolo.recipe import epochs_of

        return epochs_of(self.recipe)


@dataclass(frozen=True)
class SweepPlan:
    """What a command asks for.

    Attributes:
        sweep: the command's points, and those that its folder had before.
        trials: the command's points, in its order.
        new: names of points that the folder did not have.
        warnings: of the recipes, one line each.
    """

    sweep: Sweep
    trials: tuple[Trial, ...]
    new: frozenset[str]
    warnings: tuple[str, ...]


def plan_sweep(
    folder: Path,
    recipe: str,
    arguments: Sequence[str],
    *,
    samples: int | None = None,
    sample_seed: int = 0,
    cpus: int = 1,
) -> SweepPlan:
    """Return the sweep that a command asks for; nothing is written.

    Args:
        folder: of the sweep; it may exist, and then the sweep grows.
        recipe: name or path.
        arguments: `KEY=...` as typed.
        samples: how often random keys are drawn.
        sample_seed: of these draws.
        cpus: of each point, for a new sweep.

    Raises:
        RecipeError: with the problems of all points.
        UsageError: there is nothing to sweep over, or the folder is that of something else.
    """
    before = _before(folder)
    grid = parse_grid(arguments, before.axes if before else ())
    _check_size(grid, samples)
    if before:
        _must_agree(before, recipe, grid)
        grid = replace(grid, axes=tuple(sorted(grid.axes, key=lambda axis: before.axes.index(axis.key))))
    asked = _named(grid.points(samples or 0, sample_seed), before.points if before else ())
    sweep = before or Sweep(folder, recipe, grid.overrides, grid.keys, (), cpus=cpus)
    known = {point.name for point in sweep.points}
    trials, warnings = _checked(sweep, asked)
    return SweepPlan(
        replace(sweep, points=(*sweep.points, *(point for point in asked if point.name not in known))),
        trials,
        frozenset(point.name for point in asked) - known,
        warnings,
    )


def _before(folder: Path) -> Sweep | None:
    if is_sweep(folder):
        return read_sweep(folder)
    if (folder / RUN_FILE).exists() or (folder.exists() and not folder.is_dir()):
        what = "a run has this name" if folder.is_dir() else "a file has this name"
        raise UsageError(what, where=str(folder), hint="choose another --name")
    return None


def _check_size(grid: Grid, samples: int | None) -> None:
    draws = [axis.key for axis in grid.axes if isinstance(axis, Draw)]
    if not grid.axes:
        what = "there is nothing to sweep over: no key has several values"
        raise UsageError(what, where="KEY=V1,V2,...", hint="give a key several values, such as weight_decay=0,0.3,1")
    if draws and samples is None:
        raise UsageError(f"{draws[0]} is drawn at random; how often?", where="--samples", hint="--samples 20")
    if samples is not None and not draws:
        hint = "write KEY=loguniform(1e-4,1e-1) or KEY=uniform(0,1), or leave --samples out"
        raise UsageError("no key is drawn at random", where=f"--samples {samples}", hint=hint)
    if samples is not None and samples < 1:
        raise UsageError("there is nothing to draw", where=f"--samples {samples}", hint="--samples 20")
    if (size := grid.size(samples or 0)) > MOST_POINTS:
        hint = "fewer values, or drawn ones: --samples"
        raise UsageError(f"these are {size:,} points, more than {MOST_POINTS:,}", where="KEY=V1,V2,...", hint=hint)


def _must_agree(before: Sweep, recipe: str, grid: Grid) -> None:
    """Raise an error where a command asks for something else than a folder holds."""
    what = ""
    if recipe != before.recipe:
        what = f"this sweep is one of the recipe {before.recipe}, not {recipe}"
    elif set(grid.keys) != set(before.axes):
        what = f"this sweep is one over {', '.join(before.axes)}, not over {', '.join(grid.keys)}"
    elif not _equal(_fixed(grid.overrides), _fixed(before.overrides)):
        shown = " ".join(before.overrides) or "without further KEY=VALUE"
        what = f"this sweep was made with other values for all points: {shown}"
    if what:
        raise UsageError(f"{what}: another needs another --name", where=str(before.folder), hint=command_of(before))


def command_of(sweep: Sweep) -> str:
    """Return the command that goes on with a sweep, as far as its points form a grid."""
    values = {key: dict.fromkeys(_typed(key, one.values[key]) for one in sweep.points) for key in sweep.axes}
    grid = [f"{key}={','.join(found)}" for key, found in values.items()]
    words = ["--recipe", sweep.recipe, *sweep.overrides, *grid, "--name", sweep.folder.name]
    return shlex.join(["grokyolo", "sweep", *words])


def _typed(key: str, value: object) -> str:
    """Return a value as a person would type it in a list."""
    plain = isinstance(value, str) and "," not in value and value_of(key, value) == value
    return str(value) if plain else assignment(key, value).partition("=")[2]


def _fixed(overrides: Iterable[str]) -> dict[str, object]:
    pairs = (override.partition("=") for override in overrides)
    return {key.removeprefix("train."): value_of(key, text) for key, _, text in pairs}


def _equal(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return one.keys() == other.keys() and all(identity(one[key]) == identity(other[key]) for key in one)


def _named(values: Sequence[Mapping[str, object]], before: Sequence[Point]) -> list[Point]:
    """Return the points with these values, each once; those that were there before under the name that they have."""
    known = {_identity(point.values): point.name for point in before}
    taken = {name.lower() for name in known.values()}  # some file systems do not tell A from a
    points = {}
    for one in values:
        identity = _identity(one)
        if identity in points:
            continue
        name = known.get(identity)
        if name is None:
            name = next(name for name in _names(one) if name.lower() not in taken)
            taken.add(name.lower())
        points[identity] = Point(name, one)
    return list(points.values())


def _names(values: Mapping[str, object]) -> Iterator[str]:
    yield name_of(values)
    yield name_of(values, short=False)
    yield from (f"{name_of(values)}-{number}" for number in itertools.count(2))


def _identity(values: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, identity(value)) for key, value in values.items()))


def _checked(sweep: Sweep, points: Sequence[Point]) -> tuple[tuple[Trial, ...], tuple[str, ...]]:
    """Return the points with their recipes, and the warnings.

    Raises:
        RecipeError: with the problems of all points, each problem once.
    """
    trials, warnings = [], {}
    problems: dict[tuple[str, str], GrokyoloError] = {}
    loaded = loader(sweep.recipe)
    for point in points:
        arguments = (*sweep.overrides, *(assignment(key, value) for key, value in point.values.items()))
        try:
            recipe = loaded(arguments)
            _must_be_same_run(sweep.run(point), recipe)
        except GrokyoloError as error:
            for problem in error.problems if isinstance(error, RecipeError) else (error,):
                problems.setdefault((problem.what, problem.hint), problem)
            continue
        warnings.update(dict.fromkeys(recipe.warnings))
        trials.append(Trial(point, sweep.run(point), log_of(sweep.folder, point.name), recipe, arguments))
    if problems:
        raise RecipeError(_shown(list(problems.values())))
    return tuple(trials), tuple(warnings)


def _shown(problems: list[GrokyoloError]) -> list[GrokyoloError]:
    if len(problems) <= SHOWN_PROBLEMS:
        return problems
    more = len(problems) - SHOWN_PROBLEMS
    return [*problems[:SHOWN_PROBLEMS], UsageError(f"and {more} more problems like these", hint="mend these first")]


def _must_be_same_run(run: Path, recipe: Recipe) -> None:
    if not (run / RUN_FILE).is_file():
        return
    if load(str(run)).hash != recipe.hash:
        raise UsageError(
            f"the point {run.name} was trained with another recipe than this one: it was edited, or the run extended",
            where=str(run),
            hint=f"choose another --name, or move {run} away to train it again",
        )


def is_name(name: str) -> bool:
    """Tell whether a sweep can have this name."""
    return is_safe(name) and len(name.encode()) <= 100
