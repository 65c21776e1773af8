"""grokyolo sweep: train one recipe at many points."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokyolo.cli import complete, options
from grokyolo.cli.output import console, say
from grokyolo.cli.running import seconds_of
from grokyolo.errors import GrokyoloError, Interrupted, Stopped, UsageError
from grokyolo.typed import AGAIN

if TYPE_CHECKING:
    from grokyolo.sweep.runner import PointProgress, SweepEngine
    from grokyolo.sweep.trials import SweepPlan

DESCRIPTION = """Train a recipe at every point of a grid, each an ordinary run in a process of its
own, below runs/NAME. The same command goes on where it stopped, skips what is
finished, and adds points when the grid has grown. `grokyolo sweep show
runs/NAME` draws the phase diagram."""

EXAMPLES = """  grokyolo sweep --recipe grok-modular-addition weight_decay=0,0.3,1 seed=0,1,2
  grokyolo sweep --recipe my.yaml 'lr0=log(1e-4,1e-1,7)' epochs=300 --jobs 4
  grokyolo sweep --recipe my.yaml 'lr0=loguniform(1e-4,1e-1)' seed=0,1 --samples 20
  grokyolo sweep --recipe my.yaml weight_decay=0,1 --ray --cpus 2
  grokyolo sweep --recipe my.yaml weight_decay=0,1 --slurm sweep.sbatch

