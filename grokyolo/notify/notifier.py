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
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from grokyolo.files import read_bounded, write_durably
from grokyolo.gap import EpochRecord
from grokyolo.notify.delivery import Channel, Target, close_all
from grokyolo.notify.listener import Progress
from grokyolo.notify.reporting import EndKind, TrainingReport
from grokyolo.run.folder import typed
from grokyolo.verdict import Assessment, Verdict

FORMAT = 1
TOLD = Path("state", "told.json")
"""Below the run: the verdicts whose jumps somebody has been told of."""
NOTE_BYTES = 1 << 12
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
        self._jumps = Jumps()
        self.watch = StallWatch(self._stalled, at_least=stalled_at_least)

    def started(self, run: Path) -> None:
        """Take the run that messages are about."""
        self._run = run
        self._jumps = Jumps(run / TOLD)

    def epoch(self, progress: Progress) -> None:
        """Notify of a jump, and of what could not be delivered."""
        self._progress = progress
        figures = progress.figures
        over = progress.record.epoch >= progress.epochs
        self.watch.finished(None if over or figures is None else figures.usual_seconds)
        if figures is not None and figures.just_assessed and figures.assessment is not None:
            self._tell_of_jump(figures.assessment)
        self._pass_on_problems()

    def ended(self, outcome: TrainingReport) -> None:
        """Notify of the end and wait a little for deliveries."""
        self.watch.close()
        if outcome.assessment is not None:
            self._tell_of_jump(outcome.assessment)
        details: dict[str, Any] = {
            "error": outcome.error or None,
            "next": outcome.hint or None,
            "saved_epoch": outcome.saved_epoch,
        }
        self._send(outcome.ending.value, self._ending_text(outcome), outcome.assessment, **details)
        left = close_all(self._channels, self._closing_seconds)
        self._pass_on_problems()
        if left:
            self._warn(f"{left} notification{'s were' if left > 1 else ' was'} not delivered before the end")

    def _tell_of_jump(self, assessment: Assessment) -> None:
        if self._jumps.is_new(assessment):
            text = f"{self._name()}: {assessment.verdict.value}: {assessment.reason}"
            self._send("jump", text, assessment, delivered=partial(self._jumps.was_told, assessment.verdict))

    def _stalled(self, quiet: float, usual: float) -> None:
        done = self._progress.record.epoch if self._progress else 0
        text = (
            f"{self._name()}: no epoch finished for {quiet / 60:.0f} min, usual are {usual:.3g} s; the last is {done}"
        )
        assessment = self._progress.figures.assessment if self._progress and self._progress.figures else None
        self._send("stall", text, assessment, quiet_seconds=quiet, usual_seconds=usual)

    def _ending_text(self, outcome: TrainingReport) -> str:
        verdict = f"{outcome.assessment.verdict.value}: {outcome.assessment.reason}" if outcome.assessment else ""
        if outcome.ending is EndKind.DONE:
            return f"{self._name()} is done: {verdict or 'no verdict'}"
        word = "stopped" if outcome.ending is EndKind.STOPPED else "failed"
        return f"{self._name()} {word}: {outcome.error}" + (f"; {outcome.hint}" if outcome.hint else "")

    def _name(self) -> str:
        return self._run.name if self._run else "grokyolo"

    def _send(
        self,
        event: str,
        text: str,
        assessment: Assessment | None,
        delivered: Callable[[], None] | None = None,
        **details: Any,
    ) -> None:
        content = message(event, text, self._run, self._progress, assessment, **details)
        body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
        for channel in self._channels:
            channel.put(body, delivered)

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

    What has arrived is noted in the run: a process that goes on after a kill tells what the killed one could not.

    Args:
        note: the file for that; None keeps it in memory.
    """

    def __init__(self, note: Path | None = None) -> None:
        self._note = note
        self._arrived = _told_before(note) if note else set()
        self._told = set(self._arrived)

    def is_new(self, assessment: Assessment) -> bool:
        """Tell whether this assessment says something new about a jump, and remember it."""
        verdict = assessment.verdict
        new = verdict not in self._told if verdict in _JUMPS else assessment.jump is not None and not self._told
        if new:
            self._told.add(verdict)
        return new

    def was_told(self, verdict: Verdict) -> None:
        """Note that the message of a jump has arrived."""
        self._arrived.add(verdict)
        if self._note is not None and self._note.parent.is_dir():  # else the run was moved away
            with suppress(OSError):  # told once more after a resume, which is better than never
                write_durably(self._note, json.dumps(sorted(self._arrived)).encode())


def _told_before(note: Path) -> set[Verdict]:
    try:
        return {Verdict(word) for word in json.loads(read_bounded(note, NOTE_BYTES, within=note.parent))}
    except (OSError, ValueError, TypeError, RecursionError):
        return set()


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
