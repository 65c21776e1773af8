"""What may change when a run goes on, and what the log has to say of it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grokyolo.errors import UsageError
from grokyolo.format import format_setting
from grokyolo.gap import EventKind
from grokyolo.recipe import Recipe, epochs_of, flatten
from grokyolo.recipe.train_arguments import BOXES, CLASSIFY, EVERY_TASK, default_of
from grokyolo.run import folder, status
from grokyolo.run.folder import Extension, shown
from grokyolo.run.state import state_files
from grokyolo.run.status import state_to_resume

AUGMENTATION = (*EVERY_TASK, *CLASSIFY, *BOXES, "copy_paste_mode", "close_mosaic", "fraction")
CHANGES = {
    **{f"train.{name}": EventKind.LR_CHANGED for name in ("lr0", "lrf", "cos_lr")},
    "train.weight_decay": EventKind.WD_CHANGED,
    **{f"train.{name}": EventKind.DATA_CHANGED for name in AUGMENTATION},
}
"""Recipe key: the event that a change of it is."""
FREE = (
    *("description", "gap.every", "gap.budget", "checkpoint.every", "checkpoint.keep", "inputs.memory"),
    *("stop.on", "stop.settled", "stop.patience_from"),
    *(f"train.{name}" for name in ("epochs", "patience", "time", "workers", "device", "cache", "plots", "save_period")),
)
"""Recipe keys that move no curve."""


def last_saved_epoch(run: Path) -> int:
    """Return the epoch of the newest sound state, 0 when there is none."""
    return next((state.epoch for state in state_files(run) if state.is_sound()), 0)


def change_of(run: Path, old: Recipe, new: Recipe) -> Extension:
    """Return what an extension changes.

    Args:
        run: the run folder.
        old: its recipe so far.
        new: the recipe with the extension's values.

    Raises:
        UsageError: a key differs that makes another training of it, or the run is not made longer.
        RunError: there is no sound state to go on from.
    """
    state, epochs = state_to_resume(run), epochs_of(new)
    done = state.epoch if state else 0
    if epochs <= done:
        raise UsageError(
            f"{run.name} has {done} epochs already: --epochs is the length in all",
            where=f"--epochs {epochs}",
            hint=shlex.join(["grokyolo", "extend", shown(run), "--epochs", str(2 * done)]),
        )
    _must_go_on(run, old, new)
    before, after = flatten(old.to_dict()), flatten(new.to_dict())
    events = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was == now or key in FREE or key == "data":  # what another path holds is looked at when it is loaded
            continue
        if key.startswith("data."):
            events.append(EventKind.DATA_CHANGED)
        elif key in CHANGES:
            events.append(CHANGES[key])
        else:
            value = _spelled(now, instead_of=was)
            raise UsageError(
                f"{key} cannot change in the middle of a run",
                where=f"{key}: {_spelled(was)} before, {_spelled(now)} now",
                hint=shlex.join(["grokyolo", "train", "--recipe", shown(run), f"{key.removeprefix('train.')}={value}"]),
            )
    if epochs_of(old) != epochs and _decays(new):
        events.append(EventKind.LR_CHANGED)  # the schedule is stretched over the new length
    return Extension(done + 1, tuple(dict.fromkeys(events)))


def _must_go_on(run: Path, old: Recipe, new: Recipe) -> None:
    """See that what ended a run does not end it again at once.

    Raises:
        UsageError: it would.
    """
    if not (early := status.ended_early(run, old)):
        return
    by = folder.run_file(run).ended_by or status.Ending.PATIENCE.value
    was, now = (int(recipe.train.get("patience", default_of("patience"))) for recipe in (old, new))
    spans = [recipe.stop.settled * epochs_of(recipe) for recipe in (old, new)]
    longer = ["grokyolo", "extend", shown(run), "--epochs", str(epochs_of(new))]
    if by == status.Ending.PATIENCE.value and 0 < now <= was and new.stop.patience_from <= old.stop.patience_from:
        what, change = f"{early}, and {now} epochs of patience would at once", "patience=0"
    elif by in new.stop.on and spans[1] <= spans[0]:
        others = ",".join(word for word in new.stop.on if word != by)
        what, change = f"{early}, and would again at once", f"stop.on=[{others}]"
    else:
        return
    raise UsageError(what, where=shown(run), hint=shlex.join([*longer, change]))


UNSEEN = ("model", "data", "inputs", "stop")
"""Sections that make no difference to a training, or whose difference is looked for in what they name."""


def deciding(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return what decides on a training, of the recipe in grokyolo.yaml: dotted key to value, as text."""
    values = flatten(dict(settings))
    return {key: str(value) for key, value in values.items() if key not in FREE and key.split(".")[0] not in UNSEEN}


def difference(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, EventKind]:
    """Return the keys of two recipes that differ, and the event that each is: a restart where it is no other."""
    changed = [key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
    return {key: CHANGES.get(key, EventKind.RESTART) for key in changed}


def _spelled(value: Any, instead_of: Any = None) -> str:
    """Return a value as the command line takes it; a switch that is off is not in a recipe at all."""
    return "false" if value is None and isinstance(instead_of, bool) else format_setting(value)


def _decays(recipe: Recipe) -> bool:
    return float(recipe.train.get("lrf", 0.01)) != 1.0
