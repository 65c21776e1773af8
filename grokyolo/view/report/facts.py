"""What is known about a run besides its curves, as pairs of a name and a value in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray
from grokyolo.view import numbers

Pairs = tuple[tuple[str, str], ...]

_WRITERS = {"grokyolo": "grokyolo", "ultralytics": "Ultralytics", "yolov5": "YOLOv5"}


def of_run(series: Series) -> Pairs:
    """Return how long the run is, what it saw and what it spent."""
    return tuple((name, value) for name, value in _run(series) if value)


def of_environment(meta: Mapping[str, Any], series: Series) -> Pairs:
    """Return versions, device and origin of a run, as far as its grokyolo.yaml tells."""
    pairs = [("log written by", _WRITERS[series.source.value])]
    pairs += [(name, _text(meta.get(name))) for name in ("task", "device", "created")]
    versions = meta.get("versions")
    if isinstance(versions, Mapping):
        pairs += [(str(name), _text(version)) for name, version in versions.items()]
    pairs.append(("recipe hash", _text(meta.get("recipe_hash"))))
    return tuple((name, value) for name, value in pairs if value)


def _run(series: Series) -> Iterator[tuple[str, str]]:
    last = int(series.epoch[-1])
    planned = series.epochs_planned
    yield "epochs", f"{last:,} of {planned:,} planned" if planned and planned != last else f"{last:,}"
    yield "measured", f"{int(series.measured.sum()):,} times"
    yield "training images", _count(series.train_images)
    yield "probe images", _count(series.probe_images) if series.like_for_like else "no probe: the gap is rough"
    yield "validation images", _count(series.val_images)
    yield "batches per epoch", _count(series.batches_per_epoch)
    steps = _last(series.step)
    yield "optimizer steps", "" if steps is None else f"{steps:,.0f}"
    seconds = _last(series.seconds)
    yield "time trained", "" if seconds is None else duration(seconds)
    spent = _last(series.decay_budget)
    yield "decay budget spent", "" if spent is None else f"{spent:.3g} e-folds"
    for name, values in (("norm under decay", series.norm_decayed), ("norm of the others", series.norm_free)):
        known = values[np.isfinite(values)]
        yield name, f"{known[0]:.4g} at first, {known[-1]:.4g} at last" if len(known) else ""


def duration(seconds: float) -> str:
    """Return a time span as `2 d 3 h`, `1 h 30 min`, `12 min` or `37 s`: two units at most."""
    whole = round(seconds)
    for unit, length, lesser, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60)):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length:,} {unit} {rest} {lesser}" if rest else f"{whole // length:,} {unit}"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{seconds:.3g} s"


def size(count: int) -> str:
    """Return a number of bytes as `593 kB` or `4.7 MB`."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            break
    return f"{value:.3g} {unit}"


def plain(value: Any) -> str:
    """Return a setting as YAML spells it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _last(values: FloatArray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else None


def _count(value: int | None) -> str:
    return numbers.MISSING if value is None else f"{value:,}"


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, (Mapping, list)) else str(value)
