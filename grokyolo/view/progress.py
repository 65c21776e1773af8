"""The progress of a training: one live line on a terminal, a line now and then in a log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from grokyolo.format import format_duration, format_metric
from grokyolo.notify.listener import Listener, Progress
from grokyolo.run.folder import typed

LOG_EVERY = 30.0
"""Seconds between two lines where standard error is no terminal."""
AVERAGED_EPOCHS = 20
"""Epochs over which the time per epoch is averaged."""


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
        self._trained: deque[tuple[int, float]] = deque([(0, 0.0)], maxlen=AVERAGED_EPOCHS + 1)
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


def fitted(fields: Sequence[tuple[int, str]], width: int) -> str:
    """Join as many fields as fit into `width` columns, dropping the highest rank first."""
    kept = list(fields)
    while len(kept) > 1 and len(_joined(kept)) > width:
        kept.remove(max(kept, key=lambda field: field[0]))
    return _joined(kept)[:width]


def _joined(fields: Sequence[tuple[int, str]]) -> str:
    return " · ".join(text for _, text in fields)
