"""grokyolo train: start a long run from a recipe."""

from __future__ import annotations

import argparse

from grokyolo.cli.parsing import Parser, console

DESCRIPTION = """Train what a recipe says into runs/NAME below the current folder. Beside what
Ultralytics writes there, gap.csv gets one row per epoch: validation and a probe
of training images, measured in the same way with the same weights."""

EXAMPLES = """  grokyolo train --recipe grok-modular-addition
  grokyolo train --recipe long-coco8 epochs=3 model=yolo26n.yaml
  grokyolo train --recipe my.yaml weight_decay=0.05 gap.every=5 --name decay-0.05

KEY=VALUE: a bare key is an Ultralytics train argument (or model, data), a dotted
key a path in the recipe. `grokyolo recipes` lists the recipes."""


def add_arguments(parser: Parser) -> None:
    """Declare the options of `train`."""
    parser.add_argument("--recipe", required=True, metavar="NAME|FILE", help="a recipe's name, file, or a run folder")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="change the recipe for this run")
    parser.add_argument("--name", help="name of the run folder; the recipe's name by default")
    parser.add_argument("--verbose", action="store_true", help="show Ultralytics' own tables and progress bars too")


def run(args: argparse.Namespace) -> int:
    """Train, and say where the run is and what to type next."""
    from grokyolo.recipe import load
    from grokyolo.training import train
    from grokyolo.view.progress import TrainingProgress

    err = console(stderr=True, no_color=args.no_color)
    recipe = load(args.recipe, args.overrides)
    with TrainingProgress(err, live=not args.verbose) as progress:
        for warning in recipe.warnings:
            progress.warning(str(warning))
        folder = train(recipe, name=args.name, listener=progress.listener(), verbose=args.verbose)
    shown = f"runs/{folder.name}"
    out = console(no_color=args.no_color)
    out.print(f"done: {shown}", markup=False)
    out.print(f"next: grokyolo gap {shown} --plot", markup=False)
    return 0
