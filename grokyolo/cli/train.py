"""grokyolo train: start a long run from a recipe."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grokyolo.cli.parsing import Parser, console
from grokyolo.cli.running import add_running_options, finished, gone_on, reported, time_limit
from grokyolo.errors import DataError, UsageError

if TYPE_CHECKING:
    from grokyolo.notify.listener import Listener
    from grokyolo.plan import Plan
    from grokyolo.recipe import Recipe
    from grokyolo.view.progress import TrainingProgress

DESCRIPTION = """Train what a recipe says into runs/NAME below the current folder. Beside what
Ultralytics writes there, gap.csv gets one row per epoch: validation and a probe
of training images, measured in the same way with the same weights."""

EXAMPLES = """  grokyolo train --recipe grok-modular-addition
  grokyolo train --recipe long-coco8 epochs=3 model=yolo26n.yaml
  grokyolo train --recipe my.yaml weight_decay=0.05 gap.every=5 --name decay-0.05
  grokyolo train --recipe my.yaml --name night --resume --time-limit 11h30m

The last one is for a queue that may stop a job: it starts the run or goes on with it.
Exit code 75 says that it stopped at the limit or on a signal and can go on.

KEY=VALUE: a bare key is an Ultralytics train argument (or model, data), a dotted
key a path in the recipe. `grokyolo recipes` lists the recipes."""


def add_arguments(parser: Parser) -> None:
    """Declare the options of `train`."""
    parser.add_argument("--recipe", required=True, metavar="NAME|FILE", help="a recipe's name, file, or a run folder")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="change the recipe for this run")
    parser.add_argument("--name", help="name of the run folder; the recipe's name by default")
    parser.add_argument("--resume", action="store_true", help="go on with the run of this name where it exists")
    parser.add_argument(
        "--dry-run", action="store_true", help="print the plan and train nothing, as grokyolo plan does"
    )
    add_running_options(parser)


def run(args: argparse.Namespace) -> int:
    """Train, and say where the run is and what to type next."""
    from grokyolo.recipe import load
    from grokyolo.training import train
    from grokyolo.view.live import training_display

    recipe = load(args.recipe, args.overrides)
    existing = Path("runs") / (args.name or recipe.name)
    if args.resume and (existing / "grokyolo.yaml").is_file():
        return _gone_on(args, recipe, existing)
    limit = time_limit(args)
    if args.dry_run:
        from grokyolo.cli.plan import show

        return show(args, recipe)
    plan = _plan(recipe)
    display = training_display(console(stderr=True, no_color=args.no_color), verbose=args.verbose)
    with display as progress, reported(args, _telling(plan, progress)) as listener:
        for warning in recipe.warnings:
            progress.warning(warning)
        folder = train(
            recipe, name=args.name, listener=listener, verbose=args.verbose, time_limit=limit, resume=args.resume
        )
    return finished(args, folder)


def _plan(recipe: Recipe) -> Plan:
    """Return the plan of a training.

    Raises:
        DataError: it would surely break.
    """
    from grokyolo.plan import BRIEF, Severity, make_plan

    plan = make_plan(recipe, limits=BRIEF)
    for finding in plan.findings:
        # about a missing data set Ultralytics, which is asked next, knows more
        if finding.severity is Severity.FATAL and not plan.data.missing:
            raise DataError(finding.what, where=finding.where or f"data: {plan.data.name}", hint=finding.remedy)
    return plan


def _telling(plan: Plan, progress: TrainingProgress) -> Listener:
    """Return a listener that says first what the training will do and what may stand in its way."""
    from grokyolo.plan import Severity
    from grokyolo.view.plan import brief

    listener = progress.listener()

    def started(run: Path) -> None:
        for line in brief(plan):
            progress.say(line)
        for finding in plan.findings:
            if finding.severity is Severity.WARNING:
                progress.warning(f"{finding.what}. Try: {finding.remedy}")
        listener.started(run)

    return replace(listener, started=started)


def _gone_on(args: argparse.Namespace, recipe: Recipe, run: Path) -> int:
    """Go on with a run; a finished one is no error, since a queue starts the same command again and again."""
    from grokyolo.recipe import load
    from grokyolo.run.extension import is_finished

    own = load(str(run))
    if own.hash != recipe.hash:
        raise UsageError(
            f"the run {run.name} was started with another recipe than this one",
            where=str(run / "grokyolo.yaml"),
            hint=f"grokyolo resume {run}, or choose another --name",
        )
    if is_finished(run, own):
        return finished(args, run)
    # what changes no bit of a training is as the command says now
    return gone_on(args, run, replace(own, inputs=recipe.inputs), time_limit(args))
