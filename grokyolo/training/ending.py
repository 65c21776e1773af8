"""What ends a training before its last epoch: patience, and a verdict that has settled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ultralytics.utils.torch_utils import EarlyStopping

from grokyolo.errors import GrokyoloError
from grokyolo.gap import read_run
from grokyolo.training.probe import Measurement
from grokyolo.verdict import Verdict, settling


class Patience(EarlyStopping):
    """Ultralytics' early stopping, whose waiting begins with an epoch.

    Args:
        patience: epochs without a better one after which to stop; 0 for never.
        first: the epoch from which they count, from 1 on.
    """

    best_epoch: int
    best_fitness: float

    def __init__(self, patience: int, first: int) -> None:
        super().__init__(patience)
        self.first = first

    def __call__(self, epoch: int, fitness: float | None) -> bool:
        """Tell whether to stop after the 1-based `epoch`."""
        if fitness is None:
            return False
        if fitness > self.best_fitness or self.best_fitness == 0:
            self.best_epoch, self.best_fitness = epoch, fitness
        self.possible_stop = self.waited(epoch) >= self.patience - 1
        return self.is_spent(epoch)

    def waited(self, epoch: int) -> int:
        """Return the epochs that count, up to `epoch`."""
        return int(epoch - max(self.best_epoch, self.first - 1))

    def is_spent(self, epoch: int) -> bool:
        """Tell whether the patience has come to its end."""
        return bool(self.waited(epoch) >= self.patience)


class Settling:
    """Asks the log whether a verdict that ends the training has settled.

    Args:
        run: the run folder.
        stop: the section of the recipe.
    """

    def __init__(self, run: Path, stop: Mapping[str, Any]) -> None:
        self.run = run
        self.words = frozenset(map(Verdict, stop.get("on", ())))
        self.share = float(stop.get("settled", 0.2))

    def verdict_after(self, epoch: int, epochs: int) -> Verdict | None:
        """Return the verdict that ends a training of `epochs` after `epoch`, None where it goes on."""
        if not self.words or not settling.due(epoch, epochs):
            return None
        try:
            series = read_run(self.run)
        except GrokyoloError:
            return None  # nothing measured yet, or not on the disk
        whole = len(series) == epoch and series.epoch[-1] == epoch
        return settling.settled(series, self.words, self.share, epochs) if whole else None


def fitness_by(best: str, val: Measurement | None, fitness: float | None) -> float | None:
    """Return by what one epoch is better than another: more is better.

    Args:
        best: as `checkpoint.best`.
        val: what validation measured.
        fitness: what Ultralytics makes of it.
    """
    if best == "fitness" or val is None:
        return fitness
    if best == "score":
        return fitness if val.score is None else val.score
    return -val.loss if math.isfinite(val.loss) else None


def better(before: float | None, now: float | None) -> float | None:
    """Return the better of two."""
    return before if now is None or (before is not None and before >= now) else now
