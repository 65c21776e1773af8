"""grokyolo compare: lay runs next to each other."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from grokyolo.cli.parsing import Parser, console
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


def add_arguments(parser: Parser) -> None:
    """Declare the options of `compare`."""
    parser.add_argument("runs", nargs="*", metavar="RUN", help="run folder or results.csv; two or more")
    parser.add_argument(
        "--by", choices=("epoch", "step", "time", "budget"), default="epoch", help="the common clock; epoch by default"
    )
    parser.add_argument(
        "--plot", nargs="?", const="", metavar="FILE", help=f"draw PNG, SVG or PDF; {DEFAULT_PLOT} here by default"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a run, and one of differences")


def run(args: argparse.Namespace) -> int:
    """Read, compare, print."""
    from grokyolo.compare import By, compare, settings_of
    from grokyolo.gap import read_run
    from grokyolo.gap.run import find_log
    from grokyolo.verdict import assess

    runs, plot = list(args.runs), args.plot
    if plot and Path(plot).suffix.lower() not in {".png", ".svg", ".pdf"} and Path(plot).exists():
        runs, plot = [*runs, plot], ""  # a RUN that argparse took for the FILE
    if len(runs) < 2:
        raise UsageError("name at least two runs", where="grokyolo compare", hint="grokyolo compare runs/a runs/b")
    series = [read_run(name) for name in runs]
    settings = [settings_of(find_log(name).parent) for name in runs]
    comparison = compare([(one, assess(one)) for one in series], settings, By(args.by))
    if not len(comparison.positions):
        raise UsageError(f"none of the logs tells its {comparison.by.unit}", where=f"--by {args.by}", hint="--by epoch")
    if args.json:
        for found in comparison.to_json():
            sys.stdout.write(json.dumps(found, allow_nan=False) + "\n")
    else:
        from grokyolo.view.compare import compare_tables

        console(no_color=args.no_color).print(compare_tables(comparison))
    if plot is not None:
        from grokyolo.view.compare import save_comparison

        path = Path(plot or DEFAULT_PLOT)
        save_comparison(comparison, path)
        out = console(stderr=args.json, no_color=args.no_color)
        out.print(f"picture: {path}", markup=False, soft_wrap=True)
    return 0
