"""Grokfast: amplify the slow part of the gradients (Lee et al. 2024, arXiv 2405.20233, algorithm 1, EMA)."""

from __future__ import annotations

from typing import Any

import torch


class Grokfast:
    """Adds `lamb` times an exponential moving average of the gradients to each gradient.

    Args:
        alpha: momentum of the moving average, in (0, 1).
        lamb: factor of the slow part.
    """

    def __init__(self, alpha: float, lamb: float) -> None:
        self.alpha = alpha
        self.lamb = lamb
        self.slow: dict[str, torch.Tensor] = {}

    @classmethod
    def from_settings(cls, settings: dict[str, Any] | None) -> Grokfast | None:
        """Build the filter from the recipe's `accelerate` section; None where it does not name it."""
        grokfast = (settings or {}).get("grokfast")
        return cls(float(grokfast["alpha"]), float(grokfast["lamb"])) if grokfast else None

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def filter(self, model: torch.nn.Module, scale: float = 1.0) -> None:
        """Replace the gradients of `model` in place.

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
