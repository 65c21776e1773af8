"""grokyolo sweep show: what the runs of a sweep show together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from grokyolo.cli import complete, options
from grokyolo.cli.output import console, say, say_json
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


def run(
    folders: Annotated[
        list[str],
        typer.Argument(
            metavar="FOLDER",
            default_factory=list,
            help="the folder of a sweep, or of many runs",
            autocompletion=complete.folders,
        ),
    ],
    *,
    axes: Annotated[
        str | None,
        typer.Option("--axes", metavar="DOWN,ACROSS", help="axes of the diagram; those with most values by default"),
    ] = None,
    by: Annotated[
        Literal["epoch", "budget"],
        typer.Option("--by", metavar="CLOCK", help="times in epochs (epoch) or e-folds of weight decay (budget)"),
    ] = "epoch",
    within: Annotated[
        float | None,
        typer.Option(
            "--within", metavar="N", parser=options.number, help="count only what happened in N epochs, or e-folds"
        ),
    ] = None,
    critical: Annotated[
        str, typer.Option("--critical", metavar="AXIS", help="ask for the critical value of this axis")
    ] = "",
    descent: Annotated[
        str, typer.Option("--descent", metavar="AXIS", help="ask for the test error over this axis")
    ] = "",
    plot: Annotated[
        list[str] | None,
        typer.Option(
            "--plot",
            metavar="[FILE]",
            help="draw PNG, SVG or PDF, or write an HTML page; may come again; "
            f"{DEFAULT_PLOT} in the folder by default",
        ),
    ] = None,
    csv: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="write one row a run")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print one JSON object a cell and one of the whole sweep")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", metavar="N", parser=options.whole, help="processes that read runs; one a core by default"
        ),
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="judge every run again, and keep no verdicts")] = False,
) -> int:
    """Read, answer, print."""
    from grokyolo.sweep.diagram import Query, answer

    if len(folders) != 1:
        what = "name the folder of a sweep" if not folders else "one FOLDER at a time"
        raise UsageError(what, where="grokyolo sweep show", hint="grokyolo sweep show --help")
    if within is not None and not within > 0:
        raise UsageError("--within needs a number above 0", where=f"--within {within:g}", hint="--within 5")
    if jobs is not None and jobs < 1:
        raise UsageError("--jobs needs a number above 0", where=f"--jobs {jobs}", hint="--jobs 2")
    folder = folders[0]
    names = tuple(name.strip() for name in (axes or "").split(",") if name.strip())
    phases = answer(_gathered(folder, jobs, keep=not no_cache), Query(names, by, critical, descent, within))
    if as_json:
        for found in phases.to_json():
            say_json(found)
    else:
        from grokyolo.view.phase.table import phase_tables

        out = console()
        out.print(phase_tables(phases, out.width))
    for file in plot or []:
        say(_drawn(phases, Path(file) if file else Path(folder) / DEFAULT_PLOT), stderr=as_json)
    if csv:
        from grokyolo.view.phase.table import save_sheet

        save_sheet(phases, Path(csv))
        say(f"table: {csv}", stderr=as_json)
    return 0


def _gathered(folder: str, jobs: int | None, *, keep: bool) -> SweepRuns:
    """Read the runs; on a terminal, and where that takes long, say how far it is."""
    from grokyolo.sweep.reader import read_runs

    err = console(stderr=True)
    if not err.is_terminal:
        return read_runs(folder, jobs=jobs, keep=keep)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading runs"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        return read_runs(folder, jobs=jobs, keep=keep, progress=tell)


def _drawn(phases: Phases, path: Path) -> str:
    if path.suffix.lower() in PAGES:
        from grokyolo.view.phase.page import save_phase_page

        save_phase_page(phases, path)
        return f"page: {path}"
    from grokyolo.view.phase.picture import save_phase_picture

    save_phase_picture(phases, path)
    return f"picture: {path}"
