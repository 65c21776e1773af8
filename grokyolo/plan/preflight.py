"""What stands in the way of a training, found before it starts: each with the command that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from grokyolo.format import format_count, format_size
from grokyolo.plan.costs import Costs
from grokyolo.plan.data import Data, Fault, Split
from grokyolo.plan.images import NO_END
from grokyolo.plan.machine import Gpu, Machine
from grokyolo.plan.memory import Need
from grokyolo.plan.settings import STRIDE, Settings

GIB = 1 << 30
LITTLE_GPU = 2 * GIB
"""Free memory with which hardly any detector trains at its usual size."""
TAKEN = 0.2
"""Share of a GPU in use from which somebody else is taken to work there."""


class Severity(Enum):
    """What a finding means for the training."""

    FATAL = "fatal"
    """It would surely break."""
    WARNING = "warning"
    """It may break, or train on something else than is meant."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True)
class Finding:
    """One obstacle.

    Attributes:
        severity: whether training is stopped by it.
        what: one line.
        remedy: the command or the `KEY=VALUE` that helps.
        where: what it was found in; empty for the data set.
    """

    severity: Severity
    what: str
    remedy: str
    where: str = ""


@dataclass(frozen=True)
class Scene:
    """Everything that is looked at."""

    settings: Settings
    data: Data
    costs: Costs
    machine: Machine


def examine(settings: Settings, data: Data, costs: Costs, machine: Machine) -> tuple[Finding, ...]:
    """Return every obstacle, the gravest first."""
    scene = Scene(settings, data, costs, machine)
    found = [finding for check in CHECKS for finding in check(scene)]
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))


def _here(scene: Scene) -> Iterator[Finding]:
    data = scene.data
    if data.missing and not data.downloads:
        yield Finding(Severity.FATAL, f"the data set {data.name} is not here: {data.missing}", "data=my-data.yaml")
    for word, split in (("training", data.train), ("validation", data.val)):
        if split is not None and split.images <= 0:
            remedy = f"look at {split.broken_images[0].file}" if split.broken_images else "correct the data set file"
            yield Finding(Severity.FATAL, f"not one {word} image can be used", remedy)


def _broken(scene: Scene) -> Iterator[Finding]:
    for word, split in _splits(scene.data):
        rewritten = [fault for fault in split.broken_images if fault.what == NO_END]
        useless = [fault for fault in split.broken_images if fault not in rewritten]
        if useless:
            yield _named(
                f"{format_count(len(useless), 'image')} of {word} cannot be used", useless, split.images_checked, "rm"
            )
        if rewritten:
            images = format_count(len(rewritten), "image")
            what = f"{images} of {word} without an end mark, which Ultralytics saves anew in place"
            yield _named(what, rewritten, split.images_checked, "cp -t .")
        if split.broken_labels:
            files = format_count(len(split.broken_labels), "label file")
            what = f"{files} of {word} broken, so their images are left out"
            yield _named(what, split.broken_labels, split.labels_checked, "head -3")


def _named(what: str, faults: Sequence[Fault], checked: int, command: str) -> Finding:
    first = faults[0]
    return Finding(
        Severity.WARNING, f"{what} ({checked} looked at), the first: {first.what}", f"{command} '{first.file}'"
    )


def _labels(scene: Scene) -> Iterator[Finding]:
    data = scene.data
    for word, split in _splits(data):
        read = len(split.per_image)
        if read and not split.objects and not data.classify:
            what = f"none of {read} {word} images has a label"
            yield Finding(Severity.WARNING, what, "put labels/ beside images/, one .txt for each image")
        elif split.unlabelled and split.unlabelled * 10 >= read:
            what = f"{split.unlabelled} of {read} {word} images have no label file and count as background"
            yield Finding(Severity.WARNING, what, "add empty .txt files where that is meant")
        if split.foreign:
            what = f"{format_count(split.foreign, f'{word} image')} left out: their folders are no classes of training"
            yield Finding(Severity.WARNING, what, "give both splits the same class folders")


def _classes(scene: Scene) -> Iterator[Finding]:
    data = scene.data
    only = data.val_only_classes
    if only and data.val is not None:
        known = sum(1 for count in data.val.objects.values() if count)
        what = f"{len(only)} of {known} validation classes have no training image ({_names(data, only)})"
        yield Finding(Severity.WARNING, what, "move some there")
    empty = [number for number in data.empty_classes if number not in only]
    if empty:
        total = data.classes or 0
        what = f"{len(empty)} of {total} classes occur in no image ({_names(data, empty)})"
        yield Finding(Severity.NOTE, what, "fewer names")


