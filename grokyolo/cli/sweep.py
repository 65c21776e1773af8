"""grokyolo sweep: train one recipe at many points."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grokyolo.cli.parsing import Parser, console
from grokyolo.cli.running import time_limit
from grokyolo.errors import GrokyoloError, Interrupted, Stopped, UsageError

if TYPE_CHECKING:
    from grokyolo.sweep.progress import Progress
    from grokyolo.sweep.runner import Engine
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


def add_arguments(parser: Parser) -> None:
    """Declare the options of `sweep`."""
    parser.add_argument("--recipe", required=True, metavar="NAME|FILE", help="a recipe's name, file, or a run folder")
    parser.add_argument("overrides", nargs="*", metavar="KEY=V1,V2,...", help="values to sweep over, or one for all")
    parser.add_argument("--name", help="name of the sweep folder; the recipe's name and -sweep by default")
    parser.add_argument(
        "--jobs", type=_count, metavar="N", help="points at the same time; one a GPU by default, else 1"
    )
    parser.add_argument("--cpus", type=_count, metavar="N", help="CPU threads of each point; it keeps them for good")
    parser.add_argument("--ray", nargs="?", const="", metavar="ADDRESS", help="let Ray train: here, or on a cluster")
    parser.add_argument("--gpus", type=float, metavar="X", help="GPUs of each point on Ray; may be a fraction")
    parser.add_argument(
        "--copy", action="store_true", help="nodes of the Ray cluster do not see this folder: send runs"
    )
    parser.add_argument(
        "--slurm", nargs="?", const="", metavar="FILE", help="write a job array for Slurm, train nothing"
    )
    parser.add_argument("--samples", type=_count, metavar="N", help="how often random keys are drawn")
    parser.add_argument(
        "--sample-seed", type=int, default=0, metavar="N", help="another seed draws others; 0 by default"
    )
    parser.add_argument("--dry-run", action="store_true", help="check and list all points, and train nothing")
    parser.add_argument("--time-limit", metavar="TIME", help="let all points save and stop after this time")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 on")
    return number


def run(args: argparse.Namespace) -> int:
    """Check every point, train those that are not finished, and say how it went."""
    from grokyolo.sweep.local_engine import gpu_groups, threads
    from grokyolo.sweep.progress import progress_of
    from grokyolo.sweep.runner import locked
    from grokyolo.sweep.trials import plan_sweep

    _sort_out(args)
    limit = time_limit(args)
    folder = Path("runs") / _name(args)
    made = plan_sweep(folder, args.recipe, args.overrides, samples=args.samples, sample_seed=args.sample_seed)
    elsewhere = args.ray is not None or args.slurm is not None
    gpus = [] if elsewhere else gpu_groups(trial.recipe for trial in made.trials)
    jobs = args.jobs or max(len(gpus), 1)
    made = _with_cpus(made, args.cpus, 1 if elsewhere else threads(jobs))
    points = progress_of(made.trials)
    if args.dry_run:
        return _list(args, made, points)
    with locked(folder):
        if args.slurm is not None:
            _write(made)
            return _write_script(args, made)
        engine, jobs = _engine(args, made, points, jobs=jobs, gpus=gpus)
        _write(made)
        _announce(args, made, points, f"{jobs} at a time")
        stopped_by = _train(args, engine, points, jobs=jobs, limit=limit)
    return _finish(args, made, points, stopped_by)


def _sort_out(args: argparse.Namespace) -> None:
    """Give a KEY=VALUE back that argparse took for an ADDRESS or a FILE, and refuse what makes no sense together."""
    for option in ("ray", "slurm"):
        value = getattr(args, option)
        if value and "=" in value and "://" not in value:
            args.overrides.append(value)
            setattr(args, option, "")
    ways = [f"--{name}" for name in ("ray", "slurm", "jobs") if getattr(args, name) is not None]
    if len(ways) > 1:
        hint = "with --ray and --slurm, --cpus and --gpus of each point decide how many fit"
        raise UsageError(f"{ways[0]} and {ways[1]} do not go together", where=" ".join(ways), hint=hint)
    if args.ray is None and (args.copy or args.gpus is not None):
        option = "--copy" if args.copy else "--gpus"
        raise UsageError(f"{option} is for a Ray cluster", where=option, hint=f"add --ray, or leave {option} out")


def _name(args: argparse.Namespace) -> str:
    from grokyolo.recipe import load
    from grokyolo.sweep.trials import is_name

    name = args.name or f"{load(args.recipe, complete=False).name}-sweep"
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
            hint=f"--cpus {sweep.cpus}, or choose another --name",
        )
    return made


def _write(made: SweepPlan) -> None:
    from grokyolo.sweep.folder import write_sweep

    try:
        write_sweep(made.sweep)
    except OSError as error:
        what = f"cannot write the sweep: {error.strerror or error}"
        raise GrokyoloError(
            what, where=str(made.sweep.folder), hint="make room, then type the command again"
        ) from error


def _announce(args: argparse.Namespace, made: SweepPlan, points: Sequence[Progress], how: str) -> None:
    from grokyolo.sweep.progress import Status, count

    err = console(stderr=True, no_color=args.no_color)
    for warning in made.warnings:
        err.print(f"warning: {warning}", markup=False, soft_wrap=True)
    others = len(made.sweep.points) - len(points)
    parts = [f"{len(points)} points", f"{count(points)[Status.FINISHED]} finished before", how]
    parts += [f"{others} others are in the folder"] if others else []
    err.print(f"sweep: {made.sweep.folder}: {', '.join(parts)}", markup=False, soft_wrap=True)


def _engine(
    args: argparse.Namespace, made: SweepPlan, points: list[Progress], *, jobs: int, gpus: Sequence[str]
) -> tuple[Engine, int]:
    """Return what trains the points, and how many at the same time."""
    if args.ray is None:
        from grokyolo.sweep.local_engine import LocalEngine

        return LocalEngine(made.sweep, points, jobs, gpus), jobs
    from grokyolo.sweep.ray_engine import RayEngine, Resources

    resources = Resources(made.sweep.cpus, args.gpus)
    engine = RayEngine(made.sweep, points, args.ray or None, resources, copy=args.copy)
    return engine, engine.jobs


def _train(args: argparse.Namespace, engine: Engine, points: list[Progress], *, jobs: int, limit: float | None) -> str:
    from grokyolo.sweep.runner import run_sweep
    from grokyolo.view.sweeping import sweep_display

    display = sweep_display(points, console(stderr=True, no_color=args.no_color), jobs)
    keep = True
    try:
        stopped_by = run_sweep(engine, display, over=lambda: all(one.status.over for one in points), limit=limit)
        keep = bool(stopped_by)
    finally:
        display.close(keep=keep)
    return stopped_by


def _write_script(args: argparse.Namespace, made: SweepPlan) -> int:
    """Write the job array, and say how to submit it."""
    from grokyolo.sweep.folder import LOGS
    from grokyolo.sweep.local_engine import gpus_of
    from grokyolo.sweep.slurm import script

    target = Path(args.slurm or made.sweep.folder / "sweep.sbatch")
    gpus = max((gpus_of(trial.recipe) or 0 for trial in made.trials), default=0)
    text = script(made.sweep, made.trials, Path.cwd(), gpus=gpus)
    try:
        (made.sweep.folder / LOGS).mkdir(exist_ok=True)
        target.write_text(text.replace(" FILE\n", f" {shlex.quote(str(target))}\n"), encoding="utf-8")
    except OSError as error:
        what = f"cannot write {target}: {error.strerror or error}"
        raise UsageError(what, where=f"--slurm {target}", hint="choose another FILE") from error
    out = console(no_color=args.no_color)
    out.print(f"written: {target}, {len(made.trials)} tasks; edit it for your cluster", markup=False, soft_wrap=True)
    out.print(f"next: sbatch {target}", markup=False, soft_wrap=True)
    return 0


def _list(args: argparse.Namespace, made: SweepPlan, points: Sequence[Progress]) -> int:
    out = console(no_color=args.no_color)
    for progress in points:
        name = progress.trial.point.name
        state = "new" if name in made.new else progress.status.value
        out.print(f"{name}  {state}", markup=False, soft_wrap=True)
    _announce(args, made, points, "nothing is started")
    return 0


def _finish(args: argparse.Namespace, made: SweepPlan, points: Sequence[Progress], stopped_by: str) -> int:
    """Print the table of points, and say what comes next.

    Raises:
        Interrupted, Stopped: points are left to do because somebody wanted to stop.
        GrokyoloError: points failed.
    """
    from grokyolo.sweep.progress import Status, count
    from grokyolo.view.sweep_results import results

    out, known, folder = console(no_color=args.no_color), count(points), made.sweep.folder
    again = shlex.join(["grokyolo", "sweep", *_retyped(args)])
    left = known[Status.WAITING] + known[Status.STOPPED] + known[Status.RUNNING]
    if left and stopped_by:
        error = Interrupted if stopped_by == "SIGINT" else Stopped
        how = {"SIGINT": "by Ctrl-C", "time limit": "at the time limit"}.get(stopped_by, f"by {stopped_by}")
        done = f"{known[Status.FINISHED]} of {len(points)} points are finished, the others saved"
        raise error(f"stopped {how}; {done}", where=str(folder), hint=again)
    out.print(results(str(folder), made.sweep.axes, points))
    for progress in points:
        if progress.status is Status.FAILED:
            err = console(stderr=True, no_color=args.no_color)
            said = f"failed: {progress.trial.point.name}: {progress.said}; read {progress.trial.log}"
            err.print(said, markup=False, soft_wrap=True)
    if known[Status.FAILED]:
        what = f"{known[Status.FAILED]} of {len(points)} points failed"
        raise GrokyoloError(what, where=str(folder), hint=f"mend what the logs say, then: {again}")
    if left:
        raise Stopped(f"{left} of {len(points)} points were stopped by others", where=str(folder), hint=again)
    out.print(f"done: {folder}", markup=False, soft_wrap=True)
    out.print(f"next: grokyolo sweep show {folder}", markup=False, soft_wrap=True)
    return 0


def _retyped(args: argparse.Namespace) -> list[str]:
    """Return the arguments that make the same sweep go on."""
    words = ["--recipe", args.recipe, *args.overrides]
    for option, value in (("--name", args.name), ("--jobs", args.jobs), ("--samples", args.samples)):
        words += [option, str(value)] if value is not None else []
    words += ["--sample-seed", str(args.sample_seed)] if args.sample_seed else []
    if args.ray is not None:
        words += ["--ray", *([args.ray] if args.ray else [])] + ["--copy"] * args.copy
        words += ["--gpus", f"{args.gpus:g}"] if args.gpus is not None else []
    return words
