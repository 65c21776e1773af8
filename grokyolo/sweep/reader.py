"""From a sweep folder to its runs: verdicts of all of them, by several processes where there are many."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from sys import intern
from typing import Any

from grokyolo.compare import differences
from grokyolo.errors import RunError
from grokyolo.files import LOG_BYTES, RUN_FILE, read_bounded, write_durably
from grokyolo.gap import read_run
from grokyolo.gap.run import LOGS, find_log
from grokyolo.gap.settings import as_count, flat_settings, read_run_file
from grokyolo.sweep.diagram import SweepRuns
from grokyolo.sweep.folder import is_sweep, log_of, read_sweep
from grokyolo.sweep.local_engine import cores, errors_in, last_lines
from grokyolo.sweep.outcome import Outcome, Run, State, from_json, outcome_of
from grokyolo.verdict import Assessment, assess, rules

LOOK = "name a folder that holds runs"

FEW = 200
"""So many runs are judged by this process alone: starting others takes as long."""
BATCH = 50
"""Runs that a process gets at a time."""

BEGUN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d grokyolo ")
"""The line in the log of a point with which each of its trainings begins."""
HARMLESS = ("stopped ", "the run is being trained by ")
"""Errors after which a point goes on by itself, or with another process."""

OnRead = Callable[[int, int], None]
"""Is told how many runs are read, of how many."""


def read_runs(
    name: str, *, jobs: int | None = None, keep: bool = True, progress: OnRead = lambda done, of: None
) -> SweepRuns:
    """Read all runs of a sweep.

    Args:
        name: the sweep folder as typed; or any folder that holds run folders, whose recipes then tell what differs.
        jobs: processes; None for one a core.
        keep: use verdicts that are kept in the folder, and keep new ones there.
        progress: is told how far it is.

    Raises:
        RunError: there is no such folder, or no run in it.
    """
    folder = Path(name)
    if is_sweep(folder):
        sweep = read_sweep(folder)
        kept = _judged(folder, [point.name for point in sweep.points], jobs, keep, progress)
        logs = [log_of(folder, point.name) for point in sweep.points]
        outcomes = [_with_failure(found.outcome, log) for found, log in zip(kept, logs, strict=True)]
        runs = [Run(point.name, point.values, outcome) for point, outcome in zip(sweep.points, outcomes, strict=True)]
        return _sweep_runs(name, sweep.recipe, sweep.axes, runs)
    names = _runs_in(folder, name)
    kept = _judged(folder, names, jobs, keep, progress, settings=True)
    settings = [one.settings or {} for one in kept]
    keys = [found.key for found in differences(settings)]
    runs = [
        Run(one, {key: known.get(key) for key in keys}, found.outcome)
        for one, known, found in zip(names, settings, kept, strict=True)
    ]
    silent = sum(not known for known in settings)
    notes = (f"no settings beside the log of {silent} of {len(names)} runs: what differs there is not known",)
    return _sweep_runs(name, "", keys, runs, notes if silent else ())


def _sweep_runs(
    name: str, recipe: str, keys: Sequence[str], runs: Sequence[Run], notes: tuple[str, ...] = ()
) -> SweepRuns:
    broken = [run for run in runs if run.outcome.state is State.FAILED]
    if broken:
        notes = (*notes, *(f"{run.name}: {run.outcome.reason}" for run in broken[:3]))
        more = len(broken) - 3
        notes = (*notes, f"and {more} more that failed") if more > 0 else notes
    return SweepRuns(name, recipe, tuple(keys), tuple(runs), _parameters(keys, runs), notes)


def _parameters(keys: Sequence[str], runs: Sequence[Run]) -> dict[str, float]:
    """Return the number of parameters of each model that differs, as far as they can be counted."""
    names = {str(run.values[key]) for key in keys if key.rpartition(".")[2] == "model" for run in runs}
    if not names:
        return {}
    from grokyolo.plan.model import read_model

    counted = {name: read_model(name).weights for name in names}
    return {name: float(weights.total) for name, weights in counted.items() if weights is not None}


def _runs_in(folder: Path, name: str) -> list[str]:
    """Return the names of the folders right below that hold a log or the settings of a run."""
    try:
        inner = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())
    except OSError as error:
        missing = not folder.exists()
        what = f"there is no folder `{name}`" if missing else f"cannot read the folder: {error.strerror or error}"
        raise RunError(what, where=str(folder.absolute()), hint=LOOK) from error
    found = [one for one in inner if signature_of(str(folder / one)) is not None]
    if found:
        return found
    nested = [one for one in inner if is_sweep(folder / one)]
    hint = f"grokyolo sweep show {quote(str(folder / nested[0]))}" if nested else LOOK
    if not nested and signature_of(str(folder)) is not None:
        hint = f"grokyolo gap {quote(name)}"
        raise RunError(f"`{name}` is one run, no sweep", where=str(folder), hint=hint)
    raise RunError("no runs in this folder", where=str(folder), hint=hint)


def _judged(
    folder: Path, names: Sequence[str], jobs: int | None, keep: bool, progress: OnRead, *, settings: bool = False
) -> list[CachedVerdict]:
    kept = load_cache(folder) if keep else {}
    signatures = {name: signature_of(str(folder / name)) for name in names}
    found: dict[str, CachedVerdict] = {}
    todo: list[str] = []
    for name, signature in signatures.items():
        if signature is None:
            found[name] = CachedVerdict((), _without_log(folder / name), {} if settings else None)
        elif (known := kept.get(name)) and known.signature == signature and (known.settings is not None) >= settings:
            found[name] = known
        else:
            todo.append(name)
    done = len(found)
    progress(done, len(names))
    for name, outcome, values in _judge_all([(str(folder), name, settings) for name in todo], jobs):
        found[name] = CachedVerdict(signatures[name] or (), outcome, _interned(values))
        done += 1
        progress(done, len(names))
    if keep and todo:
        save_cache(folder, {name: one for name, one in found.items() if one.signature})
    return [found[name] for name in names]


def _without_log(run: Path) -> Outcome:
    """Return what a point without a log is."""
    return Outcome(State.NOT_STARTED, reason="no epoch finished yet" if run.is_dir() else "no run folder yet")


def _with_failure(outcome: Outcome, log: Path) -> Outcome:
    """Return the outcome as a failure, where a point is not finished and its last training ended in an error."""
    if outcome.state is State.FINISHED:
        return outcome
    why = failure_in(log)
    return replace(outcome, state=State.FAILED, reason=why) if why else outcome


def failure_in(log: Path) -> str:
    """Return why the last training of a point failed, by what it printed; empty where it did not, or was stopped."""
    lines = last_lines(log)
    begun = max((number for number, line in enumerate(lines) if BEGUN.match(line)), default=0)
    errors = errors_in(lines[begun:])
    return errors[-1] if errors and not errors[-1].startswith(HARMLESS) else ""


Task = tuple[str, str, bool]
Judged = tuple[str, Outcome, "dict[str, Any] | None"]


def _judge_all(tasks: Sequence[Task], jobs: int | None) -> Iterator[Judged]:
    workers = min(jobs or cores(), len(tasks) // BATCH or 1)
    if workers < 2 or len(tasks) <= FEW:
        yield from map(_judge, tasks)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Spawned, not forked: a library of this process may have threads, which a fork would cut off
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_ignore_interrupts) as pool:
        try:
            yield from pool.map(_judge, tasks, chunksize=BATCH)
        finally:
            pool.shutdown(cancel_futures=True)


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that started this one."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _judge(task: Task) -> Judged:
    """Read and judge one run."""
    folder, name, wanted = task
    path = Path(folder) / name
    values = flat_settings(path) if wanted else None
    try:
        series = read_run(path)
    except RunError as error:
        # a log without a finished epoch is no failure, one that cannot be read is
        empty = _is_empty(path)
        return name, Outcome(State.NOT_STARTED if empty else State.FAILED, reason=error.what), values
    assessment = assess(series)
    short = series.epochs_planned is not None and assessment.epochs < series.epochs_planned
    return name, outcome_of(series, assessment, ended_early=short and _ended_early(path, assessment)), values


def _is_empty(run: Path) -> bool:
    try:
        return read_bounded(find_log(run), LOG_BYTES, within=run).count(b"\n") < 2
    except (OSError, RunError):
        return False


def _ended_early(run: Path, assessment: Assessment) -> bool:
    """Tell whether `train.patience` ended a run: it says so, or its best epoch is that long ago."""
    if read_run_file(run)[0].stopped_early == assessment.epochs:
        return True
    patience = as_count(flat_settings(run).get("train.patience"))
    return patience is not None and assessment.epochs - (assessment.best_epoch or assessment.epochs) >= patience


def _interned(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the settings with keys that thousands of runs share in memory."""
    return None if values is None else {intern(key): value for key, value in values.items()}


