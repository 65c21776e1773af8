"""A sweep while it runs and at its end: a table of its points on a terminal, lines in a log."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from grokyolo.errors import RunError
from grokyolo.format import MISSING, format_duration, format_score
from grokyolo.gap import Series, read_run
from grokyolo.gap.following import Follower
from grokyolo.sweep.grid import label
from grokyolo.sweep.outcome import Moment, Outcome, Word
from grokyolo.sweep.reader import read_runs
from grokyolo.sweep.runner import PointProgress, Status, count
from grokyolo.sweep.trials import Trial
from grokyolo.verdict import Verdict, assess
from grokyolo.view.console import LOG_EVERY, LiveArea, can_draw, end_of, plain_table
from grokyolo.view.screen import last_known, seconds_per_epoch
from grokyolo.view.table import STYLES

EVERY, LONGEST_REST = 1.0, 15.0
"""Seconds between two looks at the logs."""
REST = 40.0
"""So many times as long as a look took nothing is done, up to the longest rest."""
CATCHING_UP = 0.05
"""Seconds of a look that may go to points that were finished before."""
OTHER_COLUMNS = 53
"""What the table needs beside the values of the points."""
STATUS_STYLES = {Status.FAILED: "bold red", Status.STOPPED: "yellow", Status.WAITING: "dim"}
MOST_ROWS = 200
"""Of more points only the number of each verdict is shown."""


@dataclass(frozen=True)
class Reading:
    """What is known of a run.

    Attributes:
        epoch: the newest finished one.
        per_epoch: seconds per epoch lately, None when unknown.
        verdict: as it stands.
        probe, val: the newest scores, None when unknown.
    """

    epoch: int
    per_epoch: float | None
    verdict: Verdict
    probe: float | None
    val: float | None


class Monitor:
    """Looks at the logs.

    Args:
        points: of all points.

    Attributes:
        seen: what is known, by the name of the point.
    """

    def __init__(self, points: Sequence[PointProgress]) -> None:
        self.points = points
        self.seen: dict[str, Reading] = {}
        self._followers: dict[str, Follower] = {}
        self._read: dict[str, Status] = {}
        self._due = 0.0

    def look(self) -> bool:
        """Read what was added, if it is time, and tell whether that was done."""
        started = time.monotonic()
        if started < self._due:
            return False
        for progress in self.points:
            if progress.status is Status.RUNNING:
                self._follow(progress.trial)
            elif progress.status.over and time.monotonic() - started < CATCHING_UP:
                self.read(progress)
        spent = time.monotonic() - started
        self._due = time.monotonic() + min(max(EVERY, REST * spent), LONGEST_REST)
        return True

    def read(self, progress: PointProgress) -> Reading | None:
        """Return what the log of a point says whose training has ended."""
        name = progress.trial.point.name
        if self._read.get(name) is not progress.status:
            self._read[name] = progress.status
            self._forget(name)
            with suppress(RunError):
                self.seen[name] = _of(read_run(progress.trial.run))
        return self.seen.get(name)

    def close(self) -> None:
        """Forget the logs."""
        for name in list(self._followers):
            self._forget(name)

    def time_left(self, jobs: int) -> float | None:
        """Return the seconds that all points will still need; None before that can be told.

        Args:
            jobs: how many train at the same time.
        """
        trained = [one for one in self.points if one.status is Status.FINISHED and one.seconds > 0]
        running = [one for one in self.points if one.status is Status.RUNNING and one.trial.point.name in self.seen]
        seen = [self.seen[one.trial.point.name] for one in running]
        paces = [one.seconds / one.trial.epochs for one in trained] or list(map(_pace, running, seen))
        pace = sum(paces) / len(paces) if paces else 0.0
        epochs = sum(one.trial.epochs for one in self.points if not one.status.over)
        return pace * (epochs - sum(one.epoch for one in seen)) / max(jobs, 1) if pace else None

    def _follow(self, trial: Trial) -> None:
        name = trial.point.name
        if name not in self._followers:
            self._followers[name] = Follower(trial.run)
        with suppress(RunError):  # there is no finished epoch yet
            series = self._followers[name].poll()
            if series is not None:
                self.seen[name] = _of(series)

    def _forget(self, name: str) -> None:
        if follower := self._followers.pop(name, None):
            follower.close()


def _of(series: Series) -> Reading:
    verdict = assess(series).verdict
    probe, val = last_known(series.probe_score), last_known(series.val_score)
    return Reading(int(series.epoch[-1]), seconds_per_epoch(series), verdict, probe, val)


def _pace(progress: PointProgress, seen: Reading) -> float:
    """Return the seconds that an epoch of a running point will have taken in the end, loading included."""
    each, trained = seen.per_epoch or 0.0, time.monotonic() - (progress.started or 0.0)
    loading = max(trained - seen.epoch * each, 0.0) if each else 0.0
    return each + loading / progress.trial.epochs


class SweepLines:
    """Writes what happens, where nothing can be drawn.

    Args:
        points: of all points.
        console: writes to standard error.
        jobs: how many train at the same time, as far as that is known.
    """

    def __init__(self, points: Sequence[PointProgress], console: Console, jobs: int) -> None:
        self._monitor = Monitor(points)
        self._console, self._jobs = console, jobs
        self._told = {one.trial.point.name: one.status for one in points}
        self._written = time.monotonic()

    def __call__(self) -> None:
        """Tell what has changed, and now and then how far the sweep is."""
        self._monitor.look()
        for progress in self._monitor.points:
            name = progress.trial.point.name
            if self._told[name] is not progress.status:
                self._told[name] = progress.status
                self._say(f"{_event(progress)} {name}{self._about(progress)}")
        if time.monotonic() - self._written >= LOG_EVERY:
            self._say(summary(self._monitor, self._jobs))

    def close(self, *, keep: bool) -> None:
        """Tell the last, and leave; a log keeps all."""
        self()
        self._monitor.close()

    def _say(self, text: str) -> None:
        self._written = time.monotonic()
        self._console.print(text, markup=False, soft_wrap=True)

    def _about(self, progress: PointProgress) -> str:
        if progress.status is Status.FAILED:
            return f": {progress.message}; read {progress.trial.log}"
        if progress.status is not Status.FINISHED or not (seen := self._monitor.read(progress)):
            return ""
        return f": {seen.verdict.value}, val {format_score(seen.val)}, {format_duration(progress.seconds)}"


def _event(progress: PointProgress) -> str:
    return {Status.RUNNING: "started", Status.WAITING: "again to do"}.get(progress.status, progress.status.value)


def summary(monitor: Monitor, jobs: int) -> str:
    """Return how far a sweep is, in one line."""
    known = count(monitor.points)
    parts = [f"{known[Status.FINISHED]} of {len(monitor.points)} finished"]
    parts += [
        f"{known[state]} {state.value}"
        for state in (Status.RUNNING, Status.WAITING, Status.STOPPED, Status.FAILED)
        if known[state]
    ]
    left = monitor.time_left(jobs) if known[Status.RUNNING] else None
    return " · ".join([*parts, f"{format_duration(left)} left"] if left else parts)


class SweepScreen:
    """Draws the table of points on a terminal; arguments as of `SweepLines`."""

    def __init__(self, points: Sequence[PointProgress], console: Console, jobs: int) -> None:
        self._monitor = Monitor(points)
        self._jobs = jobs
        self._area = LiveArea(console)
        self._drawn: tuple[Status, ...] = ()

    def __call__(self) -> None:
        """Draw anew what has changed."""
        states = tuple(one.status for one in self._monitor.points)
        if self._monitor.look() or states != self._drawn or self._area.resized():
            self._drawn = states
            self._area.draw(self._picture)

    def close(self, *, keep: bool) -> None:
        """Leave the last picture where it is; without `keep` only its first line, for another table follows."""
        self._area.draw(self._picture if keep else self._head)
        self._area.stop()
        self._monitor.close()

    def _head(self) -> Text:
        return Text(summary(self._monitor, self._jobs), style="bold", no_wrap=True, overflow="ellipsis")

    def _picture(self) -> RenderableType:
        width, height = self._area.size
        return Group(self._head(), points_table(self._monitor, width, height - 1))


def points_table(monitor: Monitor, width: int, height: int) -> Table:
    """Return the table of points: at most `height` lines of at most `width` columns.

    Where not all of them fit, those that train come first, then those that failed, then the newest finished ones.
    """
    points = list(monitor.points)
    keys = list(points[0].trial.point.values)
    names = [folded(key) for key in keys]
    cells = [[label(value) for value in one.trial.point.values.values()] for one in points]
    wide = [max(map(cell_len, (*name.split("\n"), *(row[i] for row in cells)))) for i, name in enumerate(names)]
    room = max(width - OTHER_COLUMNS, 16)
    apart = sum(wide) + 2 * len(wide) <= room
    heads = [Text(name) for name in names] if apart else [Text("point")]
    columns = ("epoch", "left", "verdict", "probe", "val")
    table = plain_table(*heads, *columns, left=[*heads, "verdict"], no_wrap=True, vertical="bottom")
    height -= max(name.count("\n") for name in names) + 1 if apart else 1
    shown = _shown(points, max(height - 1, 1)) if len(points) > height else range(len(points))
    for i in shown:
        own = cells[i] if apart else [end_of(points[i].trial.point.name, room)]
        table.add_row(*map(Text, own), *_row(points[i], monitor.seen.get(points[i].trial.point.name)))
    if len(shown) < len(points):
        table.add_row(Text(f"and {len(points) - len(shown)} more", style="dim"))
    return table


def folded(key: str) -> str:
    """Return a key in two lines if it is long."""
    for sign in "._":
        before, found, after = key.partition(sign)
        if found and len(key) > 8:
            return f"{before}{found}\n{after}"
    return key


def _shown(points: Sequence[PointProgress], room: int) -> list[int]:
    order = (Status.RUNNING, Status.FAILED, Status.STOPPED, Status.FINISHED, Status.WAITING)

    def rank(i: int) -> tuple[int, float]:
        one = points[i]
        return order.index(one.status), -((one.started or 0.0) + one.seconds) if one.status is Status.FINISHED else i

    return sorted(sorted(range(len(points)), key=rank)[:room])


def _row(progress: PointProgress, seen: Reading | None) -> list[Text]:
    state = Text(progress.status.value, style=STATUS_STYLES.get(progress.status, ""))
    epochs = progress.trial.epochs
    if seen is None:
        return [Text(f"0/{epochs}"), state, *map(Text, [MISSING] * 3)]
    left = (epochs - seen.epoch) * (seen.per_epoch or 0.0)
    return [
        Text(f"{seen.epoch}/{epochs}"),
        Text(format_duration(left)) if progress.status is Status.RUNNING and left > 0 else state,
        Text(seen.verdict.value, style=STYLES[seen.verdict]),
        Text(format_score(seen.probe)),
        Text(format_score(seen.val)),
    ]


def sweep_display(points: Sequence[PointProgress], console: Console, jobs: int) -> SweepLines | SweepScreen:
    """Return what shows a sweep: a table on a terminal, else lines.

    Args:
        points: of all points.
        console: writes to standard error.
        jobs: how many train at the same time, as far as that is known.
    """
    return (SweepScreen if can_draw(console) else SweepLines)(points, console, jobs)


# At the end --------------------------------------------------------------------------------------------------------


def results(folder: str, axes: Sequence[str], points: Sequence[PointProgress]) -> RenderableType:
    """Return when each point memorised and jumped, and where it ended.

    Args:
        folder: of the sweep.
        axes: keys that differ.
        points: the points to show, in this order.
    """
    outcomes = {run.name: run.outcome for run in read_runs(folder).runs}
    found = [(one, outcomes[one.trial.point.name]) for one in points]
    if len(found) > MOST_ROWS:
        counted = Counter(_word(one, outcome) for one, outcome in found)
        return Group(*(Text(f"{number:>6} {word}") for word, number in counted.most_common()))
    heads = [Text(folded(key)) for key in axes]
    names = ("epochs", "memo-\nrised", "jump", "val", "verdict")
    table = plain_table(*heads, *names, left=[*heads, "verdict"], no_wrap=True, vertical="bottom")
    for column in table.columns[: len(heads)]:
        column.no_wrap, column.overflow = False, "fold"
    for one, outcome in found:
        table.add_row(*(label(one.trial.point.values[key]) for key in axes), *_result(one, outcome))
    return table


def _result(progress: PointProgress, outcome: Outcome) -> list[Text]:
    word = _word(progress, outcome)
    style = STYLES[Verdict(word)] if word in set(Verdict) else "red" if word == Word.FAILED.value else "dim"
    return [
        Text(str(outcome.epochs)),
        Text(_epoch(outcome.memorised)),
        Text(_epoch(outcome.jump)),
        Text(format_score(outcome.score)),
        Text(word, style=style),
    ]


def _word(progress: PointProgress, outcome: Outcome) -> str:
    return Word.FAILED.value if progress.status is Status.FAILED else outcome.word.value


def _epoch(moment: Moment | None) -> str:
    return MISSING if moment is None else str(moment.epoch)
