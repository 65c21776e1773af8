"""The live screen of a training in this process. It never costs more than a hundredth of the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.control import Control
from rich.live import Live
from rich.text import Text

from grokyolo.gap import Series
from grokyolo.notify.figures import whole
from grokyolo.notify.listener import Progress
from grokyolo.run.folder import typed
from grokyolo.view.progress import TrainingProgress
from grokyolo.view.screen import PROGRESS_LINE, View, fits, frame, progress_line

SHARE = 0.004
"""Part of the time that drawing may take from a training."""
GRACE = 0.05
"""Seconds of it that are allowed at once, so that the first epochs are seen."""
LOOK_EVERY = 0.25
"""Seconds between two looks at the terminal's size."""
FRAMES = 4.0
"""Frames in a second at most."""


class Allowance:
    """Keeps what costs time below a share of all time.

    Args:
        share: of the time since the start.
        grace: seconds that may be spent at once.
        every: seconds between two spendings at least.
        clock: seconds that rise.
    """

    def __init__(self, share: float, grace: float, every: float, clock: Callable[[], float]) -> None:
        self._share, self._every, self._clock = share, every, clock
        self._spent = -grace
        self._start = clock()
        self._last = float("-inf")
        self._cost = 0.0

    def due(self) -> bool:
        """Tell whether the time has come, and as much as it cost last time may be spent."""
        now = self._clock()
        return now - self._last >= self._every and self._spent + self._cost <= self._share * (now - self._start)

    def spend(self, work: Callable[[], None]) -> None:
        """Do the work and note what it cost."""
        self._last = started = self._clock()
        work()
        self._cost = self._clock() - started
        self._spent += self._cost


class Place:
    """A place on a terminal that is drawn again and again, and stays as it is at the end.

    Args:
        console: writes to a terminal.
        live: Rich's own, started at the first drawing.
    """

    def __init__(self, console: Console, live: Live) -> None:
        self.console = console
        self._live = live
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
        with self._drawing:
            if self.resized():
                self._size = self.console.size
                self.console.control(Control.clear(), Control.home())
            if not self._live.is_started:
                self._live.start()
            self._live.update(make(), refresh=True)


class TrainingScreen(TrainingProgress):
    """The screen of a training in this process; used as `TrainingProgress` is.

    Curves and verdict are those that the training has found for all who show it; a frame that is due waits until it is
    paid for.

    Args:
        console: writes to standard error, a terminal.
        clock: seconds that rise.
    """

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(console)
        live = self._live or Live(console=console, auto_refresh=False, redirect_stdout=False)
        self._live = live
        self._place = Place(console, live)
        self._view = View("", "training")
        self._newest: tuple[Progress, float | None] | None = None
        self._run: Path | None = None
        self._drawing = Allowance(SHARE, GRACE, 1 / FRAMES, clock)
        self._lines: list[Text] = []
        self._series_shown: Series | None = None
        self._shown: tuple[str, str, int, int] | None = None
        self._over = threading.Event()
        self._looking: threading.Thread | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._run is not None:
                self._finish(self._run, "done" if error is None else "stopped")
        finally:
            super().__exit__(kind, error, trace)

    def started(self, run: Path) -> None:
        """Show the run before its first epoch is finished."""
        import plotille  # noqa: F401  # costs time that is none of an epoch's

        self._run = run
        self._view = View(typed(run), "training", said="the first epoch is not finished yet")
        self._heed_resizing()
        self._place.draw(self._frame)

    def _draw(self, live: Live, progress: Progress, per_epoch: float | None) -> None:
        record = progress.record
        self._view = replace(self._view, epoch=record.epoch, epochs=progress.epochs, per_epoch=per_epoch)
        self._newest = progress, per_epoch
        figures = progress.figures
        if figures is not None and figures.series is not None:
            self._view = replace(self._view, series=figures.series, assessment=figures.assessment)
        else:
            self._view = replace(self._view, said="nothing has been measured yet")
        if self._drawing.due():
            self._drawing.spend(lambda: self._place.draw(self._frame))

    def _frame(self) -> RenderableType:
        width, height = self._place.size
        if not fits(width, height):
            line = self._line(*self._newest, width) if self._newest else f"training into {self._view.run}"
            return Text(line, no_wrap=True, overflow="ellipsis")
        shown = (self._view.state, self._view.said, width, height)
        if self._view.series is self._series_shown and shown == self._shown:  # the curves are as they were
            self._lines[PROGRESS_LINE] = progress_line(self._view, width)
        else:
            self._lines = frame(self._view, width, height)
            self._series_shown, self._shown = self._view.series, shown
        return Group(*self._lines)

    def _finish(self, run: Path, state: str) -> None:
        """Draw the last frame, up to date."""
        self._over.set()
        if self._looking is not None:
            self._looking.join()
        if not self._view.epoch:
            return
        shown = self._view.series
        if (shown is None or shown.epoch[-1] != self._view.epoch) and (found := whole(run)):
            self._view = replace(self._view, series=found[0], assessment=found[1])
        self._view = replace(self._view, state=state)
        self._place.draw(self._frame)

    def _heed_resizing(self) -> None:
        """Draw anew as soon as the terminal has another size: the end of an epoch may be far away.

        A thread looks for it: a signal handler may interrupt a drawing anywhere. Copies of this process have none.
        """

        def look() -> None:
            while not self._over.wait(LOOK_EVERY):
                if self._place.resized():
                    self._place.draw(self._frame)

        self._looking = threading.Thread(target=look, name="terminal size", daemon=True)
        self._looking.start()


def training_display(console: Console, *, verbose: bool = False) -> TrainingProgress:
    """Return what shows a training: the screen on a terminal, else lines.

    Args:
        console: writes to standard error.
        verbose: Ultralytics writes to it as well, so nothing may stay in place.
    """
    if verbose or not can_draw(console):
        return TrainingProgress(console, live=not verbose)
    return TrainingScreen(console)


def can_draw(console: Console) -> bool:
    """Tell whether the screen can be drawn there: a terminal that moves its cursor and knows the letters."""
    return console.is_terminal and not console.is_dumb_terminal and console.encoding.startswith("utf")