def _disk(scene: Scene) -> Iterator[Finding]:
    costs, free = scene.costs, scene.machine.disk_free
    if costs.disk_bytes is None or costs.state_bytes is None or costs.weights_bytes is None:
        return
    least = costs.state_bytes + costs.weights_bytes
    if free < least:
        what = f"{format_size(free)} free on this disk, but one state and the weights need {format_size(least)}"
        yield Finding(Severity.FATAL, what, "df -h .  and train in a folder on a larger disk", "the current folder")
    elif free < costs.disk_bytes:
        what = f"{format_size(free)} free on this disk, but the run may need {format_size(costs.disk_bytes)}"
        yield Finding(Severity.WARNING, what, "checkpoint.keep=1")


def _shared_memory(scene: Scene) -> Iterator[Finding]:
    free, needed = scene.machine.shared_free, scene.costs.loader_bytes
    if free is not None and needed > free:
        what = f"/dev/shm has {format_size(free)} free, but loader processes may need {format_size(needed)}"
        yield Finding(Severity.WARNING, what, f"docker run --shm-size={-(-2 * needed // GIB)}g ...  or workers=0")


def _gpu(scene: Scene) -> Iterator[Finding]:
    devices, gpus, need = scene.settings.devices, scene.machine.gpus, scene.costs.gpu
    if scene.settings.on_cpu:
        return
    for number in devices if gpus else ():
        if number >= len(gpus):
            what = f"there is no GPU {number}: nvidia-smi knows of {format_count(len(gpus), 'GPU')}, counted from 0"
            yield Finding(Severity.WARNING, what, "device=0")
    for gpu in scene.machine.chosen(devices):
        used = gpu.total - gpu.free
        if need is not None and need.total > gpu.free and not (scene.settings.batch_assumed and need.image < gpu.free):
            yield _too_small(gpu, need, scene)
        elif need is None and gpu.free < LITTLE_GPU:
            what = f"GPU {gpu.index} ({gpu.name}) has only {format_size(gpu.free)} free of {format_size(gpu.total)}"
            yield Finding(Severity.WARNING, what, _another(scene, LITTLE_GPU) or "nvidia-smi  shows who uses it")
        elif used > TAKEN * gpu.total:
            what = f"GPU {gpu.index} ({gpu.name}) is in use: {format_size(used)} of {format_size(gpu.total)}"
            yield Finding(Severity.WARNING, what, "nvidia-smi  shows by whom")


def _too_small(gpu: Gpu, need: Need, scene: Scene) -> Finding:
    """Return what to do about a GPU whose free memory will not do; only what is counted exactly stops a training."""
    free = f"GPU {gpu.index} ({gpu.name}) has {format_size(gpu.free)} free"
    another = _another(scene, need.total)
    if need.weights > gpu.free:
        what = f"{free}, but weights, gradients and optimizer alone take {format_size(need.weights)}"
        return Finding(
            Severity.FATAL, what, another or "nvidia-smi  shows who uses it; or a smaller model", f"device: {gpu.index}"
        )
    images = f"{format_count(need.images, 'image')} of {scene.settings.imgsz} pixels"
    what = f"{free}, but {images} need about {format_size(need.total)}"
    return Finding(Severity.WARNING, f"{what} (an estimate from the layers)", another or _smaller(gpu, need, scene))


def _smaller(gpu: Gpu, need: Need, scene: Scene) -> str:
    """Return the batch that fits, else the image size."""
    images = need.images_within(gpu.free)
    if images:
        batch = (images - images % 8 if images > 8 else images) * scene.settings.gpus
        return f"batch={batch} nbs={batch}"
    if need.inputs and need.images_within(gpu.free + need.inputs):
        return "inputs.memory=0"
    shrunk = max(gpu.free - need.least, 0) / need.image
    side = int(scene.settings.imgsz * shrunk**0.5) // STRIDE * STRIDE
    return f"batch={scene.settings.gpus} imgsz={side}" if side else "nvidia-smi  shows who uses it; or a smaller model"


def _another(scene: Scene, needed: int) -> str:
    """Return the argument that takes another GPU with enough free memory, where one GPU is asked for."""
    if scene.settings.gpus > 1:
        return ""
    best = max(scene.machine.gpus, key=lambda gpu: gpu.free)
    return f"device={best.index}" if best.free >= needed else ""


CHECKS: tuple[Callable[[Scene], Iterator[Finding]], ...] = (
    _here,
    _classes,
    _broken,
    _labels,
    _disk,
    _shared_memory,
    _gpu,
)


def _splits(data: Data) -> list[tuple[str, Split]]:
    return [(word, split) for word, split in (("training", data.train), ("validation", data.val)) if split is not None]


def _names(data: Data, numbers: Sequence[int], most: int = 2) -> str:
    names = [(data.names or {}).get(number, str(number)) for number in numbers[:most]]
    return ", ".join(names) + (", ..." if len(numbers) > most else "")
