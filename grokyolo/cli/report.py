"""grokyolo report: one HTML page about some runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from grokyolo.cli.judging import judge, raise_last
from grokyolo.cli.parsing import Parser, console
from grokyolo.errors import RunError, UsageError

DESCRIPTION = """Write one HTML page about some runs: the verdict first, then curves to zoom into,
settings with their origins, events, versions, checkpoints and notes. The file
needs no network and nothing beside it. RUN is what `grokyolo gap` takes."""

EXAMPLES = """  grokyolo report runs/exp1
  grokyolo report runs/exp1 runs/exp2 -o both.html

exit codes: 0 done, 2 a run cannot be read or the page cannot be written"""

DEFAULT = "report.html"


def add_arguments(parser: Parser) -> None:
    """Declare the options of `report`."""
    parser.add_argument("runs", nargs="*", metavar="RUN", help="run folder or results.csv")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=f"the page; {DEFAULT} in the run's folder by default, for several runs in the current one",
    )


def run(args: argparse.Namespace) -> int:
    """Read, assess, write; the page holds every run that can be read, before any error."""
    from grokyolo.view.report import save_report

    if not args.runs:
        raise UsageError("name at least one RUN", where="grokyolo report", hint="grokyolo report runs/exp1")
    results = [judge(name) for name in args.runs]
    judged = [result for result in results if not isinstance(result, RunError)]
    if judged:
        path = _path(args)
        save_report(judged, path)
        console(no_color=args.no_color).print(f"report: {path}", markup=False, soft_wrap=True)
    raise_last(results, "grokyolo report", no_color=args.no_color)
    return 0


def _path(args: argparse.Namespace) -> Path:
    if args.output is not None:
        return Path(args.output)
    if len(args.runs) > 1:
        return Path(DEFAULT)
    folder = Path(args.runs[0])
    return (folder if folder.is_dir() else folder.parent) / DEFAULT
