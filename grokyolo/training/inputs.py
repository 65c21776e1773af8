"""What a training depends on beside its own state: data, recipe, architecture, code, machine.

And label caches that cannot be stale: Ultralytics keeps what it has read of labels in `labels/*.cache`, and believes
it as long as paths, sizes and times of the files are the same.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ultralytics.data import dataset as datasets
from ultralytics.utils.torch_utils import unwrap_model

from grokyolo.gap import EventKind
from grokyolo.run import digest, extension
from grokyolo.run.digest import ImageSet

OF_LABELS = ("kpt_shape", "flip_idx", "channels", "nc")
"""What a data set file says beside names and paths that a training depends on."""
UNKNOWN_DATA = "the data: the state is of an older version, which did not note what it was trained on"


@dataclass(frozen=True)
class Differences:
    """What is not as it was when a state was saved, in words.

    Attributes:
        data: of images, labels and classes.
        rest: of everything else that should be the same.
        recipe: key of the recipe to the event that its change is.
    """

    data: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    recipe: tuple[tuple[str, EventKind], ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the training goes on exactly, apart from what an extension was asked to change."""
        return not (self.data or self.rest or any(event is EventKind.RESTART for _, event in self.recipe))


def taken(trainer: Any) -> dict[str, Any]:
    """Return what a state keeps of all this."""
    return {
        "surroundings": surroundings(trainer),
        "recipe": extension.deciding(trainer.settings),
        "data": data_digest(trainer).to_dict(),
    }


def compared(before: dict[str, Any], now: dict[str, Any]) -> Differences:
    """Return what differs between two results of `taken`; a state that does not know of something is told so.

    Args:
        before: from the state.
        now: of the training that goes on.
    """
    known = before["surroundings"]
    rest = [
        f"{name}: {known[name]} before, {value} now"
        for name, value in now["surroundings"].items()
        if known.get(name, value) != value
    ]
    data: tuple[str, ...] = ()
    if "data" in before:
        data = digest.differences(digest.from_dict(before["data"]), digest.from_dict(now["data"]))
    else:
        rest.append(UNKNOWN_DATA)
    recipe = extension.difference(before["recipe"], now["recipe"]) if "recipe" in before else {}
    return Differences(data, tuple(rest), tuple(recipe.items()))


def surroundings(trainer: Any) -> dict[str, str]:
    """Return what must be the same for a bit-exact continuation and is neither data nor recipe."""
    device = torch.cuda.get_device_name(trainer.device) if trainer.device.type == "cuda" else str(trainer.device)
    architecture = hashlib.sha256(repr(unwrap_model(trainer.model)).encode()).hexdigest()
    return {
        "grokyolo": version("grokyolo"),
        "ultralytics": version("ultralytics"),
        "torch": version("torch"),
        "device": device,
        "machine": platform.machine(),
        "threads": str(torch.get_num_threads()),
        "batch": str(trainer.batch_size),
        "processes": str(max(trainer.world_size, 1)),
        "loader workers": "some" if trainer.train_loader.num_workers else "none",
        "architecture": architecture[:16],
    }


# Data ---------------------------------------------------------------------------------------------------------------


def data_digest(trainer: Any) -> digest.DataDigest:
    """Return the digest of what a trainer trains and validates on."""
    says = {key: trainer.data.get(key) for key in OF_LABELS}
    return digest.DataDigest(
        classes=digest.text_digest([repr(dict(trainer.data["names"])).encode(), repr(says).encode()]),
        train=digest.split_digest(image_set(trainer.train_loader.dataset)),
        val=digest.split_digest(image_set(trainer.test_loader.dataset)),
    )


def image_set(dataset: Any) -> ImageSet:
    """Return the files and labels of a data set of Ultralytics, of any task."""
    if hasattr(dataset, "samples"):  # of a classifier: path, class, and places for caches
        return ImageSet([str(sample[0]) for sample in dataset.samples], (b"%d" % s[1] for s in dataset.samples))
    others = [*getattr(dataset, "mask_files", ()), *getattr(dataset, "depth_files", ())]
    return ImageSet([str(file) for file in (*dataset.im_files, *others)], map(_label, dataset.labels))


def _label(label: dict[str, Any]) -> bytes:
    """Return the bytes of what is known of one image: classes, boxes, outlines, key points."""
    arrays: list[Any] = [label.get("cls"), label.get("bboxes"), *label.get("segments", ()), label.get("keypoints")]
    return b"|".join(b"" if array is None else np.asarray(array).tobytes() for array in arrays)


@contextmanager
def labels_as_they_are() -> Iterator[None]:
    """Let Ultralytics believe a label cache only where the content of the labels is what it was made from."""
    by_file = datasets.get_hash

    def by_content(paths: Sequence[str]) -> str:
        labels = (Path(path) for path in paths if str(path).endswith((".txt", ".json")))
        return digest.text_digest([by_file(list(paths)).encode(), *map(_content, labels)])

    datasets.get_hash = by_content
    try:
        yield
    finally:
        datasets.get_hash = by_file


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
