"""What train, resume and extend share: options, progress, and the lines at the end."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from grokyolo.cli.parsing import Parser, console
from grokyolo.errors import RunError, UsageError

if TYPE_CHECKING:
    from grokyolo.notify.listener import Listener
    from grokyolo.recipe import Recipe
    from grokyolo.run.folder import Change


def add_running_options(parser: Parser) -> None:
    """Declare the options of every verb that trains."""
    parser.add_argument("--time-limit", metavar="TIME", help="save and stop after this time, such as 11h30m")
    parser.add_argument(
        "--notify",
        action="append",
        default=[],
        metavar="COMMAND|URL",
        help="tell this command or URL of a jump, the end, a failure, a stop, a stall; may be given several times",
    )
    parser.add_argument("--prometheus", type=Path, metavar="FILE", help="keep a text file for node_exporter up to date")
    parser.add_argument("--verbose", action="store_true", help="show Ultralytics' own tables and progress bars too")


def time_limit(args: argparse.Namespace) -> float | None:
    """Return --time-limit in seconds, None when it was not given.

    Raises:
        UsageError: it is no time.
    """
    from grokyolo.recipe import seconds

    if args.time_limit is None:
        return None
    try:
        return seconds(args.time_limit)
    except ValueError as error:
        raise UsageError(str(error), where=f"--time-limit {args.time_limit}", hint="--time-limit 11h30m") from error


def reported(args: argparse.Namespace, listener: Listener) -> AbstractContextManager[Listener]:
    """Return a context that tells `listener` and whom --notify and --prometheus name."""
    from grokyolo.notify.reporting import reporting

    return reporting(listener, notify=args.notify, prometheus=args.prometheus)


def continued(args: argparse.Namespace, run: Path, overrides: Sequence[str] = ()) -> int:
    """Go on with the training in `run`, its recipe changed by `overrides`.

    Raises:
        RunError: it is no run of grokyolo, or it is finished.
    """
    from grokyolo.recipe import epochs_of, load
    from grokyolo.run import extension
    from grokyolo.run.folder import must_be_run

    must_be_run(run)
    limit = time_limit(args)
    recipe = load(str(run), overrides)
    if overrides:
        return gone_on(args, run, recipe, limit, extension.change_of(run, load(str(run)), recipe))
    if extension.is_finished(run, recipe):
        done, epochs = extension.last_saved_epoch(run), epochs_of(recipe)
        early = f"train.patience ended it after epoch {done} of {epochs}"
        raise RunError(
            f"the run is finished: {early if done < epochs else f'it has all of its {epochs} epochs'}",
            where=str(run),
            hint=f"grokyolo extend {run} --epochs {2 * epochs}" + (" patience=0" if done < epochs else ""),
        )
    return gone_on(args, run, recipe, limit)


def gone_on(
    args: argparse.Namespace, run: Path, recipe: Recipe, limit: float | None, change: Change | None = None
) -> int:
    """Train on in `run` as `recipe` says, `change` being what it changes; say where the run is."""
    from grokyolo.training import go_on
    from grokyolo.view.live import training_display

    display = training_display(console(stderr=True, no_color=args.no_color), verbose=args.verbose)
    with display as progress, reported(args, progress.listener()) as listener:
        go_on(run, recipe, listener=listener, verbose=args.verbose, time_limit=limit, change=change)
    return finished(args, run)


def finished(args: argparse.Namespace, run: Path) -> int:
    """Say where the run is and what to type next."""
    folder = run.absolute()
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    out = console(no_color=args.no_color)
    out.print(f"done: {shown}", markup=False, soft_wrap=True)
    out.print(f"next: grokyolo gap {shown} --plot", markup=False, soft_wrap=True)
    return 0
