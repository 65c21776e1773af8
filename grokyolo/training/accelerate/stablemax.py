"""StableMax instead of the softmax in the training loss (Prieto et al. 2025, arXiv 2501.04697, section 4).

    s(x) = x + 1 for x ≥ 0, 1 / (1 - x) below;   StableMax(x)ᵢ = s(xᵢ) / Σⱼ s(xⱼ)

It grows like x instead of exp(x), so differences between logits do not vanish in rounding and gradients of memorised
images do not become zero. In the authors' code, too, it is computed in double precision.

It applies to a loss with a softmax over classes, which is classification only: detectors score each class by itself.
Validation and the probe keep Ultralytics' cross-entropy, so that their losses can be compared with those of any run.
"""

from __future__ import annotations

from typing import Any

import torch

from grokyolo.training.accelerate.base import Accelerator


class StableMax(Accelerator):
    """Trains a classifier with the cross-entropy of StableMax."""

    def ready(self, model: torch.nn.Module) -> None:
        """Give the loss to the model that is trained."""
        model.criterion = StableMaxLoss()


class StableMaxLoss:
    """In the place of Ultralytics' `v8ClassificationLoss`."""

    def __call__(self, preds: Any, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the mean loss of a batch, and the same detached by name."""
        logits = preds[1] if isinstance(preds, (list, tuple)) else preds
        loss = cross_entropy(logits, batch["cls"])
        return loss, {"loss": loss.detach()}


def cross_entropy(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Return the mean of -log StableMax(logits) at the true classes, in single precision.

    Args:
        logits: shape (images, classes).
        classes: shape (images,), whole numbers.
    """
    x = logits.float() if logits.device.type == "mps" else logits.double()  # Apple's GPU knows no double precision
    scores = torch.where(x < 0, 1 / (1 - x.clamp(max=0)), x + 1)
    right = scores.gather(1, classes.long().unsqueeze(1)).squeeze(1)
    return (scores.sum(1).log() - right.log()).mean().float()
