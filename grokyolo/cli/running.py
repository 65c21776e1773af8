"""What train, resume and extend share: options, progress, and the lines at the end."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grokyolo.cli.output import console, say
from grokyolo.errors import RunError, UsageError

if TYPE_CHECKING:
    from grokyolo.notify.listener import Listener
    from grokyolo.recipe import Recipe
    from grokyolo.run.folder import Extension


@dataclass(frozen=True)
class TrainingOptions:
    """What every verb that trains takes.

    Attributes:
        time_limit: seconds after which to save and stop; None for never.
        notify: commands and URLs to tell of what happens.
        prometheus: a text file for node_exporter.
        verbose: whether to show what Ultralytics prints.
    """

    time_limit: float | None
    notify: Sequence[str]
    prometheus: Path | None
    verbose: bool

    @classmethod
    def typed(
        cls, time_limit: str | None, notify: Sequence[str] | None, prometheus: Path | None, *, verbose: bool
    ) -> TrainingOptions:
        """Return the options as they were typed.

        Raises:
            UsageError: the time limit is no time.
        """
        return cls(seconds_of(time_limit), notify or (), prometheus, verbose)

    def reported(self, listener: Listener) -> AbstractContextManager[Listener]:
        """Return a context that tells `listener` and whom --notify and --prometheus name."""
        from grokyolo.notify.reporting import reporting

        return reporting(listener, notify=self.notify, prometheus=self.prometheus)


def seconds_of(time_limit: str | None) -> float | None:
    """Return --time-limit in seconds, None when it was not given.

    Raises:
        UsageError: it is no time.
    """
    from grokyolo.recipe import seconds

    if time_limit is None:
        return None
    try:
        return seconds(time_limit)
    except ValueError as error:
        raise UsageError(str(error), where=f"--time-limit {time_limit}", hint="--time-limit 11h30m") from error


def continued(run: Path, overrides: Sequence[str], options: TrainingOptions) -> int:
    """Go on with the training in `run`, its recipe changed by `overrides`.

    Raises:
        RunError: it is no run of grokyolo, or it is finished.
    """
    from grokyolo.recipe import epochs_of, load
    from grokyolo.run import extension, status
    from grokyolo.run.folder import must_be_trained_here

    must_be_trained_here(run)
    recipe = load(str(run), overrides)
    if any(word.startswith("epochs=") for word in overrides):
        return go_on_with(run, recipe, options, extension.change_of(run, load(str(run)), recipe))
    if status.is_finished(run, recipe):
        epochs = epochs_of(recipe)
        early = status.ended_early(run, recipe)
        longer = ["grokyolo", "extend", str(run), "--epochs", str(2 * epochs)]
        raise RunError(
            f"the run is finished: {early or f'it has all of its {epochs} epochs'}",
            where=str(run),
            hint=shlex.join([*longer, "patience=0"] if "patience" in early else longer),
        )
    return go_on_with(run, recipe, options)


def go_on_with(run: Path, recipe: Recipe, options: TrainingOptions, change: Extension | None = None) -> int:
    """Train on in `run` as `recipe` says, `change` being what it changes; say where the run is."""
    from grokyolo.view.live import training_display

    with training_display(console(stderr=True), verbose=options.verbose) as progress:
        progress.say("plan: going on where the run stands; torch is loaded first")
        from grokyolo.training import go_on

        with options.reported(progress.listener()) as listener:
            go_on(run, recipe, listener=listener, verbose=options.verbose, time_limit=options.time_limit, change=change)
    return finished(run)


def finished(run: Path) -> int:
    """Say where the run is and what to type next."""
    from grokyolo.recipe import load
    from grokyolo.run import status

    folder = run.absolute()
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    early = status.ended_early(run, load(str(run)))
    say(f"done: {shown} ({early})" if early else f"done: {shown}")
    say(f"next: {shlex.join(['grokyolo', 'gap', str(shown), '--plot'])}")
    return 0
