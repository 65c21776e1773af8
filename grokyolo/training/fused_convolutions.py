"""Measuring with fused convolutions on the CPU: the same function of the same weights in half the time.

Normalisation in evaluation mode is a multiplication by constants, which can be taken into the convolution before it
(`ultralytics.utils.torch_utils.fuse_conv_and_bn`); `yolo val` does so with a finished model. Here the moving average is
fused anew for each measurement, beside its weights, which stay as they are. Losses and scores agree with those of the
separate layers to about the last digit of single precision; training does not notice.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch.nn import functional
from ultralytics.nn.modules import Conv
from ultralytics.utils import RANK

Forward = Callable[[torch.Tensor], torch.Tensor]
_AFTER = {torch.nn.SiLU: "swish", torch.nn.Identity: "none"}
"""Activation: oneDNN's name of it."""
LARGE = 2**16
"""Numbers in an input from which oneDNN's own 1×1 convolution is faster than PyTorch's way to it."""


class Fused:
    """The convolutions of a model as they are when measured.

    Args:
        model: in evaluation mode; its weights may change between measurements, but only in place.
        device: where it computes; nothing is fused where that would not pay.
    """

    def __init__(self, model: torch.nn.Module, device: torch.device) -> None:
        self._layers = [module for module in model.modules() if _can_be_fused(module)] if _pays(device) else []
        self._weights = [
            torch.empty_like(layer.conv.weight, requires_grad=False, memory_format=torch.channels_last)
            for layer in self._layers
        ]
        self._biases = [torch.empty_like(layer.bn.bias, requires_grad=False) for layer in self._layers]
        self._forwards = dict(zip(self._layers, map(_forward, self._layers, self._weights, self._biases), strict=True))
        for conv in _without_normalisation(model) if self._layers else ():
            self._forwards[conv] = _by_size(conv.forward, conv, conv.weight, conv.bias, "none")

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Let the model compute with fused convolutions, made of its present weights, within the block."""
        if self._layers:
            self._fuse()
        for layer, forward in self._forwards.items():
            layer.forward = forward
        try:
            yield
        finally:
            for layer in self._forwards:
                del layer.forward

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _fuse(self) -> None:
        norms = [layer.bn for layer in self._layers]
        deviations = torch._foreach_add([norm.running_var for norm in norms], [norm.eps for norm in norms])
        torch._foreach_sqrt_(deviations)
        scales = torch._foreach_div([norm.weight for norm in norms], deviations)
        torch._foreach_copy_(self._weights, [layer.conv.weight for layer in self._layers])
        torch._foreach_mul_(self._weights, [scale.view(-1, 1, 1, 1) for scale in scales])
        torch._foreach_copy_(self._biases, [norm.bias for norm in norms])
        torch._foreach_addcmul_(self._biases, [norm.running_mean for norm in norms], scales, value=-1)


def _pays(device: torch.device) -> bool:
    """Tell whether this is an x86 CPU with oneDNN; Ultralytics' `AutoBackend` changes the layout on the same ones.

    Several processes have a GPU each, and their statistics become the same only when validation begins.
    """
    if RANK != -1:
        return False
    return device.type == "cpu" and platform.machine() in {"AMD64", "x86_64"} and torch.backends.mkldnn.is_available()


def _can_be_fused(module: Any) -> bool:
    """Tell whether a layer is a convolution, a normalisation by constants and an activation, and nothing else."""
    if not isinstance(module, Conv) or type(module).forward is not Conv.forward:
        return False
    conv: Any = module.conv
    norm: Any = getattr(module, "bn", None)
    plain = type(conv) is torch.nn.Conv2d and conv.bias is None and conv.padding_mode == "zeros"
    return (
        plain
        and isinstance(conv.padding, tuple)
        and type(norm) is torch.nn.BatchNorm2d
        and norm.affine
        and norm.track_running_stats
    )


def _without_normalisation(model: torch.nn.Module) -> list[Any]:
    """Return the 1×1 convolutions that stand alone, as the last ones of a head do."""
    inside = {getattr(module, "conv", None) for module in model.modules() if isinstance(module, Conv)}
    return [
        module
        for module in model.modules()
        if type(module) is torch.nn.Conv2d and module not in inside and _is_pointwise(module)
    ]


def _is_pointwise(conv: Any) -> bool:
    return bool(conv.kernel_size == (1, 1) and conv.groups == 1 and conv.padding == (0, 0))


def _forward(layer: Any, weight: torch.Tensor, bias: torch.Tensor) -> Forward:
    conv, act = layer.conv, layer.act
    after = _AFTER.get(type(act))
    stride, padding, dilation = list(conv.stride), list(conv.padding), list(conv.dilation)

    def convolve(x: torch.Tensor) -> torch.Tensor:
        y = torch.conv2d(x, weight, bias, stride, padding, dilation, conv.groups)
        return functional.silu(y, inplace=True) if after == "swish" else act(y)

    return _by_size(convolve, conv, weight, bias, after) if after and _is_pointwise(conv) else convolve


def _by_size(small: Forward, conv: Any, weight: torch.Tensor, bias: torch.Tensor, after: str) -> Forward:
    """Return the way of a 1×1 convolution: a given one for small inputs, oneDNN's own for large ones."""
    pointwise = _pointwise()
    if pointwise is None:
        return small
    stride, padding, dilation = list(conv.stride), list(conv.padding), list(conv.dilation)

    def convolve(x: torch.Tensor) -> torch.Tensor:
        if x.numel() < LARGE:
            return small(x)
        return pointwise(x, weight, bias, padding, stride, dilation, 1, after, [], "")

    return convolve


@cache
def _pointwise() -> Callable[..., torch.Tensor] | None:
    """Return oneDNN's convolution with activation, which TorchInductor uses; None where PyTorch has none (any more)."""
    try:
        operator: Callable[..., torch.Tensor] = torch.ops.mkldnn._convolution_pointwise.default
        x, one = torch.ones(1, 1, 1, 1), [1, 1]
        operator(x, x, torch.ones(1), [0, 0], one, one, 1, "swish", [], "")
    except (AttributeError, RuntimeError):
        return None
    return operator
