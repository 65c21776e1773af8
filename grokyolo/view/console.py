"""What all that is printed or drawn on a terminal shares: a console that trusts no name, tables, a picture in place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook
from rich.segment import Segment

from grokyolo.format import printable

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

LOG_EVERY = 30.0
"""Seconds between two lines where standard error is no terminal."""


class SafeConsole(Console):
    """A Rich console that prints no control character but the end of a line and its own colours.

    Names of runs, files and settings, events and warnings may come from a stranger; here they all pass.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.push_render_hook(_Hook())

    def on_broken_pipe(self) -> None:
        """Let the program end in order: Rich would leave with 1, but a reader that has seen enough is no failure."""
        raise BrokenPipeError


class _Hook(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_WrittenOut(renderable) for renderable in renderables]


class _WrittenOut:
    def __init__(self, renderable: ConsoleRenderable) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(printable(segment.text, keep_lines=True), segment.style)


class LiveArea:
    """A place on a terminal that is drawn again and again, and stays as it is at the end.

    Args:
        console: writes to a terminal.
        live: Rich's own, started at the first drawing; None for one that leaves standard output and error alone.
    """

    def __init__(self, console: Console, live: Live | None = None) -> None:
        from rich.live import Live

        self.console = console
        self._live = live or Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._size = console.size
        self._drawing = threading.Lock()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines that a frame may have; one line stays free, or the terminal would scroll."""
        return self.console.size.width, self.console.size.height - 1

    def resized(self) -> bool:
        """Tell whether the terminal has another size than at the last drawing."""
        return self.console.size != self._size

    def draw(self, make: Callable[[], RenderableType]) -> None:
        """Put what `make` returns in the place of what was drawn before.

        After a change of size the terminal has broken the old lines as it likes, so all of it is cleared first.
        """
        from rich.control import Control

        with self._drawing:
            if self.resized():
                self._size = self.console.size
                self.console.control(Control.clear(), Control.home())
            if not self._live.is_started:
                self._live.start()
            self._live.update(make(), refresh=True)

    def stop(self) -> None:
        """Leave the last picture where it is."""
        if self._live.is_started:
            self._live.stop()


def can_draw(console: Console) -> bool:
    """Tell whether a screen can be drawn there: a terminal that moves its cursor and knows the letters."""
    return console.is_terminal and not console.is_dumb_terminal and console.encoding.startswith("utf")


def plain_table(*names: Any, left: Collection[Any] = (), **options: Any) -> Table:
    """Return a table without lines whose columns stand at the right.

    Args:
        names: heads of the columns; the first stands at the left.
        left: names of others that do.
        options: of every column, as of Rich.
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold", show_edge=False)
    for number, name in enumerate(names):
        table.add_column(name, justify="left" if not number or name in left else "right", **options)
    return table


def end_of(name: str, room: int) -> str:
    """Return a name in at most `room` columns; it keeps its end, where runs of one folder differ."""
    from rich.cells import cell_len, set_cell_size

    name = printable(name)
    return name if cell_len(name) <= room else f"…{set_cell_size(name[::-1], room - 1)[::-1]}"
