"""`grokyolo.train`: what the verb of that name does, from Python."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokyolo.files import RUN_FILE

if TYPE_CHECKING:
    from grokyolo.gap import Series


def train(recipe: str = "long", *, name: str | None = None, resume: bool = False, **changes: Any) -> Series:
    """Train a recipe into `runs/NAME` below the current folder, and return the run.

        run = grokyolo.train("long-coco8", epochs=100, gap={"every": 5})

    Args:
        recipe: name, file or run folder, as `--recipe` takes them.
        name: of the run; None takes the recipe's. A taken name gets -2, -3 and so on.
        resume: go on with the run of this name where it exists.
        changes: train arguments, `model`, `data`, and sections of the recipe as dicts.

    Raises:
        GrokyoloError: what the command line would end with; its `exit_code` says how.
    """
    from grokyolo.gap import read_run
    from grokyolo.notify.listener import Listener
    from grokyolo.recipe import load
    from grokyolo.run import status
    from grokyolo.training.session import go_on
    from grokyolo.training.session import train as train_recipe

    def warn(text: str) -> None:
        sys.stderr.write(f"warning: {text}\n")

    listener = Listener(lambda _run: None, lambda _progress: None, warn)
    resolved = load(recipe, [f"{key}={_yaml(value)}" for key, value in _flat(changes).items()])
    run = Path("runs") / (name or resolved.name)
    if resume and (run / RUN_FILE).is_file():
        if not status.is_finished(run, load(str(run))):
            go_on(run, load(str(run)), listener=listener)
    else:
        run = train_recipe(resolved, name=name, listener=listener)
    return read_run(run)


def _flat(changes: dict[str, Any]) -> dict[str, Any]:
    """Return sections as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in changes.items():
        flat |= {f"{key}.{inner}": each for inner, each in value.items()} if isinstance(value, dict) else {key: value}
    return flat


def _yaml(value: Any) -> str:
    """Return a value as the command line has it; JSON is YAML, and text stands as it is."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
