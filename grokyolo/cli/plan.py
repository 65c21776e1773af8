"""grokyolo plan: what a recipe will really do, before anything runs."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from typing import TYPE_CHECKING

from grokyolo.cli.parsing import Parser, console
from grokyolo.errors import UsageError

if TYPE_CHECKING:
    from grokyolo.recipe import Recipe

DESCRIPTION = """Say what a recipe will really do, in numbers after all of Ultralytics' scaling:
optimizer steps, learning rate, weight decay, and the decay budget of the whole
run beside what the positive control needs. Nothing is trained or downloaded.
Without --recipe: what `yolo train` does with the same KEY=VALUE."""

EXAMPLES = """  grokyolo plan --recipe long-coco8
  grokyolo plan model=yolo26n.pt data=coco8.yaml epochs=1000 weight_decay=0.01
  grokyolo plan --recipe my.yaml epochs=5000 weight_decay=0.1
  grokyolo plan --recipe my.yaml --measure
  grokyolo plan --recipe my.yaml --json"""


def add_arguments(parser: Parser) -> None:
    """Declare the options of `plan`."""
    parser.add_argument("--recipe", metavar="NAME|FILE", help="a recipe's name, file, or a run folder")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="change the recipe for this plan")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--measure", action="store_true", help="train a few epochs to know how long they take")


def run(args: argparse.Namespace) -> int:
    """Plan, and print the plan."""
    from grokyolo.recipe import like_yolo, load

    if args.recipe is None and (names := [word for word in args.overrides if "=" not in word]):
        raise UsageError(
            f"{names[0]} is not KEY=VALUE", hint=shlex.join(["grokyolo", "plan", "--recipe", *args.overrides])
        )
    recipe = like_yolo(args.overrides) if args.recipe is None else load(args.recipe, args.overrides)
    return show(args, recipe, as_json=args.json, measured=args.measure)


def show(args: argparse.Namespace, recipe: Recipe, *, as_json: bool = False, measured: bool = False) -> int:
    """Print the plan of a recipe that `args` name."""
    from grokyolo.plan import make_plan, to_json
    from grokyolo.plan.measuring import BATCHES, EPOCHS
    from grokyolo.view.plan import plan_screen

    if measured:
        note = f"measuring: {EPOCHS} epochs of at most {BATCHES} batches, in a temporary folder"
        console(stderr=True, no_color=args.no_color).print(note, markup=False)
    plan = make_plan(recipe, measured=measured)
    if as_json:
        sys.stdout.write(json.dumps(to_json(plan), allow_nan=False) + "\n")
    else:
        named = [] if args.recipe is None else ["--recipe", args.recipe]
        console(no_color=args.no_color).print(plan_screen(plan, ["grokyolo", "plan", *named, *args.overrides]))
    return 0
