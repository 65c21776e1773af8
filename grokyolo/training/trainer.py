"""Ultralytics' trainers with an honest measurement after each epoch.

One class per task, importable by name, so that `YOLO.train(trainer=...)` works with several GPUs too. From the bottom
up they are made of: `engine` (the loop), `durable` (states and stops), `layout`, `loading` (images), `recording`
(logs), `stepping` (gradients) and `measuring` (validation and probe).
"""

from __future__ import annotations

from ultralytics.models.yolo.classify import ClassificationTrainer
from ultralytics.models.yolo.depth import DepthTrainer
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.models.yolo.obb import OBBTrainer
from ultralytics.models.yolo.pose import PoseTrainer
from ultralytics.models.yolo.segment import SegmentationTrainer
from ultralytics.models.yolo.semantic import SemanticSegmentationTrainer

from grokyolo.training.measuring import Measured
from grokyolo.training.recording import ON_RECORD
from grokyolo.training.several import Several

__all__ = [
    "ON_RECORD",
    "TRAINERS",
    "ClassifyTrainer",
    "DepthTrainerMeasured",
    "DetectTrainer",
    "Measured",
    "OrientedTrainer",
    "PoseTrainerMeasured",
    "SegmentTrainer",
    "SemanticTrainer",
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


class SemanticTrainer(Several, SemanticSegmentationTrainer):
    """Semantic segmentation, measured."""


class DepthTrainerMeasured(Several, DepthTrainer):
    """Depth estimation, measured."""


TRAINERS: dict[str, type[Several]] = {
    "detect": DetectTrainer,
    "segment": SegmentTrainer,
    "pose": PoseTrainerMeasured,
    "obb": OrientedTrainer,
    "classify": ClassifyTrainer,
    "semantic": SemanticTrainer,
    "depth": DepthTrainerMeasured,
}
