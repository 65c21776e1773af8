"""Who else is told of a training: observers beside the display, and how it ended.

with reporting(display.listener(), notify=["notify-send grokyolo"], prometheus=Path("exp1.prom")) as listener:
    train(recipe, name="exp1", listener=listener)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from grokyolo.errors import GrokyoloError, Interrupted, Stopped, first_line
from grokyolo.notify.figures import last_assessment
from grokyolo.notify.listener import Listener, Progress
from grokyolo.verdict import Assessment


class EndKind(str, Enum):
    """How a training ended."""

    DONE = "end"
    STOPPED = "stop"
    FAILED = "failure"


@dataclass(frozen=True)
class TrainingReport:
    """What there is to say when a training is over.

    Attributes:
        ending: in which of the three ways.
        error: what was wrong or who stopped it; empty when it is done.
        hint: the next command to type; may be empty.
        assessment: the verdict on the whole run; None when its log allows none.
        saved_epoch: the last epoch that a resume would go on from; 0 when there is none.
    """

    ending: EndKind
    error: str = ""
    hint: str = ""
    assessment: Assessment | None = None
    saved_epoch: int = 0


def outcome_of(run: Path | None, error: BaseException | None, warn: Callable[[str], None]) -> TrainingReport:
    """Return how a training ended.

    Args:
        run: its folder; None when it never came to have one.
        error: what it left with; None when it is done.
        warn: told where the run cannot be read or judged, which must not hide how its training ended.
    """
    from grokyolo.run.extension import last_saved_epoch

    assessment, saved = None, 0
    if run is not None:
        try:
            saved = last_saved_epoch(run)
            assessment = last_assessment(run)
        except Exception as trouble:
            warn(f"the notified end has no verdict: {type(trouble).__name__}: {first_line(trouble)}")
    if error is None:
        return TrainingReport(EndKind.DONE, assessment=assessment, saved_epoch=saved)
    stopped = isinstance(error, (Stopped, Interrupted, KeyboardInterrupt))
    ending = EndKind.STOPPED if stopped else EndKind.FAILED
    if isinstance(error, GrokyoloError):
        return TrainingReport(ending, error.what, error.hint, assessment, saved)
    return TrainingReport(ending, "stopped by Ctrl-C" if stopped else type(error).__name__, "", assessment, saved)


class Observer(Protocol):
    """Told in the training process, between epochs, which wait for it."""

    def started(self, run: Path) -> None:
        """Take note of the run folder: training begins."""

    def epoch(self, progress: Progress) -> None:
        """Take note of a finished epoch."""

    def ended(self, outcome: TrainingReport) -> None:
        """Take note of the end, whichever way it came; the last call."""


@contextmanager
def reporting(listener: Listener, *, notify: Sequence[str] = (), prometheus: Path | None = None) -> Iterator[Listener]:
    """Yield a listener that tells `listener` and the observers asked for.

    Args:
        listener: the display's.
        notify: commands and URLs to notify, as typed.
        prometheus: the text file to keep.

    Raises:
        UsageError: a target or the file cannot be used.
    """
    from grokyolo.notify.notifier import Notifier
    from grokyolo.notify.prometheus import PrometheusFile

    observers: list[Observer] = []
    if prometheus is not None:
        observers.append(PrometheusFile(prometheus, listener.warning))
    if notify:
        observers.append(Notifier(notify, listener.warning))
    with observed(listener, observers) as joined:
        yield joined


@contextmanager
def observed(listener: Listener, observers: Sequence[Observer]) -> Iterator[Listener]:
    """Yield a listener that tells `listener` first and then each observer, who also hears of the end."""
    runs: list[Path] = []
    troubles: set[str] = set()

    def tell(call: Callable[[Observer], None]) -> None:
        for observer in observers:
            try:
                call(observer)
            except Exception as error:  # to watch a training is no reason to lose it
                trouble = f"{type(observer).__name__} fails: {type(error).__name__}; training goes on"
                if trouble not in troubles:
                    troubles.add(trouble)
                    listener.warning(trouble)

    def started(run: Path) -> None:
        runs.append(run)
        listener.started(run)
        tell(lambda observer: observer.started(run))

    def epoch(progress: Progress) -> None:
        listener.epoch(progress)
        tell(lambda observer: observer.epoch(progress))

    def end(error: BaseException | None) -> None:
        if observers:
            outcome = outcome_of(runs[-1] if runs else None, error, listener.warning)
            tell(lambda observer: observer.ended(outcome))

    try:
        yield Listener(started, epoch, listener.warning)
    except BaseException as error:
        end(error)
        raise
    end(None)
