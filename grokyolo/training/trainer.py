"""Ultralytics' trainers with an honest measurement after each epoch.

One class per task, importable by name, so that `YOLO.train(trainer=...)` works with several GPUs too. From the bottom
up they are made of: `engine` (the loop), `durable` (states and stops), `layout`, `loading` (images), `recording`
(logs), `stepping` (gradients) and `measuring` (validation and probe).
"""

from __future__ import annotations

from ultralytics.models.yolo.classify import ClassificationTrainer
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.models.yolo.obb import OBBTrainer
from ultralytics.models.yolo.pose import PoseTrainer
from ultralytics.models.yolo.segment import SegmentationTrainer

from grokyolo.training.measuring import Measured
from grokyolo.training.recording import ON_RECORD
from grokyolo.training.several import Several

__all__ = [
    "ON_RECORD",
    "TRAINERS",
    "ClassifyTrainer",
    "DetectTrainer",
    "Measured",
    "OrientedTrainer",
    "PoseTrainerMeasured",
    "SegmentTrainer",
]


class DetectTrainer(Several, DetectionTrainer):
    """Detection, measured."""


class SegmentTrainer(Several, SegmentationTrainer):
    """Segmentation, measured."""


class PoseTrainerMeasured(Several, PoseTrainer):
    """Pose estimation, measured."""


class OrientedTrainer(Several, OBBTrainer):
    """Oriented boxes, measured."""


class ClassifyTrainer(Several, ClassificationTrainer):
    """Classification, measured."""


TRAINERS: dict[str, type[Several]] = {
    "detect": DetectTrainer,
    "segment": SegmentTrainer,
    "pose": PoseTrainerMeasured,
    "obb": OrientedTrainer,
    "classify": ClassifyTrainer,
}
