"""What the layers of Ultralytics hold: parameters, which of them weight decay can shrink, and values in passing.

Each function mirrors a class of `ultralytics.nn.modules` of the same name, so that no model has to be built to be
counted. `Conv` there is a convolution without bias and a batch normalisation behind it; heads end in plain ones.
"""

# ruff: noqa: PLR0917 - arguments in the order in which architectures write them

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import gcd, prod
from typing import Any

Kernel = int | Sequence[int]


@dataclass(frozen=True)
class Weights:
    """Parameters by what weight decay does to them.

    Attributes:
        normalised: decayed, but a normalisation directly behind the layer undoes their size: decay changes no more
            than their effective learning rate.
        free: decayed, and their size matters.
        spared: biases and the parameters of normalisations, which `BaseTrainer.build_optimizer` never decays.
        norms: those of `spared` that belong to normalisations; as many running statistics come with them.
        fixed: never trained.
        kept: values that a forward pass keeps for the backward one at each position of the layer's output, about; no
            part of equality. A convolution keeps its output, what the normalisation and what the activation make of it.
        pairs: the same for each pair of positions that attend to each other.
    """

    normalised: int = 0
    free: int = 0
    spared: int = 0
    norms: int = 0
    fixed: int = 0
    kept: float = field(default=0.0, compare=False)
    pairs: float = field(default=0.0, compare=False)

    def __add__(self, other: Weights) -> Weights:
        return Weights(*(one + two for one, two in zip(vars(self).values(), vars(other).values(), strict=True)))

    def __mul__(self, times: int) -> Weights:
        return Weights(*(times * one for one in vars(self).values()))

    def at(self, positions: float) -> Weights:
        """Return the same with `kept` for so many positions together."""
        return replace(self, kept=positions * self.kept + positions**2 * self.pairs, pairs=0.0)

    @property
    def decayed(self) -> int:
        """Parameters that weight decay is applied to."""
        return self.normalised + self.free

    @property
    def total(self) -> int:
        """All parameters."""
        return self.normalised + self.free + self.spared + self.fixed


def area(kernel: Kernel) -> int:
    """Return the positions of a kernel."""
    return kernel**2 if isinstance(kernel, int) else prod(kernel)


