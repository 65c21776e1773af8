"""The probe: training images scored exactly as validation images are."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ultralytics.data.build import build_yolo_dataset
from ultralytics.utils import RANK
from ultralytics.utils.patches import override_configs
from ultralytics.utils.torch_utils import unwrap_model

from grokyolo.training import randomness

SCORES = {
    "detect": ("metrics/mAP50-95(B)", "mAP50-95"),
    "segment": ("metrics/mAP50-95(M)", "mAP50-95(M)"),
    "pose": ("metrics/mAP50-95(P)", "mAP50-95(P)"),
    "obb": ("metrics/mAP50-95(B)", "mAP50-95"),
    "classify": ("metrics/accuracy_top1", "top1"),
}
"""Task: the validator's key of the headline metric, and its name in grokyolo.yaml."""


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
    loss = trainer.mean(math.fsum(float(item.sum()) for item in validator.loss.values()) / batches)
    if RANK not in {-1, 0}:
        return None
    key, _ = SCORES[validator.args.task]
    labels = getattr(validator.metrics, "nt_per_class", None)  # a classifier has none: each image is its label
    unlabelled = labels is not None and not labels.sum()
    return Measurement(loss, None if unlabelled else float(validator.metrics.results_dict[key]))


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
            trainer: a grokyolo trainer after `_setup_train`.
            count: how many images; all training images when there are fewer.
            seed: chooses the images.
        """
        with randomness.kept():
            files = training_files(trainer.train_loader.dataset)
            chosen = frozenset(random.Random(seed).sample(sorted(files), min(count, len(files))))
            loader = trainer.probe_loader(lambda dataset: keep_files(dataset, chosen, trainer.args.cache))
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
        with randomness.kept():
            self.validator(trainer)
        return measurement(trainer, self.validator)


def training_files(dataset: Any) -> list[str]:
    """Return the image files that a training data set really uses (after `fraction` and broken images)."""
    if hasattr(dataset, "samples"):
        return [str(sample[0]) for sample in dataset.samples]
    return [str(label["im_file"]) for label in dataset.labels]


def build_unsorted(trainer: Any, path: str, batch: int) -> Any:
    """Build a detection-like data set in validation mode, not yet grouped into rectangular batches.

    `YOLODataset` forgets the image shapes when it groups, so a subset must be taken before. Images are not
    cached yet: only the subset shall be.
    """
    stride = max(int(unwrap_model(trainer.model).stride.max()), 32)
    with override_configs(trainer.args, {"cache": False, "rect": False, "fraction": 1.0}) as args:
        return build_yolo_dataset(args, path, batch, trainer.data, mode="val", rect=False, stride=stride)


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
    for name in ("im_files", "labels", "npy_files", "ims", "im_hw0", "im_hw"):
        setattr(dataset, name, _pick(getattr(dataset, name), kept))
    dataset.ni = len(kept)
    dataset.rect = True
    dataset.set_rectangle()
    dataset.npy_files = [type(dataset.npy_files[0])(f).with_suffix(".npy") for f in dataset.im_files]
    if in_memory:
        dataset.cache = "ram"
        if dataset.check_cache_ram():
            dataset.cache_images()


def _pick(items: Sequence[Any], kept: Sequence[int]) -> list[Any]:
    return [items[i] for i in kept]


Narrow = Callable[[Any], None]
