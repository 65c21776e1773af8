"""What the logs of a sweep's points say while they grow: little of each, for there may be thousands."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from grokyolo.errors import RunError
from grokyolo.gap import Series, read_run
from grokyolo.gap.following import Follower
from grokyolo.sweep.progress import Progress, Status
from grokyolo.sweep.trials import Trial
from grokyolo.verdict import Verdict, assess
from grokyolo.view.screen import last_known, seconds_per_epoch

EVERY, LONGEST_REST = 1.0, 15.0
"""Seconds between two looks at the logs."""
REST = 40.0
"""So many times as long as a look took nothing is done, up to the longest rest."""
CATCHING_UP = 0.05
"""Seconds of a look that may go to points that were finished before."""


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

    def __init__(self, points: Sequence[Progress]) -> None:
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

    def read(self, progress: Progress) -> Reading | None:
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


def _pace(progress: Progress, seen: Reading) -> float:
    """Return the seconds that an epoch of a running point will have taken in the end, loading included."""
    each, trained = seen.per_epoch or 0.0, time.monotonic() - (progress.started or 0.0)
    loading = max(trained - seen.epoch * each, 0.0) if each else 0.0
    return each + loading / progress.trial.epochs
