"""What the optimizer does to the weights: groups, norms, and numerical trouble while it can still be helped."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TypedDict

import torch

DECAYED_GROUPS = frozenset({"weight", "muon"})
"""`param_group` labels that `BaseTrainer.build_optimizer` gives to matrices and kernels."""

LOWEST_SCALE = 1.0
"""`GradScaler` starts at 65,536 and halves with every overflow; below 1 it shrinks gradients that are small already."""
HALF_ERROR = 2.0**-10
"""Relative error of half precision that is to be expected; more means weights beyond its range or below it."""


class Group(TypedDict, total=False):
    """What parts ask of a parameter group of an optimizer."""

    params: list[torch.nn.Parameter]
    param_group: str
    lr: float
    initial_lr: float
    weight_decay: float
    betas: tuple[float, float]
    eps: float


def largest_group(optimizer: torch.optim.Optimizer) -> Group:
    """Return the parameter group with the most weights."""
    return max(optimizer.param_groups, key=lambda group: sum(p.numel() for p in group["params"]))


def decayed_groups(optimizer: torch.optim.Optimizer) -> list[Group]:
    """Return the parameter groups that weight decay acts on."""
    return [group for group in optimizer.param_groups if group.get("param_group") in DECAYED_GROUPS]


def weight_norms(optimizer: torch.optim.Optimizer) -> tuple[float, float]:
    """Return the L2 norms of the weights under weight decay and of all others (biases, normalisation)."""
    decayed: list[torch.Tensor] = []
    free: list[torch.Tensor] = []
    for group in optimizer.param_groups:
        (decayed if group.get("param_group") in DECAYED_GROUPS else free).extend(group["params"])
    return norm(decayed), norm(free)


@torch.no_grad()  # type: ignore[untyped-decorator]
def norm(parameters: list[torch.Tensor]) -> float:
    """Return the joint L2 norm, 0.0 of nothing."""
    if not parameters:
        return 0.0
    norms = torch._foreach_norm(parameters)
    return float(torch.linalg.vector_norm(torch.stack(norms).double()))


class Trouble(Enum):
    """What can be wrong with the numbers of a training."""

    GRADIENT_SCALE = "gradient scale"
    HALF_PRECISION = "half precision"
    NO_LABELS = "no labels"


def remarks(scaler: torch.amp.GradScaler, weights: Iterable[torch.Tensor]) -> dict[Trouble, str]:
    """Return what is wrong, one sentence for each trouble.

    Args:
        scaler: the gradient scaler; one that is off has nothing to say.
        weights: tensors of the moving average, which are written in half precision. Only matrices and kernels are
            looked at: those that feed a normalisation layer work at any scale, however small, in full precision.
    """
    found = {}
    if scaler.is_enabled() and scaler.get_scale() < LOWEST_SCALE:
        found[Trouble.GRADIENT_SCALE] = (
            f"the gradient scale of AMP fell below {LOWEST_SCALE:g}: gradients vanish in half precision; "
            "train with amp=false or amp=bf16"
        )
    error = half_error(tensor for tensor in weights if tensor.ndim > 1 and tensor.is_floating_point())
    if error > HALF_ERROR:
        found[Trouble.HALF_PRECISION] = (
            f"half precision loses {error:.1%} of a layer's weights in weights/best.pt and last.pt; "
            "state/ keeps them in full precision"
        )
    return found


@torch.no_grad()  # type: ignore[untyped-decorator]
def half_error(weights: Iterable[torch.Tensor]) -> float:
    """Return the largest relative error (L2) of a tensor that goes through half precision; 1 beyond its range."""
    worst = 0.0
    for tensor in weights:
        norm = float(torch.linalg.vector_norm(tensor.float()))
        if norm > 0:
            lost = float(torch.linalg.vector_norm(tensor.half().float() - tensor.float()))
            worst = max(worst, min(lost / norm, 1.0))
    return worst
