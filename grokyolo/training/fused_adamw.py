"""Steps of an optimizer on a CPU by fewer calls: over lists of tensors, and AdamW with its moments in one piece.

A small detector has some hundred parameters, most of them tiny, and PyTorch calls a dozen operations for each. Where
the moments of a group lie one behind the other in memory, a dozen operations do for all: the same numbers (Loshchilov
and Hutter, arXiv 1711.05101, in the order of `torch.optim.adam._multi_tensor_adam`) in two thirds of the time.
"""

from __future__ import annotations

import torch

from grokyolo.training.weights import Group

SAME_ALL_AT_ONCE = (torch.optim.AdamW, torch.optim.Adam, torch.optim.Adamax, torch.optim.SGD, torch.optim.RMSprop)
"""Optimizers whose steps over lists give the same bits as those over single tensors; NAdam and RAdam do not."""
AVERAGES = ("exp_avg", "exp_avg_sq")
CHUNK = 2**16
"""Numbers that are worked on at a time: what belongs to so many fits into the cache of a core."""
MOST = 2**23
"""Parameters from which computing takes so long that the calls do not matter, and memory does."""
UNUSUAL = ("amsgrad", "maximize", "capturable", "differentiable", "fused")
"""Options of AdamW with which it computes something else."""


def step_all_at_once(optimizer: torch.optim.Optimizer) -> None:
    """Let an optimizer on the CPU step over lists of tensors: the same numbers with a tenth of the calls.

    PyTorch chooses that by itself on a GPU only.
    """
    if type(optimizer) not in SAME_ALL_AT_ONCE:
        return
    for group in optimizer.param_groups:
        if group["foreach"] is None and not group.get("fused"):
            group["foreach"] = True


class FusedAdamW:
    """Takes the steps of an optimizer that is an ordinary AdamW; its state stays where it is looked for.

    Args:
        optimizer: any; nothing is done where it is another or has unusual options.
    """

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        self._groups: list[_Moments] = []
        self._possible = _is_ordinary(optimizer)

    def step(self) -> bool:
        """Take a step, or tell that the optimizer must take it: the first of all, and any out of the ordinary."""
        optimizer = self._optimizer
        if not self._possible or optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks:
            return False
        if any(p.grad is None for group in optimizer.param_groups for p in group["params"]):
            self._possible = False  # from here on parameters have taken different numbers of steps
            return False
        if not self._groups or not all(moments.are_in_place(optimizer) for moments in self._groups):
            self._groups = _gathered(optimizer)
        for moments in self._groups:
            moments.step()
        return bool(self._groups)


def _gathered(optimizer: torch.optim.Optimizer) -> list[_Moments]:
    """Return the moments of all groups; none where there are not any yet, or parameters took different steps."""
    if not all(_has_state(optimizer, group) for group in optimizer.param_groups):
        return []
    return [_Moments(optimizer, group) for group in optimizer.param_groups]


class _Moments:
    """The moments of one group of parameters, in one piece, of which the optimizer's state holds parts."""

    def __init__(self, optimizer: torch.optim.Optimizer, group: Group) -> None:
        self._group, self._parameters = group, group["params"]
        self._states = [optimizer.state[parameter] for parameter in self._parameters]
        whole = [torch.cat([state[name].flatten() for state in self._states]) for name in AVERAGES]
        self._mean_parts, square_parts = (self._parts(tensor) for tensor in whole)
        for name, parts in zip(AVERAGES, (self._mean_parts, square_parts), strict=True):
            for state, part in zip(self._states, parts, strict=True):
                state[name] = part
        self._gradient, divisor = torch.empty_like(whole[0]), torch.empty_like(whole[0])
        self._divisor_parts = self._parts(divisor)
        self._chunks = list(zip(*(t.split(CHUNK) for t in (*whole, self._gradient, divisor)), strict=True))

    def _parts(self, whole: torch.Tensor) -> list[torch.Tensor]:
        parts = whole.split([parameter.numel() for parameter in self._parameters])
        return [part.view_as(parameter) for part, parameter in zip(parts, self._parameters, strict=True)]

    def are_in_place(self, optimizer: torch.optim.Optimizer) -> bool:
        """Tell whether the optimizer's state holds these; loading a state puts others there."""
        pairs = zip(self._parameters, self._mean_parts, strict=True)
        return any(group is self._group for group in optimizer.param_groups) and all(
            optimizer.state[parameter][AVERAGES[0]] is part for parameter, part in pairs
        )

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self) -> None:
        lr, (beta1, beta2), eps = self._group["lr"], self._group["betas"], self._group["eps"]
        steps = [state["step"] for state in self._states]
        torch._foreach_add_(steps, 1.0)
        step = float(steps[0])
        root = (1 - beta2**step) ** 0.5
        torch.cat([parameter.grad.flatten() for parameter in self._parameters], out=self._gradient)
        for mean, square, gradient, divisor in self._chunks:
            mean.lerp_(gradient, 1 - beta1)
            square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
            torch.sqrt(square, out=divisor)
            divisor.div_(root).add_(eps)
        if self._group["weight_decay"]:
            torch._foreach_mul_(self._parameters, 1 - lr * self._group["weight_decay"])
        torch._foreach_addcdiv_(self._parameters, self._mean_parts, self._divisor_parts, value=-lr / (1 - beta1**step))


def _is_ordinary(optimizer: torch.optim.Optimizer) -> bool:
    if type(optimizer) is not torch.optim.AdamW:
        return False
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    return (
        not any(group.get(name) for group in optimizer.param_groups for name in UNUSUAL)
        and all(isinstance(group["lr"], float) and group["params"] for group in optimizer.param_groups)
        and all(p.device.type == "cpu" and p.dtype == torch.float32 and p.is_contiguous() for p in parameters)
        and sum(p.numel() for p in parameters) <= MOST
    )


def _has_state(optimizer: torch.optim.Optimizer, group: Group) -> bool:
    """Tell whether all parameters of a group have taken the same number of steps, one at least."""
    steps = {float(optimizer.state[p]["step"]) if p in optimizer.state else None for p in group["params"]}
    return len(steps) == 1 and None not in steps
