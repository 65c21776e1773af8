"""What this machine offers: disk, shared memory, GPUs. Nothing of it needs torch."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
GPU_FILES = ("/dev/nvidiactl", "/dev/nvmap", "/dev/nvhost-gpu", "/dev/kfd", "/dev/dxg")
"""On Linux, without any of these no GPU can be trained with: NVIDIA's, a Jetson's, AMD's, Windows' own."""
QUERY = ("nvidia-smi", "--query-gpu=index,uuid,name,memory.total,memory.free", "--format=csv,noheader,nounits")
VISIBLE = "CUDA_VISIBLE_DEVICES"
MIB = 1 << 20
PATIENCE = 5.0
"""Seconds to wait for nvidia-smi, which hangs where a driver has crashed."""


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
