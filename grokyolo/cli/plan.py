"""grokyolo plan: what a recipe will really do, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grokyolo.cli import options
from grokyolo.cli.output import TYPED, console, say, say_json
from grokyolo.errors import UsageError

if TYPE_CHECKING:
    from grokyolo.recipe import Recipe

DESCRIPTION = """Say what a recipe will really do, in numbers after all of Ultralytics' scaling:
optimizer steps, learning rate, weight decay, and the decay budget of the whole
run beside what the positive control needs. Nothing is trained or downloaded.
--plain: what `yolo train` does with the same KEY=VALUE, without a recipe."""

EXAMPLES = """  grokyolo plan --recipe long-coco8
  grokyolo plan model=yolo26n.pt data=coco8.yaml epochs=500
  grokyolo plan --plain model=yolo26n.pt data=coco8.yaml epochs=1000
  grokyolo plan --recipe my.yaml epochs=5000 weight_decay=0.1
  grokyolo plan --recipe my.yaml --measure
  grokyolo plan --recipe my.yaml --json

exit codes: 0 done, 2 the training would surely break"""


def run(
    overrides: options.Overrides,
    *,
    recipe: options.Recipe = options.DEFAULT_RECIPE,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object and nothing else")] = False,
    measure: Annotated[bool, typer.Option("--measure", help="train a few epochs to know how long they take")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="plan what `yolo train` would do, without a recipe")] = False,
) -> int:
    """Plan, and print the plan."""
    from grokyolo.recipe import like_yolo, load

    if plain and recipe != options.DEFAULT_RECIPE:
        raise UsageError(
            "--plain is without a recipe", where=f"--plain --recipe {recipe}", hint="leave one of them out"
        )
    chosen = like_yolo(overrides) if plain else load(recipe, overrides)
    return show(chosen, as_json=as_json, measured=measure)


def show(recipe: Recipe, *, as_json: bool = False, measured: bool = False) -> int:
    """Print the plan of a recipe.

    Args:
        recipe: what to plan.
        as_json: whether to print for programs.
        measured: whether to train a few epochs first.
    """
    from grokyolo.findings import Severity
    from grokyolo.plan import make_plan, to_json
    from grokyolo.plan.machine import BATCHES, EPOCHS
    from grokyolo.view.plan import plan_screen

    if measured:
        say(f"measuring: {EPOCHS} epochs of at most {BATCHES} batches, in a temporary folder", stderr=True)
    plan = make_plan(recipe, measured=measured)
    if as_json:
        say_json(to_json(plan))
    else:
        console().print(plan_screen(plan, TYPED.get()), crop=False)  # a command to type stays on its line
    return 2 if any(advice.severity is Severity.ERROR for advice in plan.advice) else 0
