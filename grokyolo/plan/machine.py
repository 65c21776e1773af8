"""What this machine offers: disk, shared memory, GPUs; and how long an epoch takes on it. Nothing needs torch here."""

from __future__ import annotations

import csv
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from grokyolo.errors import GrokyoloError
from grokyolo.plan.locating import described_from_anywhere

if TYPE_CHECKING:
    from grokyolo.plan.data import Data
    from grokyolo.plan.settings import TrainSettings
    from grokyolo.recipe import Recipe

SHARED_MEMORY = Path("/dev/shm")
GPU_FILES = ("/dev/nvidiactl", "/dev/nvmap", "/dev/nvhost-gpu", "/dev/kfd", "/dev/dxg")
"""On Linux, without any of these no GPU can be trained with: NVIDIA's, a Jetson's, AMD's, Windows' own."""
QUERY = ("nvidia-smi", "--query-gpu=index,uuid,name,memory.total,memory.free", "--format=csv,noheader,nounits")
VISIBLE = "CUDA_VISIBLE_DEVICES"
MIB = 1 << 20
PATIENCE = 5.0
"""Seconds to wait for nvidia-smi, which hangs where a driver has crashed."""
EPOCHS = 5
"""Trained: the first pays for caches and kernels, the last is measured as well, those between are not."""
BATCHES = 8
"""Of training images that are enough to tell how long one takes."""
DATA = "data-set.yaml"
"""The file that describes the data set, in the temporary folder."""
LONGEST = 900.0
"""Seconds after which measuring gives up."""


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU.

    Attributes:
        index: as `device=` has it.
        name: its model.
        total, free: memory in bytes.
        uuid: its name for good.
    """

    index: int
    name: str
    total: int
    free: int
    uuid: str = ""


@dataclass(frozen=True)
class Machine:
    """What there is to train with.

    Attributes:
        disk_free: bytes free where runs are written.
        shared_free: bytes free in shared memory, None where there is no such thing.
        cpus: processors.
        gpus: NVIDIA GPUs that nvidia-smi knows of.
        other_gpu: whether there may be a GPU that nvidia-smi does not know of: on a Mac, of AMD, on a Jetson.
    """

    disk_free: int
    shared_free: int | None
    cpus: int
    gpus: tuple[Gpu, ...] = ()
    other_gpu: bool = False

    def chosen(self, devices: Sequence[int]) -> tuple[Gpu, ...]:
        """Return the GPUs of these numbers; for -1 those with most free memory, as Ultralytics takes idle ones."""
        if -1 in devices:
            return tuple(sorted(self.gpus, key=lambda gpu: -gpu.free)[: len(devices)])
        return tuple(gpu for gpu in self.gpus if gpu.index in devices)


def look_around(folder: Path | None = None) -> Machine:
    """Return what this machine offers to a training that writes into `folder`, the current one by default."""
    return Machine(
        disk_free=shutil.disk_usage(folder or Path.cwd()).free,
        shared_free=shutil.disk_usage(SHARED_MEMORY).free if SHARED_MEMORY.is_dir() else None,
        cpus=os.cpu_count() or 1,
        gpus=visible(parse_gpus(_ask_nvidia()), os.environ.get(VISIBLE)),
        other_gpu=platform.system() != "Linux" or any(map(os.path.exists, GPU_FILES)),
    )


def _ask_nvidia() -> str:
    if shutil.which(QUERY[0]) is None:
        return ""
    try:
        return subprocess.run(QUERY, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def parse_gpus(table: str) -> tuple[Gpu, ...]:
    """Read what nvidia-smi prints for `QUERY`; lines that are no GPU are passed over."""
    found = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == 5 and all(cells[i].isdecimal() for i in (0, 3, 4)):
            found.append(Gpu(int(cells[0]), cells[2], int(cells[3]) * MIB, int(cells[4]) * MIB, cells[1]))
    return tuple(found)


def visible(gpus: Sequence[Gpu], variable: str | None) -> tuple[Gpu, ...]:
    """Return the GPUs that a process sees, numbered as it numbers them.

    Args:
        gpus: all there are.
        variable: CUDA_VISIBLE_DEVICES; None where it is not set. Parts of GPUs (MIG) are not looked into.
    """
    if variable is None or "MIG" in variable:
        return tuple(gpus)
    found: list[Gpu] = []
    for name in (part.strip() for part in variable.split(",")):
        one = next((gpu for gpu in gpus if name == str(gpu.index) or (name and gpu.uuid.startswith(name))), None)
        if one is None:
            break  # CUDA passes over everything behind a name that it does not know
        found.append(replace(one, index=len(found)))
    return tuple(found)


@dataclass(frozen=True)
class Timing:
    """How long epochs take here.

    Attributes:
        epoch: seconds of one without measuring the gap.
        measured_epoch: seconds of one with validation and probe.
        total: seconds of the whole run.
        images: training images that it was measured with.
        scale: by what times are scaled up from them.
    """

    epoch: float
    measured_epoch: float
    total: float
    images: int = 0
    scale: float = 1.0


def measure(recipe: Recipe, settings: TrainSettings, data: Data) -> Timing:
    """Train a few epochs on a few images in a temporary folder.

    Raises:
        GrokyoloError: that training failed or took too long.
    """
    train = data.train.images if data.train else 0
    images = min(train, BATCHES * settings.batch) if train else 0
    scale = train / images if images else 1.0
    with tempfile.TemporaryDirectory(prefix="grokyolo-plan-") as folder:
        work = Path(folder)
        (work / "measured.yaml").write_text(_short(recipe, work).to_yaml(), encoding="utf-8")
        command = [sys.executable, "-m", "grokyolo", "train", "--recipe", "measured.yaml", "--name", "measured"]
        command += _overrides(recipe, data, scale, images)
        try:
            done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=LONGEST, check=False)
        except subprocess.TimeoutExpired as error:
            raise GrokyoloError(
                f"measuring took more than {LONGEST:.0f} seconds", where="--measure", hint="leave --measure out"
            ) from error
        if done.returncode:
            raise _failed(done.stderr)
        rows = (work / "runs" / "measured" / "gap.csv").read_text(encoding="utf-8")
    plain, full = epoch_seconds(rows)
    timing = extrapolated(plain * scale, full * scale, settings.epochs, recipe.gap.every)
    return replace(timing, images=images, scale=scale)


def epoch_seconds(table: str) -> tuple[float, float]:
    """Return the seconds of an epoch without and with measuring the gap, from the text of a gap.csv."""
    rows = list(csv.DictReader(table.splitlines()))
    times = [float(row["seconds"]) for row in rows]
    lengths = [after - before for before, after in pairwise(times)]
    plain = [length for length, row in zip(lengths, rows[1:], strict=True) if not row["val_loss"]]
    full = [length for length, row in zip(lengths, rows[1:], strict=True) if row["val_loss"]]
    return sorted(plain)[len(plain) // 2], sorted(full)[len(full) // 2]


def extrapolated(plain: float, full: float, epochs: int, every: int) -> Timing:
    """Return the timing of a run in which each `every`-th epoch, the first and the last are measured."""
    full = max(full, plain)
    measured = min(epochs, math.ceil(epochs / every) + 1) if every > 1 else epochs
    return Timing(plain, full, (epochs - measured) * plain + measured * full)


def _short(recipe: Recipe, work: Path) -> Recipe:
    """Return the recipe with files named so that they are found from the folder `work`."""

    def found(name: str) -> str:
        return str(Path(name).absolute()) if name and Path(name).exists() else name

    data = recipe.data
    if isinstance(data, str):
        data = found(data)
        # a relative `path` in it starts at the current folder
        if not Path(data).is_dir() and (text := described_from_anywhere(data)):
            (work / DATA).write_text(text, encoding="utf-8")
            data = DATA
    return recipe.model_copy(update={"model": found(recipe.model), "data": data})


def _overrides(recipe: Recipe, data: Data, scale: float, images: int) -> list[str]:
    overrides = [f"epochs={EPOCHS}", f"gap.every={EPOCHS}", "gap.budget=null", "plots=false", "patience=0"]
    if scale > 1 and data.val is not None:
        val = max(round(data.val.images / scale), 2)
        overrides.append(f"fraction=[{images}, {val}]")
        overrides.append(f"gap.probe={max(round(recipe.gap.probe / scale), 1) if recipe.gap.probe else 0}")
    return overrides


def _failed(output: str) -> GrokyoloError:
    lines = [line for line in output.splitlines() if line.strip()]
    error = next((line for line in lines if line.startswith("error: ")), lines[-1] if lines else "no message")
    hint = next((line.removeprefix("try:").strip() for line in lines if line.startswith("try:")), "leave --measure out")
    hint = "leave --measure out" if "measured" in hint else hint  # what is said of the temporary folder
    return GrokyoloError(f"measuring failed: {error.removeprefix('error: ')}", where="--measure", hint=hint)
