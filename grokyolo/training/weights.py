"""What the optimizer does to the weights: groups and norms."""

from __future__ import annotations

from typing import Any

import torch

DECAYED_GROUPS = frozenset({"weight", "muon"})
"""`param_group` labels that `BaseTrainer.build_optimizer` gives to matrices and kernels."""

SAME_ALL_AT_ONCE = (torch.optim.AdamW, torch.optim.Adam, torch.optim.Adamax, torch.optim.SGD, torch.optim.RMSprop)
"""Optimizers whose steps over lists give the same bits as those over single tensors; NAdam and RAdam do not."""


def largest_group(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Return the parameter group with the most weights."""
    return max(optimizer.param_groups, key=lambda group: sum(p.numel() for p in group["params"]))


def decayed_groups(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
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


def step_all_at_once(optimizer: torch.optim.Optimizer) -> None:
    """Let an optimizer on the CPU step over lists of tensors: the same numbers with a tenth of the calls.

    PyTorch chooses that by itself on a GPU only.
    """
    if type(optimizer) not in SAME_ALL_AT_ONCE:
        return
    for group in optimizer.param_groups:
        if group["foreach"] is None and not group.get("fused"):
            group["foreach"] = True
