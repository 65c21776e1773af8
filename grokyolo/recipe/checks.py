"""What a recipe says against what it will do: settings that Ultralytics ignores, scales or undoes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grokyolo.recipe.model import Recipe
from grokyolo.recipe.places import Place, Problem


@dataclass(frozen=True)
class Finding:
    """One thing to know before training.

    Attributes:
        problem: what, where, and the remedy.
        fatal: whether training makes no sense with it.
    """

    problem: Problem
    fatal: bool = False

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.problem.place}: {self.problem.what}; {self.problem.hint}"


def missing(recipe: Recipe, place: Place) -> list[Problem]:
    """Return what a recipe must name before it can be trained."""
    problems = []
    if not recipe.model:
        problems.append(
            Problem("the recipe names no model", place, "add one to the command line: model=yolo26n.pt")
        )
    if not recipe.data:
        problems.append(
            Problem(
                "the recipe names no data set", place, "add your own to the command line: data=my-data.yaml"
            )
        )
    return problems


def examine(recipe: Recipe, places: Mapping[str, Place], whole: Place) -> list[Finding]:
    """Return what is doubtful about the values of a recipe."""
    return []
