"""grokyolo report: one HTML page about some runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from grokyolo.cli import options
from grokyolo.cli.judging import judge, raise_last, runs_of
from grokyolo.cli.output import say
from grokyolo.errors import RunError, UsageError

DESCRIPTION = """Write one HTML page about some runs: the verdict first, then curves to zoom into,
settings with their origins, events, versions, checkpoints and notes. The file
needs no network and nothing beside it. RUN is what `grokyolo gap` takes."""

EXAMPLES = """  grokyolo report runs/exp1
  grokyolo report runs/exp1 runs/exp2 -o both.html
  grokyolo report runs/exp1 -o - > page.html

exit codes: 0 done, 2 a run cannot be read or the page cannot be written"""

DEFAULT = "report.html"


def run(
    runs: options.Runs,
    *,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help=f"the page, - for standard output; {DEFAULT} in the run's folder by default, "
            "for several runs in the current one",
        ),
    ] = None,
) -> int:
    """Read, assess, write; the page holds every run that can be read, before any error."""
    from grokyolo.view.report import render, save_report

    if not runs:
        raise UsageError("name at least one RUN", where="grokyolo report", hint="grokyolo report --help")
    results = [judge(name) for name in runs_of(runs, "grokyolo report")]
    judged = [result for result in results if not isinstance(result, RunError)]
    if judged and output == "-":
        sys.stdout.write(render(judged))
    elif judged:
        path = _path(runs, output)
        save_report(judged, path)
        say(f"report: {path}")
    raise_last(results, "grokyolo report")
    return 0


def _path(runs: list[str], output: str | None) -> Path:
    if output is not None:
        return Path(output)
    if len(runs) > 1:
        return Path(DEFAULT)
    folder = Path(runs[0])
    return (folder if folder.is_dir() else folder.parent) / DEFAULT
