"""Grokfast: amplify the slow part of the gradients (Lee et al. 2024, arXiv 2405.20233, algorithm 1, EMA).

The paper's other filter, the mean of a window of 100 gradients, would keep 100 copies of the gradients in memory and
in each state; its authors propose the moving average in its place.
"""

from __future__ import annotations

from typing import Any

import torch

from grokyolo.training.accelerate.base import Accelerator


class Grokfast(Accelerator):
    """Adds `lamb` times an exponential moving average of the gradients to each gradient.

    Args:
        alpha: momentum of the moving average, in (0, 1).
        lamb: factor of the slow part.

    Attributes:
        slow: the average by parameter, in true units, each of the parameter's shape.
    """

    def __init__(self, alpha: float, lamb: float) -> None:
        self.alpha = alpha
        self.lamb = lamb
        self.slow: dict[str, torch.Tensor] = {}

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def before_step(self, model: torch.nn.Module, scale: float = 1.0) -> None:
        """Amplify the gradients of `model` in place.

        Args:
            model: its parameters carry gradients.
            scale: factor of a gradient scaler (AMP); the average is kept in true units, since it changes.
        """
        for name, parameter in model.named_parameters():
            gradient = parameter.grad
            if gradient is None or (scale != 1.0 and not bool(torch.isfinite(gradient).all())):
                continue
            slow = self.slow.setdefault(name, gradient / scale)
            slow.lerp_(gradient / scale, 1 - self.alpha)
            gradient.add_(slow, alpha=self.lamb * scale)

    def state(self) -> dict[str, Any]:
        """Return the averages."""
        return {"slow": self.slow}

    def put(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on with saved averages."""
        self.slow = {name: slow.to(device, copy=True) for name, slow in state["slow"].items()}
