"""Watching runs that other processes or machines write: the screen for one, a table for several."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from grokyolo.errors import RunError
from grokyolo.format import format_duration
from grokyolo.gap import Series
from grokyolo.gap.following import SIDE_FILES, Follower
from grokyolo.gap.series import EventKind
from grokyolo.run.folder import LOCK, OWNER, SETTINGS, owner_of
from grokyolo.run.lock import is_gone, named, owner_in
from grokyolo.verdict import assess
from grokyolo.view.live import Place, can_draw
from grokyolo.view.overview import FINISHED, line, many
from grokyolo.view.progress import LOG_EVERY
from grokyolo.view.screen import KILLED, MIN_WIDTH, QUIET, STOPPED, View, fits, frame, seconds_per_epoch

EVERY = 1.0
"""Seconds between two looks at a log at least."""
REST = 80.0
"""So many times as long as a look took nothing is done: a little more than one part in a hundred of one core."""
SLICE = 0.25
"""Seconds after which a change of the terminal's size is noticed."""
QUIET_AFTER = 120.0
"""Seconds without a new row after which that is said, or 20 epochs, whatever is longer."""


class Watched:
    """One run that is watched.

    Args:
        run: as the user typed it.

    Attributes:
        view: what is known of it.
        finished: all planned epochs are there and no process trains into it.

    Raises:
        RunError: there is no such run, or something that will never be one.
    """

    def __init__(self, run: str) -> None:
        self._follower = Follower(run)
        self.view = View(run, "watching")
        self.finished = False
        try:
            self._look()
        except RunError as error:
            if not any((Path(run) / name).is_file() for name in SIDE_FILES):
                self.close()
                raise
            self.view = replace(self.view, state="waiting", said=error.what)

    def close(self) -> None:
        """Forget the run; closing twice does no harm."""
        self._follower.close()

    def update(self) -> bool:
        """Look at the log and tell whether anything that is shown has changed."""
        before = self.view
        try:
            self._look()
        except RunError as error:
            state = "waiting" if self.view.series is None else error.what
            if (state, error.what) != (self.view.state, self.view.said):
                self.view = replace(self.view, state=state, said=error.what)
        return self.view is not before

    def _look(self) -> None:
        series, log = self._follower.poll(), self._follower.log
        if series is not None and log is not None:
            self.view = View(
                self.view.run,
                "watching",
                epoch=int(series.epoch[-1]),
                epochs=series.epochs_planned,
                per_epoch=seconds_per_epoch(series),
                series=series,
                assessment=assess(series),
                resumable=(log.parent / SETTINGS).is_file(),
            )
        if self.view.series is not None:
            state = self._state(self.view.series)
            if state != self.view.state:
                self.view = replace(self.view, state=state, said="")

    def _state(self, series: Series) -> str:
        log = self._follower.log
        assert log is not None
        run = log.parent
        complete = series.epochs_planned is not None and series.epoch[-1] >= series.epochs_planned
        owner = owner_of(run)
        self.finished = complete and owner is None
        if self.finished:
            return FINISHED
        try:
            quiet = time.time() - log.stat().st_mtime
        except OSError:  # moved away since it was read
            quiet = 0.0
        nothing_new = quiet > max(QUIET_AFTER, 20 * (self.view.per_epoch or 0.0))
        if owner is None and (over := _over(run, series, nothing_new)):
            return over
        if nothing_new:
            return f"{QUIET} for {format_duration(60 * (quiet // 60))}"
        return named(owner) if owner else "watching"


def _over(run: Path, series: Series, nothing_new: bool) -> str:
    """Return how a run ended before its end that nobody has locked; empty where that is not certain.

    An owner that has left its name behind did not end in order. Whether a machine elsewhere holds a lock is not seen
    on every file system: of such an owner it is believed only once nothing comes any more.
    """
    last = [event.kind for event in series.events if event.epoch == series.epoch[-1]]
    if EventKind.STOP in last:
        return STOPPED
    if not (run / LOCK).is_file():  # not one of grokyolo's, or not yet
        return ""
    left_behind = owner_in(run / "state" / OWNER)
    if left_behind is None:
        return STOPPED if nothing_new else ""
    return KILLED if nothing_new or is_gone(left_behind) else ""


class Screen:
    """Draws on a terminal: the screen of one run, or the table of several."""

    def __init__(self, watched: Sequence[Watched], console: Console) -> None:
        self._watched = watched
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._place = Place(console, self._live)

    def draw(self) -> None:
        """Draw what is known now."""
        self._place.draw(self._picture)

    def heed_resizing(self) -> None:
        """Draw anew if the terminal has another size."""
        if self._place.resized():
            self.draw()

    def close(self) -> None:
        """Leave the last picture where it is."""
        if self._live.is_started:
            self._live.stop()

    def _picture(self) -> RenderableType:
        width, height = self._place.size
        views = [one.view for one in self._watched]
        if len(views) == 1:
            if fits(width, height):
                return Group(*frame(views[0], width, height))
            return Text(line(views[0], width), no_wrap=True, overflow="ellipsis")
        return many(views, width, height) if width >= MIN_WIDTH else Group(*(Text(line(view, width)) for view in views))


class Lines:
    """Writes a line for each run now and then, where nothing can be drawn."""

    def __init__(self, watched: Sequence[Watched], console: Console) -> None:
        self._watched = watched
        self._console = console
        self._written = float("-inf")

    def draw(self) -> None:
        """Write, unless that was done a moment ago and goes on."""
        now = time.monotonic()
        if now - self._written >= LOG_EVERY or all(one.finished for one in self._watched):
            self._written = now
            for one in self._watched:
                self._console.print(f"{one.view.run} · {line(one.view, 10_000)}", markup=False, soft_wrap=True)

    def heed_resizing(self) -> None:
        """A log has no size."""

    def close(self) -> None:
        """Nothing is left to do."""


def watch(
    runs: Sequence[str],
    console: Console,
    *,
    sleep: Callable[[float], None] = time.sleep,
    busy: Callable[[], float] = time.process_time,
) -> None:
    """Show runs until all of them are finished, or until Ctrl-C.

    Args:
        runs: one gets the screen, several one table.
        console: where to draw; not a terminal: a line now and then.
        sleep: waits so many seconds.
        busy: seconds that this process has computed so far.

    Raises:
        RunError: one of the runs cannot be read and is not about to start.
    """
    watched: list[Watched] = []
    try:
        watched += (Watched(run) for run in runs)
        shown = Screen(watched, console) if can_draw(console) else Lines(watched, console)
        with closing(shown):
            _go_round(watched, shown, sleep, busy)
    except KeyboardInterrupt:  # how one stops watching
        pass
    finally:
        for one in watched:
            one.close()


def _go_round(
    watched: Sequence[Watched], shown: Screen | Lines, sleep: Callable[[float], None], busy: Callable[[], float]
) -> None:
    started = busy()
    shown.draw()
    while not all(one.finished for one in watched):
        rest = max(EVERY, REST * (busy() - started))
        while rest > 0:
            sleep(min(SLICE, rest))
            rest -= SLICE
            shown.heed_resizing()
        started = busy()
        changed = [one.update() for one in watched]
        if any(changed):
            shown.draw()
