"""grokyolo train: start a long run from a recipe."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokyolo.cli import options
from grokyolo.cli.output import console
from grokyolo.cli.running import TrainingOptions, finished, go_on_with
from grokyolo.errors import DataError, UsageError
from grokyolo.files import RUN_FILE

if TYPE_CHECKING:
    from grokyolo.plan import Plan
    from grokyolo.recipe import Recipe
    from grokyolo.view.live import TrainingProgress

DESCRIPTION = """Train what a recipe says into runs/NAME below the current folder. Beside what
Ultralytics writes there, gap.csv gets one row per epoch: validation and a probe
of training images, measured in the same way with the same weights."""

EXAMPLES = """  grokyolo train --recipe grok-modular-addition
  grokyolo train --recipe long-coco8 epochs=3 model=yolo26n.yaml
  grokyolo train --recipe my.yaml weight_decay=0.05 gap.every=5 --name decay-0.05
  grokyolo train --recipe runs/night --name night --from-scratch
  grokyolo train --recipe my.yaml --name night --resume --time-limit 11h30m

The last one is for a queue that may stop a job: it starts the run or goes on with it.
Exit code 75 says that it stopped at the limit or on a signal and can go on.

KEY=VALUE: a bare key is an Ultralytics train argument (or model, data), a dotted
key a path in the recipe. `grokyolo recipes` lists the recipes; `long` is the one
that is taken where none is named."""


def run(
    overrides: options.Overrides,
    *,
    recipe: options.Recipe = options.DEFAULT_RECIPE,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="name of the run folder; the recipe's name by default")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the run of this name where it exists")] = False,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="move a run of this name aside (NAME.old-1), and start anew")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="print the plan and train nothing, as grokyolo plan does")
    ] = False,
    time_limit: options.TimeLimit = None,
    notify: options.Notify = None,
    prometheus: options.Prometheus = None,
    verbose: options.Verbose = False,
) -> int:
    """Train, and say where the run is and what to type next."""
    from grokyolo.recipe import load

    chosen = load(recipe, overrides)
    training = TrainingOptions.typed(time_limit, notify, prometheus, verbose=verbose)
    if resume and from_scratch:
        raise UsageError(
            "a run goes on or starts anew, not both", where="--resume --from-scratch", hint="leave one of them out"
        )
    existing = Path("runs") / (chosen.name if name is None else name)
    if resume and (existing / RUN_FILE).is_file():
        return _resumed(existing, chosen, training)
    if dry_run:
        from grokyolo.cli.plan import show

        return show(chosen)
    return _trained(chosen, name, training, resume=resume, from_scratch=from_scratch)


def _trained(recipe: Recipe, name: str | None, options: TrainingOptions, *, resume: bool, from_scratch: bool) -> int:
    from grokyolo.view.live import training_display

    with training_display(console(stderr=True), verbose=options.verbose) as progress:
        progress.say("plan: looking at model and data; torch is loaded next")
        _tell(_plan(recipe), progress)
        from grokyolo.training import train

        with options.reported(progress.listener()) as listener:
            folder = train(
                recipe,
                name=name,
                listener=listener,
                verbose=options.verbose,
                time_limit=options.time_limit,
                resume=resume,
                from_scratch=from_scratch,
            )
    return finished(folder)


def _plan(recipe: Recipe) -> Plan:
    """Return the plan of a training.

    Raises:
        DataError: it would surely break.
    """
    from grokyolo.findings import Severity
    from grokyolo.plan import BRIEF, make_plan

    plan = make_plan(recipe, limits=BRIEF)
    for finding in plan.findings:
        if finding.severity is Severity.ERROR:
            raise DataError(finding.what, where=str(finding.location) or f"data: {plan.data.name}", hint=finding.remedy)
    return plan


def _tell(plan: Plan, progress: TrainingProgress) -> None:
    """Say what the training will do and what may stand in its way."""
    from grokyolo.findings import Severity
    from grokyolo.view.plan import brief

    for warning in plan.recipe.warnings:
        progress.warning(warning)
    for line in brief(plan):
        progress.say(line)
    for finding in plan.findings:
        if finding.severity is Severity.WARNING:
            progress.warning(f"{finding.what}. Try: {finding.remedy}")


def _resumed(run: Path, recipe: Recipe, options: TrainingOptions) -> int:
    """Go on with a run; a finished one is no error, since a queue starts the same command again and again."""
    from grokyolo.recipe import load
    from grokyolo.run.status import is_finished

    own = load(str(run))
    if own.hash != recipe.hash and not _differ_in_place_only(own, recipe):
        raise UsageError(
            f"the run {run.name} was started with another recipe than this one, which needs another --name",
            where=str(run / RUN_FILE),
            hint=shlex.join(["grokyolo", "resume", str(run)]),
        )
    if is_finished(run, own):
        return finished(run)
    # what changes no bit of a training, and where the data lies, is as the command says now
    now = {"inputs": recipe.inputs, "data": recipe.data, "contents": recipe.contents}
    return go_on_with(run, own.model_copy(update=now), options)


def _differ_in_place_only(one: Recipe, other: Recipe) -> bool:
    """Tell whether two recipes differ in nothing but where the data set lies; what it holds is looked at later."""
    if not (isinstance(one.data, str) and isinstance(other.data, str)):
        return False
    alike = [
        recipe.model_copy(
            update={"data": "", "contents": {key: value for key, value in recipe.contents.items() if key != "data"}}
        )
        for recipe in (one, other)
    ]
    return alike[0].hash == alike[1].hash
