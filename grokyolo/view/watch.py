"""Watching runs that other processes or machines write: the screen for one, a table for several, lines in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from grokyolo.errors import RunError
from grokyolo.files import RUN_FILE
from grokyolo.format import MISSING, format_duration, format_score
from grokyolo.gap import Series
from grokyolo.gap.following import SIDE_FILES, Follower
from grokyolo.gap.series import EventKind
from grokyolo.run.folder import LOCK, OWNER, owner_of
from grokyolo.run.lock import is_gone, named, owner_in
from grokyolo.verdict import assess
from grokyolo.view.console import LOG_EVERY, LiveArea, can_draw, end_of, plain_table
from grokyolo.view.screen import (
    KILLED,
    MIN_WIDTH,
    QUIET,
    STOPPED,
    View,
    fits,
    fitted,
    frame,
    last_known,
    seconds_per_epoch,
)
from grokyolo.view.table import ROUGH_NOTE, STYLES, last_gap

FINISHED = "finished"
"""State of a run that has all its epochs."""
OTHER_COLUMNS = 60
"""What the table needs beside the names of the runs."""
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
                resumable=(log.parent / RUN_FILE).is_file(),
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
        self._area = LiveArea(console)

    def draw(self) -> None:
        """Draw what is known now."""
        self._area.draw(self._picture)

    def heed_resizing(self) -> None:
        """Draw anew if the terminal has another size."""
        if self._area.resized():
            self.draw()

    def close(self) -> None:
        """Leave the last picture where it is."""
        self._area.stop()

    def _picture(self) -> RenderableType:
        width, height = self._area.size
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


# Runs at a glance --------------------------------------------------------------------------------------------------


def many(views: Sequence[View], width: int, height: int) -> Table:
    """Return the table of several runs: at most `height` lines of at most `width` columns.

    Where not all have room, those that go on are shown before those that are over.
    """
    table = plain_table("run", "epoch", "left", "verdict", "probe", "val", "gap", left=["verdict"], no_wrap=True)
    rough = any(view.assessment is not None and not view.assessment.like_for_like for view in views)
    room = height - 1 - rough
    shown = list(views) if len(views) <= room else _chosen(views, room - 1)
    for view in shown:
        table.add_row(Text(end_of(view.run.rstrip("/") or view.run, width - OTHER_COLUMNS)), *_row(view))
    if len(shown) < len(views):
        table.add_row(Text(f"and {len(views) - len(shown)} more", style="dim"))
    if rough:
        table.caption, table.caption_justify = ROUGH_NOTE, "left"
    return table


def _chosen(views: Sequence[View], count: int) -> list[View]:
    """Return so many of the runs in their order, first of all those that go on."""
    over = [view.state == FINISHED or view.over or view.state.startswith(QUIET) for view in views]
    first = sorted(range(len(views)), key=lambda i: over[i])[:count]
    return [views[i] for i in sorted(first)]


def _row(view: View) -> list[Text]:
    series, assessment = view.series, view.assessment
    if series is None or assessment is None:
        return [Text("–"), Text(view.state), *[Text("–")] * 4]
    return [
        Text(_epochs(view)),
        Text(_left(view)),
        Text(assessment.verdict.value, style=STYLES[assessment.verdict]),
        Text(format_score(last_known(series.probe_score))),
        Text(format_score(last_known(series.val_score))),
        Text(last_gap(assessment)),
    ]


def _epochs(view: View) -> str:
    return f"{view.epoch}" + ("" if view.epochs is None else f"/{view.epochs}")


def _left(view: View) -> str:
    if view.state == FINISHED or view.over:
        return view.state
    if view.state.startswith(QUIET):
        return "quiet"
    return MISSING if view.time_left is None else format_duration(view.time_left)


def line(view: View, width: int) -> str:
    """Return one run in one line, as much of it as fits."""
    if view.series is None or view.assessment is None:
        return view.said
    score, probe = last_known(view.series.val_score), last_known(view.series.probe_score)
    fields = [
        (0, _epochs(view)),
        (3, f"{view.series.score_name or 'score'} probe {format_score(probe)} val {format_score(score)}"),
        (1, view.assessment.verdict.value),
        (4, view.state),
    ]
    if view.time_left is not None:
        fields.append((2, f"{format_duration(view.time_left)} left"))
    if view.next_command:
        fields.append((5, f"next: {view.next_command}"))
    return fitted(fields, width)
