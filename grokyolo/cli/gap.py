"""grokyolo gap: show the gap of a run per epoch, and the verdict."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from grokyolo.cli.judging import judge, raise_last
from grokyolo.cli.parsing import Parser, console
from grokyolo.errors import RunError, UsageError, VerdictMatched, did_you_mean

if TYPE_CHECKING:
    from grokyolo.gap import Series
    from grokyolo.verdict import Assessment, Verdict

DESCRIPTION = """Read runs and say what happened to the train-val gap. RUN is a run folder of
grokyolo, of plain Ultralytics, of YOLOv5, or a results.csv itself. A plain log
has no probe, so its gap is rough: augmented training images, raw weights."""

EXAMPLES = """  grokyolo gap runs/exp1
  grokyolo gap runs/exp1 --last 20 --plot
  grokyolo gap old/runs/*/results.csv
  grokyolo gap runs/* --plot all.png
  grokyolo gap runs/exp1 --watch
  grokyolo gap runs/exp1 --json --fail-on overfitting,diverged

exit codes: 0 done, 2 a run cannot be read, 3 --fail-on matched"""

DEFAULT_PLOT = "gap.png"


def add_arguments(parser: Parser) -> None:
    """Declare the options of `gap`."""
    parser.add_argument("runs", nargs="*", metavar="RUN", help="run folder or results.csv")
    parser.add_argument("--json", action="store_true", help="print one JSON object a run and nothing else")
    parser.add_argument(
        "--plot",
        nargs="?",
        const="",
        metavar="FILE",
        help=f"draw PNG, SVG or PDF, several runs side by side; {DEFAULT_PLOT} in each run's folder by default",
    )
    parser.add_argument("--watch", action="store_true", help="show the run live until it is finished, or Ctrl-C")
    parser.add_argument("--fail-on", metavar="VERDICT[,VERDICT]", help="exit with 3 when a run has such a verdict")
    parser.add_argument("--last", type=int, default=0, metavar="N", help="show the last N epochs too")


def run(args: argparse.Namespace) -> int:
    """Read, assess, print; every run that can be read is shown before any error."""
    runs, plot = _told_apart(args.runs, args.plot)
    if not runs:
        raise UsageError("name at least one RUN", where="grokyolo gap", hint="grokyolo gap runs/exp1")
    if args.last < 0:
        raise UsageError("--last needs a number of epochs", where=f"--last {args.last}", hint="--last 20")
    fail_on = _verdicts(args.fail_on) if args.fail_on is not None else frozenset()
    if args.watch:
        _watch(args, runs)
    results = [judge(name) for name in runs]
    judged = [result for result in results if not isinstance(result, RunError)]
    if args.json:
        for _, assessment in judged:
            sys.stdout.write(json.dumps(assessment.to_json(), allow_nan=False) + "\n")
    elif not args.watch:
        _print(args, runs, results)
    if plot is not None:
        _plot(args, plot, judged)
    raise_last(results, "grokyolo gap", no_color=args.no_color)
    matched = [a for _, a in judged if a.verdict in fail_on]
    if matched:
        raise VerdictMatched(f"the verdict is {matched[0].verdict.value}", where=matched[0].run, hint=_see(matched[0]))
    return 0


def _watch(args: argparse.Namespace, runs: list[str]) -> None:
    from grokyolo.run.signals import handled_by
    from grokyolo.view.watching import watch

    if args.json:
        hint = "leave --json out, or ask again and again: grokyolo gap RUN --json"
        raise UsageError("--watch draws a screen, --json writes for programs", where="--watch --json", hint=hint)
    with handled_by(signal.default_int_handler):  # whatever ends it leaves a terminal as it was
        watch(runs, console(no_color=args.no_color))


def _see(assessment: Assessment) -> str:
    return f"grokyolo gap {assessment.run}"


def _told_apart(runs: list[str], plot: str | None) -> tuple[list[str], str | None]:
    """Give a run that argparse took for the FILE of --plot back to the runs."""
    if plot and (Path(plot).is_dir() or (Path(plot).suffix.lower() in {".csv", ".txt"} and Path(plot).exists())):
        return [*runs, plot], ""
    return runs, plot


def _verdicts(text: str) -> frozenset[Verdict]:
    from grokyolo.verdict import Verdict

    known = [verdict.value for verdict in Verdict]
    for word in text.split(","):
        if word not in known:
            hint = did_you_mean(word, known) or f"one of {', '.join(known)}"
            raise UsageError(f"{word!r} is no verdict", where=f"--fail-on {text}", hint=hint)
    return frozenset(Verdict(word) for word in text.split(","))


def _print(args: argparse.Namespace, runs: list[str], results: list[tuple[Series, Assessment] | RunError]) -> None:
    from grokyolo.view.table import Refused, many_table, run_table

    out = console(no_color=args.no_color)
    if len(results) == 1:
        if not isinstance(results[0], RunError):
            out.print(run_table(*results[0], last=args.last))
        return
    rows = [
        Refused(name, result.what) if isinstance(result, RunError) else result[1]
        for name, result in zip(runs, results, strict=True)
    ]
    out.print(many_table(rows))


def _plot(args: argparse.Namespace, file: str, judged: list[tuple[Series, Assessment]]) -> None:
    from grokyolo.view.multiples import save_multiples
    from grokyolo.view.plot import save_plot

    out = console(stderr=args.json, no_color=args.no_color)
    if file and len(judged) > 1:
        save_multiples(judged, Path(file))
        out.print(f"picture: {file}", markup=False, soft_wrap=True)
        return
    for series, assessment in judged:
        folder = Path(series.run)
        path = Path(file) if file else (folder if folder.is_dir() else folder.parent) / DEFAULT_PLOT
        save_plot(series, assessment, path)
        out.print(f"picture: {path}", markup=False, soft_wrap=True)
