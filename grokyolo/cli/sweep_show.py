"""grokyolo sweep show: what the runs of a sweep show together."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from grokyolo.cli.parsing import Parser, console
from grokyolo.errors import UsageError

if TYPE_CHECKING:
    from grokyolo.sweep.diagram import Phases, SweepRuns

DESCRIPTION = """Say what the runs of a sweep show together: the verdict over any two axes, whether
the jump keeps the time of the decay budget, the critical amount of data, double
descent over size. FOLDER is that of a sweep, finished or not, or any folder that
holds run folders."""

EXAMPLES = """  grokyolo sweep show runs/sweep1
  grokyolo sweep show runs/sweep1 --axes weight_decay,fraction --by budget
  grokyolo sweep show runs/sweep1 --plot phase.pdf --plot phase.html --csv runs.csv
  grokyolo sweep show runs/sweep1 --json

--json prints one object a cell and one of the whole sweep; --csv has one row a run.
Verdicts are kept in FOLDER/verdicts.jsonl, so that only new epochs are read again."""

DEFAULT_PLOT = "phase.png"
PAGES = frozenset({".html", ".htm"})


def add_arguments(parser: Parser) -> None:
    """Declare the options of `sweep show`."""
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="the folder of a sweep, or of many runs")
    parser.add_argument("--axes", metavar="DOWN,ACROSS", help="axes of the diagram; those with most values by default")
    parser.add_argument(
        "--by", choices=("epoch", "budget"), default="epoch", help="times in epochs or e-folds of weight decay"
    )
    parser.add_argument("--within", type=float, metavar="N", help="count only what happened in N epochs, or e-folds")
    parser.add_argument("--critical", metavar="AXIS", default="", help="ask for the critical value of this axis")
    parser.add_argument("--descent", metavar="AXIS", default="", help="ask for the test error over this axis")
    parser.add_argument(
        "--plot",
        nargs="?",
        const="",
        action="append",
        metavar="FILE",
        help=f"draw PNG, SVG or PDF, or write an HTML page; may come again; {DEFAULT_PLOT} in the folder by default",
    )
    parser.add_argument("--csv", metavar="FILE", help="write one row a run")
    parser.add_argument("--json", action="store_true", help="print one JSON object a cell and one of the whole sweep")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes that read runs; one a core by default")
    parser.add_argument("--no-cache", action="store_true", help="judge every run again, and keep no verdicts")


def run(args: argparse.Namespace) -> int:
    """Read, answer, print."""
    from grokyolo.sweep.diagram import Query, answer

    folder, plots = _told_apart(args)
    if args.within is not None and not args.within > 0:
        raise UsageError("--within needs a number above 0", where=f"--within {args.within:g}", hint="--within 5")
    if args.jobs is not None and args.jobs < 1:
        raise UsageError("--jobs needs a number above 0", where=f"--jobs {args.jobs}", hint="--jobs 2")
    axes = tuple(name.strip() for name in (args.axes or "").split(",") if name.strip())
    question = Query(axes, args.by, args.critical, args.descent, args.within)
    phases = answer(_gathered(args, folder), question)
    out = console(no_color=args.no_color)
    if args.json:
        for found in phases.to_json():
            sys.stdout.write(json.dumps(found, allow_nan=False) + "\n")
    else:
        from grokyolo.view.phase.table import phase_tables

        out.print(phase_tables(phases, out.width))
    said = console(stderr=args.json, no_color=args.no_color)
    for plot in plots:
        said.print(_drawn(phases, Path(plot) if plot else Path(folder) / DEFAULT_PLOT), markup=False, soft_wrap=True)
    if args.csv:
        from grokyolo.view.phase.sheet import save_sheet

        save_sheet(phases, Path(args.csv))
        said.print(f"table: {args.csv}", markup=False, soft_wrap=True)
    return 0


def _told_apart(args: argparse.Namespace) -> tuple[str, list[str]]:
    """Return the folder, also one that argparse took for the FILE of --plot, and the files to draw."""
    folders, plots = list(args.folders), list(args.plot or [])
    for number, plot in enumerate(plots):
        if not folders and plot and Path(plot).is_dir():
            folders, plots[number] = [plot], ""
    if len(folders) != 1:
        what = "name the folder of a sweep" if not folders else "one FOLDER at a time"
        raise UsageError(what, where="grokyolo sweep show", hint="grokyolo sweep show runs/sweep1")
    return folders[0], plots


def _gathered(args: argparse.Namespace, folder: str) -> SweepRuns:
    """Read the runs; on a terminal, and where that takes long, say how far it is."""
    from grokyolo.sweep.reader import read_runs

    err = console(stderr=True, no_color=args.no_color)
    if not err.is_terminal:
        return read_runs(folder, jobs=args.jobs, keep=not args.no_cache)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading runs"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        return read_runs(folder, jobs=args.jobs, keep=not args.no_cache, progress=tell)


def _drawn(phases: Phases, path: Path) -> str:
    if path.suffix.lower() in PAGES:
        from grokyolo.view.phase.page import save_phase_page

        save_phase_page(phases, path)
        return f"page: {path}"
    from grokyolo.view.phase.picture import save_phase_picture

    save_phase_picture(phases, path)
    return f"picture: {path}"
