"""What may change when a run goes on, and what the log has to say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grokyolo.errors import UsageError
from grokyolo.gap import EventKind
from grokyolo.recipe import Recipe, epochs_of, flatten
from grokyolo.recipe.train_arguments import BOXES, CLASSIFY, EVERY_TASK
from grokyolo.run.folder import Change, read_fact
from grokyolo.run.state import state_files

AUGMENTATION = (*EVERY_TASK, *CLASSIFY, *BOXES, "copy_paste_mode", "close_mosaic", "fraction")
CHANGES = {
    **{f"train.{name}": EventKind.LR_CHANGED for name in ("lr0", "lrf", "cos_lr")},
    "train.weight_decay": EventKind.WD_CHANGED,
    **{f"train.{name}": EventKind.DATA_CHANGED for name in AUGMENTATION},
}
"""Recipe key: the event that a change of it is."""
FREE = (
    *("description", "gap.every", "gap.budget", "checkpoint.every", "checkpoint.keep", "inputs.memory"),
    *(f"train.{name}" for name in ("epochs", "patience", "time", "workers", "device", "cache", "plots", "save_period")),
)
"""Recipe keys that move no curve."""
STOPPED_EARLY = "stopped_early"
"""Key of grokyolo.yaml: the epoch after which `train.patience` ended the run."""


def last_saved_epoch(run: Path) -> int:
    """Return the epoch of the newest sound state, 0 when there is none."""
    return next((state.epoch for state in state_files(run) if state.is_sound()), 0)


def is_finished(run: Path, recipe: Recipe) -> bool:
    """Tell whether a run has come to its end: all epochs of its recipe, or what `train.patience` left of them."""
    done = last_saved_epoch(run)
    return done >= epochs_of(recipe) or (done > 0 and read_fact(run, STOPPED_EARLY) == done)


def change_of(run: Path, old: Recipe, new: Recipe) -> Change:
    """Return what an extension changes.

    Args:
        run: the run folder.
        old: its recipe so far.
        new: the recipe with the extension's values.

    Raises:
        UsageError: a key differs that makes another training of it, or the run is not made longer.
    """
    done, epochs = last_saved_epoch(run), epochs_of(new)
    if epochs <= done:
        raise UsageError(
            f"{run.name} has {done} epochs already: --epochs is the length in all",
            where=f"--epochs {epochs}",
            hint=f"grokyolo extend {run} --epochs {2 * done}",
        )
    before, after = flatten(old.to_dict()), flatten(new.to_dict())
    events = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was == now or key in FREE:
            continue
        if key == "data" or key.startswith("data."):
            events.append(EventKind.DATA_CHANGED)
        elif key in CHANGES:
            events.append(CHANGES[key])
        else:
            raise UsageError(
                f"{key} cannot change in the middle of a run",
                where=f"{key}: {_spelled(was)} before, {_spelled(now)} now",
                hint=f"grokyolo train --recipe {run} {key.removeprefix('train.')}={_spelled(now, instead_of=was)}",
            )
    if epochs_of(old) != epochs and _decays(new):
        events.append(EventKind.LR_CHANGED)  # the schedule is stretched over the new length
    return Change(done + 1, tuple(dict.fromkeys(events)))


def _spelled(value: Any, instead_of: Any = None) -> str:
    """Return a value as the command line takes it; a switch that is off is not in a recipe at all."""
    if value is None:
        return "false" if isinstance(instead_of, bool) else "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decays(recipe: Recipe) -> bool:
    return float(recipe.train.get("lrf", 0.01)) != 1.0
