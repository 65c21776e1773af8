"""grokyolo resume: go on with a run that was stopped or killed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from grokyolo.cli import options
from grokyolo.cli.running import TrainingOptions, continued
from grokyolo.errors import UsageError

DESCRIPTION = """Go on with a run from its newest sound state: same weights, same random numbers,
same order of images as if it had never stopped. What gap.csv holds beyond that
state is trained again."""

EXAMPLES = """  grokyolo resume runs/exp1
  grokyolo resume runs/exp1 --time-limit 11h30m
  grokyolo resume runs/exp1 data=/mnt/disk2/my-data.yaml"""


def run(
    run: options.Run,
    overrides: Annotated[
        list[str],
        typer.Argument(metavar="[data=PATH]", default_factory=list, help="where the data set lies now"),
    ],
    *,
    time_limit: options.TimeLimit = None,
    notify: options.Notify = None,
    prometheus: options.Prometheus = None,
    verbose: options.Verbose = False,
) -> int:
    """Go on, and say where the run is and what to type next."""
    for word in overrides:
        if not word.startswith("data="):
            raise _for_extend(run, word, overrides)
    training = TrainingOptions.typed(time_limit, notify, prometheus, verbose=verbose)
    return continued(Path(run), overrides, training)


def _for_extend(run: str, word: str, overrides: list[str]) -> UsageError:
    """Return the error for a change that resuming does not make, with the command that does."""
    length = [one.partition("=")[2] for one in overrides if one.startswith("epochs=")]
    others = [one for one in overrides if not one.startswith("epochs=")]
    epochs = ["--epochs", length[-1]] if length else []
    hint = shlex.join(["grokyolo", "extend", run, *epochs, *others]) if length else "grokyolo extend --help"
    return UsageError("resume goes on with a run as it is", where=word, hint=hint)
