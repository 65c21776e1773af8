"""Telling a person or a program that something happened to a run: jump, end, failure, stop, stall.

Every message is one JSON object; docs/notify.md says what is in it.
"""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from grokyolo.gap import EpochRecord
from grokyolo.notify.delivery import Channel, Target, close_all
from grokyolo.notify.listener import Progress
from grokyolo.notify.reporting import Ending, Outcome
from grokyolo.run.folder import typed
from grokyolo.verdict import Assessment, Verdict

FORMAT = 1
CLOSING_SECONDS = 5.0
"""Seconds that the end of the process waits for deliveries."""
STALLED_AFTER = 10.0
"""Times the usual time of an epoch."""
STALLED_AT_LEAST = 600.0
"""Seconds: no stall is shorter."""
_JUMPS = frozenset({Verdict.GROKKED, Verdict.DELAYED_JUMP})
_SHOWN = ("train_loss", "probe_loss", "val_loss", "probe_score", "val_score", "loss_gap", "score_gap")


class Notifier:
    """Watches a training and notifies all targets.

    Args:
        targets: commands and URLs as typed.
        warn: told, in the training's own thread, what could not be delivered; each kind once.
        stalled_at_least: seconds that no stall is shorter than.
        closing_seconds: how long the end waits for deliveries.

    Attributes:
        watch: notices stalls.

    Raises:
        UsageError: a target is empty or cannot be resolved.
    """

    def __init__(
        self,
        targets: Sequence[str],
        warn: Callable[[str], None],
        *,
        stalled_at_least: float = STALLED_AT_LEAST,
        closing_seconds: float = CLOSING_SECONDS,
    ) -> None:
        for target in targets:
            Target(target).check()
        self._channels = [Channel(Target(target)) for target in targets]
        self._warn, self._closing_seconds = warn, closing_seconds
        self._run: Path | None = None
        self._progress: Progress | None = None
        self._goes_on = False
        self._jumps = Jumps()
        self.watch = StallWatch(self._stalled, at_least=stalled_at_least)

    def started(self, run: Path) -> None:
        """Take the run that messages are about."""
        self._run = run

    def epoch(self, progress: Progress) -> None:
        """Notify of a jump, and of what could not be delivered."""
        self._goes_on = progress.record.epoch > 1 if self._progress is None else self._goes_on
        self._progress = progress
        figures = progress.figures
        over = progress.record.epoch >= progress.epochs
        self.watch.finished(None if over or figures is None else figures.usual_seconds)
        if figures is not None and figures.just_assessed and figures.assessment is not None:
            self._tell_of_jump(figures.assessment)
        self._pass_on_problems()

    def ended(self, outcome: Outcome) -> None:
        """Notify of the end and wait a little for deliveries."""
        self.watch.close()
        if outcome.assessment is not None:
            self._tell_of_jump(outcome.assessment)
        details = {"error": outcome.error or None, "next": outcome.hint or None, "saved_epoch": outcome.saved_epoch}
        self._send(outcome.ending.value, self._ending_text(outcome), outcome.assessment, **details)
        left = close_all(self._channels, self._closing_seconds)
        self._pass_on_problems()
        if left:
            self._warn(f"{left} notification{'s were' if left > 1 else ' was'} not delivered before the end")

    def _tell_of_jump(self, assessment: Assessment) -> None:
        known = self._jumps.first and self._goes_on  # told before the resume
        if self._jumps.is_new(assessment) and not known:
            verdict = f"{self._name()}: {assessment.verdict.value}: {assessment.reason}"
            self._send("jump", verdict, assessment)

    def _stalled(self, quiet: float, usual: float) -> None:
        done = self._progress.record.epoch if self._progress else 0
        text = (
            f"{self._name()}: no epoch finished for {quiet / 60:.0f} min, usual are {usual:.3g} s; the last is {done}"
        )
        assessment = self._progress.figures.assessment if self._progress and self._progress.figures else None
        self._send("stall", text, assessment, quiet_seconds=quiet, usual_seconds=usual)

    def _ending_text(self, outcome: Outcome) -> str:
        verdict = f"{outcome.assessment.verdict.value}: {outcome.assessment.reason}" if outcome.assessment else ""
        if outcome.ending is Ending.DONE:
            return f"{self._name()} is done: {verdict or 'no verdict'}"
        word = "stopped" if outcome.ending is Ending.STOPPED else "failed"
        return f"{self._name()} {word}: {outcome.error}" + (f"; {outcome.hint}" if outcome.hint else "")

    def _name(self) -> str:
        return self._run.name if self._run else "grokyolo"

    def _send(self, event: str, text: str, assessment: Assessment | None, **details: Any) -> None:
        content = message(event, text, self._run, self._progress, assessment, **details)
        body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
        for channel in self._channels:
            channel.put(body)

    def _pass_on_problems(self) -> None:
        for channel in self._channels:
            for problem in channel.problems():
                self._warn(problem)


