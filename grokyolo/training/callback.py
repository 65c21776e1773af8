"""The gap in anybody's own training: a callback for any model of Ultralytics.

    from ultralytics import YOLO
    from grokyolo import add_grokyolo_callback

    model = YOLO("yolo26n.pt")
    add_grokyolo_callback(model, probe=256, every=1)
    model.train(data="coco8.yaml", epochs=1000)      # grokyolo gap runs/detect/train

Plain Ultralytics trains. After each validation the probe, some training images, is scored in the same way with the same
weights; `gap.csv` and `grokyolo.yaml` appear in the run's folder.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from torch import distributed
from ultralytics.utils import LOGGER, RANK

from grokyolo.gap import EventKind
from grokyolo.gap.log import EpochRecord, GapWriter
from grokyolo.run import folder, logs
from grokyolo.training.loggers import PREFIX
from grokyolo.training.probe import Measurement, Probe, facts, measurement
from grokyolo.training.weights import largest_group, weight_norms

if TYPE_CHECKING:
    from ultralytics.engine.model import Model

Hook = TypeVar("Hook", bound=Callable[..., None])


def add_grokyolo_callback(model: Model, probe: int = 256, every: int = 1, seed: int | None = None) -> None:
    """Let a model of Ultralytics measure its train-val gap in every training that follows.

    The weights are those of a training without it, bit for bit.

    Args:
        model: `YOLO`, `RTDETR`, `YOLOWorld`, `YOLOE` and so on, before its `train`.
        probe: training images that are scored; 0 for none.
        every: epochs between two measurements of the probe; the first and the last are always measured.
        seed: chooses the probe's images; None takes that of the training.

    Raises:
        ValueError: `probe` is below 0, or `every` below 1.
    """
    if probe < 0 or every < 1:
        raise ValueError(f"probe={probe} must be at least 0, and every={every} at least 1")
    callback = GapCallback(probe, every, seed)
    for event in EVENTS:
        model.add_callback(event, getattr(callback, event))


def watching(hook: Hook) -> Hook:
    """Let a failure of a hook end the measuring, and not the training."""

    @functools.wraps(hook)
    def guarded(self: GapCallback, subject: Any) -> None:
        if self.failed:
            return
        try:
            hook(self, subject)
        except Exception as error:
            self.failed = True
            LOGGER.warning(f"grokyolo measures no gap any more: {type(error).__name__}: {error}")

    return guarded  # type: ignore[return-value]


class GapCallback:
    """Collects what Ultralytics measures, scores the probe beside it, and writes one row an epoch.

    Args:
        probe, every, seed: as in `add_grokyolo_callback`.

    Attributes:
        failed: whether measuring has come to an end of its own.
    """

    def __init__(self, probe: int, every: int, seed: int | None) -> None:
        self.count, self.every, self.seed = probe, every, seed
        self.failed = False
        self._probe: Probe | None = None
        self._log: GapWriter | None = None
        self._optimizer: Any = None
        self._validated = False
        self._steps = self._done = 0
        self._seconds = 0.0
        self._started: float | None = None
        self._shown: tuple[str, ...] = ()
        self._events: list[EventKind] = []

    @watching
    def on_train_start(self, trainer: Any) -> None:
        """Choose the probe and begin the log."""
        settings = {"probe": self.count, "every": self.every}
        self._probe, self._optimizer = None, None
        self._steps, self._seconds, self._done = 0, 0.0, int(trainer.start_epoch)
        if self.count:
            seed = int(trainer.args.seed) if self.seed is None else self.seed
            self._probe = Probe(trainer, self.count, seed)
        if RANK not in {-1, 0}:
            return
        run = Path(trainer.save_dir)
        self._events = [EventKind.RESTART if self._done else EventKind.START]
        before = logs.supported_rows(logs.read(run))[: self._done]
        if before:
            cells = before[-1].line.split(b",")
            self._steps, self._seconds = int(cells[1]), float(cells[2])
        logs.go_back(run, self._done, repeats=False)
        folder.write_foreign_settings(run, vars(trainer.args), settings, facts(trainer, self._probe))
        self._log = GapWriter(run / logs.LOG)

    @watching
    def on_train_epoch_start(self, trainer: Any) -> None:
        """Begin an epoch, or begin it once more."""
        self._started, self._validated = time.monotonic(), False
        for name in self._shown:
            trainer.metrics.pop(name, None)
        self._shown = ()
        if trainer.optimizer is not self._optimizer:  # Ultralytics builds another one when memory ran out
            self._optimizer = trainer.optimizer
            self._optimizer.register_step_post_hook(self._count_step)

    @watching
    def on_val_end(self, _validator: Any) -> None:
        """Note that this epoch was validated."""
        self._validated = True

    @watching
    def on_fit_epoch_end(self, trainer: Any) -> None:
        """Score the probe and write the epoch down; the one more that Ultralytics ends after the last is none."""
        if self._started is None:
            return
        epoch = trainer.epoch + 1
        validated = self._everywhere(self._validated)
        val = measurement(trainer, trainer.validator) if validated else None
        due = epoch in {1, trainer.epochs} or epoch % self.every == 0 or trainer.stop
        probe = self._probe.measure(trainer) if self._probe and validated and due else None
        self._done = epoch
        self._seconds += time.monotonic() - self._started
        self._started = None
        if self._log is None:
            return
        record = self._record(trainer, val, probe)
        self._log.append(record)
        self._events = []
        self._show(trainer, record)

    @watching
    def on_train_end(self, _trainer: Any) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()

    @staticmethod
    def _everywhere(flag: bool) -> bool:
        """Return what the first of several processes says: callbacks of a validation run in that one only."""
        if RANK == -1:
            return flag
        word = [flag]
        distributed.broadcast_object_list(word, 0)
        return word[0]

    def _count_step(self, *_: Any) -> None:
        self._steps += 1

    def _record(self, trainer: Any, val: Measurement | None, probe: Measurement | None) -> EpochRecord:
        group = largest_group(trainer.optimizer)
        decayed, free = weight_norms(trainer.optimizer)
        if trainer.stop and trainer.epoch + 1 < trainer.epochs:
            self._events.append(EventKind.STOP)
        return EpochRecord(
            epoch=trainer.epoch + 1,
            step=self._steps,
            seconds=self._seconds,
            lr=float(group["lr"]),
            weight_decay=float(group["weight_decay"]),
            train_loss=math.fsum(float(item.sum()) for item in (trainer.tloss or {}).values()),
            probe_loss=probe.loss if probe else None,
            val_loss=val.loss if val else None,
            probe_score=probe.score if probe else None,
            val_score=val.score if val else None,
            norm_decayed=decayed,
            norm_free=free,
            events=tuple(self._events),
        )

    def _show(self, trainer: Any, record: EpochRecord) -> None:
        """Put the gap among the metrics for loggers, whose callbacks run later; it leaves before the next epoch."""
        names = ("probe_loss", "probe_score", "loss_gap", "score_gap")
        found = {PREFIX + name: getattr(record, name) for name in names if getattr(record, name) is not None}
        trainer.metrics.update(found)
        self._shown = tuple(found)


EVENTS = ("on_train_start", "on_train_epoch_start", "on_val_end", "on_fit_epoch_end", "on_train_end")
