"""What the accelerators of a recipe will do, and what to know of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grokyolo.recipe import Accelerate


@dataclass(frozen=True)
class Effect:
    """One accelerator.

    Attributes:
        name: short, as a label.
        key: dotted, as in the recipe.
        off: the value that switches it off.
        what: one line.
    """

    name: str
    key: str
    off: str
    what: str


def effects(accelerate: Accelerate) -> tuple[Effect, ...]:
    """Return what each accelerator does that is on, in the order in which they act."""
    return tuple(_effects(accelerate))


def _effects(on: Accelerate) -> Iterator[Effect]:
    if on.initial_scale is not None:
        what = f"matrices and kernels begin {on.initial_scale:g} times as large"
        yield Effect("scale", "accelerate.initial_scale", "null", what)
    if on.constrained_norm is not None:
        what = f"that of matrices and kernels is held at {on.constrained_norm:g} times the initial one"
        yield Effect("norm", "accelerate.constrained_norm", "null", what)
    if on.grokfast is not None:
        steps = 1 / (1 - on.grokfast.alpha)
        what = f"each gradient + {on.grokfast.lamb:g} times its average over about {steps:.3g} steps"
        yield Effect("grokfast", "accelerate.grokfast", "null", what)
    if on.orthograd:
        yield Effect("orthograd", "accelerate.orthograd", "false", "no step along the weights themselves")
    if on.stablemax:
        what = "in the training loss; validation and probe keep the cross-entropy"
        yield Effect("stablemax", "accelerate.stablemax", "false", what)
    if on.weight_decay_after is not None:
        what = (
            "once the probe is memorised"
            if isinstance(on.weight_decay_after, str)
            else (f"from epoch {on.weight_decay_after + 1:,} on")
        )
        yield Effect("late", "accelerate.weight_decay_after", "null", f"weight decay acts {what}, none before")