def conv(
    c1: int, c2: int, k: Kernel = 1, s: Any = 1, p: Any = None, g: int = 1, d: Any = 1, act: Any = True
) -> Weights:
    """Count `Conv`."""
    return Weights(normalised=c1 // g * c2 * area(k), spared=2 * c2, norms=2 * c2, kept=(3 if act else 2) * c2)


def joined(channels: int) -> Weights:
    """Count what becomes a tensor of its own without parameters: a concatenation, a sum."""
    return Weights(kept=channels)


def plain(c1: int, c2: int, k: Kernel = 1, g: int = 1) -> Weights:
    """Count a layer with a bias and no normalisation: `nn.Conv2d`, `nn.Linear`, `nn.ConvTranspose2d`."""
    return Weights(free=c1 // g * c2 * area(k), spared=c2, kept=c2)


def dwconv(c1: int, c2: int, k: Kernel = 1, s: Any = 1, d: Any = 1, act: Any = True) -> Weights:
    """Count `DWConv`."""
    return conv(c1, c2, k, g=gcd(c1, c2), act=act)


def bottleneck(
    c1: int, c2: int, shortcut: bool = True, g: int = 1, k: Sequence[Kernel] = (3, 3), e: float = 0.5
) -> Weights:
    """Count `Bottleneck`."""
    hidden = int(c2 * e)
    return conv(c1, hidden, k[0]) + conv(hidden, c2, k[1], g=g)


def c2f(c1: int, c2: int, n: int = 1, shortcut: bool = False, g: int = 1, e: float = 0.5) -> Weights:
    """Count `C2f`."""
    c = int(c2 * e)
    return _two_ends(c1, c2, n, e) + bottleneck(c, c, shortcut, g, ((3, 3), (3, 3)), 1.0) * n


def _two_ends(c1: int, c2: int, n: int, e: float) -> Weights:
    c = int(c2 * e)
    return conv(c1, 2 * c) + joined((2 + n) * c) + conv((2 + n) * c, c2)


def c3(c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5) -> Weights:
    """Count `C3`."""
    return c3k(c1, c2, n, shortcut, g, e, k=((1, 1), (3, 3)))


def c3k(
    c1: int,
    c2: int,
    n: int = 1,
    shortcut: bool = True,
    g: int = 1,
    e: float = 0.5,
    k: Sequence[Kernel] = (3, 3),
) -> Weights:
    """Count `C3k`."""
    c = int(c2 * e)
    return conv(c1, c) * 2 + joined(2 * c) + conv(2 * c, c2) + bottleneck(c, c, shortcut, g, k, 1.0) * n


def c3k2(
    c1: int,
    c2: int,
    n: int = 1,
    c3k_inside: bool = False,
    e: float = 0.5,
    attn: bool = False,
    g: int = 1,
    shortcut: bool = True,
) -> Weights:
    """Count `C3k2`."""
    c = int(c2 * e)
    if attn:
        inner = bottleneck(c, c, shortcut, g) + psa_block(c)
    else:
        inner = c3k(c, c, 2, shortcut, g) if c3k_inside else bottleneck(c, c, shortcut, g)
    return _two_ends(c1, c2, n, e) + inner * n


def attention(dim: int, heads: int) -> Weights:
    """Count `Attention` with its usual ratio of 0.5."""
    keys = int(dim // heads * 0.5) * heads
    spread = conv(dim, dim + 2 * keys, act=False)
    rest = conv(dim, dim, act=False) + conv(dim, dim, 3, g=dim, act=False) + joined(dim)
    return spread + rest + Weights(pairs=heads)


def psa_block(c: int) -> Weights:
    """Count `PSABlock`."""
    return attention(c, max(c // 64, 1)) + conv(c, 2 * c) + conv(2 * c, c, act=False) + joined(2 * c)


def c2psa(c1: int, c2: int, n: int = 1, e: float = 0.5) -> Weights:
    """Count `C2PSA`; `PSA` is the same with one block."""
    c = int(c1 * e)
    return conv(c1, 2 * c) + joined(2 * c) + conv(2 * c, c1) + psa_block(c) * n


def psa(c1: int, c2: int, e: float = 0.5) -> Weights:
    """Count `PSA`."""
    return c2psa(c1, c2, 1, e)


def spp(c1: int, c2: int, k: Sequence[int] = (5, 9, 13)) -> Weights:
    """Count `SPP`."""
    return _pooled(c1, c2, len(k))


def sppf(c1: int, c2: int, k: int = 5, n: int = 3, shortcut: bool = False) -> Weights:
    """Count `SPPF`."""
    return _pooled(c1, c2, n)


def _pooled(c1: int, c2: int, times: int) -> Weights:
    c = c1 // 2
    pools = joined(c) * 3  # the output, and where each of its values came from in twice the precision
    return conv(c1, c) + pools * times + joined(c * (times + 1)) + conv(c * (times + 1), c2)


def scdown(c1: int, c2: int, k: int, s: int) -> Weights:
    """Count `SCDown`."""
    return conv(c1, c2).at(s**2) + conv(c2, c2, k, g=c2, act=False)


def c2fcib(
    c1: int, c2: int, n: int = 1, shortcut: bool = False, lk: bool = False, g: int = 1, e: float = 0.5
) -> Weights:
    """Count `C2fCIB`."""
    c = int(c2 * e)
    inside = conv(2 * c, 2 * c, 7, g=2 * c) if lk else Weights()
    cib = conv(c, c, 3, g=c) * 2 + conv(c, 2 * c) + conv(2 * c, 2 * c, 3, g=2 * c) + inside + conv(2 * c, c)
    return _two_ends(c1, c2, n, e) + cib * n


def a2c2f(
    c1: int,
    c2: int,
    n: int = 1,
    a2: bool = True,
    area_count: int = 1,
    residual: bool = False,
    mlp_ratio: float = 2.0,
    e: float = 0.5,
    g: int = 1,
    shortcut: bool = True,
) -> Weights:
    """Count `A2C2f`."""
    c = int(c2 * e)
    mlp = int(c * mlp_ratio)
    attended = conv(c, 3 * c, act=False) + conv(c, c, act=False) + conv(c, c, 7, g=c, act=False) + joined(2 * c)
    attended += Weights(pairs=max(c // 32, 1) / area_count)
    block = attended + conv(c, mlp) + conv(mlp, c, act=False) + joined(c)
    gamma = Weights(free=c2 if a2 and residual else 0)
    ends = conv(c1, c) + joined((1 + n) * c) + conv((1 + n) * c, c2)
    return ends + gamma + (block * 2 if a2 else c3k(c, c, 2, shortcut, g)) * n


BLOCKS: dict[str, Callable[..., Weights]] = {
    "Conv": conv,
    "DWConv": dwconv,
    "Bottleneck": bottleneck,
    "C2f": c2f,
    "C3": c3,
    "C3k2": c3k2,
    "C2PSA": c2psa,
    "PSA": psa,
    "SPP": spp,
    "SPPF": sppf,
    "SCDown": scdown,
    "C2fCIB": c2fcib,
    "A2C2f": a2c2f,
}
"""Layers that `ultralytics.nn.tasks.parse_model` gives channels in and out."""
REPEATED = {"C2f", "C3", "C3k2", "C2PSA", "C2fCIB", "A2C2f"}
"""Those of them that repeat something inside instead of themselves."""
