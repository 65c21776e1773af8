"""The honest measurement after each epoch: validation and probe, in the same way with the same weights."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from ultralytics.utils import LOGGER, RANK

from grokyolo.run import folder, status
from grokyolo.training.cadence import Cadence
from grokyolo.training.ending import Settling, better, fitness_by
from grokyolo.training.fused_convolutions import Fused
from grokyolo.training.intervals import COUNTED, ErrorBars
from grokyolo.training.probe import Probe, as_it_is, facts, measurement
from grokyolo.training.stepping import Stepping
from grokyolo.verdict import Verdict


class Measured(Stepping):
    """Mixin over a `BaseTrainer`: measures the probe beside validation."""

    best_fitness: float | None

    def _setup_train(self) -> None:
        super()._setup_train()
        gap, seed = self.settings["gap"], int(self.args.seed)
        self.cadence = Cadence(int(gap["every"]), gap["budget"])
        self.probe = Probe(self, int(gap["probe"]), seed) if gap["probe"] else None
        self.fused = Fused(self.ema.ema, self.device)
        self.error_bars = ErrorBars(Path(self.save_dir), seed, on=RANK == -1 and self.args.task in COUNTED)
        self.settling = Settling(Path(self.save_dir), self.settings.get("stop", {}))
        self.best_by = str(self.settings["checkpoint"].get("best", "fitness"))
        self._verdict: Verdict | None = None
        self._measuring_seconds = 0.0
        if RANK in {-1, 0}:
            folder.add_facts(Path(self.save_dir), facts(self, self.probe))

    def placed(self, saved: dict[str, Any] | None) -> None:
        """Go on in the cadence that the state was in."""
        super().placed(saved)
        if saved is not None:
            self.cadence.every = max(self.cadence.every, saved["measured"]["every"])
        if RANK in {-1, 0}:
            self.error_bars.go_on_after(self.place.epoch if self.place else 0)

    def state_to_save(self) -> dict[str, Any]:
        """Return the full state with the cadence."""
        state = super().state_to_save()
        state["measured"]["every"] = self.cadence.every
        return state

    def validate(self) -> tuple[dict[str, float] | None, float | None]:
        """Validate and score the probe in the epochs that are due; NaN metrics in the others."""
        self._val = self._probe = None
        self._measuring_seconds = 0.0
        self._verdict = self.settling.verdict_after(self.epoch, self.epochs) if RANK in {-1, 0} else None
        self.cadence.every, self._verdict = self.shared((self.cadence.every, self._verdict))
        if not (self.cadence.due(self.epoch + 1, self.epochs) or self.stop or self.is_decided()):
            return dict.fromkeys(self.metrics or (), math.nan), None
        probe = self.probe.validator if self.probe else None
        with self.fused.measuring(), as_it_is(self.ema.ema), self.error_bars.listening(self.validator, probe):
            before = self.best_fitness
            metrics, fitness = super().validate()
            self._val = measurement(self, self.validator)
            if self.best_by != "fitness":
                fitness = fitness_by(self.best_by, self._val, fitness)
                self.best_fitness = better(before, fitness)
            if self.probe is not None:
                started = time.monotonic()
                self._probe = self.probe.measure(self)
                self._measuring_seconds = time.monotonic() - started
        if self.accelerators.named:
            self.accelerators.measured(self.epoch + 1, self.shared(self._probe.score if self._probe else None))
        return metrics, fitness

    def is_decided(self) -> bool:
        """Tell whether a verdict of `stop.on` has settled before this epoch."""
        return self._verdict is not None

    def _ending(self) -> str:
        ending = super()._ending()
        return self._verdict.value if self._verdict and ending != status.Ending.EPOCHS.value else ending

    def save_metrics(self, metrics: dict[str, float]) -> None:
        """Log the epoch, and measure more rarely from now on when that takes too much of the time."""
        training_seconds = time.monotonic() - self._epoch_started - self._measuring_seconds
        super().save_metrics(metrics)
        self._keep_within_budget(training_seconds)

    def _finish_epoch(self) -> None:
        super()._finish_epoch()
        self._epoch_started += self.error_bars.write(self.epoch + 1, last=self.stop)  # no time of the epoch's

    def _keep_within_budget(self, epoch_seconds: float) -> None:
        if self._probe is None:
            return
        if self.cadence.spent(self._measuring_seconds, epoch_seconds):
            LOGGER.warning(
                f"measuring every {self.cadence.every} epochs from epoch {self.epoch + 1} on: the probe took more "
                f"than gap.budget={self.cadence.budget:g} of the time (gap.budget=null keeps the cadence)"
            )
