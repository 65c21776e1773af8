"""An optimizer with the groups that Ultralytics makes."""

import torch


def optimizer_of(model: torch.nn.Module, weight_decay: float = 0.5, lr: float = 0.1) -> torch.optim.Optimizer:
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": others, "weight_decay": 0.0, "param_group": "bias"},
        {"params": matrices, "weight_decay": weight_decay, "param_group": "weight"},
    ]
    return torch.optim.SGD(groups, lr=lr)


def step(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Take a step that moves every parameter."""
    optimizer.zero_grad()
    sum((p * torch.arange(p.numel()).view_as(p)).sum() for p in model.parameters()).backward()
    optimizer.step()
