"""What others may show of a run after each epoch: its newest row, its decay budget, the verdict as it stands.

The verdict is the one of `grokyolo gap`: read from gap.csv and assessed anew every so often, so that all of it together
takes no more than one hundredth of the time. Nothing here touches the training.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from statistics import median

from grokyolo.dynamics import decay_per_step
from grokyolo.errors import GrokyoloError
from grokyolo.gap import EpochRecord, Series, read_run
from grokyolo.gap.settings import read_run_file
from grokyolo.verdict import Assessment, assess

ASSESSING_SHARE = 0.01
"""Of the time at most is spent on assessing the run while it goes on."""
USUAL_OVER = 21
"""Epochs whose median is the usual time of an epoch."""


@dataclass(frozen=True)
class Figures:
    """A run after one finished epoch.

    Attributes:
        record: the row just written to gap.csv.
        decay_budget: e-folds spent so far; None when the rows before a resume cannot be read.
        usual_seconds: median time of an epoch lately; None in the first epoch after a resume.
        saved_epoch: the last epoch that a resume would go on from; 0 when there is none.
        assessment: the newest one, which may be some epochs old; None when the run could not be assessed yet.
        just_assessed: whether the assessment was made after this very epoch.
        series: the log that the assessment is of; None without one.
    """

    record: EpochRecord
    decay_budget: float | None
    usual_seconds: float | None
    saved_epoch: int
    assessment: Assessment | None
    just_assessed: bool
    series: Series | None = None


class Standing:
    """Keeps the figures of a run that is training now.

    Args:
        run: the run folder; its gap.csv is read when the run goes on, and for each assessment.
        warn: told when an assessment fails for a reason that is no property of the log.
        clock: seconds that only rise.
    """

    def __init__(self, run: Path, warn: Callable[[str], None], clock: Callable[[], float] = time.perf_counter) -> None:
        self.run, self.warn, self.clock = run, warn, clock
        self._optimizer = read_run_file(run)[0].optimizer
        self._before: EpochRecord | None = None
        self._spent: float | None = 0.0
        self._durations: deque[float] = deque(maxlen=USUAL_OVER)
        self._series: Series | None = None
        self._assessment: Assessment | None = None
        self._loaded = False
        self._next_assessment = float("-inf")

    def after(self, record: EpochRecord, *, saved_epoch: int, last: bool) -> Figures:
        """Return the figures after one more epoch.

        Args:
            record: the row, already in gap.csv.
            saved_epoch: the last epoch that is saved.
            last: whether no other epoch will follow; such an epoch is always assessed.
        """
        self._count(record)
        measured = record.val_loss is not None or record.val_score is not None
        due = last or (measured and self.clock() >= self._next_assessment)
        if due:
            self._assess()
        usual = median(self._durations) if self._durations else None
        assessment, series = self._assessment, self._series
        return Figures(record, self._spent, usual, saved_epoch, assessment, due and assessment is not None, series)

    def _count(self, record: EpochRecord) -> None:
        before = self._before
        if before is None and record.epoch > 1:
            self._spent, steps = _spent_before(self.run, record.epoch)
        else:
            steps = before.step if before else 0
            self._durations.append(record.seconds - (before.seconds if before else 0.0))
        if self._spent is not None and record.lr is not None and record.weight_decay is not None:
            each = decay_per_step(record.lr * record.weight_decay, self._optimizer)
            self._spent += (record.step - steps) * float(each)
        self._before = record

    def _assess(self) -> None:
        started = self.clock()
        try:
            series = read_run(self.run)
            self._assessment, self._series = assess(series), series
        except GrokyoloError:
            pass  # nothing measured yet, or a disk that is full: the log says no more now than before
        except Exception as error:
            self.warn(f"cannot assess the run: {type(error).__name__}: {error}; training goes on")
        ended = self.clock()
        if self._loaded:  # the first time most of it goes into loading code, which need not be paid for
            self._next_assessment = ended + (ended - started) / ASSESSING_SHARE
        self._loaded = True


def last_assessment(run: Path) -> Assessment | None:
    """Return the verdict on a run that is over, None when its log allows none."""
    found = whole(run)
    return None if found is None else found[1]


def whole(run: Path) -> tuple[Series, Assessment] | None:
    """Return the log of a run and the verdict on it, None when the log allows none."""
    try:
        series = read_run(run)
    except GrokyoloError:
        return None
    return series, assess(series)


def _spent_before(run: Path, epoch: int) -> tuple[float | None, int]:
    """Return e-folds and optimizer steps spent before `epoch`; None e-folds when they are not known."""
    try:
        series = read_run(run)
    except GrokyoloError:
        return None, 0
    earlier = series.epoch < epoch
    if not earlier.any():
        return None, 0
    spent, steps = float(series.decay_budget[earlier][-1]), float(series.step[earlier][-1])
    return (spent, int(steps)) if isfinite(spent) and isfinite(steps) else (None, 0)
