"""The data set in numbers: images, objects of each class, what is broken, and what is in both splits."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from grokyolo.plan.images import NO_END, Labels, Rules, Twins, fault_of, find_twins, label_file, read_labels
from grokyolo.plan.locating import Located, locate
from grokyolo.plan.settings import TrainSettings
from grokyolo.recipe import BuiltinData
from grokyolo.recipe.models import label_of, split_pairs
from grokyolo.recipe.train_arguments import default_of

if TYPE_CHECKING:
    from grokyolo.recipe import BuiltinData, Recipe

NAMED = 5
"""How many files are named where many have the same fault."""


@dataclass(frozen=True)
class Limits:
    """How many files are looked into; larger sets are sampled, always the same files.

    Attributes:
        images: images opened in each split.
        labels: label files read in each split.
        twins: validation images compared with the training images.
    """

    images: int = 1000
    labels: int = 5000
    twins: int = 2000


BRIEF = Limits(images=100, labels=500, twins=200)
"""For the start of a training: well below a second."""


@dataclass(frozen=True)
class Fault:
    """A file that cannot be used as it is.

    Attributes:
        file: which one.
        what: what is wrong with it.
    """

    file: str
    what: str


MAPS = {"semantic": "", "depth": "depth"}
"""Tasks whose labels are a picture for each image: the folder beside `images`; empty where the data set names it."""


@dataclass(frozen=True)
class Split:
    """One split of a data set.

    Attributes:
        images: images that are used: after `fraction`, without broken ones as far as they were found.
        images_checked, labels_checked: how many were looked into.
        objects: objects of each class in the labels that were read; images, for a classifier.
        per_image: objects of each class in each image that was read.
        background: images that were read and have no object.
        unlabelled: those of them that have no label file at all.
        boxes: images that were read whose objects have boxes, and no outlines or turned boxes.
        labels_at: where Ultralytics looks for the label file of the first unlabelled image.
        stray: the label file that lies beside that image instead; empty for none.
        foreign: images left out since their class folder is not among those to train on.
        broken_images, broken_labels: files that Ultralytics leaves out or rewrites, among those looked into.
    """

    images: int
    images_checked: int = 0
    labels_checked: int = 0
    objects: Counter[int] = field(default_factory=Counter)
    per_image: tuple[Counter[int], ...] = ()
    background: int = 0
    unlabelled: int = 0
    boxes: int = 0
    labels_at: str = ""
    stray: str = ""
    foreign: int = 0
    broken_images: tuple[Fault, ...] = ()
    broken_labels: tuple[Fault, ...] = ()

    @property
    def sampled(self) -> bool:
        """Whether some labels or images were not looked into."""
        return min(self.images_checked, self.labels_checked) < self.images

    @property
    def labels_sampled(self) -> bool:
        """Whether some labels were not read."""
        return self.labels_checked < self.images


@dataclass(frozen=True)
class Data:
    """A data set in numbers.

    Attributes:
        name: as the recipe has it.
        train, val: the splits; None where the images are not here and nobody says how many there are.
        names: class names by number, None where they are unknown.
        twins: validation images that are training images too.
        missing: why the images cannot be looked at, empty when they can.
        wrong: what Ultralytics refuses in the data set file, empty when it takes it.
        remedy: what to do about what is missing or wrong.
        downloads: whether Ultralytics fetches them by itself.
        uncounted: whether they are here, but too many to be looked through.
        channels: of the images.
        keypoints: number of keypoints and numbers of each, for a pose.
        classify: whether each image has one class.
    """

    name: str
    train: Split | None
    val: Split | None
    names: dict[int, str] | None = None
    twins: Twins = field(default_factory=Twins)
    missing: str = ""
    wrong: str = ""
    remedy: str = ""
    downloads: bool = False
    uncounted: bool = False
    channels: int = 3
    keypoints: tuple[int, int] | None = None
    classify: bool = False

    @property
    def classes(self) -> int | None:
        """Number of classes."""
        return len(self.names) if self.names is not None else None

    @property
    def empty_classes(self) -> list[int]:
        """Classes without any object to train on; empty where not all labels were read."""
        if self.train is None or self.names is None or not self.train.objects or self.train.labels_sampled:
            return []
        return [number for number in sorted(self.names) if not self.train.objects[number]]

    @property
    def val_only_classes(self) -> list[int]:
        """Classes that validation has and training has not; empty where not all training labels were read."""
        if self.val is None:
            return []
        return [number for number in self.empty_classes if self.val.objects[number]]

    @property
    def image_worth(self) -> float | None:
        """Mean change of the validation score that one image makes."""
        return 1 / self.val.images if self.val is not None and self.val.images else None

    @property
    def largest_worth(self) -> float | None:
        """Largest such change: the objects of an image, each by its share of its class; None where labels are unread.

        Mean average precision weighs all classes alike, so one image with the only object of a class counts for
        much. Found or missed as a whole, it changes the recall of each of its classes by that share.
        """
        if self.classify:
            return self.image_worth
        if self.val is None or self.val.labels_sampled or not self.val.per_image:
            return None
        total = Counter({number: count for number, count in self.val.objects.items() if count})
        worths = (sum(n / total[c] for c, n in image.items()) / len(total) for image in self.val.per_image)
        return max(worths) if total else None


def read_data(recipe: Recipe, settings: TrainSettings, limits: Limits | None = None) -> Data:
    """Look at the data set of `recipe`; nothing is downloaded or changed.

    Args:
        recipe: resolved.
        settings: its train arguments.
        limits: how many files are looked into.
    """
    if isinstance(recipe.data, BuiltinData):
        return _builtin(recipe.data, int(recipe.train.get("seed", default_of("seed"))), settings)
    limits = limits or Limits()
    located = locate(recipe.data, settings.task, str(recipe.train.get("split", "val")))
    names = {0: "item"} if settings.single_cls and located.names is not None else located.names
    if not located.train or not located.val:
        return _absent(recipe.data, located, settings, names)
    train, val = (
        _taken(files, share, even=located.folders)
        for files, share in zip((located.train, located.val), settings.fraction, strict=True)
    )
    keypoints = located.keypoints if settings.task == "pose" else None
    rules = Rules(len(located.names or {}), keypoints[0] * keypoints[1] if keypoints else 0, settings.single_cls)
    return Data(
        name=recipe.data,
        train=_split(train, located, rules, settings, limits),
        val=_split(val, located, rules, settings, limits),
        names=names,
        twins=find_twins(train, _sample(val, limits.twins)),
        missing=located.missing,
        remedy=located.remedy,
        downloads=located.downloads,
        channels=located.channels,
        keypoints=keypoints,
        classify=settings.task == "classify",
    )


def _builtin(data: BuiltinData, seed: int, settings: TrainSettings) -> Data:
    def split(objects: Counter[int], share: float | int) -> Split:
        count = sum(objects.values())
        used = _count(count, share)
        if used < count:
            return Split(used)
        return Split(count, count, count, objects, tuple(Counter([c]) for c in objects.elements()))

    train, val = count_builtin(data, seed)
    names = {number: str(number) for number in range(data.modulus)}
    return Data(data.name, split(train, settings.fraction[0]), split(val, settings.fraction[1]), names, classify=True)


def _absent(name: str, located: Located, settings: TrainSettings, names: dict[int, str] | None) -> Data:
    train = val = None
    if located.stated:
        train, val = (
            Split(_count(count, share)) for count, share in zip(located.stated, settings.fraction, strict=True)
        )
    word = "validation" if located.train else "training"
    return Data(
        name,
        train,
        val,
        names,
        missing=located.missing or f"it has no {word} images",
        wrong=located.wrong,
        remedy=located.remedy or f"put images where its file says that those of {word} are",
        downloads=located.downloads,
        uncounted=located.uncounted,
        classify=settings.task == "classify",
    )


def _count(images: int, share: float | int) -> int:
    return min(images, share if isinstance(share, int) else max(1, round(images * share)))


def _taken(files: Sequence[str], share: float | int, *, even: bool) -> Sequence[str]:
    """Return what `fraction` leaves: evenly spaced images for a classifier, the first ones for other tasks."""
    count = _count(len(files), share)
    if count >= len(files):
        return files
    if not even:
        return files[:count]
    step = (len(files) - 1) / max(count - 1, 1)
    return [files[int(i * step)] for i in range(count)]


def _sample(files: Sequence[str], most: int) -> list[str]:
    """Return at most `most` of the files, the same ones each time."""
    return list(files) if len(files) <= most else sorted(random.Random(0).sample(files, most))


def _split(files: Sequence[str], located: Located, rules: Rules, settings: TrainSettings, limits: Limits) -> Split:
    opened = _sample(files, limits.images)
    broken = tuple(Fault(image, fault) for image in opened if (fault := fault_of(image)))
    if located.folders:
        return _folder_split(files, located, settings, broken, len(opened))
    if settings.task in MAPS:
        return _mapped_split(files, located, settings.task, broken, limits)
    read = {image: read_labels(label_file(image), rules) for image in _sample(files, limits.labels)}
    faults = tuple(Fault(str(label_file(image)), labels.fault) for image, labels in read.items() if labels.fault)
    bad = _lost(broken)
    alone = next((image for image, labels in read.items() if labels.missing), "")
    beside = Path(f"{alone.rpartition('.')[0]}.txt")
    sound = [_wanted(labels, settings) for image, labels in read.items() if not labels.fault and image not in bad]
    return Split(
        images=len(files) - len(bad | {image for image, labels in read.items() if labels.fault}),
        images_checked=len(opened),
        labels_checked=len(read),
        objects=sum((labels.objects for labels in sound), Counter()),
        per_image=tuple(labels.objects for labels in sound),
        background=sum(not labels.objects for labels in sound),
        unlabelled=sum(labels.missing for labels in sound),
        boxes=sum(bool(labels.objects) and not labels.outlines for labels in sound),
        labels_at=str(label_file(alone)) if alone else "",
        stray=str(beside) if alone and beside.is_file() else "",
        broken_images=broken,
        broken_labels=faults,
    )


def _mapped_split(
    files: Sequence[str], located: Located, task: str, broken: tuple[Fault, ...], limits: Limits
) -> Split:
    """Return a split whose labels are a picture for each image; whether they are there, not what they hold."""
    looked_at = _sample(files, limits.labels)
    without = [image for image in looked_at if not any(path.is_file() for path in map_files(image, task, located))]
    return Split(
        images=len(files) - len(_lost(broken)),
        images_checked=min(len(files), limits.images),
        labels_checked=len(looked_at),
        unlabelled=len(without),
        labels_at=str(next(map_files(without[0], task, located))) if without else "",
        broken_images=broken,
    )


def map_files(image: str, task: str, located: Located) -> Iterator[Path]:
    """Yield where Ultralytics looks for what belongs to an image, in its order."""
    parts = list(Path(image).parts)
    at = max((i for i, part in enumerate(parts) if part == "images"), default=None)
    beside = Path(*parts[:at], MAPS[task] or located.masks, *parts[at + 1 :]) if at is not None else Path(image)
    yield beside.with_suffix(".png")
    if task == "depth":
        yield beside.with_suffix(".npy")
    else:
        yield label_file(image)


def _lost(broken: Sequence[Fault]) -> set[str]:
    """Return the images that Ultralytics leaves out; those without an end mark it saves anew."""
    return {fault.file for fault in broken if fault.what != NO_END}


def _wanted(labels: Labels, settings: TrainSettings) -> Labels:
    if settings.classes is None:
        return labels
    return replace(labels, objects=Counter({c: n for c, n in labels.objects.items() if c in settings.classes}))


def _folder_split(
    files: Sequence[str], located: Located, settings: TrainSettings, broken: tuple[Fault, ...], opened: int
) -> Split:
    numbers = {name: number for number, name in (located.names or {}).items()}
    known = [0 if settings.single_cls else numbers.get(_folder(image, numbers), -1) for image in files]
    per_image = tuple(Counter([number]) for number in known if number >= 0)
    return Split(
        images=len(per_image) - len(_lost(broken)),
        images_checked=opened,
        labels_checked=len(files),
        objects=sum(per_image, Counter()),
        per_image=per_image,
        foreign=len(files) - len(per_image),
        broken_images=broken,
    )


def _folder(image: str, classes: dict[str, int]) -> str:
    """Return the class folder of an image, which may lie deeper."""
    return next((part for part in Path(image).parts[-2::-1] if part in classes), "")


def count_builtin(data: BuiltinData, train_seed: int) -> tuple[Counter[int], Counter[int]]:
    """Return the images of each class, to train on and to validate with."""
    train, val = split_pairs(data.modulus, data.fraction, train_seed if data.seed is None else data.seed)

    def count(pairs: list[tuple[int, int]]) -> Counter[int]:
        return Counter(label_of(a, b, data.operation, data.modulus) for a, b in pairs)

    return count(train), count(val)
