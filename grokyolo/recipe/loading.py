"""From a name or a path and overrides to a `Recipe`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from grokyolo.findings import Severity, error_of
from grokyolo.recipe import catalogue, checks, overrides
from grokyolo.recipe.catalogue import Source
from grokyolo.recipe.document import Scalar, Table, parse
from grokyolo.recipe.merging import Layers, merge, read_layers
from grokyolo.recipe.model import Recipe
from grokyolo.recipe.places import Place, Problem
from grokyolo.recipe.resolving import Resolver
from grokyolo.recipe.tasks import MODEL_AND_DATA, task_of


def load(name_or_path: str, overrides: Sequence[str] = (), *, complete: bool = True) -> Recipe:
    """Load a recipe with everything it inherits, and put overrides over it.

    Args:
        name_or_path: a name of the catalogue, a recipe's file, or a run folder of grokyolo.
        overrides: `KEY=VALUE`; a bare key is a train argument, `model` or `data`, a dotted one a path.
        complete: whether model and data must be there; False is for showing and listing.

    Raises:
        RecipeError: it carries every problem found, in the order of the files.
    """
    return load_source(catalogue.find(name_or_path), overrides, complete=complete)


def load_source(source: Source, arguments: Sequence[str] = (), *, complete: bool = True) -> Recipe:
    """Load the recipe of a file that the catalogue found; arguments and errors as in `load`."""
    problems: list[Problem] = []
    layers = read_layers(source, problems)
    return _with(source, layers, arguments, problems, complete=complete)


def loader(name_or_path: str) -> Callable[[Sequence[str]], Recipe]:
    """Return a function that loads one recipe with ever other overrides; its files are read once.

    Args:
        name_or_path: as in `load`; so are the errors of both.
    """
    source = catalogue.find(name_or_path)
    problems: list[Problem] = []
    layers = read_layers(source, problems)
    return lambda arguments: _with(source, layers, arguments, list(problems), complete=True)


def _with(
    source: Source, layers: Layers, arguments: Sequence[str], problems: list[Problem], *, complete: bool
) -> Recipe:
    table = merge(layers.table, overrides.layer(arguments, problems))
    return _resolved(table, source.name, source.place, problems, files=layers.files, complete=complete)


def like_yolo(arguments: Sequence[str]) -> Recipe:
    """Return what `yolo train` would do with the same arguments: Ultralytics' defaults behind them, and no recipe.

    Args:
        arguments: `KEY=VALUE`, as in `load`.

    Raises:
        RecipeError: as in `load`.
    """
    place = Place("yolo train")

    def resolved(*given: str, complete: bool) -> Recipe:
        problems: list[Problem] = []
        table = overrides.layer(given, problems)
        return _resolved(table, place.file, place, problems, complete=complete)

    first = resolved(*arguments, complete=False)
    model, data = MODEL_AND_DATA[task_of(first)]
    named = [f"model={model}"] * (not first.model) + [f"data={data}"] * (not first.data)
    return resolved(*named, *arguments, complete=True)


def _resolved(
    table: Table, name: str, place: Place, problems: list[Problem], *, files: Sequence[str] = (), complete: bool
) -> Recipe:
    resolver = Resolver(problems)
    recipe = resolver.recipe(table, name)
    # the rules compare values with each other, which makes no sense while some are wrong
    findings = [] if problems else checks.examine(recipe, resolver.places, place)
    errors = [problem.finding for problem in problems]
    errors += [finding for finding in findings if finding.severity is Severity.ERROR]
    if complete:
        missing = checks.missing(recipe, place, {problem.about for problem in problems})
        errors += [problem.finding for problem in missing]
    if errors:
        raise error_of(errors, files)
    return replace(recipe, findings=tuple(findings))


def origins(name_or_path: str, recipe: Recipe) -> dict[str, str]:
    """Return where the values of a loaded recipe come from; for a run where they came from when it began.

    Args:
        name_or_path: as the recipe was loaded.
        recipe: resolved, with or without overrides.

    Raises:
        RecipeError: it is no longer there.
    """
    source = catalogue.find(name_or_path)
    if not source.run:
        return dict(recipe.provenance)
    before = _told(source)
    own = f"{source.shown}:"
    now = {key: before.get(key) if where.startswith(own) else where for key, where in recipe.provenance.items()}
    return {key: where for key, where in now.items() if where}


def _told(run: Source) -> Mapping[str, str]:
    """Return the provenance that a run remembers; it leaves out what was a default."""
    node = parse(run.read(), run.place, [])
    table = node.items.get("provenance") if isinstance(node, Table) else None
    if not isinstance(table, Table):
        return {}
    return {key: item.text for key, item in table.items.items() if isinstance(item, Scalar)}


def source_text(name: str) -> str:
    """Return the text of a recipe's file, comments and all; for a run its recipe.

    Raises:
        RecipeError: there is no such recipe, or it cannot be read.
    """
    source = catalogue.find(name)
    return load_source(source, complete=False).to_yaml() if source.run else source.read()
