"""What stands in the way of a training, found before it starts: each with the command that helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from grokyolo.findings import Finding, Severity
from grokyolo.format import format_count, format_size
from grokyolo.plan.costs import Costs, GpuMemory
from grokyolo.plan.data import MAPS, Data, Fault, Split
from grokyolo.plan.images import NO_END
from grokyolo.plan.machine import Gpu, Machine
from grokyolo.plan.model import Model, architecture_file, not_here
from grokyolo.plan.settings import STRIDE, TrainSettings
from grokyolo.recipe.train_arguments import BY_SUFFIX

GIB = 1 << 30
LITTLE_GPU = 2 * GIB
"""Free memory with which hardly any detector trains at its usual size."""
TAKEN = 0.2
"""Share of a GPU in use from which somebody else is taken to work there."""
OUTLINED = {"segment": "outlines", "obb": "turned boxes"}
"""Tasks whose labels are points all around, and what these are called."""
BY_TASK = {task: suffix for suffix, task in BY_SUFFIX.items()}
NAMED = "device"
"""Where a GPU is asked for."""


@dataclass(frozen=True)
class Scene:
    """Everything that is looked at."""

    settings: TrainSettings
    data: Data
    model: Model
    costs: Costs
    machine: Machine


def examine(settings: TrainSettings, data: Data, model: Model, costs: Costs, machine: Machine) -> tuple[Finding, ...]:
    """Return every obstacle, the gravest first."""
    scene = Scene(settings, data, model, costs, machine)
    found = [finding for check in CHECKS for finding in check(scene)]
    return tuple(sorted(found, key=lambda finding: -finding.severity))


def _family(scene: Scene) -> Iterator[Finding]:
    if scene.model.family:
        yield Finding(Severity.ERROR, *another_family(scene.model.family), location=f"model: {scene.model.name}")


def another_family(family: str) -> tuple[str, str]:
    """Return what is said of a model that is no plain YOLO, and what to do."""
    what = f"grokyolo does not train {family} exactly, but measures it in your own script"
    return what, "add_grokyolo_callback(model) before model.train(), as docs/callback.md shows"


def _model(scene: Scene) -> Iterator[Finding]:
    if missing := not_here(scene.model.name):
        yield Finding(Severity.ERROR, *missing, location=f"model: {scene.model.name}")


def _frozen(scene: Scene) -> Iterator[Finding]:
    layers = scene.model.layers
    if layers and set(range(layers)) <= set(scene.settings.freeze):
        name, frozen = Path(scene.model.name).stem, scene.settings.freeze
        typed = f"freeze={len(frozen)}" if frozen == tuple(range(len(frozen))) else "freeze"
        what = f"{typed} leaves nothing to train: {name} has {layers} layers"
        yield Finding(Severity.ERROR, what, f"freeze={layers - 1}", location=f"model: {scene.model.name}")


def _here(scene: Scene) -> Iterator[Finding]:
    data = scene.data
    if data.wrong:
        yield Finding(Severity.ERROR, data.wrong, data.remedy)
    elif data.uncounted:
        yield Finding(Severity.WARNING, data.missing, data.remedy)
    elif data.missing and not data.downloads:
        yield Finding(Severity.ERROR, f"the data set {data.name} is not here: {data.missing}", data.remedy)
    for word, split in _splits(data):
        if split.images <= 0:
            yield _unusable(word, split)


def _unusable(word: str, split: Split) -> Finding:
    """Return why not one image of a split can be used: what is wrong with most of its files."""
    faults = split.broken_images or split.broken_labels
    if not faults:
        return Finding(Severity.ERROR, f"not one {word} image can be used", "correct the data set file")
    reason = Counter(fault.what for fault in faults).most_common(1)[0][0]
    first = next(fault for fault in faults if fault.what == reason)
    return Finding(
        Severity.ERROR, f"not one {word} image can be used: {reason}", f"correct {first.file} and the others"
    )


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
    what = f"{what} ({checked} looked at), the first: {first.what}"
    return Finding(Severity.WARNING, what, f"{command} {quote(first.file)}")


def _labels(scene: Scene) -> Iterator[Finding]:
    data = scene.data
    for word, split in _splits(data):
        if scene.settings.task in MAPS:
            yield from _maps(word, split, f"{'mask' if scene.settings.task == 'semantic' else 'depth'} file")
            continue
        read = len(split.per_image)
        if read and not split.objects and not data.classify:
            none = split.unlabelled == read and word == "training" and not split.labels_sampled
            severity = Severity.ERROR if none else Severity.WARNING
            remedy = f"look at the label files in {Path(split.labels_at).parent}: they are empty or not there"
            if split.stray:
                places = Path(split.stray).parent, Path(split.labels_at).parent
                remedy = f"move the .txt files from {places[0]} to {places[1]}, where Ultralytics looks for them"
            yield Finding(severity, f"none of {read} {word} images has a label", remedy)
        elif split.unlabelled and split.unlabelled * 10 >= read:
            what = f"{split.unlabelled} of {read} {word} images have no label file and count as background"
            yield Finding(Severity.WARNING, what, "add empty .txt files where that is meant")
        if split.foreign:
            what = f"{format_count(split.foreign, f'{word} image')} left out: their folders are no classes of training"
            yield Finding(Severity.WARNING, what, "give both splits the same class folders")


def _maps(word: str, split: Split, kind: str) -> Iterator[Finding]:
    """Yield what is missing where each image has a picture of its own as its label."""
    missing, read = split.unlabelled, split.labels_checked
    if not missing:
        return
    remedy = f"put the {kind}s into {Path(split.labels_at).parent}, named as the images are"
    if missing == read and not split.labels_sampled:
        yield Finding(Severity.ERROR, f"none of {read} {word} images has a {kind}", remedy)
    else:
        yield Finding(Severity.WARNING, f"{missing} of {read} {word} images have no {kind}", remedy)


def _outlines(scene: Scene) -> Iterator[Finding]:
    task = scene.settings.task
    if task not in OUTLINED:
        return
    for word, split in _splits(scene.data):
        if split.boxes:
            of = len(split.per_image) - split.background
            what = f"{split.boxes} of {of} labelled {word} images have boxes"
            what += f", but a model for {task} needs {OUTLINED[task]}"
            plain = Path(scene.model.name).name.replace(BY_TASK[task], "")
            fits = split.boxes == of and architecture_file(plain) and plain != Path(scene.model.name).name
            yield Finding(Severity.ERROR, what, f"model={plain}" if fits else f"label {OUTLINED[task]}")
            return


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
        yield Finding(Severity.INFO, what, "fewer names")


def _disk(scene: Scene) -> Iterator[Finding]:
    costs, free = scene.costs, scene.machine.disk_free
    if costs.disk_bytes is None or costs.state_bytes is None or costs.weights_bytes is None:
        return
    least = costs.state_bytes + costs.weights_bytes
    if free < least:
        what = f"{format_size(free)} free on this disk, but one state and the weights need {format_size(least)}"
        yield Finding(Severity.ERROR, what, "train in a folder on a larger disk", "the current folder")
    elif free < costs.disk_bytes:
        what = f"{format_size(free)} free on this disk, but the run may need {format_size(costs.disk_bytes)}"
        yield Finding(Severity.WARNING, what, "checkpoint.keep=1")


def _shared_memory(scene: Scene) -> Iterator[Finding]:
    free, needed = scene.machine.shared_free, scene.costs.loader_bytes
    if free is not None and needed > free:
        what = f"/dev/shm has {format_size(free)} free, but loader processes may need {format_size(needed)}"
        remedy = f"give the container more by --shm-size={-(-2 * needed // GIB)}g, or add workers=0"
        yield Finding(Severity.WARNING, what, remedy)


def _gpu(scene: Scene) -> Iterator[Finding]:
    devices, gpus, need = scene.settings.devices, scene.machine.gpus, scene.costs.gpu
    if scene.settings.on_cpu:
        return
    if scene.settings.device_named and not gpus and not scene.machine.other_gpu:
        yield Finding(Severity.ERROR, "there is no GPU on this machine", "device=cpu", NAMED)
    for number in devices if gpus else ():
        if number >= len(gpus):
            what = f"there is no GPU {number}: nvidia-smi knows of {format_count(len(gpus), 'GPU')}, counted from 0"
            yield Finding(Severity.ERROR, what, "device=0", NAMED)
    for gpu in scene.machine.chosen(devices):
        used = gpu.total - gpu.free
        if need is not None and need.total > gpu.free and not (scene.settings.batch_assumed and need.image < gpu.free):
            yield _too_small(gpu, need, scene)
        elif need is None and gpu.free < LITTLE_GPU:
            what = f"GPU {gpu.index} ({gpu.name}) has only {format_size(gpu.free)} free of {format_size(gpu.total)}"
            yield Finding(Severity.WARNING, what, _another(scene, LITTLE_GPU) or "nvidia-smi")
        elif used > TAKEN * gpu.total:
            what = f"GPU {gpu.index} ({gpu.name}) is in use: {format_size(used)} of {format_size(gpu.total)}"
            yield Finding(Severity.WARNING, what, "nvidia-smi")


def _too_small(gpu: Gpu, need: GpuMemory, scene: Scene) -> Finding:
    """Return what to do about a GPU whose free memory will not do; only what is counted exactly stops a training."""
    free = f"GPU {gpu.index} ({gpu.name}) has {format_size(gpu.free)} free"
    another = _another(scene, need.total)
    if need.weights > gpu.free:
        what = f"{free}, but weights, gradients and optimizer alone take {format_size(need.weights)}"
        return Finding(Severity.ERROR, what, another or "nvidia-smi", f"device: {gpu.index}")
    images = f"{format_count(need.images, 'image')} of {scene.settings.imgsz} pixels"
    what = f"{free}, but {images} need about {format_size(need.total)}"
    return Finding(Severity.WARNING, f"{what} (an estimate from the layers)", another or _smaller(gpu, need, scene))


def _smaller(gpu: Gpu, need: GpuMemory, scene: Scene) -> str:
    """Return the batch that fits, else the image size."""
    images = need.images_within(gpu.free)
    if images:
        batch = (images - images % 8 if images > 8 else images) * scene.settings.gpus
        return f"batch={batch} nbs={batch}"
    if need.inputs and need.images_within(gpu.free + need.inputs):
        return "inputs.memory=0"
    shrunk = max(gpu.free - need.least, 0) / need.image
    side = int(scene.settings.imgsz * shrunk**0.5) // STRIDE * STRIDE
    return f"batch={scene.settings.gpus} imgsz={side}" if side else "nvidia-smi"


def _another(scene: Scene, needed: int) -> str:
    """Return the argument that takes another GPU with enough free memory, where one GPU is asked for."""
    if scene.settings.gpus > 1:
        return ""
    best = max(scene.machine.gpus, key=lambda gpu: gpu.free)
    return f"device={best.index}" if best.free >= needed else ""


CHECKS: tuple[Callable[[Scene], Iterator[Finding]], ...] = (
    _family,
    _model,
    _here,
    _frozen,
    _classes,
    _broken,
    _labels,
    _outlines,
    _disk,
    _shared_memory,
    _gpu,
)


def _splits(data: Data) -> list[tuple[str, Split]]:
    return [(word, split) for word, split in (("training", data.train), ("validation", data.val)) if split is not None]


def _names(data: Data, numbers: Sequence[int], most: int = 2) -> str:
    names = [(data.names or {}).get(number, str(number)) for number in numbers[:most]]
    return ", ".join(names) + (", ..." if len(numbers) > most else "")
