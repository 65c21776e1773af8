"""A sweep while it runs: a table of its points on a terminal, lines in a log."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grokyolo.sweep.naming import label
from grokyolo.sweep.standing import Standing, State, count
from grokyolo.view import numbers
from grokyolo.view.live import Place, can_draw
from grokyolo.view.names import printable
from grokyolo.view.progress import LOG_EVERY, spelled
from grokyolo.view.sweep_sight import Seen, Sight
from grokyolo.view.table import STYLES

OTHER_COLUMNS = 53
"""What the table needs beside the values of the points."""
STATE_STYLES = {State.FAILED: "bold red", State.STOPPED: "yellow", State.WAITING: "dim"}


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
        if standing.state is not State.FINISHED or not (seen := self._sight.read(standing)):
            return ""
        return f": {seen.verdict.value}, val {numbers.score(seen.val)}, {spelled(standing.seconds)}"


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
        table.add_row(*map(Text, own), *_row(standings[i], sight.seen.get(standings[i].trial.point.name)))
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


def _row(standing: Standing, seen: Seen | None) -> list[Text]:
    state = Text(standing.state.value, style=STATE_STYLES.get(standing.state, ""))
    epochs = standing.trial.epochs
    if seen is None:
        return [Text(f"0/{epochs}"), state, *map(Text, [numbers.MISSING] * 3)]
    left = (epochs - seen.epoch) * (seen.per_epoch or 0.0)
    return [
        Text(f"{seen.epoch}/{epochs}"),
        Text(spelled(left)) if standing.state is State.RUNNING and left > 0 else state,
        Text(seen.verdict.value, style=STYLES[seen.verdict]),
        Text(numbers.score(seen.probe)),
        Text(numbers.score(seen.val)),
    ]


def sweep_display(standings: Sequence[Standing], console: Console, jobs: int) -> SweepLines | SweepScreen:
    """Return what shows a sweep: a table on a terminal, else lines.

    Args:
        standings: of all points.
        console: writes to standard error.
        jobs: how many train at the same time, as far as that is known.
    """
    return (SweepScreen if can_draw(console) else SweepLines)(standings, console, jobs)
