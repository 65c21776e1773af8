"""What an accelerator may do, and when a training asks it."""

from __future__ import annotations

from typing import Any

import torch

from grokyolo.gap import EventKind
from grokyolo.training.weights import decayed_groups


class Accelerator:
    """One way to hurry a late jump; what it does not override does nothing."""

    def start(self, optimizer: torch.optim.Optimizer) -> None:
        """Change the initial weights, once, before the averaged weights are copied from them."""

    def built(self, optimizer: torch.optim.Optimizer) -> None:
        """Look at an optimizer that Ultralytics has just built, or adapted to a smaller batch."""

    def ready(self, model: torch.nn.Module) -> None:
        """Change the model that is trained; the averaged copy of it, which is validated, exists already."""

    def begin_epoch(self, epoch: int, optimizer: torch.optim.Optimizer) -> tuple[EventKind, ...]:
        """Prepare epoch `epoch` (from 1) and return the events that this is; called again for an epoch done again."""
        return ()

    def before_step(self, model: torch.nn.Module, scale: float) -> None:
        """Change the gradients of `model` in place; those of AMP are multiplied by `scale`."""

    def after_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Change the weights in place, before they enter the average."""

    def measured(self, epoch: int, probe_score: float | None) -> None:
        """Take note of an epoch's probe score in [0, 1]; None where it was not measured."""

    def state(self) -> dict[str, Any]:
        """Return what an exact resume needs: tensors and plain values."""
        return {}

    def put(self, state: dict[str, Any], device: torch.device) -> None:
        """Take back what `state` returned, when a run goes on or recovers from NaN."""


def trained_matrices(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """Return the matrices and kernels that are trained: what weight decay acts on, frozen layers left out."""
    return [p for group in decayed_groups(optimizer) for p in group["params"] if p.requires_grad]
