"""weights/last.pt and weights/best.pt, as any Ultralytics tool takes them."""

from __future__ import annotations

import io
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from typing import Any

import torch


@dataclass(frozen=True)
class Best:
    """The best weights so far, kept in memory until they are written.

    Attributes:
        weights: copy of the EMA's state.
        source: the EMA's own tensors, which are updated in place: looking them up takes longer than copying them.
        metrics: what validation said of them.
        fitness: Ultralytics' figure of merit.
        epoch: 0-based, as in Ultralytics' checkpoints.
    """

    weights: dict[str, torch.Tensor]
    source: dict[str, torch.Tensor]
    metrics: dict[str, Any]
    fitness: float
    epoch: int


def present(trainer: Any, room: Best | None = None) -> Best:
    """Return the trainer's weights of this epoch, copied.

    Args:
        trainer: after an epoch.
        room: an earlier copy that is no longer needed; its memory is used again.
    """
    if room is None:
        now = {name: tensor.detach() for name, tensor in trainer.ema.ema.state_dict().items()}
        copied = {name: tensor.clone() for name, tensor in now.items()}
    else:
        now, copied = room.source, room.weights
        torch._foreach_copy_(list(copied.values()), list(now.values()))
    return Best(
        weights=copied,
        source=now,
        metrics=dict(trainer.metrics),
        fitness=float(trainer.fitness) if trainer.fitness is not None else float("nan"),
        epoch=trainer.epoch,
    )


def content(trainer: Any, weights: Best) -> bytes:
    """Return a checkpoint like those at the end of an Ultralytics training: weights in half precision, no optimizer.

    What a resume needs is in `state/`, so these stay as small on the last epoch as on the first.
    """
    model = deepcopy(trainer.ema.ema)
    model.load_state_dict(weights.weights)
    if hasattr(model, "args"):
        model.args = dict(vars(trainer.args))
    if hasattr(model, "criterion"):
        model.criterion = None
    model = model.half().to(memory_format=torch.contiguous_format)
    for tensor in model.state_dict().values():
        if tensor.is_floating_point():
            torch.nan_to_num_(tensor)  # beyond the range of half precision
    for parameter in model.parameters():
        parameter.requires_grad = False
    buffer = io.BytesIO()
    torch.save(
        {
            "epoch": -1,  # finished, in Ultralytics' words: it would resume inexactly
            "best_fitness": weights.fitness,
            "model": model,
            "ema": None,
            "updates": None,
            "optimizer": None,
            "scaler": None,
            "train_args": dict(vars(trainer.args)),
            "train_metrics": {**weights.metrics, "fitness": weights.fitness},
            "train_results": {},
            "grokyolo": {"epoch": weights.epoch + 1},
            "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "version": version("ultralytics"),
            "license": "AGPL-3.0 (https://ultralytics.com/license)",
            "docs": "https://docs.ultralytics.com",
        },
        buffer,
    )
    return buffer.getvalue()
