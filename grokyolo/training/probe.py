"""The probe: training images scored exactly as validation images are."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import torch
from torch import distributed
from ultralytics.data.base import BaseDataset
from ultralytics.utils import LOCAL_RANK, RANK
from ultralytics.utils.patches import override_configs

from grokyolo.training import determinism

SCORES = {
    "detect": ("metrics/mAP50-95(B)", "mAP50-95"),
    "segment": ("metrics/mAP50-95(M)", "mAP50-95(M)"),
    "pose": ("metrics/mAP50-95(P)", "mAP50-95(P)"),
    "obb": ("metrics/mAP50-95(B)", "mAP50-95"),
    "classify": ("metrics/accuracy_top1", "top1"),
    "semantic": ("metrics/mIoU", "mIoU"),
    "depth": ("metrics/delta1", "delta1"),
}
"""Task: the validator's key of the headline metric, and its name in grokyolo.yaml."""
PER_IMAGE = ("im_files", "labels", "label_files", "npy_files", "ims", "im_hw0", "im_hw", "mask_files", "depth_files")
"""Lists of a data set of Ultralytics that have an entry for each image, whichever of them it has."""


@dataclass(frozen=True)
class Measurement:
    """One pass of a validator: the loss summed over its items, and the score in [0, 1].

    The score is None where no image has a label: Ultralytics then says 0, which nobody measured.
    """

    loss: float
    score: float | None


def measurement(trainer: Any, validator: Any) -> Measurement | None:
    """Read the unrounded loss and score of the pass that `validator` has just finished.

    `BaseValidator.__call__` rounds both to 5 decimals in what it returns, which would put a floor under
    small losses. Of several processes each has seen its share of the images; the mean of their losses is taken, as
    there.

    Returns:
        None in all but the first of several processes, which has gathered what the scores are computed from.
    """
    batches = max(len(validator.dataloader), 1)
    loss = mean_over_processes(
        math.fsum(float(item.sum()) for item in validator.loss.values()) / batches, trainer.device
    )
    if RANK not in {-1, 0}:
        return None
    key, _ = SCORES[validator.args.task]
    labels = getattr(validator.metrics, "nt_per_class", None)  # a classifier has none: each image is its label
    unlabelled = labels is not None and not labels.sum()
    return Measurement(loss, None if unlabelled else float(validator.metrics.results_dict[key]))


def mean_over_processes(value: float, device: torch.device) -> float:
    """Return the mean of a number over all processes of a training."""
    if RANK == -1:
        return value
    word = torch.tensor(value, dtype=torch.float64, device=device)
    distributed.all_reduce(word)
    return float(word) / distributed.get_world_size()


@contextmanager
def as_it_is(model: Any) -> Iterator[None]:
    """Spare a model, single precision and in evaluation mode already, from being walked through to make it so.

    `BaseValidator.__call__` does that before each pass; with many small modules it takes as long as the images.
    """
    model.float = model.eval = lambda: model
    try:
        yield
    finally:
        del model.float, model.eval


class Probe:
    """A fixed, seeded subset of the training images with a validator of its own.

    Attributes:
        images: how many images are scored.
    """

    def __init__(self, trainer: Any, count: int, seed: int) -> None:
        """Build the probe for a trainer that is set up; leaves the random states as they were.

        Args:
            trainer: of any task and model of Ultralytics, after `_setup_train`.
            count: how many images; all training images when there are fewer.
            seed: chooses the images.
        """
        with determinism.same_random_states():
            files = training_files(trainer.train_loader.dataset)
            chosen = frozenset(random.Random(seed).sample(sorted(files), min(count, len(files))))
            loader = probe_loader(trainer, chosen)
            self.validator = trainer.get_validator()
        self.validator.dataloader = loader
        self.validator.callbacks = defaultdict(list)  # loggers must not see a second validation
        self.validator.args.plots = self.validator.args.save_json = self.validator.args.save_txt = False
        self.images = len(chosen)

    def measure(self, trainer: Any) -> Measurement | None:
        """Score the probe with the EMA weights of `trainer`; its training goes on as if nothing happened.

        Returns:
            As `measurement`.
        """
        with determinism.same_random_states():
            self.validator(trainer)
        return measurement(trainer, self.validator)


def facts(trainer: Any, probe: Probe | None) -> dict[str, Any]:
    """Return what grokyolo.yaml says of a training once its data is loaded."""
    return {
        "device": str(trainer.device),
        "task": trainer.args.task,
        "score_name": SCORES[trainer.args.task][1],
        "train_images": len(trainer.train_loader.dataset),
        "probe_images": probe.images if probe else 0,
        "val_images": len(trainer.test_loader.dataset),
        "batches_per_epoch": len(trainer.train_loader),
    }


def training_files(dataset: Any) -> list[str]:
    """Return the image files that a training data set really uses (after `fraction` and broken images)."""
    if hasattr(dataset, "samples"):
        return [str(sample[0]) for sample in dataset.samples]
    return [str(label["im_file"]) for label in dataset.labels]


def probe_loader(trainer: Any, files: frozenset[str]) -> Any:
    """Return a validation loader of the trainer's own, over some of its training images.

    Args:
        trainer: set up.
        files: the images.
    """
    build, loss_names = trainer.build_dataset, trainer.loss_names

    def narrowed(*args: Any, **kwargs: Any) -> Any:
        with override_configs(trainer.args, {"cache": False, "fraction": 1.0}), _ungrouped():
            dataset = build(*args, **kwargs)
        keep_files(dataset, files, trainer.args.cache)
        return dataset

    trainer.build_dataset = narrowed
    try:
        return trainer.get_dataloader(trainer.data["train"], trainer.test_loader.batch_size, LOCAL_RANK, "val")
    finally:
        del trainer.build_dataset
        trainer.loss_names = loss_names


@contextmanager
def _ungrouped() -> Iterator[None]:
    """Build data sets without grouping them by shape, which forgets the shapes: a subset must be taken before."""
    with patch.object(BaseDataset, "set_rectangle", lambda _dataset: None):
        yield


def keep_files(dataset: Any, files: frozenset[str], cache: Any) -> None:
    """Narrow a data set in validation mode to `files`, then group and cache it as Ultralytics does."""
    in_memory = cache is True or str(cache).lower() == "ram"
    if hasattr(dataset, "samples"):
        dataset.samples = [sample for sample in dataset.samples if str(sample[0]) in files]
        dataset.cache_ram = in_memory
        if in_memory:
            dataset.cache_images()
        return
    kept = [i for i, label in enumerate(dataset.labels) if str(label["im_file"]) in files]
    for name in PER_IMAGE:
        if len(getattr(dataset, name, ())) == dataset.ni:
            setattr(dataset, name, [getattr(dataset, name)[i] for i in kept])
    dataset.ni = len(kept)
    if dataset.rect:
        dataset.set_rectangle()
    dataset.npy_files = [type(dataset.npy_files[0])(f).with_suffix(".npy") for f in dataset.im_files]
    if in_memory:
        dataset.cache = "ram"
        if dataset.check_cache_ram():
            dataset.cache_images()
