"""Error bars while training: a few epochs' validators are listened to, and errors.csv gets a row."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from ultralytics.utils import LOGGER

from grokyolo.errors import RunError
from grokyolo.gap import IntervalWriter
from grokyolo.gap.intervals import FILE_NAME
from grokyolo.run import logs
from grokyolo.training.bootstrap import Detections, Hits, Scorer, intervals

CORRECT = {"detect": "tp", "segment": "tp_m", "pose": "tp_p", "obb": "tp"}
"""Task: the validator's key of what is right at each threshold for the headline metric."""
COUNTED = frozenset({*CORRECT, "classify"})
"""Tasks whose score can be had of images drawn again; masks and depths are counted by the pixel, over all images."""
SECONDS = 1.0
"""What the error bars of one epoch may take."""


def steps() -> Iterator[int]:
    """Yield the epochs that have error bars: 1, 2, 3, 5, 8, then 12, 20, 30, 50, 80 and these tenfold for ever."""
    yield from (1, 2, 3, 5, 8)
    for power in itertools.count():
        yield from (step * 10**power for step in (12, 20, 30, 50, 80))


def step_of(epoch: int) -> int:
    """Return the last of `steps` up to this epoch.

    >>> [step_of(epoch) for epoch in (1, 4, 19, 128, 100_000)]
    [1, 3, 12, 120, 80000]
    """
    return max(itertools.takewhile(lambda step: step <= epoch, steps()))


class ErrorBars:
    """Writes the error bars of a run.

    Nothing that training does depends on it: it draws from its own generators, and a disk that takes no row costs
    the row.

    Args:
        run: the run folder.
        seed: of the run.
        on: whether to write at all.
    """

    def __init__(self, run: Path, seed: int, *, on: bool) -> None:
        self._path = run / FILE_NAME
        self._seed = seed
        self._on = on
        self._last = 0
        self._statistics: dict[str, dict[str, list[Any]]] = {}
        self._warned = False

    def go_on_after(self, epoch: int) -> None:
        """Go on behind the rows up to the epoch that a run goes on from, 0 for a new one."""
        try:
            self._last = logs.last_epoch(logs.read(self._path.parent, FILE_NAME), epoch)
        except RunError as error:
            self._give_up(error)
            self._on = False

    @contextmanager
    def listening(self, val: Any, probe: Any | None) -> Iterator[None]:
        """Keep what the two validators find in each image during the block; they forget it at the end of a pass."""
        self._statistics = {}
        validators = {"val": val, "probe": probe} if self._on else {}
        heard = {name: validator for name, validator in validators.items() if validator is not None}
        for name, validator in heard.items():
            self._listen(name, validator)
        try:
            yield
        finally:
            for validator in heard.values():
                del validator.get_stats

    def _listen(self, name: str, validator: Any) -> None:
        get_stats = validator.get_stats

        def kept() -> Any:
            self._statistics[name] = statistics(validator)
            return get_stats()

        validator.get_stats = kept

    def write(self, epoch: int, *, last: bool) -> float:
        """Write the row of an epoch if it is measured and its turn; return the seconds it took.

        Args:
            epoch: 1-based, finished.
            last: whether the run ends with it.
        """
        found, self._statistics = self._statistics, {}
        if "val" not in found or not (last or step_of(epoch) > self._last):
            return 0.0
        started = time.monotonic()
        self._last = epoch
        val, probe = scorer(found["val"]), scorer(found["probe"]) if "probe" in found else None
        if val.images and (probe is None or probe.images):
            row = intervals(epoch, self._seed, val, probe, until=started + SECONDS)
            if row is not None:
                try:
                    with IntervalWriter(self._path) as log:
                        log.append(row)
                except (OSError, RunError, ValueError) as error:
                    self._give_up(error)
        return time.monotonic() - started

    def _give_up(self, error: Exception) -> None:
        """Say once that rows are missing."""
        if not self._warned:
            self._warned = True
            reason = getattr(error, "strerror", None) or error
            LOGGER.warning(f"no error bars in {self._path.name}: {reason}; training goes on without them")


def statistics(validator: Any) -> dict[str, list[Any]]:
    """Return what a validator has found, by name, before it makes a score of it and forgets.

    Lists with one element per image; of a classifier, with one tensor per batch.
    """
    if validator.args.task == "classify":
        return {"ranking": list(validator.pred), "label": list(validator.targets)}
    found = validator.metrics.stats
    return {
        "correct": list(found[CORRECT[validator.args.task]]),
        "confidence": list(found["conf"]),
        "predicted": list(found["pred_cls"]),
        "target": list(found["target_cls"]),
    }


def scorer(found: dict[str, list[Any]]) -> Scorer:
    """Return what scores draws of the images that `found` is about."""
    if "ranking" in found:
        pairs = zip(found["ranking"], found["label"], strict=True)
        return Hits(np.concatenate([(ranking[:, 0] == label).numpy() for ranking, label in pairs]))
    return Detections(**found)
