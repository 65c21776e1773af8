"""A sweep while it runs: a table of its points on a terminal, lines in a log."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grokyolo.errors import RunError
from grokyolo.gap import Series, read_run
from grokyolo.gap.following import Follower
from grokyolo.sweep.making import Trial
from grokyolo.sweep.naming import label
from grokyolo.sweep.standing import Standing, State, count
from grokyolo.verdict import assess
from grokyolo.view import numbers
from grokyolo.view.live import Place, can_draw
from grokyolo.view.progress import LOG_EVERY, spelled
from grokyolo.view.screen import View, last_known, printable, seconds_per_epoch
from grokyolo.view.table import STYLES

EVERY, LONGEST_REST = 1.0, 15.0
"""Seconds between two looks at the logs."""
REST = 40.0
"""So many times as long as a look took nothing is done, up to the longest rest."""
CATCHING_UP = 0.05
"""Seconds of a look that may go to points that were finished before."""
OTHER_COLUMNS = 53
"""What the table needs beside the values of the points."""
STATE_STYLES = {State.FAILED: "bold red", State.STOPPED: "yellow", State.WAITING: "dim"}


class Sight:
    """What the logs of the points say, read as they grow.

    Args:
        standings: of all points.
    """

    def __init__(self, standings: Sequence[Standing]) -> None:
        self.standings = standings
        self.views: dict[str, View] = {}
        self._followers: dict[str, Follower] = {}
        self._read: dict[str, State] = {}
        self._due = 0.0

    def look(self) -> bool:
        """Read what was added, if it is time, and tell whether that was done."""
        started = time.monotonic()
        if started < self._due:
            return False
        for standing in self.standings:
            if standing.state is State.RUNNING:
                self._follow(standing.trial)
            elif standing.state.over and time.monotonic() - started < CATCHING_UP:
                self.read(standing)
        spent = time.monotonic() - started
        self._due = time.monotonic() + min(max(EVERY, REST * spent), LONGEST_REST)
        return True

    def read(self, standing: Standing) -> View | None:
        """Return what the log of a point says whose training has ended."""
        name = standing.trial.point.name
        if self._read.get(name) is not standing.state:
            self._read[name] = standing.state
            self._forget(name)
            with suppress(RunError):
                self._know(name, read_run(standing.trial.run))
        return self.views.get(name)

    def close(self) -> None:
        """Forget the logs."""
        for name in list(self._followers):
            self._forget(name)

    def time_left(self, jobs: int) -> float | None:
        """Return the seconds that all points will still need; None before that can be told.

        Args:
            jobs: how many train at the same time.
        """
        trained = [one for one in self.standings if one.state is State.FINISHED and one.seconds > 0]
        running = [(one, view) for one in self.standings if one.state is State.RUNNING and (view := self._view(one))]
        paces = [one.seconds / one.trial.epochs for one in trained] or [_pace(one, view) for one, view in running]
        pace = sum(paces) / len(paces) if paces else 0.0
        if not pace:
            return None
        epochs = sum(one.trial.epochs for one in self.standings if not one.state.over)
        return pace * (epochs - sum(view.epoch for _, view in running)) / max(jobs, 1)

    def _view(self, standing: Standing) -> View | None:
        return self.views.get(standing.trial.point.name)

    def _follow(self, trial: Trial) -> None:
        name = trial.point.name
        follower = self._followers.setdefault(name, Follower(trial.run))
        with suppress(RunError):  # there is no finished epoch yet
            series = follower.poll()
            if series is not None:
                self._know(name, series)

    def _know(self, name: str, series: Series) -> None:
        epoch, per_epoch = int(series.epoch[-1]), seconds_per_epoch(series)
        self.views[name] = View(name, "", epoch, series.epochs_planned, per_epoch, series, assess(series))

    def _forget(self, name: str) -> None:
        if follower := self._followers.pop(name, None):
            follower.close()


def _pace(standing: Standing, view: View) -> float:
    """Return the seconds that an epoch of a running point will have taken in the end, loading included."""
    each, trained = view.per_epoch or 0.0, time.monotonic() - (standing.started or 0.0)
    loading = max(trained - view.epoch * each, 0.0) if each else 0.0
    return each + loading / standing.trial.epochs


class SweepLines:
    """Writes what happens, where nothing can be drawn.

    Args:
        standings: of all points.
        console: writes to standard error.
        jobs: how many train at the same time, as far as that is known.
    """

    def __init__(self, standings: Sequence[Standing], console: Console, jobs: int) -> None:
        self._sight = Sight(standings)
        self._console, self._jobs = console, jobs
        self._told = {one.trial.point.name: one.state for one in standings}
        self._written = time.monotonic()

    def __call__(self) -> None:
        """Tell what has changed, and now and then how far the sweep is."""
        self._sight.look()
        for standing in self._sight.standings:
            name = standing.trial.point.name
            if self._told[name] is not standing.state:
                self._told[name] = standing.state
                self._say(f"{_event(standing)} {name}{self._about(standing)}")
        if time.monotonic() - self._written >= LOG_EVERY:
            self._say(summary(self._sight, self._jobs))

    def close(self, *, keep: bool) -> None:
        """Tell the last, and leave; a log keeps all."""
        self()
        self._sight.close()

    def _say(self, text: str) -> None:
        self._written = time.monotonic()
        self._console.print(text, markup=False, soft_wrap=True)

    def _about(self, standing: Standing) -> str:
        if standing.state is State.FAILED:
            return f": {standing.said}; read {standing.trial.log}"
        if standing.state is not State.FINISHED or not (view := self._sight.read(standing)):
            return ""
        assert view.series is not None and view.assessment is not None, "it is made of them"
        score = numbers.score(last_known(view.series.val_score))
        return f": {view.assessment.verdict.value}, val {score}, {spelled(standing.seconds)}"


def _event(standing: Standing) -> str:
    return {State.RUNNING: "started", State.WAITING: "again to do"}.get(standing.state, standing.state.value)


def summary(sight: Sight, jobs: int) -> str:
    """Return how far a sweep is, in one line."""
    known = count(sight.standings)
    parts = [f"{known[State.FINISHED]} of {len(sight.standings)} finished"]
    parts += [
        f"{known[state]} {state.value}"
        for state in (State.RUNNING, State.WAITING, State.STOPPED, State.FAILED)
        if known[state]
    ]
    left = sight.time_left(jobs) if known[State.RUNNING] else None
    return " · ".join([*parts, f"{spelled(left)} left"] if left else parts)


class SweepScreen:
    """Draws the table of points on a terminal; arguments as of `SweepLines`."""

    def __init__(self, standings: Sequence[Standing], console: Console, jobs: int) -> None:
        self._sight = Sight(standings)
        self._jobs = jobs
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._place = Place(console, self._live)
        self._drawn: tuple[State, ...] = ()

    def __call__(self) -> None:
        """Draw anew what has changed."""
        states = tuple(one.state for one in self._sight.standings)
        if self._sight.look() or states != self._drawn or self._place.resized():
            self._drawn = states
            self._place.draw(self._picture)

    def close(self, *, keep: bool) -> None:
        """Leave the last picture where it is; without `keep` only its first line, for another table follows."""
        self._place.draw(self._picture if keep else self._head)
        self._live.stop()
        self._sight.close()

    def _head(self) -> Text:
        return Text(summary(self._sight, self._jobs), style="bold", no_wrap=True, overflow="ellipsis")

    def _picture(self) -> RenderableType:
        width, height = self._place.size
        return Group(self._head(), points_table(self._sight, width, height - 1))


def points_table(sight: Sight, width: int, height: int) -> Table:
    """Return the table of points: at most `height` lines of at most `width` columns.

    Where not all of them fit, those that train come first, then those that failed, then the newest finished ones.
    """
    standings = list(sight.standings)
    keys = list(standings[0].trial.point.values)
    names = [folded(key) for key in keys]
    cells = [[label(value) for value in one.trial.point.values.values()] for one in standings]
    wide = [max(map(cell_len, (*name.split("\n"), *(row[i] for row in cells)))) for i, name in enumerate(names)]
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold", show_edge=False)
    apart = sum(wide) + 2 * len(wide) <= max(width - OTHER_COLUMNS, 16)
    for name in names if apart else ["point"]:
        table.add_column(Text(name), no_wrap=True, vertical="bottom")
    for name in ("epoch", "left", "verdict", "probe", "val"):
        table.add_column(name, justify="left" if name == "verdict" else "right", no_wrap=True, vertical="bottom")
    height -= max(name.count("\n") for name in names) + 1 if apart else 1
    shown = _shown(standings, max(height - 1, 1)) if len(standings) > height else range(len(standings))
    for i in shown:
        own = cells[i] if apart else [_end(standings[i].trial.point.name, width - OTHER_COLUMNS)]
        table.add_row(*map(Text, own), *_row(standings[i], sight.views.get(standings[i].trial.point.name)))
    if len(shown) < len(standings):
        table.add_row(Text(f"and {len(standings) - len(shown)} more", style="dim"))
    return table


def folded(key: str) -> str:
    """Return a key in two lines if it is long."""
    for sign in "._":
        before, found, after = key.partition(sign)
        if found and len(key) > 8:
            return f"{before}{found}\n{after}"
    return key


def _end(name: str, room: int) -> str:
    name, room = printable(name), max(room, 16)
    return name if cell_len(name) <= room else f"…{set_cell_size(name[::-1], room - 1)[::-1]}"


def _shown(standings: Sequence[Standing], room: int) -> list[int]:
    order = (State.RUNNING, State.FAILED, State.STOPPED, State.FINISHED, State.WAITING)

    def rank(i: int) -> tuple[int, float]:
        one = standings[i]
        return order.index(one.state), -((one.started or 0.0) + one.seconds) if one.state is State.FINISHED else i

    return sorted(sorted(range(len(standings)), key=rank)[:room])


def _row(standing: Standing, view: View | None) -> list[Text]:
    state = Text(standing.state.value, style=STATE_STYLES.get(standing.state, ""))
    if view is None or view.series is None or view.assessment is None:
        said = Text(numbers.MISSING) if standing.state is not State.FAILED else Text(standing.said, style="red")
        said.truncate(14, overflow="ellipsis")
        return [Text(f"0/{standing.trial.epochs}"), state, said, Text(numbers.MISSING), Text(numbers.MISSING)]
    left = replace(view, epochs=standing.trial.epochs, state="").time_left
    verdict = view.assessment.verdict
    return [
        Text(f"{view.epoch}/{standing.trial.epochs}"),
        Text(spelled(left)) if standing.state is State.RUNNING and left else state,
        Text(verdict.value, style=STYLES[verdict]),
        Text(numbers.score(last_known(view.series.probe_score))),
        Text(numbers.score(last_known(view.series.val_score))),
    ]


def sweep_display(standings: Sequence[Standing], console: Console, jobs: int) -> SweepLines | SweepScreen:
    """Return what shows a sweep: a table on a terminal, else lines.

    Args:
        standings: of all points.
        console: writes to standard error.
        jobs: how many train at the same time, as far as that is known.
    """
    return (SweepScreen if can_draw(console) else SweepLines)(standings, console, jobs)