KEY=V1,V2,... are the values of a key; a key with one value is the same for all
points. linear(a,b,n) and log(a,b,n) make n values, uniform(a,b) and
loguniform(a,b) are drawn --samples times. Shells want quotes around brackets.
A bare key is an Ultralytics train argument (or model, data), a dotted key a path
in the recipe: data.fraction is the share of pairs of the built-in data set,
fraction the share of the training images."""


def run(
    overrides: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY=V1,V2...",
            default_factory=list,
            help="values to sweep over, or one for all",
            autocompletion=complete.sweep_words,
        ),
    ],
    *,
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe",
            metavar="NAME|FILE|RUN",
            help="a recipe's name or file, or a run folder",
            autocompletion=complete.recipes,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="name of the sweep folder; the recipe's name and -sweep by default"
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", metavar="N", parser=options.count, help="points at the same time; one a GPU by default, else 1"
        ),
    ] = None,
    cpus: Annotated[
        int | None,
        typer.Option(
            "--cpus", metavar="N", parser=options.count, help="CPU threads of each point; it keeps them for good"
        ),
    ] = None,
    ray: Annotated[
        str | None, typer.Option("--ray", metavar="[ADDRESS]", help="let Ray train: here, or on a cluster")
    ] = None,
    gpus: Annotated[
        float | None,
        typer.Option("--gpus", metavar="X", parser=options.number, help="GPUs of each point on Ray; may be a fraction"),
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="nodes of the Ray cluster do not see this folder: send runs")
    ] = False,
    slurm: Annotated[
        str | None, typer.Option("--slurm", metavar="[FILE]", help="write a job array for Slurm, train nothing")
    ] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", metavar="N", parser=options.count, help="how often random keys are drawn")
    ] = None,
    sample_seed: Annotated[
        int,
        typer.Option(
            "--sample-seed", metavar="N", parser=options.whole, help="another seed draws others; 0 by default"
        ),
    ] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check and list all points, and train nothing")] = False,
    time_limit: Annotated[
        str | None, typer.Option("--time-limit", metavar="TIME", help="let all points save and stop after this time")
    ] = None,
) -> int:
    """Check every point, train those that are not finished, and say how it went."""
    asked = Asked(recipe, overrides, name, jobs, cpus, ray, gpus, copy, slurm, samples, sample_seed)
    return _sweep(asked, dry_run=dry_run, limit=seconds_of(time_limit))


@dataclass(frozen=True)
class Asked:
    """What was asked for: the options of the command, by their names."""

    recipe: str
    overrides: list[str]
    name: str | None
    jobs: int | None
    cpus: int | None
    ray: str | None
    gpus: float | None
    copy: bool
    slurm: str | None
    samples: int | None
    sample_seed: int

    def command(self) -> list[str]:
        """Return the words that make the same sweep go on."""
        words = ["grokyolo", "sweep", "--recipe", self.recipe, *self.overrides]
        for option, value in (("--name", self.name), ("--jobs", self.jobs), ("--samples", self.samples)):
            words += [option, str(value)] if value is not None else []
        words += ["--sample-seed", str(self.sample_seed)] if self.sample_seed else []
        if self.ray is not None:
            words += ["--ray", *([self.ray] if self.ray else [])] + ["--copy"] * self.copy
            words += ["--gpus", f"{self.gpus:g}"] if self.gpus is not None else []
        return words


def _sweep(asked: Asked, *, dry_run: bool, limit: float | None) -> int:
    from grokyolo.sweep.local_engine import gpu_groups, threads
    from grokyolo.sweep.runner import locked, progress_of
    from grokyolo.sweep.trials import plan_sweep

    _refuse_contradictions(asked)
    folder = Path("runs") / _name(asked)
    made = plan_sweep(folder, asked.recipe, asked.overrides, samples=asked.samples, sample_seed=asked.sample_seed)
    elsewhere = asked.ray is not None or asked.slurm is not None
    gpus = [] if elsewhere else gpu_groups(trial.recipe for trial in made.trials)
    jobs = asked.jobs or max(len(gpus), 1)
    made = _with_cpus(made, asked.cpus, 1 if elsewhere else threads(jobs))
    points = progress_of(made.trials)
    if dry_run:
        return _list(made, points)
    with locked(folder):
        if asked.slurm is not None:
            _write(made)
            return _write_script(asked, made)
        engine, jobs = _engine(asked, made, points, jobs=jobs, gpus=gpus)
        _write(made)
        _announce(made, points, f"{jobs} at a time")
        stopped_by = _train(engine, points, jobs=jobs, limit=limit)
    return _finish(asked, made, points, stopped_by)


def _refuse_contradictions(asked: Asked) -> None:
    ways = [f"--{name}" for name in ("ray", "slurm", "jobs") if getattr(asked, name) is not None]
    if len(ways) > 1:
        hint = "with --ray and --slurm, --cpus and --gpus of each point decide how many fit"
        raise UsageError(f"{ways[0]} and {ways[1]} do not go together", where=" ".join(ways), hint=hint)
    if asked.ray is None and (asked.copy or asked.gpus is not None):
        option = "--copy" if asked.copy else "--gpus"
        raise UsageError(f"{option} is for a Ray cluster", where=option, hint=f"add --ray, or leave {option} out")


def _name(asked: Asked) -> str:
    from grokyolo.recipe import load
    from grokyolo.sweep.trials import is_name

    name = asked.name or f"{load(asked.recipe, complete=False).name}-sweep"
    if not is_name(name):
        what = f"{name!r} cannot be the name of a sweep"
        raise UsageError(what, where="--name", hint="use letters, digits, - and _: --name decay")
    return str(name)


def _with_cpus(made: SweepPlan, asked: int | None, usual: int) -> SweepPlan:
    """Give a new sweep its number of threads; one that has some keeps them."""
    from dataclasses import replace

    sweep = made.sweep
    if not sweep.created:
        return replace(made, sweep=replace(sweep, cpus=asked or usual))
    if asked and asked != sweep.cpus:
        raise UsageError(
            f"each point of this sweep has --cpus {sweep.cpus}, and another number would change its last digits",
            where=f"--cpus {asked}",
            hint=f"--cpus {sweep.cpus}",
        )
    return made


def _write(made: SweepPlan) -> None:
    from grokyolo.sweep.folder import write_sweep

    try:
        write_sweep(made.sweep)
    except OSError as error:
        what = f"cannot write the sweep: {error.strerror or error}"
        raise GrokyoloError(what, where=str(made.sweep.folder), hint=AGAIN) from error


def _announce(made: SweepPlan, points: Sequence[PointProgress], how: str) -> None:
    from grokyolo.sweep.runner import Status, count

    for warning in made.warnings:
        say(f"warning: {warning}", stderr=True)
    for progress in points:
        if progress.status is Status.FAILED:
            say(f"warning: {progress.trial.point.name}: {progress.message}", stderr=True)
    others = len(made.sweep.points) - len(points)
    parts = [f"{len(points)} points", f"{count(points)[Status.FINISHED]} finished before", how]
    parts += [f"{others} others are in the folder"] if others else []
    say(f"sweep: {made.sweep.folder}: {', '.join(parts)}", stderr=True)


def _engine(
    asked: Asked, made: SweepPlan, points: list[PointProgress], *, jobs: int, gpus: Sequence[str]
) -> tuple[SweepEngine, int]:
    """Return what trains the points, and how many at the same time."""
    if asked.ray is None:
        from grokyolo.sweep.local_engine import LocalEngine

        return LocalEngine(made.sweep, points, jobs, gpus), jobs
    from grokyolo.sweep.ray_engine import RayEngine, Resources

    resources = Resources(made.sweep.cpus, asked.gpus)
    engine = RayEngine(made.sweep, points, asked.ray or None, resources, copy=asked.copy)
    return engine, engine.jobs


def _train(engine: SweepEngine, points: list[PointProgress], *, jobs: int, limit: float | None) -> str:
    from grokyolo.sweep.runner import run_sweep
    from grokyolo.view.sweep import sweep_display

    display = sweep_display(points, console(stderr=True), jobs)
    keep = True
    try:
        stopped_by = run_sweep(engine, display, over=lambda: all(one.status.over for one in points), limit=limit)
        keep = bool(stopped_by)
    finally:
        display.close(keep=keep)
    return stopped_by


def _write_script(asked: Asked, made: SweepPlan) -> int:
    """Write the job array, and say how to submit it."""
    from grokyolo.sweep.folder import LOGS
    from grokyolo.sweep.local_engine import gpus_of
    from grokyolo.sweep.slurm import script

    target = Path(asked.slurm or made.sweep.folder / "sweep.sbatch")
    gpus = max((gpus_of(trial.recipe) or 0 for trial in made.trials), default=0)
    text = script(made.sweep, made.trials, Path.cwd(), gpus=gpus)
    try:
        (made.sweep.folder / LOGS).mkdir(exist_ok=True)
        target.write_text(text.replace(" FILE\n", f" {shlex.quote(str(target))}\n"), encoding="utf-8")
    except OSError as error:
        what = f"cannot write {target}: {error.strerror or error}"
        raise UsageError(what, where=f"--slurm {target}", hint="choose another FILE") from error
    say(f"written: {target}, {len(made.trials)} tasks; edit it for your cluster")
    say(f"next: {shlex.join(['sbatch', str(target)])}")
    return 0


def _list(made: SweepPlan, points: Sequence[PointProgress]) -> int:
    from grokyolo.sweep.runner import Status

    for progress in points:
        name = progress.trial.point.name
        waits = progress.status is Status.WAITING
        state = "new" if name in made.new and waits else progress.status.value
        say(f"{name}  {state}")
    _announce(made, points, "nothing is started")
    return 0


def _finish(asked: Asked, made: SweepPlan, points: Sequence[PointProgress], stopped_by: str) -> int:
    """Print the table of points, and say what comes next.

    Raises:
        Interrupted, Stopped: points are left to do because somebody wanted to stop.
        GrokyoloError: points failed.
    """
    from grokyolo.sweep.runner import Status, count
    from grokyolo.view.sweep import results

    known, folder = count(points), made.sweep.folder
    again = shlex.join(asked.command())
    left = known[Status.WAITING] + known[Status.STOPPED] + known[Status.RUNNING]
    if left and stopped_by:
        error = Interrupted if stopped_by == "SIGINT" else Stopped
        how = {"SIGINT": "by Ctrl-C", "time limit": "at the time limit"}.get(stopped_by, f"by {stopped_by}")
        done = f"{known[Status.FINISHED]} of {len(points)} points are finished, the others saved"
        raise error(f"stopped {how}; {done}", where=str(folder), hint=again)
    console().print(results(str(folder), made.sweep.axes, points))
    for progress in points:
        if progress.status is Status.FAILED:
            read = f"; read {progress.trial.log}" if progress.code is not None else ""
            say(f"failed: {progress.trial.point.name}: {progress.message}{read}", stderr=True)
    if known[Status.FAILED]:
        what = f"{known[Status.FAILED]} of {len(points)} points failed: the logs say why"
        raise GrokyoloError(what, where=str(folder), hint=again)
    if left:
        raise Stopped(f"{left} of {len(points)} points were stopped by others", where=str(folder), hint=again)
    say(f"done: {folder}")
    say(f"next: {shlex.join(['grokyolo', 'sweep', 'show', str(folder)])}")
    return 0
