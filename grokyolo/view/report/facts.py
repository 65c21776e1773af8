"""What is known about a run besides its curves, as pairs of a name and a value in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from grokyolo.format import format_integer, format_long_duration
from grokyolo.gap import Series
from grokyolo.gap.series import FloatArray

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
    yield "training images", format_integer(series.train_images)
    yield "probe images", format_integer(series.probe_images) if series.like_for_like else "no probe: the gap is rough"
    yield "validation images", format_integer(series.val_images)
    yield "batches per epoch", format_integer(series.batches_per_epoch)
    steps = _last(series.step)
    yield "optimizer steps", "" if steps is None else f"{steps:,.0f}"
    seconds = _last(series.seconds)
    yield "time trained", "" if seconds is None else format_long_duration(seconds)
    spent = _last(series.decay_budget)
    yield "decay budget spent", "" if spent is None else f"{spent:.3g} e-folds"
    for name, values in (("norm under decay", series.norm_decayed), ("norm of the others", series.norm_free)):
        known = values[np.isfinite(values)]
        yield name, f"{known[0]:.4g} at first, {known[-1]:.4g} at last" if len(known) else ""


def _last(values: FloatArray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else None


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, (Mapping, list)) else str(value)
