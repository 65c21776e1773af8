"""The progress of a training in this process: its screen, one line that stays in place, or lines in a log.

The screen never takes more than a hundredth of the time.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from grokyolo.format import format_duration, format_metric
from grokyolo.gap import Series
from grokyolo.notify.figures import whole
from grokyolo.notify.listener import Listener, Progress
from grokyolo.run import logs
from grokyolo.run.folder import typed
from grokyolo.view.console import LOG_EVERY, LiveArea, can_draw
from grokyolo.view.screen import PROGRESS_LINE, RECENT, View, fits, fitted, frame, progress_line

SHARE = 0.004
"""Part of the time that drawing may take from a training."""
GRACE = 0.05
"""Seconds of it that are allowed at once, so that the first epochs are seen."""
LOOK_EVERY = 0.25
"""Seconds between two looks at the terminal's size."""
FRAMES = 4.0
"""Frames in a second at most."""
UNMEASURED = "nothing has been measured yet"


class TrainingProgress:
    """Shows a training on `console`; use as a context manager, and give `listener()` to `train`.

    Args:
        console: writes to standard error.
        live: draw one line that stays in place, if the console is a terminal.
    """

    def __init__(self, console: Console, *, live: bool = True) -> None:
        self.console = console
        # what loggers write to standard error goes above the line; standard output is for results and stays as it is
        line = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=True)
        self._live = line if live and console.is_terminal else None
        self._trained: deque[tuple[int, float]] = deque([(0, 0.0)], maxlen=RECENT + 1)
        self._measured: Progress | None = None
        self._last_line = float("-inf")

    def __enter__(self) -> TrainingProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None and self._live.is_started:
            self._live.stop()

    def listener(self) -> Listener:
        """Return what `grokyolo.training.train` calls."""
        return Listener(started=self.started, epoch=self.epoch, warning=self.warning)

    def started(self, run: Path) -> None:
        """Say where the run is."""
        self.console.print(f"training into {typed(run)}", markup=False, soft_wrap=True)
        if self._live is not None:
            self._live.start()

    def warning(self, text: str) -> None:
        """Print a warning above the live line."""
        self._print(f"[yellow]warning:[/] {escape(text)}")

    def say(self, text: str) -> None:
        """Print a line above the live line."""
        self._print(escape(text))

    def _print(self, text: str) -> None:
        """Print a line: a terminal gets it broken between words, a log in one piece."""
        self.console.print(text, soft_wrap=not self.console.is_terminal)

    def epoch(self, progress: Progress) -> None:
        """Show one finished epoch."""
        record = progress.record
        per_epoch = self._per_epoch(record.epoch, record.seconds)
        if record.val_score is not None or record.val_loss is not None:
            self._measured = progress
        if self._live is not None:
            self._draw(self._live, progress, per_epoch)
            return
        now, last = time.monotonic(), record.epoch >= progress.epochs
        if now - self._last_line >= LOG_EVERY or last:
            self._last_line = now
            self.console.print(self._line(progress, per_epoch, 10_000), markup=False, soft_wrap=True)

    def _draw(self, live: Live, progress: Progress, per_epoch: float | None) -> None:
        live.update(Text(self._line(progress, per_epoch, self.console.width), no_wrap=True), refresh=True)

    def _line(self, progress: Progress, per_epoch: float | None, width: int) -> str:
        return fitted(progress_fields(progress, self._measured or progress, per_epoch), width)

    def _per_epoch(self, epoch: int, seconds: float) -> float | None:
        """Return the seconds per epoch lately, of training alone; None in the first epoch after a resume."""
        if epoch != self._trained[-1][0] + 1:  # a run that goes on: nothing is known of the epoch before
            self._trained.clear()
        self._trained.append((epoch, seconds))
        (first, start), (last, end) = self._trained[0], self._trained[-1]
        return (end - start) / (last - first) if last > first else None


def progress_fields(progress: Progress, measured: Progress, per_epoch: float | None) -> list[tuple[int, str]]:
    """Return the parts of the line in order, each with its rank: the highest ranks go first when it is narrow.

    Args:
        progress: the newest epoch.
        measured: the newest epoch in which validation was measured.
        per_epoch: seconds per epoch lately, None when unknown.
    """
    record, known = progress.record, measured.record
    gap = None
    if known.probe_score is not None and known.val_score is not None:
        gap = known.probe_score - known.val_score
    losses = " ".join(f"{format_metric(x)}" for x in (record.train_loss, known.probe_loss, known.val_loss))
    fields = [
        (0, f"{record.epoch}/{progress.epochs}"),
        (5, f"loss train/probe/val {losses}"),
        (2, f"{progress.score_name} probe {format_metric(known.probe_score)} val {format_metric(known.val_score)}"),
        (3, f"gap {format_metric(gap)}"),
    ]
    if per_epoch is not None:
        fields.append((4, f"{format_duration(per_epoch)}/epoch"))
        if record.epoch < progress.epochs:
            fields.append((1, f"{format_duration((progress.epochs - record.epoch) * per_epoch)} left"))
    return fields


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
        self._area = LiveArea(console, self._live)
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
        """Show the run before its first epoch, or its next one, is finished."""
        import plotille  # noqa: F401  # costs time that is none of an epoch's

        self._run = run
        self._view = _at_start(run)
        self._heed_resizing()
        self._area.draw(self._frame)

    def _draw(self, live: Live, progress: Progress, per_epoch: float | None) -> None:
        record = progress.record
        self._view = replace(self._view, epoch=record.epoch, epochs=progress.epochs, per_epoch=per_epoch)
        self._newest = progress, per_epoch
        figures = progress.figures
        if figures is not None and figures.series is not None:
            self._view = replace(self._view, series=figures.series, assessment=figures.assessment)
        else:
            self._view = replace(self._view, said=UNMEASURED)
        if self._drawing.due():
            self._drawing.spend(lambda: self._area.draw(self._frame))

    def _frame(self) -> RenderableType:
        width, height = self._area.size
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
        self._area.draw(self._frame)

    def _heed_resizing(self) -> None:
        """Draw anew as soon as the terminal has another size: the end of an epoch may be far away.

        A thread looks for it: a signal handler may interrupt a drawing anywhere. Copies of this process have none.
        """

        def look() -> None:
            while not self._over.wait(LOOK_EVERY):
                if self._area.resized():
                    self._area.draw(self._frame)

        self._looking = threading.Thread(target=look, name="terminal size", daemon=True)
        self._looking.start()


def _at_start(run: Path) -> View:
    """Return what is known of a run before anything is trained in this process: one that goes on has its epochs."""
    view = View(typed(run), "training", said="the first epoch is not finished yet")
    if found := whole(run):
        series, assessment = found
        last, planned = int(series.epoch[-1]), series.epochs_planned
        return replace(view, epoch=last, epochs=planned, series=series, assessment=assessment)
    last = max((row.epoch for row in logs.readable_rows(logs.read(run))), default=0)
    return replace(view, epoch=last, said=UNMEASURED) if last else view


def training_display(console: Console, *, verbose: bool = False) -> TrainingProgress:
    """Return what shows a training: the screen on a terminal, else lines.

    Args:
        console: writes to standard error.
        verbose: Ultralytics writes to it as well, so nothing may stay in place.
    """
    if verbose or not can_draw(console):
        return TrainingProgress(console, live=not verbose)
    return TrainingScreen(console)
