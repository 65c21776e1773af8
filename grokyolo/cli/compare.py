"""grokyolo compare: lay runs next to each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grokyolo.cli import options
from grokyolo.cli.judging import runs_of
from grokyolo.cli.output import console, say, say_json
from grokyolo.errors import UsageError

DESCRIPTION = """Lay runs next to each other: what differs in their settings, which of them
generalised first, and what that cost in epochs, optimizer steps, time and
e-folds of weight decay. RUN is what `grokyolo gap` takes."""

EXAMPLES = """  grokyolo compare runs/decay-1 runs/decay-0.5
  grokyolo compare runs/decay-* --by budget --plot
  grokyolo compare runs/a old/results.csv --json

--by says which clock is common to the runs: runs that grok through weight decay
do so at the same budget, however many epochs it takes them to spend it."""

DEFAULT_PLOT = "compare.png"


def run(
    runs: options.Runs,
    *,
    by: Annotated[
        options.Clock,
        typer.Option("--by", metavar="CLOCK", help="the common clock: epoch (default), step, time or budget"),
    ] = "epoch",
    plot: Annotated[
        str | None,
        typer.Option("--plot", metavar="[FILE]", help=f"draw PNG, SVG or PDF; {DEFAULT_PLOT} here by default"),
    ] = None,
    size: options.Size = None,
    title: options.Title = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print one JSON object a run, and one of differences")
    ] = False,
) -> int:
    """Read, compare, print."""
    from grokyolo.compare import By, compare
    from grokyolo.gap import read_run
    from grokyolo.gap.run import find_log
    from grokyolo.gap.settings import flat_settings
    from grokyolo.verdict import assess

    look_size = options.inches(size)
    runs = runs_of(runs, "grokyolo compare") if runs else []
    if len(runs) < 2:
        raise UsageError("name at least two runs", where="grokyolo compare", hint="grokyolo compare --help")
    series = [read_run(name) for name in runs]
    settings = [flat_settings(find_log(name).parent) for name in runs]
    comparison = compare([(one, assess(one)) for one in series], settings, By(by))
    if not len(comparison.positions):
        raise UsageError(f"none of the logs tells its {comparison.by.unit}", where=f"--by {by}", hint="--by epoch")
    if as_json:
        for found in comparison.to_json():
            say_json(found)
    else:
        from grokyolo.view.compare import compare_tables

        console().print(compare_tables(comparison))
    if plot is not None:
        from grokyolo.view.compare import save_comparison
        from grokyolo.view.panels import Look

        path = Path(plot or DEFAULT_PLOT)
        save_comparison(comparison, path, Look(look_size, title))
        say(f"picture: {path}", stderr=as_json)
    return 0
