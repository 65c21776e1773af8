"""Control of the weight norm (Liu et al. 2022, Omnigrok, arXiv 2210.01117).

The paper trains from weights multiplied by α, and on a sphere of constant norm: after each step all weights are
rescaled by one factor. Here this goes for the matrices and kernels that are trained, those that weight decay acts on:
biases and normalisation layers keep their values, which in the paper's networks are few or none.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from grokyolo.training.accelerate.base import Accelerator, trained_matrices
from grokyolo.training.weights import norm


class InitialScale(Accelerator):
    """Multiplies the weights that a training begins with, pretrained ones too.

    Args:
        scale: α, above 0.
    """

    def __init__(self, scale: float) -> None:
        self.scale = scale

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def start(self, optimizer: torch.optim.Optimizer) -> None:
        """Multiply matrices and kernels."""
        torch._foreach_mul_(trained_matrices(optimizer), self.scale)


class ConstrainedNorm(Accelerator):
    """Holds the joint L2 norm of matrices and kernels at a multiple of what it was at the start.

    Args:
        factor: multiple, above 0; with other than 1 the weights start rescaled, as in the paper.

    Attributes:
        target: the norm that is held; None before the start.
    """

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self.target: float | None = None

    def start(self, optimizer: torch.optim.Optimizer) -> None:
        """Choose the norm and go there."""
        self.target = self.factor * norm(trained_matrices(optimizer))
        self.after_step(optimizer)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def after_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Rescale all by one factor; weights that are zero or not finite stay as they are."""
        weights = trained_matrices(optimizer)
        now = norm(weights)
        if self.target is not None and now > 0 and math.isfinite(now):
            torch._foreach_mul_(weights, self.target / now)

    def state(self) -> dict[str, Any]:
        """Return the norm that is held."""
        return {"target": self.target}

    def put(self, state: dict[str, Any], device: torch.device) -> None:
        """Hold the saved norm."""
        self.target = state["target"]