def message(
    event: str,
    text: str,
    run: Path | None,
    progress: Progress | None,
    assessment: Assessment | None,
    **details: Any,
) -> dict[str, Any]:
    """Return the content of a notification.

    Args:
        event: jump, end, failure, stop or stall.
        text: one line for people.
        run: the run folder; None before it exists.
        progress: the newest finished epoch; None before the first.
        assessment: the verdict that `text` speaks of, or the newest one.
        details: what only this event has.
    """
    record = progress.record if progress else None
    figures = progress.figures if progress else None
    named = replace(assessment, run=typed(run)) if assessment and run else assessment
    return {
        "format": FORMAT,
        "event": event,
        "text": text,
        "run": run.name if run else None,
        "folder": str(run) if run else None,
        "host": socket.gethostname(),
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "epoch": record.epoch if record else 0,
        "epochs": progress.epochs if progress else None,
        "saved_epoch": figures.saved_epoch if figures else 0,
        "figures": _figures(record) if record else None,
        "assessment": named.to_json() if named else None,
        **details,
    }


def _figures(record: EpochRecord) -> dict[str, float | None]:
    values = {name: getattr(record, name) for name in _SHOWN}
    return {name: None if value is None or not math.isfinite(value) else value for name, value in values.items()}


class Jumps:
    """Knows which jumps a run has been said to have, so that a verdict that wavers is told once a word.

    Attributes:
        first: whether no assessment has been looked at yet.
    """

    def __init__(self) -> None:
        self.first = True
        self._told: set[Verdict] = set()

    def is_new(self, assessment: Assessment) -> bool:
        """Tell whether this assessment says something new about a jump, and remember it."""
        self.first = False
        verdict = assessment.verdict
        new = verdict not in self._told if verdict in _JUMPS else assessment.jump is not None and not self._told
        if new:
            self._told.add(verdict)
        return new


class StallWatch:
    """Notices that no epoch is finished for much longer than usual, once for each such pause.

    Args:
        tell: called in a thread of the watch with the seconds of quiet and the usual seconds.
        at_least: seconds that no stall is shorter than.
        clock: seconds that only rise.
    """

    def __init__(
        self,
        tell: Callable[[float, float], None],
        *,
        at_least: float = STALLED_AT_LEAST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._at_least, self._clock = tell, at_least, clock
        self._changed = threading.Condition()
        self._last = 0.0
        self._usual: float | None = None
        self._closed = False
        self._idle = False
        self._thread: threading.Thread | None = None

    def finished(self, usual: float | None) -> None:
        """Take note of a finished epoch; the watch pauses where the usual time is None."""
        with self._changed:
            self._last, self._usual = self._clock(), usual
            if self._idle:
                self._changed.notify_all()
            if self._thread is None and usual is not None:
                self._thread = threading.Thread(target=self._work, name="stall watch", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Watch no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def left(self) -> float | None:
        """Return the seconds until the present quiet is a stall, 0 or less when it is one; None while it pauses."""
        if self._usual is None:
            return None
        return self._last + max(self._at_least, STALLED_AFTER * self._usual) - self._clock()

    def _work(self) -> None:
        with self._changed:
            while not self._closed:
                left = self.left()
                self._idle = left is None
                if left is None or left > 0:  # epochs that finish meanwhile wake nobody: it costs them nothing
                    self._changed.wait(left)
                    continue
                assert self._usual is not None, "else nothing would be left"
                quiet, usual = self._clock() - self._last, self._usual
                self._usual = None
                self._tell(quiet, usual)
