"""Ultralytics' trainers with an honest measurement after each epoch.

One class per task, importable by name, so that `YOLO.train(trainer=...)` works with several GPUs too.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from ultralytics.models.yolo.classify import ClassificationTrainer
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.models.yolo.obb import OBBTrainer
from ultralytics.models.yolo.pose import PoseTrainer
from ultralytics.models.yolo.segment import SegmentationTrainer
from ultralytics.utils import LOCAL_RANK, LOGGER, RANK
from ultralytics.utils.patches import override_configs

from grokyolo.errors import GrokyoloError
from grokyolo.gap import EventKind
from grokyolo.gap.log import EpochRecord, GapWriter
from grokyolo.gap.remarks import append_remark
from grokyolo.recipe import seconds
from grokyolo.recipe.inputs import KEPT_BYTES
from grokyolo.training import folder, loggers, order, results, stability
from grokyolo.training.cadence import Cadence
from grokyolo.training.durable import Durable
from grokyolo.training.figures import Figures, Standing
from grokyolo.training.fused import Fused
from grokyolo.training.grokfast import Grokfast
from grokyolo.training.intervals import ErrorBars
from grokyolo.training.prepared import PreparedBatches, prepare_training
from grokyolo.training.probe import SCORES, Measurement, Narrow, Probe, as_it_is, build_unsorted, measurement
from grokyolo.training.weights import largest_group, step_all_at_once, weight_norms

ON_RECORD = "on_grokyolo_record"
"""Callback event: a row of gap.csv has been written; `trainer.record` holds it."""


class Measured(Durable):
    """Mixin over a `BaseTrainer`: measures the probe beside validation and writes gap.csv.

    It reads its settings from grokyolo.yaml in the run folder, since with several GPUs Ultralytics starts
    new processes that get nothing but train arguments.

    Attributes:
        record: the last row written, None before the first.
        figures: what others may show of that row's epoch.
        steps: optimizer steps so far.
    """

    record: EpochRecord | None = None
    figures: Figures | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.steps = 0
        self._narrow: Narrow | None = None
        self._pending: list[EventKind] = []
        self._records: deque[EpochRecord] = deque()
        self._result_lines = b""
        self._remarked: set[stability.Trouble] = set()
        super().__init__(*args, **kwargs)

    # Set-up ---------------------------------------------------------------------------------------------------

    def _setup_train(self) -> None:
        settings = folder.read_settings(Path(self.save_dir))
        with self._layout():
            super()._setup_train()
        gap, seed = settings["gap"], int(self.args.seed)
        self.cadence = Cadence(int(gap["every"]), gap["budget"])
        self.probe = Probe(self, int(gap["probe"]), seed) if gap["probe"] else None
        self.fused = Fused(self.ema.ema, self.device)
        self.error_bars = ErrorBars(Path(self.save_dir), seed, on=RANK == -1)
        self.grokfast = Grokfast.from_settings(settings.get("accelerate"))
        self.save_every, self.keep = (
            seconds(settings["checkpoint"]["every"]),
            int(settings["checkpoint"]["keep"]),
        )
        self._val: Measurement | None = None
        self._probe: Measurement | None = None
        self._measuring_seconds = 0.0
        if RANK in {-1, 0}:
            self.gap_log = GapWriter(Path(self.save_dir) / "gap.csv")
            self.standing = Standing(Path(self.save_dir), LOGGER.warning)
            folder.add_facts(Path(self.save_dir), self._facts())

    @contextmanager
    def _layout(self) -> Iterator[None]:
        """Let the model be set up with the memory layout of `channels_last`, on a CPU too.

        Ultralytics keeps that to GPUs; on x86 oneDNN trains small convolutions a tenth to a fifth faster so.
        """
        wanted = self.args.channels_last
        self._nhwc = bool(wanted) and self.device.type == "cpu"
        if self._nhwc:
            self.args.channels_last = None  # else Ultralytics says that it ignores it
        yield
        self.args.channels_last = wanted

    def set_model_attributes(self) -> None:
        """Attach what the data set says to the model, as Ultralytics does, before the optimizer is built."""
        if self._nhwc:
            self.model = self.model.to(memory_format=torch.channels_last)
        super().set_model_attributes()

    def placed(self, saved: dict[str, Any] | None) -> None:
        """Go on counting where the state left off, and forget the rows that it does not know."""
        self._seconds_before = 0.0
        self._pending = [EventKind.START]
        if saved is not None and self.place is not None:
            counts = saved["measured"]
            self.steps, self._seconds_before = counts["steps"], counts["seconds"]
            self.cadence.every = max(self.cadence.every, counts["every"])
            if self.grokfast is not None:
                self.grokfast.slow = {name: slow.to(self.device) for name, slow in counts["slow"].items()}
            exact = not self.place.differences
            self._pending = [EventKind.RESUME if exact else EventKind.RESTART]
            for difference in self.place.differences:
                LOGGER.warning(f"not an exact resume: {difference}")
            for change in folder.read_changes(Path(self.save_dir)):
                self._pending += change.events if change.epoch > self.place.epoch else ()
        self._started = self._epoch_started = time.monotonic()
        self.train_time_start -= self._seconds_before
        if RANK in {-1, 0}:
            epoch = self.place.epoch if self.place else 0
            self.gap_log.truncate_after(epoch)
            self.error_bars.go_on_after(epoch)
            results.truncate_after(Path(self.csv), epoch)

    def state_to_save(self) -> dict[str, Any]:
        """Return the full state with what only the measuring knows."""
        counts = {
            "steps": self.steps,
            "seconds": self.record.seconds if self.record else self._seconds_before,
            "every": self.cadence.every,
            "slow": self.grokfast.slow if self.grokfast else {},
        }
        return {**super().state_to_save(), "measured": counts}

    def _facts(self) -> dict[str, Any]:
        return {
            "device": str(self.device),
            "task": self.args.task,
            "score_name": SCORES[self.args.task][1],
            "train_images": len(self.train_loader.dataset),
            "probe_images": self.probe.images if self.probe else 0,
            "val_images": len(self.test_loader.dataset),
            "batches_per_epoch": len(self.train_loader),
        }

    def _build_train_pipeline(self) -> None:
        if self.optimizer is not None:  # Ultralytics builds it anew only after running out of memory
            self._pending.append(EventKind.RETRY)
        super()._build_train_pipeline()
        if self.device.type == "cpu":
            step_all_at_once(self.optimizer)

    def build_dataset(self, img_path: Any, mode: str = "train", batch: int | None = None) -> Any:
        """Build a data set as Ultralytics does; for the probe, narrowed to its images."""
        if self._narrow is None:
            return super().build_dataset(img_path, mode, batch)
        if self.args.task == "classify":
            with override_configs(self.args, {"cache": False, "fraction": 1.0}):
                dataset = super().build_dataset(img_path, mode, batch)
        else:
            dataset = build_unsorted(self, img_path, self._val_batch)
        self._narrow(dataset)
        return dataset

    def get_dataloader(self, dataset_path: Any, batch_size: int = 16, rank: int = 0, mode: str = "train") -> Any:
        """Build a loader as Ultralytics does, with inputs prepared once where they do not change."""
        loader = super().get_dataloader(dataset_path, batch_size, rank, mode)
        if mode == "val":
            self._val_batch = batch_size  # for the probe
        if RANK != -1:
            return loader
        if mode == "train":
            return prepare_training(loader, self.args, self.device, KEPT_BYTES)
        if self.args.task == "classify":
            order.in_sequence(loader)
        return PreparedBatches(loader, self.device, KEPT_BYTES)

    def probe_loader(self, narrow: Narrow) -> Any:
        """Return a validation loader over the training images that `narrow` keeps."""
        self._narrow = narrow
        try:
            return self.get_dataloader(self.data["train"], self._val_batch, LOCAL_RANK, "val")
        finally:
            self._narrow = None

    # One epoch ------------------------------------------------------------------------------------------------

    def optimizer_step(self) -> None:
        """Step as Ultralytics does, counted, with filtered gradients where the recipe asks for it."""
        if self.grokfast is not None:
            self.grokfast.filter(self.model, self.scaler.get_scale())
        super().optimizer_step()
        self.steps += 1

    def validate(self) -> tuple[dict[str, float] | None, float | None]:
        """Validate and score the probe in the epochs that are due; NaN metrics in the others."""
        self._val = self._probe = None
        self._measuring_seconds = 0.0
        self.cadence.every = self.shared(self.cadence.every)
        if not (self.cadence.due(self.epoch + 1, self.epochs) or self.stop):
            return dict.fromkeys(self.metrics or (), math.nan), None
        probe = self.probe.validator if self.probe else None
        with self.fused.measuring(), as_it_is(self.ema.ema), self.error_bars.listening(self.validator, probe):
            metrics, fitness = super().validate()
            self._val = measurement(self.validator) if RANK in {-1, 0} else None
            if self.probe is not None:
                started = time.monotonic()
                self._probe = self.probe.measure(self)
                self._measuring_seconds = time.monotonic() - started
        return metrics, fitness

    def save_metrics(self, metrics: dict[str, float]) -> None:
        """Log the epoch; Ultralytics calls this once for each epoch that counts."""
        now = time.monotonic()
        self.record = self._record(now)
        header = not (self._result_lines or self.csv.exists())
        self._result_lines += results.row(self.epoch + 1, time.time() - self.train_time_start, metrics, header=header)
        self._records.append(self.record)
        self.flush_logs()
        self._pending.clear()
        self._keep_within_budget(now - self._epoch_started - self._measuring_seconds)
        self._epoch_started = now
        last = self.stop or self.epoch + 1 >= self.epochs
        self.figures = self.standing.after(self.record, saved_epoch=self._saved_epoch, last=last)
        self.run_callbacks(ON_RECORD)

    def run_callbacks(self, event: str) -> None:
        """Run callbacks as Ultralytics does; those at the end of an epoch meet grokyolo's figures too."""
        with loggers.shown(self, event):
            super().run_callbacks(event)

    def _finish_epoch(self) -> None:
        super()._finish_epoch()
        self._epoch_started += self.error_bars.write(self.epoch + 1, last=self.stop)  # no time of the epoch's

    def flush_logs(self) -> bool:
        """Append what is not yet in gap.csv and results.csv; while the disk is full it waits in memory.

        Raises:
            GrokyoloError: the run folder is gone.
        """
        if not self.gap_log.path.exists():
            raise GrokyoloError("the run folder was moved or removed while it was written", where=str(self.save_dir))
        try:
            while self._records:
                self.gap_log.append(self._records[0])
                self._records.popleft()
            if self._result_lines:
                results.append(Path(self.csv), self._result_lines)
                self._result_lines = b""
        except OSError as error:
            LOGGER.warning(f"cannot write the logs: {error.strerror or error}; they wait in memory, training goes on")
            return False
        return True

    def saved(self) -> None:
        """Remark on numerical trouble, each kind once."""
        for trouble, text in stability.remarks(self.scaler, self.ema.ema.state_dict().values()).items():
            if trouble not in self._remarked:
                self._remarked.add(trouble)
                LOGGER.warning(text)
                append_remark(Path(self.save_dir), self.epoch + 1, text)

    def _record(self, now: float) -> EpochRecord:
        group = largest_group(self.optimizer)
        decayed, free = weight_norms(self.optimizer)
        if self.stop and self.epoch + 1 < self.epochs:
            self._pending.append(EventKind.STOP)
        val, probe = self._val, self._probe
        return EpochRecord(
            epoch=self.epoch + 1,
            step=self.steps,
            seconds=self._seconds_before + now - self._started,
            lr=float(group["lr"]),
            weight_decay=float(group["weight_decay"]),
            train_loss=self.mean_loss(),
            probe_loss=probe.loss if probe else None,
            val_loss=val.loss if val else None,
            probe_score=probe.score if probe else None,
            val_score=val.score if val else None,
            norm_decayed=decayed,
            norm_free=free,
            events=tuple(dict.fromkeys(self._pending)),
        )

    def _keep_within_budget(self, epoch_seconds: float) -> None:
        if self._probe is None:
            return
        if self.cadence.spent(self._measuring_seconds, epoch_seconds):
            LOGGER.warning(
                f"measuring every {self.cadence.every} epochs from epoch {self.epoch + 1} on: the probe took more "
                f"than gap.budget={self.cadence.budget:g} of the time (gap.budget=null keeps the cadence)"
            )

    def _handle_nan_recovery(self, epoch: int) -> bool:
        recovered = bool(super()._handle_nan_recovery(epoch))
        if recovered:
            self._pending.append(EventKind.RECOVER)
        return recovered

    def _close_dataloader_mosaic(self) -> None:
        super()._close_dataloader_mosaic()
        if self.args.mosaic > 0 and self.args.task != "classify":
            self._pending.append(EventKind.MOSAIC_CLOSED)


class DetectTrainer(Measured, DetectionTrainer):
    """Detection, measured."""


class SegmentTrainer(Measured, SegmentationTrainer):
    """Segmentation, measured."""


class PoseTrainerMeasured(Measured, PoseTrainer):
    """Pose estimation, measured."""


class OrientedTrainer(Measured, OBBTrainer):
    """Oriented boxes, measured."""


class ClassifyTrainer(Measured, ClassificationTrainer):
    """Classification, measured."""


TRAINERS: dict[str, type[Measured]] = {
    "detect": DetectTrainer,
    "segment": SegmentTrainer,
    "pose": PoseTrainerMeasured,
    "obb": OrientedTrainer,
    "classify": ClassifyTrainer,
}
