"""Small runs to look at."""

import numpy as np

from grokyolo.gap import Series
from grokyolo.gap.series import Event, EventKind, from_columns
from grokyolo.verdict import Assessment, assess


def grok(run: str = "runs/a", epochs: int = 300, events: tuple[Event, ...] = (), **columns: object) -> Series:
    """Return a run that knows its probe at epoch 6 and jumps around epoch 110."""
    epoch = np.arange(1, epochs + 1)
    val = np.where(epoch > 60, 0.98 / (1 + np.exp(-(epoch - 110) / 8)), 0.0)
    given: dict[str, object] = {
        "train_loss": 3 / epoch,
        "probe_loss": 2 / epoch,
        "val_loss": 5 * (1 - val) + 0.3,
        "probe_score": np.minimum(1, epoch / 6),
        "val_score": val,
        "score_name": "top1",
        "train_images": 576,
        "probe_images": 256,
        "val_images": 385,
    }
    return from_columns(run, epoch, events=events, **{**given, **columns})


def event(epoch: int, kind: str) -> Event:
    return Event(epoch, EventKind(kind))


def judged(series: Series) -> tuple[Series, Assessment]:
    return series, assess(series)
