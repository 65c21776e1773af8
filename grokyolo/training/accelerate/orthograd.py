"""⊥Grad: no step along the weights themselves (Prieto et al. 2025, arXiv 2501.04697, section 5).

Once the training set is memorised, a gradient mostly scales the weights up: the loss falls, the predictions stay. The
part of each gradient along its own weights is taken out, and the rest is brought to the length of the whole, as in
the authors' code. Weights that feed a normalisation layer have no such part to begin with.
"""

from __future__ import annotations

import torch

from grokyolo.training.accelerate.base import Accelerator

ROUNDING = 1e-5
"""A remainder shorter than this share of the gradient is rounding; it is not stretched, but dropped."""
SMALLEST = 1e-30


class OrthoGrad(Accelerator):
    """Projects each gradient, tensor by tensor, onto what is orthogonal to the weights of that tensor.

    A tensor of a single number is left alone: nothing is orthogonal to it.
    """

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def before_step(self, model: torch.nn.Module, scale: float = 1.0) -> None:
        """Project the gradients of `model` in place; the factor of a gradient scaler does not matter."""
        for parameter in model.parameters():
            if parameter.grad is not None and parameter.numel() > 1:
                _project(parameter.grad, parameter)


def _project(gradient: torch.Tensor, weights: torch.Tensor) -> None:
    length = gradient.norm()
    along = (weights * gradient).sum() / (weights * weights).sum().clamp_min(SMALLEST)
    gradient.sub_(weights * along)
    rest = gradient.norm()
    gradient.mul_(torch.where(rest > ROUNDING * length, length / rest.clamp_min(SMALLEST), 0.0))
