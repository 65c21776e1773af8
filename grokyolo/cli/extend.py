"""grokyolo extend: make a run longer, finished or not."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from grokyolo.cli import options
from grokyolo.cli.running import TrainingOptions, continued
from grokyolo.errors import UsageError

DESCRIPTION = """Make a run longer and go on from its newest sound state. A change of the learning
rate, the weight decay or the data is logged in the event column of gap.csv, since
it moves the curves by something other than learning."""

EXAMPLES = """  grokyolo extend runs/exp1 --epochs 2000
  grokyolo extend runs/exp1 --epochs 2000 weight_decay=0.1"""


def run(
    run: options.Run,
    overrides: options.Overrides,
    *,
    epochs: Annotated[
        int | None,
        typer.Option("--epochs", metavar="N", parser=options.whole, help="length of the run in all; has to be given"),
    ] = None,
    time_limit: options.TimeLimit = None,
    notify: options.Notify = None,
    prometheus: options.Prometheus = None,
    verbose: options.Verbose = False,
) -> int:
    """Extend, and say where the run is and what to type next."""
    lengths = [word for word in overrides if word.startswith("epochs=")]
    others = [word for word in overrides if word not in lengths]
    if epochs is None or lengths:
        length = lengths[-1].partition("=")[2] if lengths else ""
        raise UsageError(
            "the length is written --epochs" if lengths else "the following arguments are required: --epochs",
            where=lengths[-1] if lengths else "grokyolo extend",
            hint=shlex.join(["grokyolo", "extend", run, "--epochs", length, *others])
            if length
            else "grokyolo extend --help",
        )
    training = TrainingOptions.typed(time_limit, notify, prometheus, verbose=verbose)
    return continued(Path(run), [f"epochs={epochs}", *others], training)
