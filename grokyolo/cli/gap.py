"""grokyolo gap: show the gap of a run per epoch, and the verdict."""

from __future__ import annotations

import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokyolo.cli import complete, options
from grokyolo.cli.judging import judge, raise_last, runs_of
from grokyolo.cli.output import console, say, say_json
from grokyolo.errors import RunError, UsageError, VerdictMatched, did_you_mean

if TYPE_CHECKING:
    from grokyolo.gap import Series
    from grokyolo.verdict import Assessment, Verdict

DESCRIPTION = """Read runs and say what happened to the train-val gap. RUN is a run folder of
grokyolo, of plain Ultralytics, of YOLOv5, a results.csv itself, or a folder of
runs. A plain log has no probe, so its gap is rough: augmented training images,
raw weights."""

EXAMPLES = """  grokyolo gap runs/exp1
  grokyolo gap runs/exp1 --last 20 --plot
  grokyolo gap old/runs/*/results.csv
  grokyolo gap runs --plot all.png
  grokyolo gap runs/exp1 --plot paper.pdf --size 3.3x2.8 --by step --title ''
  grokyolo gap runs/exp1 --watch
  grokyolo gap runs/exp1 --json --fail-on overfitting,diverged

exit codes: 0 done, 2 a run cannot be read, 3 --fail-on matched"""

DEFAULT_PLOT = "gap.png"


def run(
    runs: options.Runs,
    *,
    as_json: options.AsJson = False,
    plot: Annotated[
        str | None,
        typer.Option(
            "--plot",
            metavar="[FILE]",
            help=f"draw PNG, SVG or PDF, several runs side by side; {DEFAULT_PLOT} in each run's folder by default",
        ),
    ] = None,
    by: Annotated[
        options.Clock,
        typer.Option("--by", metavar="CLOCK", help="clock along the picture: epoch (default), step, time or budget"),
    ] = "epoch",
    size: options.Size = None,
    title: options.Title = None,
    watch: Annotated[bool, typer.Option("--watch", help="show the run live until it is finished, or Ctrl-C")] = False,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="VERDICT[,VERDICT]",
            help="exit with 3 when a run has such a verdict",
            autocompletion=complete.verdicts,
        ),
    ] = None,
    last: Annotated[
        int, typer.Option("--last", metavar="N", parser=options.whole, help="show the last N epochs too")
    ] = 0,
) -> int:
    """Read, assess, print; every run that can be read is shown before any error."""
    if not runs:
        raise UsageError("name at least one RUN", where="grokyolo gap", hint="grokyolo gap --help")
    if last < 0:
        raise UsageError("--last needs a number of epochs", where=f"--last {last}", hint="--last 20")
    look = _look(plot, by, size, title)
    unwanted = _verdicts(fail_on) if fail_on is not None else frozenset()
    runs = runs_of(runs, "grokyolo gap", unfinished=watch)
    if watch:
        _watch(runs, as_json=as_json)
    results = [judge(name) for name in runs]
    judged = [result for result in results if not isinstance(result, RunError)]
    if as_json:
        for _, assessment in judged:
            say_json(assessment.to_json())
    elif not watch:
        _print(runs, results, last)
    if plot is not None:
        _plot(plot, judged, look, as_json=as_json)
    raise_last(results, "grokyolo gap")
    matched = [a for _, a in judged if a.verdict in unwanted]
    if matched:
        raise VerdictMatched(f"the verdict is {matched[0].verdict.value}", where=matched[0].run, hint=_see(matched[0]))
    return 0


def _watch(runs: list[str], *, as_json: bool) -> None:
    from grokyolo.run.signals import handled_by
    from grokyolo.view.watch import watch

    if as_json:
        hint = shlex.join(["grokyolo", "gap", *runs, "--json"])
        raise UsageError("--watch draws a screen, --json writes for programs", where="--watch --json", hint=hint)
    with handled_by(signal.default_int_handler):  # whatever ends it leaves a terminal as it was
        watch(runs, console())


def _see(assessment: Assessment) -> str:
    return shlex.join(["grokyolo", "gap", assessment.run])


def _verdicts(text: str) -> frozenset[Verdict]:
    from grokyolo.verdict import Verdict

    known = [verdict.value for verdict in Verdict]
    for word in text.split(","):
        if word not in known:
            hint = did_you_mean(word, known) or f"one of {', '.join(known)}"
            raise UsageError(f"{word!r} is no verdict", where=f"--fail-on {text}", hint=hint)
    return frozenset(Verdict(word) for word in text.split(","))


def _print(runs: list[str], results: list[tuple[Series, Assessment] | RunError], last: int) -> None:
    from grokyolo.view.table import Unreadable, many_table, run_table

    out = console()
    if len(results) == 1:
        if not isinstance(results[0], RunError):
            out.print(run_table(*results[0], last=last))
        return
    rows = [
        Unreadable(name, result.what) if isinstance(result, RunError) else result[1]
        for name, result in zip(runs, results, strict=True)
    ]
    out.print(many_table(rows))


def _look(plot: str | None, by: str, size: str | None, title: str | None) -> dict[str, Any]:
    """Return what `Look` takes.

    Raises:
        UsageError: a picture is described, and none is asked for.
    """
    wanted = {"by": by if by != "epoch" else None, "size": size, "title": title}
    if plot is None and any(value is not None for value in wanted.values()):
        names = " ".join(f"--{name}" for name, value in wanted.items() if value is not None)
        raise UsageError(f"{names} is about the picture that --plot draws", where="grokyolo gap", hint="--plot gap.png")
    return {"by": by, "size": options.inches(size), "title": title}


def _plot(file: str, judged: list[tuple[Series, Assessment]], wanted: dict[str, Any], *, as_json: bool) -> None:
    from grokyolo.compare import By
    from grokyolo.view.panels import Look
    from grokyolo.view.plot import save_multiples, save_plot

    look = Look(**{**wanted, "by": By(wanted["by"])})
    if file and len(judged) > 1 and look.by is not By.EPOCH:
        what = f"runs side by side share their epochs; `compare` lays them over each other by {look.by.value}"
        runs = [series.run for series, _ in judged]
        hint = shlex.join(["grokyolo", "compare", *runs, "--by", look.by.value, "--plot", file])
        raise UsageError(what, where=f"--by {look.by.value}", hint=hint)
    if file and len(judged) > 1:
        save_multiples(judged, Path(file), look)
        say(f"picture: {file}", stderr=as_json)
        return
    for series, assessment in judged:
        folder = Path(series.run)
        path = Path(file) if file else (folder if folder.is_dir() else folder.parent) / DEFAULT_PLOT
        save_plot(series, assessment, path, look)
        say(f"picture: {path}", stderr=as_json)
