"""Finished or not, and where a run goes on: told from its log and grokyolo.yaml, then from its states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from shlex import quote

from grokyolo.errors import RunError
from grokyolo.recipe import Recipe, epochs_of
from grokyolo.run import folder, logs
from grokyolo.run.state import StateFile, state_files


class Ending(str, Enum):
    """How a training came to its end."""

    EPOCHS = "epochs"
    PATIENCE = "patience"
    STOP = "stop"
    """A callback, or somebody's own trainer, set `trainer.stop`."""


@dataclass(frozen=True)
class RunStatus:
    """How far a run is.

    Attributes:
        epoch: the last one that its log tells of.
        ended: whether it was the last one of the training.
        evaluated: whether everything after the last epoch was done too.
    """

    epoch: int
    ended: bool
    evaluated: bool


def status_of(run: Path, epochs: int) -> RunStatus:
    """Return how far a run is by its log and settings; no state is looked at.

    Args:
        run: the run folder.
        epochs: the length of its recipe.
    """
    known = folder.run_file(run)
    if known.evaluated:
        return RunStatus(known.evaluated, ended=True, evaluated=True)
    last = max(logs.readable_rows(logs.read(run)), key=lambda row: row.epoch, default=None)
    if last is None:
        return RunStatus(0, ended=False, evaluated=False)
    ended = last.epoch >= epochs or (last.stops and last.epoch != known.extended)
    return RunStatus(last.epoch, ended, evaluated=ended and known.evaluated is None)


def ended_early(run: Path, recipe: Recipe) -> str:
    """Return what ended a run before its last epoch, in words; empty where nothing did."""
    known, epochs = folder.run_file(run), epochs_of(recipe)
    done, by = known.stopped_early, known.ended_by or Ending.PATIENCE.value
    if not known.evaluated or done is None or done >= epochs:
        return ""
    when = f"after epoch {done} of {epochs}"
    if by == Ending.PATIENCE.value:
        return f"train.patience ended it {when}"
    return f"trainer.stop ended it {when}" if by == Ending.STOP.value else f"stop.on ended it {when}: {by}"


def is_finished(run: Path, recipe: Recipe) -> bool:
    """Tell whether nothing is left to do in a run.

    A run that was killed between its last row and the end of its last evaluation is finished by a resume, as long as
    it has a state to do it from.
    """
    status = status_of(run, epochs_of(recipe))
    if not status.ended or (status.evaluated and folder.run_file(run).evaluated):
        return status.ended
    state = newest_supported(state_files(run), logs.supported_rows(logs.read(run)))
    # runs of older versions did not note their evaluation: it followed the last state at once
    return state is None or (status.evaluated and state.epoch >= status.epoch)


def newest_supported(
    states: Sequence[StateFile], rows: Sequence[logs.Row], passed_over: Callable[[StateFile, str], None] | None = None
) -> StateFile | None:
    """Return the newest sound state whose epochs are all in the log, None when there is none.

    Args:
        states: newest first.
        rows: of the log, as far as they can be relied on.
        passed_over: told of each that would have been taken, were it not for a reason.
    """
    for state in states:
        if state.epoch == 0 and len(states) > 1:
            break  # from the beginning only where the run never came further
        if not (why := _hindrance(state, rows)):
            return state
        if passed_over is not None:
            passed_over(state, why)
    return None


def _hindrance(state: StateFile, rows: Sequence[logs.Row]) -> str:
    """Return why a state is not gone on from, empty where nothing speaks against it."""
    if state.epoch > len(rows):
        return f"is passed over: gap.csv can be read up to epoch {len(rows)} only"
    if not state.is_sound():
        return "is damaged: going back to the state before it"
    if not state.knows(row.line for row in rows[: state.epoch]):
        return f"is passed over: the rows of gap.csv up to epoch {state.epoch} are not those that it was saved with"
    return ""


def is_fresh(run: Path) -> bool:
    """Tell whether nothing was trained in a run folder yet: no row, no state, no weights."""
    return not (logs.has_rows(run) or state_files(run) or any((run / "weights").glob("*.pt")))


def state_to_resume(run: Path, warn: Callable[[str], None] = lambda text: None) -> StateFile | None:
    """Return the state that a resume goes on from, None where nothing was trained yet.

    Args:
        run: the run folder.
        warn: told of each state that is passed over.

    Raises:
        RunError: there is none, though something was trained: going on would be starting over.
    """
    states, rows = state_files(run), logs.supported_rows(logs.read(run))
    found = newest_supported(states, rows, lambda state, why: warn(f"{state.path.name} {why}"))
    if found is not None or is_fresh(run):
        return found
    if not states:
        what = f"there is no state to go on from: {run.name}/state holds none"
    elif all(state.epoch > len(rows) for state in states if state.epoch):
        epochs = " and ".join(str(state.epoch) for state in reversed(states) if state.epoch)
        what = f"the log does not fit: gap.csv can be read up to epoch {len(rows)}, the states are of epoch {epochs}"
    elif any(state.epoch and state.epoch <= len(rows) and state.is_sound() for state in states):
        what = "the log does not fit: the rows of gap.csv are not those that the states were saved with"
    else:
        what = f"there is no state to go on from: no file in {run.name}/state is sound and within gap.csv"
    raise RunError(f"{what}; nothing was changed", where=folder.shown(run), hint=from_scratch(run))


def from_scratch(run: Path) -> str:
    """Return the command that starts a run anew and keeps the old one aside."""
    shown = folder.shown(run)
    name = "/".join(Path(shown).parts[1:]) if Path(shown).parts[0] == "runs" else run.name
    return f"grokyolo train --recipe {quote(shown)} --name {quote(name)} --from-scratch"
