"""All accelerators of a run, as its recipe names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

import torch

from grokyolo.errors import UsageError
from grokyolo.gap import EventKind
from grokyolo.training.accelerator_methods import (
    Accelerator,
    ConstrainedNorm,
    Grokfast,
    InitialScale,
    LateDecay,
    OrthoGrad,
    StableMax,
)


class GrokfastSettings(TypedDict):
    """Both of the recipe's `accelerate.grokfast`."""

    alpha: float
    lamb: float


class Settings(TypedDict, total=False):
    """The recipe's `accelerate` section; None or False is off."""

    constrained_norm: float | None
    grokfast: GrokfastSettings | None
    initial_scale: float | None
    orthograd: bool
    stablemax: bool
    weight_decay_after: int | Literal["memorised"] | None


class Accelerators:
    """The accelerators of one training, asked in the order in which they act.

    Args:
        settings: the recipe's `accelerate` section, None or empty for none.
        task: of the training.

    Raises:
        UsageError: one of them does not apply to the task.
    """

    def __init__(self, settings: Settings | None, task: str) -> None:
        named: Settings = settings or {}
        found: dict[str, Accelerator] = {}
        if scale := named.get("initial_scale"):
            found["initial_scale"] = InitialScale(float(scale))
        if factor := named.get("constrained_norm"):
            found["constrained_norm"] = ConstrainedNorm(float(factor))
        if grokfast := named.get("grokfast"):
            found["grokfast"] = Grokfast(float(grokfast["alpha"]), float(grokfast["lamb"]))
        if named.get("orthograd"):
            found["orthograd"] = OrthoGrad()
        if named.get("stablemax"):
            if task != "classify":
                raise UsageError(
                    f"stablemax takes the place of a softmax over classes, and {task} has none",
                    where="accelerate.stablemax",
                    hint="remove it",
                )
            found["stablemax"] = StableMax()
        if after := named.get("weight_decay_after"):
            found["weight_decay_after"] = LateDecay(after)
        self.named = found

    def built(self, optimizer: torch.optim.Optimizer, *, new: bool) -> None:
        """Take on an optimizer.

        Args:
            optimizer: of the weights that are trained.
            new: whether it was just made, from initial weights.
        """
        if new:
            for one in self.named.values():
                one.start(optimizer)
            if self.named:
                optimizer.register_step_post_hook(lambda stepped, *_: self._after_step(stepped))
        for one in self.named.values():
            one.built(optimizer)

    def ready(self, model: torch.nn.Module) -> None:
        """Change the model that is trained, once everything is set up."""
        for one in self.named.values():
            one.ready(model)

    def begin_epoch(self, epoch: int, optimizer: torch.optim.Optimizer) -> list[EventKind]:
        """Prepare an epoch (from 1) and return the events that this is."""
        return [event for one in self.named.values() for event in one.begin_epoch(epoch, optimizer)]

    def before_step(self, model: torch.nn.Module, scale: float) -> None:
        """Change gradients, those of AMP being multiplied by `scale`."""
        for one in self.named.values():
            one.before_step(model, scale)

    def _after_step(self, optimizer: torch.optim.Optimizer) -> None:
        for one in self.named.values():
            one.after_step(optimizer)

    def measured(self, epoch: int, probe_score: float | None) -> None:
        """Tell an epoch's probe score."""
        for one in self.named.values():
            one.measured(epoch, probe_score)

    def state_dict(self) -> dict[str, dict[str, object]]:
        """Return what an exact resume needs, by name."""
        return {name: one.state_dict() for name, one in self.named.items()}

    def load_state_dict(self, states: Mapping[str, Mapping[str, torch.Tensor]], device: torch.device) -> None:
        """Take back what `state_dict` returned."""
        for name, one in self.named.items():
            one.load_state_dict(states[name], device)
