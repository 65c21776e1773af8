"""A sweep while it runs: a table of its points on a terminal, lines in a log."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grokyolo.format import MISSING, format_duration, format_score, printable
from grokyolo.sweep.grid import label
from grokyolo.sweep.progress import Progress, Status, count
from grokyolo.view.live import Place, can_draw
from grokyolo.view.progress import LOG_EVERY
from grokyolo.view.sweep_monitor import Monitor, Reading
from grokyolo.view.table import STYLES

OTHER_COLUMNS = 53
"""What the table needs beside the values of the points."""
STATUS_STYLES = {Status.FAILED: "bold red", Status.STOPPED: "yellow", Status.WAITING: "dim"}


class SweepLines:
    """Writes what happens, where nothing can be drawn.

    Args:
        points: of all points.
        console: writes to standard error.
        jobs: how many train at the same time, as far as that is known.
    """

    def __init__(self, points: Sequence[Progress], console: Console, jobs: int) -> None:
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

    def _about(self, progress: Progress) -> str:
        if progress.status is Status.FAILED:
            return f": {progress.message}; read {progress.trial.log}"
        if progress.status is not Status.FINISHED or not (seen := self._monitor.read(progress)):
            return ""
        return f": {seen.verdict.value}, val {format_score(seen.val)}, {format_duration(progress.seconds)}"


def _event(progress: Progress) -> str:
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

    def __init__(self, points: Sequence[Progress], console: Console, jobs: int) -> None:
        self._monitor = Monitor(points)
        self._jobs = jobs
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._place = Place(console, self._live)
        self._drawn: tuple[Status, ...] = ()

    def __call__(self) -> None:
        """Draw anew what has changed."""
        states = tuple(one.status for one in self._monitor.points)
        if self._monitor.look() or states != self._drawn or self._place.resized():
            self._drawn = states
            self._place.draw(self._picture)

    def close(self, *, keep: bool) -> None:
        """Leave the last picture where it is; without `keep` only its first line, for another table follows."""
        self._place.draw(self._picture if keep else self._head)
        self._live.stop()
        self._monitor.close()

    def _head(self) -> Text:
        return Text(summary(self._monitor, self._jobs), style="bold", no_wrap=True, overflow="ellipsis")

    def _picture(self) -> RenderableType:
        width, height = self._place.size
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
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold", show_edge=False)
    apart = sum(wide) + 2 * len(wide) <= max(width - OTHER_COLUMNS, 16)
    for name in names if apart else ["point"]:
        table.add_column(Text(name), no_wrap=True, vertical="bottom")
    for name in ("epoch", "left", "verdict", "probe", "val"):
        table.add_column(name, justify="left" if name == "verdict" else "right", no_wrap=True, vertical="bottom")
    height -= max(name.count("\n") for name in names) + 1 if apart else 1
    shown = _shown(points, max(height - 1, 1)) if len(points) > height else range(len(points))
    for i in shown:
        own = cells[i] if apart else [_end(points[i].trial.point.name, width - OTHER_COLUMNS)]
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


def _end(name: str, room: int) -> str:
    name, room = printable(name), max(room, 16)
    return name if cell_len(name) <= room else f"…{set_cell_size(name[::-1], room - 1)[::-1]}"


def _shown(points: Sequence[Progress], room: int) -> list[int]:
    order = (Status.RUNNING, Status.FAILED, Status.STOPPED, Status.FINISHED, Status.WAITING)

    def rank(i: int) -> tuple[int, float]:
        one = points[i]
        return order.index(one.status), -((one.started or 0.0) + one.seconds) if one.status is Status.FINISHED else i

    return sorted(sorted(range(len(points)), key=rank)[:room])


def _row(progress: Progress, seen: Reading | None) -> list[Text]:
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


def sweep_display(points: Sequence[Progress], console: Console, jobs: int) -> SweepLines | SweepScreen:
    """Return what shows a sweep: a table on a terminal, else lines.

    Args:
        points: of all points.
        console: writes to standard error.
        jobs: how many train at the same time, as far as that is known.
    """
    return (SweepScreen if can_draw(console) else SweepLines)(points, console, jobs)
