"""What each job of a sweep gets of this machine: GPUs and CPU threads."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from grokyolo.plan.machine import VISIBLE, look_around
from grokyolo.recipe import Recipe

MOST_THREADS = 8
"""As in Ultralytics."""


def visible_gpus() -> list[str]:
    """Return the GPUs that trainings started here may use, as CUDA_VISIBLE_DEVICES names them."""
    named = os.environ.get(VISIBLE)
    if named is None:
        return [str(gpu.index) for gpu in look_around().gpus]
    found = []
    for name in (part.strip() for part in named.split(",")):
        if not name or name == "-1":  # CUDA sees none of those behind it
            break
        found.append(name)
    return found


def gpus_of(recipe: Recipe) -> int | None:
    """Return how many GPUs a recipe wants; None where it names certain ones, which a sweep leaves to it.

    A recipe that names no device wants one, `cpu` none.
    """
    named = _named(recipe.train.get("device"))
    if named in ([], ["cuda"]):
        return 1
    if not all(name.removeprefix("cuda:").lstrip("-").isdecimal() for name in named):
        return 0
    numbers = [int(name.removeprefix("cuda:")) for name in named]
    wanted = len(numbers)
    return wanted if numbers == list(range(wanted)) or set(numbers) == {-1} else None


def _named(device: Any) -> list[str]:
    parts = device if isinstance(device, (list, tuple)) else str("" if device is None else device).split(",")
    return [str(part).strip().lower() for part in parts if str(part).strip()]


def gpu_groups(recipes: Iterable[Recipe]) -> list[str]:
    """Return what CUDA_VISIBLE_DEVICES is for each job that fits at the same time; empty without GPUs to hand out."""
    wanted = {gpus_of(recipe) for recipe in recipes}
    if None in wanted or not (each := max(wanted - {None}, default=0)):  # type: ignore[type-var]
        return []
    gpus = visible_gpus()
    return [",".join(gpus[i : i + each]) for i in range(0, len(gpus) - each + 1, each)]


def cores() -> int:
    """Return how many CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads(jobs: int) -> int:
    """Return how many threads each of so many jobs has; one alone has as many as Ultralytics gives it."""
    each = cores() // jobs if jobs > 1 else cores() - 1
    return min(max(each, 1), MOST_THREADS)
