"""Ultralytics' trainers with an honest measurement after each epoch.

One class per task, importable by name, so that `YOLO.train(trainer=...)` works with several GPUs too.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from ultralytics.models.yolo.classify import ClassificationTrainer
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.models.yolo.obb import OBBTrainer
from ultralytics.models.yolo.pose import PoseTrainer
from ultralytics.models.yolo.segment import SegmentationTrainer
from ultralytics.utils import LOCAL_RANK, LOGGER, RANK
from ultralytics.utils.patches import override_configs

from grokyolo.gap import EventKind
from grokyolo.gap.log import EpochRecord, GapWriter
from grokyolo.training import folder
from grokyolo.training.cadence import Cadence
from grokyolo.training.grokfast import Grokfast
from grokyolo.training.probe import SCORES, Measurement, Narrow, Probe, build_unsorted, measurement
from grokyolo.training.weights import largest_group, weight_norms

ON_RECORD = "on_grokyolo_record"
"""Callback event: a row of gap.csv has been written; `trainer.record` holds it."""


class Measured:
    """Mixin over a `BaseTrainer`: measures the probe beside validation and writes gap.csv.

    It reads its settings from grokyolo.yaml in the run folder, since with several GPUs Ultralytics starts
    new processes that get nothing but train arguments.

    Attributes:
        record: the last row written, None before the first.
        steps: optimizer steps so far.
    """

    record: EpochRecord | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.steps = 0
        self._narrow: Narrow | None = None
        self._pending: list[EventKind] = []
        super().__init__(*args, **kwargs)

    # Set-up ---------------------------------------------------------------------------------------------------

    def _setup_train(self) -> None:
        super()._setup_train()
        settings = folder.read_settings(Path(self.save_dir))
        gap, seed = settings["gap"], int(self.args.seed)
        self.cadence = Cadence(int(gap["every"]), gap["budget"])
        self.probe = Probe(self, int(gap["probe"]), seed) if gap["probe"] else None
        self.grokfast = Grokfast.from_settings(settings.get("accelerate"))
        self._val: Measurement | None = None
        self._probe: Measurement | None = None
        self._seconds_before = 0.0
        self._started = self._epoch_started = time.monotonic()
        self._measuring_seconds = 0.0
        if RANK in {-1, 0}:
            self.gap_log = GapWriter(Path(self.save_dir) / "gap.csv")
            self._pending.append(EventKind.START)
            folder.add_facts(Path(self.save_dir), self._facts())

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

    def build_dataset(self, img_path: Any, mode: str = "train", batch: int | None = None) -> Any:
        """Build a data set as Ultralytics does; for the probe, narrowed to its images."""
        if self._narrow is None:
            return super().build_dataset(img_path, mode, batch)
        if self.args.task == "classify":
            with override_configs(self.args, {"cache": False, "fraction": 1.0}):
                dataset = super().build_dataset(img_path, mode, batch)
        else:
            dataset = build_unsorted(self, img_path, batch)
        self._narrow(dataset)
        return dataset

    def get_dataloader(self, dataset_path: Any, batch_size: int = 16, rank: int = 0, mode: str = "train") -> Any:
        """Build a loader as Ultralytics does, remembering validation's batch size for the probe."""
        if mode == "val":
            self._val_batch = batch_size
        return super().get_dataloader(dataset_path, batch_size, rank, mode)

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
        if not (self.cadence.due(self.epoch + 1, self.epochs) or self.stop):
            return dict.fromkeys(self.metrics, math.nan), None
        metrics, fitness = super().validate()
        self._val = measurement(self.validator)
        if self.probe is not None:
            started = time.monotonic()
            self._probe = self.probe.measure(self)
            self._measuring_seconds = time.monotonic() - started
        return metrics, fitness

    def save_metrics(self, metrics: dict[str, float]) -> None:
        """Write the epoch's row; Ultralytics calls this once for each epoch that counts."""
        super().save_metrics(metrics)
        now = time.monotonic()
        self.record = self._record(now)
        self.gap_log.append(self.record)
        self._pending.clear()
        self._keep_within_budget(now - self._epoch_started - self._measuring_seconds)
        self._epoch_started = now
        self.run_callbacks(ON_RECORD)

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
            train_loss=math.fsum(float(item.sum()) for item in self.tloss.values()),
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
