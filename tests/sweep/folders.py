"""Sweep folders on disk, with logs as a training writes them."""

import math
from itertools import product
from pathlib import Path

import yaml

from grokyolo.gap import EpochRecord, GapWriter, Series
from grokyolo.sweep.folder import Point, Sweep, write_sweep
from grokyolo.sweep.grid import name_of
from tests.verdict import runs

FIELDS = ("lr", "weight_decay", "train_loss", "probe_loss", "val_loss", "probe_score", "val_score")


def groks(**values) -> Series:
    return runs.control()


def memorises(**values) -> Series:
    return runs.negative_control()


def by_decay(weight_decay=1.0, **values) -> Series:
    return runs.control() if weight_decay else runs.negative_control()


def write_run(folder: Path, series: Series, *, epochs: int | None = None, **train) -> None:
    """Write gap.csv, so many epochs of it, and grokyolo.yaml."""
    folder.mkdir(parents=True)
    with GapWriter(folder / "gap.csv") as log:
        for i in range(epochs or len(series)):
            cells = {name: float(getattr(series, name)[i]) for name in FIELDS}
            known = {name: None if math.isnan(value) else value for name, value in cells.items()}
            log.append(EpochRecord(epoch=i + 1, step=int(series.step[i]), seconds=0.1 * i, **known))
    recipe = {
        "model": "m.yaml",
        "data": {"name": "modular-addition", "fraction": train.pop("fraction", 0.6)},
        "train": {"epochs": len(series), "patience": 0, **train},
        "gap": {"every": 1},
    }
    content = {"format": 1, "recipe": recipe, "score_name": "top1", "train_images": 576, "val_images": 385}
    (folder / "grokyolo.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def write(folder: Path, series_at=by_decay, *, skip=(), epochs=None, **levels) -> Sweep:
    """Write a sweep over these levels; points in `skip` have no run folder, those in `epochs` only so many rows."""
    values = [dict(zip(levels, point, strict=True)) for point in product(*levels.values())]
    points = tuple(Point(name_of(one), one) for one in values)
    for point in points:
        if point.name not in skip:
            write_run(
                folder / point.name, series_at(**point.values), epochs=(epochs or {}).get(point.name), **point.values
            )
    sweep = Sweep(folder, "grok-modular-addition", (), tuple(levels), points)
    folder.mkdir(parents=True, exist_ok=True)
    write_sweep(sweep)
    return sweep
