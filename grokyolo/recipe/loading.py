"""From a name or a path and overrides to a `Recipe`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grokyolo.recipe import catalogue, checks, overrides
from grokyolo.recipe.catalogue import Source
from grokyolo.recipe.merging import merge, read_layers
from grokyolo.recipe.model import Recipe
from grokyolo.recipe.places import Problem, complain
from grokyolo.recipe.resolving import Resolver


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
    table = merge(layers.table, overrides.layer(arguments, problems))
    resolver = Resolver(problems)
    recipe = resolver.recipe(table, source.name)
    # the rules compare values with each other, which makes no sense while some are wrong
    findings = [] if problems else checks.examine(recipe, resolver.places, source.place)
    problems += [finding.problem for finding in findings if finding.fatal]
    if complete:
        problems += checks.missing(recipe, source.place, {problem.about for problem in problems})
    if problems:
        raise complain(problems, layers.files)
    return replace(recipe, warnings=[str(finding) for finding in findings if not finding.fatal])
