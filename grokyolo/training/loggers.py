"""grokyolo's figures in the loggers that Ultralytics knows: TensorBoard, W&B, MLflow, Comet, ClearML, DVC, Ray Tune.

Each of these integrations shows what stands in `trainer.metrics` when an epoch ends. So our figures stand there for
just that moment: results.csv and the checkpoints, which are written from the same dictionary, never see them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from grokyolo.notify.figures import Figures
from grokyolo.verdict import Verdict

PREFIX = "grokyolo/"
ORDINALS = {
    Verdict.DIVERGED: -2,
    Verdict.OVERFITTING: -1,
    Verdict.UNDECIDED: 0,
    Verdict.MEMORISING: 1,
    Verdict.GENERALISING: 2,
    Verdict.DOUBLE_DESCENT: 3,
    Verdict.DELAYED_JUMP: 4,
    Verdict.GROKKED: 5,
}
"""Loggers draw numbers only. The order is for the eye: below 0 is bad news, the rarer good news stands higher."""
_FROM_RECORD = (
    "train_loss",
    "probe_loss",
    "val_loss",
    "probe_score",
    "val_score",
    "loss_gap",
    "score_gap",
    "weight_decay",
    "norm_decayed",
    "norm_free",
)


def scalars(figures: Figures) -> dict[str, float]:
    """Return what loggers show of an epoch, by name; what was not measured in it is absent."""
    values: dict[str, float | None] = {name: getattr(figures.record, name) for name in _FROM_RECORD}
    values["decay_budget"] = figures.decay_budget
    if figures.just_assessed and figures.assessment is not None:
        values["verdict"] = ORDINALS[figures.assessment.verdict]
    return {PREFIX + name: float(value) for name, value in values.items() if value is not None}


def shown(trainer: Any, event: str) -> AbstractContextManager[None]:
    """Return a context for the callbacks of `event`, in which loggers find our figures where there are new ones.

    Args:
        trainer: has the `figures` of its last finished epoch.
        event: of Ultralytics' callbacks.
    """
    if event == "on_train_start":
        draw_over_epochs()
    figures: Figures | None = trainer.figures
    # Ultralytics ends one epoch more than there are, to show the best weights: that one has no figures
    if event == "on_fit_epoch_end" and figures is not None and figures.record.epoch == trainer.epoch + 1:
        return _among_metrics(trainer, figures)
    return nullcontext()


@contextmanager
def _among_metrics(trainer: Any, figures: Figures) -> Iterator[None]:
    """Let `trainer.metrics` hold our figures during the block, and nothing that was not measured."""
    own, record = trainer.metrics, figures.record
    measured = record.val_loss is not None or record.val_score is not None
    theirs = {name: value for name, value in own.items() if measured or not math.isnan(float(value))}
    trainer.metrics = {**theirs, **scalars(figures)}
    try:
        yield
    finally:
        trainer.metrics = own


def draw_over_epochs() -> None:
    """Tell W&B, if it logs this run, that our figures belong to epochs, as Ultralytics tells it of its own."""
    run = getattr(sys.modules.get("wandb"), "run", None)
    if run is not None:
        run.define_metric(f"{PREFIX}*", step_metric="epoch")