NAME = "verdicts.jsonl"
SETTINGS = (RUN_FILE, "args.yaml", "opt.yaml")
Signature = tuple[int, ...]
"""Size and time of change, in nanoseconds, of the log and of the settings beside it."""


@dataclass(frozen=True)
class CachedVerdict:
    """A run as it was read once.

    Attributes:
        signature: of its files at that time.
        outcome: what became of it.
        settings: by dotted key, where they were asked for; else None.
    """

    signature: Signature
    outcome: Outcome
    settings: Mapping[str, Any] | None


def signature_of(folder: str) -> Signature | None:
    """Return size and time of change of the files that a verdict rests on; None without a log."""
    log = _stat(folder, LOGS)
    return None if log is None else log + (_stat(folder, SETTINGS) or ())


def _stat(folder: str, names: tuple[str, ...]) -> Signature | None:
    for number, name in enumerate(names):
        try:
            found = os.stat(f"{folder}/{name}")  # noqa: PTH116 - of 20,000 files pathlib would take twice the time
        except OSError:
            continue
        return number, found.st_size, found.st_mtime_ns
    return None


def load_cache(folder: Path) -> dict[str, CachedVerdict]:
    """Return what is kept of the runs of a sweep, by name; nothing where it was made by other rules, or is broken."""
    try:
        head, *lines = read_bounded(folder / NAME, LOG_BYTES, within=folder).decode("utf-8").splitlines()
        if json.loads(head) != _head():
            return {}
        rows = json.loads(f"[{','.join(lines)}]")
        return {
            name: CachedVerdict(tuple(signature), from_json(found), known) for name, signature, found, known in rows
        }
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}


def save_cache(folder: Path, kept: Mapping[str, CachedVerdict]) -> bool:
    """Write what is kept, in one step, and tell whether that could be done: a sweep may be read-only."""
    lines = [json.dumps(_head())]
    for name, one in kept.items():
        settings = None if one.settings is None else {key: _plain(value) for key, value in one.settings.items()}
        lines.append(json.dumps([name, one.signature, one.outcome.to_json(), settings]))
    try:
        write_durably(folder / NAME, "".join(f"{line}\n" for line in lines).encode("utf-8"))
    except (OSError, ValueError):
        return False
    return True


def _head() -> dict[str, str]:
    return {"format": "1", "rules": str(rules.RULES_VERSION)}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
