"""Everything that the report says about one run, gathered from its folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grokyolo.errors import RunError
from grokyolo.gap import Intervals, Series, read_intervals
from grokyolo.gap.intervals import FILE_NAME
from grokyolo.gap.run import META_NAME, find_log
from grokyolo.gap.settings import load_yaml
from grokyolo.recipe import Value
from grokyolo.verdict import Assessment, outlook
from grokyolo.view.report import facts
from grokyolo.view.report.plans import Planned, planned
from grokyolo.view.report.settings import settings


@dataclass(frozen=True)
class Checkpoint:
    """One file of weights or of a full state.

    Attributes:
        name: relative to the run folder.
        size: in bytes.
        purpose: what it is good for; may be empty.
    """

    name: str
    size: int
    purpose: str


@dataclass(frozen=True)
class Gathered:
    """One run, as the report shows it.

    Attributes:
        series, assessment: the run and its verdict.
        bars: error bars of epochs that the log has.
        waiting: sentences on how far a memorising run has come; empty for others.
        plan: what it was to do, beside what it did; None where nothing is known of that.
        chosen, defaults: settings that somebody chose, and those that nobody touched.
        run_facts, environment: (name, value) pairs.
        checkpoints: files in `weights/` and `state/`.
        notes: warnings of the verdict and what the reader of the log had to repair, each once.
    """

    series: Series
    assessment: Assessment
    bars: tuple[Intervals, ...]
    waiting: tuple[str, ...]
    plan: Planned | None
    chosen: tuple[Value, ...]
    defaults: tuple[Value, ...]
    run_facts: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]
    checkpoints: tuple[Checkpoint, ...]
    notes: tuple[str, ...]


def read_runs(series: Series, assessment: Assessment) -> Gathered:
    """Collect what the folder of a run holds besides the log; what is missing or broken is left out, and named."""
    folder = _folder(series)
    meta, _ = load_yaml(folder / META_NAME)  # the reader of the log has told what is wrong with it
    bars, problems = _bars(series)
    chosen, defaults = settings(folder, meta)
    waiting = outlook(series, assessment)
    return Gathered(
        series=series,
        assessment=assessment,
        bars=bars,
        waiting=waiting.sentences() if waiting else (),
        plan=planned(folder, series),
        chosen=chosen,
        defaults=defaults,
        run_facts=facts.of_run(series),
        environment=facts.of_environment(meta, series),
        checkpoints=tuple(_checkpoints(folder)),
        notes=tuple(dict.fromkeys([*assessment.warnings, *series.notes, *problems])),
    )


def _folder(series: Series) -> Path:
    path = Path(series.run)
    return path if path.is_dir() else path.parent


def _bars(series: Series) -> tuple[tuple[Intervals, ...], list[str]]:
    try:
        log = find_log(series.run)
    except RunError:  # gone since it was read, or never a file
        return (), []
    known = set(series.epoch.tolist())
    try:
        return tuple(row for row in read_intervals(log) if row.epoch in known), []
    except RunError as error:
        return (), [f"no intervals from {FILE_NAME}: {error.what}"]


def _checkpoints(folder: Path) -> Iterator[Checkpoint]:
    for place in ("weights", "state"):
        try:
            files = sorted(path for path in (folder / place).iterdir() if path.suffix == ".pt" and path.is_file())
            sizes = [path.stat().st_size for path in files]
        except OSError:  # no such folder, or the training cleans up at this moment
            continue
        for path, size in zip(files, sizes, strict=True):
            yield Checkpoint(f"{place}/{path.name}", size, _purpose(place, path.stem))


def _purpose(place: str, stem: str) -> str:
    if place == "weights":
        return {"best": "weights of the best fitness", "last": "weights of the last save"}.get(stem, "weights")
    number = stem.partition("-")[2].partition("-")[0]
    when = f" of epoch {int(number)}" if stem.startswith("epoch-") and number.isdecimal() else ""
    return f"full state{when}, for an exact resume"
