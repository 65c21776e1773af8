"""Runs drawn by hand: straight lines between (epoch, value) points, so that a reader sees what is in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grokyolo.gap.series import Series, from_columns

Points = tuple[tuple[float, float], ...]

PROBE_LOSS: Points = ((1, 3.0), (6, 0.01))


def line(epochs, *points: tuple[float, float]):
    """Straight lines between points; constant before the first and after the last."""
    at, value = zip(*points, strict=True)
    return np.interp(epochs, at, value)


def run(
    length: int,
    probe: Points,
    val: Points,
    loss: Points = ((1, 3.0),),
    noise: float = 0.0,
    every: int = 1,
    seed: int = 0,
    **fields,
) -> Series:
    """A run of `length` epochs, measured every `every` epochs, with the same noise on both scores."""
    epochs = np.arange(1, length + 1)
    rng = np.random.default_rng(seed)
    measured = (epochs % every == 0) | (epochs == 1) | (epochs == length)

    def curve(points, sigma):
        values = line(epochs, *points) + sigma * rng.standard_normal(length)
        return np.where(measured, values, np.nan)

    columns = {
        "probe_score": np.clip(curve(probe, noise), 0, 1),
        "val_score": np.clip(curve(val, noise), 0, 1),
        "val_loss": np.abs(curve(loss, noise)),
        "probe_loss": curve(PROBE_LOSS, 0.0),
        "train_loss": line(epochs, *PROBE_LOSS),
        "step": epochs * 9.0,
        "lr": np.full(length, 0.002),
        "weight_decay": np.full(length, 1.0),
        "score_name": "top1",
        "val_images": 385,
        "measured_every": every,
    }
    return from_columns("runs/test", epochs, **{**columns, **fields})


PROBE: Points = ((1, 0.03), (6, 1.0))
LATE: Points = ((1, 0.0), (93, 0.01), (101, 0.1), (128, 0.5), (172, 0.9), (220, 0.987))
LOSS_UP_AND_DOWN: Points = ((1, 3.4), (20, 9.0), (60, 11.0), (100, 8.0), (128, 3.0), (172, 0.5), (280, 0.05))
LOSS_UP: Points = ((1, 3.4), (20, 9.0), (60, 11.0))


def control(**fields) -> Series:
    """The positive control, by the facts of DESIGN section 9."""
    return run(280, PROBE, LATE, LOSS_UP_AND_DOWN, **fields)


def negative_control(length: int = 280, **fields) -> Series:
    """The same without weight decay: the model memorises, and that is all."""
    return run(length, PROBE, ((1, 0.0),), LOSS_UP, weight_decay=np.zeros(length), **fields)


def prefix(series: Series, rows: int) -> Series:
    """A run as it was when it had `rows` rows."""
    arrays = {name: value[:rows] for name, value in vars(series).items() if isinstance(value, np.ndarray)}
    return replace(series, **arrays)
