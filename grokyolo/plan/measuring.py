"""How long an epoch takes, by training a few of them for real in another process."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from grokyolo.errors import GrokyoloError
from grokyolo.plan.data import Data
from grokyolo.plan.locating import described_from_anywhere
from grokyolo.plan.settings import Settings

if TYPE_CHECKING:
    from grokyolo.recipe import Recipe

EPOCHS = 5
"""Trained: the first pays for caches and kernels, the last is measured as well, those between are not."""
BATCHES = 8
"""Of training images that are enough to tell how long one takes."""
DATA = "data-set.yaml"
"""The file that describes the data set, in the temporary folder."""
LONGEST = 900.0
"""Seconds after which measuring gives up."""


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


def measure(recipe: Recipe, settings: Settings, data: Data) -> Timing:
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
