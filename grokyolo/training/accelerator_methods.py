"""Published ways to hurry a late jump, each with its paper; off unless the recipe names them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Literal

import torch

from grokyolo.gap import EventKind
from grokyolo.training.weights import decayed_groups, norm

ROUNDING = 1e-5
"""A remainder shorter than this share of the gradient is rounding; it is not stretched, but dropped."""
SMALLEST = 1e-30
MEMORISED = 0.95
"""Probe score from which the training images count as known by heart."""
LASTING = 5
"""Measurements whose median must be that high."""


class Accelerator:
    """One way to hurry a late jump; what it does not override does nothing."""

    def start(self, optimizer: torch.optim.Optimizer) -> None:
        """Change the initial weights, once, before the averaged weights are copied from them."""

    def built(self, optimizer: torch.optim.Optimizer) -> None:
        """Look at an optimizer that Ultralytics has just built, or adapted to a smaller batch."""

    def ready(self, model: torch.nn.Module) -> None:
        """Change the model that is trained; the averaged copy of it, which is validated, exists already."""

    def begin_epoch(self, epoch: int, optimizer: torch.optim.Optimizer) -> tuple[EventKind, ...]:
        """Prepare epoch `epoch` (from 1) and return the events that this is; called again for an epoch done again."""
        return ()

    def before_step(self, model: torch.nn.Module, scale: float) -> None:
        """Change the gradients of `model` in place; those of AMP are multiplied by `scale`."""

    def after_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Change the weights in place, before they enter the average."""

    def measured(self, epoch: int, probe_score: float | None) -> None:
        """Take note of an epoch's probe score in [0, 1]; None where it was not measured."""

    def state_dict(self) -> dict[str, object]:
        """Return what an exact resume needs: tensors and plain values."""
        return {}

    def load_state_dict(self, state: Mapping[str, torch.Tensor], device: torch.device) -> None:
        """Take back what `state_dict` returned, when a run goes on or recovers from NaN."""


def trained_matrices(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """Return the matrices and kernels that are trained: what weight decay acts on, frozen layers left out."""
    return [p for group in decayed_groups(optimizer) for p in group["params"] if p.requires_grad]


class InitialScale(Accelerator):
    """Multiplies the weights that a training begins with, pretrained ones too (Liu et al. 2022, arXiv 2210.01117).

    Matrices and kernels that are trained, those that weight decay acts on: biases and normalisation layers keep their
    values, which in the networks of that paper, Omnigrok, are few or none.

    Args:
        scale: α, above 0.
    """

    def __init__(self, scale: float) -> None:
        self.scale = scale

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def start(self, optimizer: torch.optim.Optimizer) -> None:
        """Multiply matrices and kernels."""
        torch._foreach_mul_(trained_matrices(optimizer), self.scale)


class ConstrainedNorm(Accelerator):
    """Holds the joint L2 norm of matrices and kernels at a multiple of what it was at the start.

    Omnigrok (arXiv 2210.01117) trains on a sphere of constant norm: after each step all weights are rescaled by one
    factor.

    Args:
        factor: multiple, above 0; with other than 1 the weights start rescaled, as in the paper.

    Attributes:
        target: the norm that is held; None before the start.
    """

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self.target: float | None = None

    def start(self, optimizer: torch.optim.Optimizer) -> None:
        """Choose the norm and go there."""
        self.target = self.factor * norm(trained_matrices(optimizer))
        self.after_step(optimizer)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def after_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Rescale all by one factor; weights that are zero or not finite stay as they are."""
        weights = trained_matrices(optimizer)
        now = norm(weights)
        if self.target is not None and now > 0 and math.isfinite(now):
            torch._foreach_mul_(weights, self.target / now)

    def state_dict(self) -> dict[str, object]:
        """Return the norm that is held."""
        return {"target": self.target}

    def load_state_dict(self, state: Mapping[str, torch.Tensor], device: torch.device) -> None:
        """Hold the saved norm."""
        self.target = state["target"]


class Grokfast(Accelerator):
    """Adds `lamb` times an exponential moving average of the gradients to each gradient.

    Grokfast amplifies the slow part of the gradients (Lee et al. 2024, arXiv 2405.20233, algorithm 1). The other
    filter of the paper, the mean of a window of 100 gradients, would keep 100 copies of the gradients in memory and in
    each state; its authors propose the moving average in its place.

    Args:
        alpha: momentum of the moving average, in (0, 1).
        lamb: factor of the slow part.

    Attributes:
        slow: the average by parameter, in true units, each of the parameter's shape.
    """

    def __init__(self, alpha: float, lamb: float) -> None:
        self.alpha = alpha
        self.lamb = lamb
        self.slow: dict[str, torch.Tensor] = {}

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def before_step(self, model: torch.nn.Module, scale: float = 1.0) -> None:
        """Amplify the gradients of `model` in place.

        Args:
            model: its parameters carry gradients.
            scale: factor of a gradient scaler (AMP); the average is kept in true units, since it changes.
        """
        for name, parameter in model.named_parameters():
            gradient = parameter.grad
            if gradient is None or (scale != 1.0 and not bool(torch.isfinite(gradient).all())):
                continue
            slow = self.slow.setdefault(name, gradient / scale)
            slow.lerp_(gradient / scale, 1 - self.alpha)
            gradient.add_(slow, alpha=self.lamb * scale)

    def state_dict(self) -> dict[str, object]:
        """Return the averages."""
        return {"slow": self.slow}

    def load_state_dict(self, state: Mapping[str, torch.Tensor], device: torch.device) -> None:
        """Go on with saved averages."""
        self.slow = {name: slow.to(device, copy=True) for name, slow in state["slow"].items()}


class OrthoGrad(Accelerator):
    """Projects each gradient, tensor by tensor, onto what is orthogonal to the weights of that tensor.

    ⊥Grad (Prieto et al. 2025, arXiv 2501.04697, section 5): once the training set is memorised, a gradient mostly
    scales the weights up: the loss falls, the predictions stay. The part of each gradient along its own weights is
    taken out, and the rest is brought to the length of the whole, as in the authors' code. Weights that feed a
    normalisation layer have no such part to begin with.

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


class StableMax(Accelerator):
    """Trains a classifier with StableMax instead of the softmax (Prieto et al. 2025, arXiv 2501.04697, section 4).

        s(x) = x + 1 for x ≥ 0, 1 / (1 - x) below;   StableMax(x)ᵢ = s(xᵢ) / Σⱼ s(xⱼ)

    It grows like x instead of exp(x), so differences between logits do not vanish in rounding and gradients of
    memorised images do not become zero. In the authors' code, too, it is computed in double precision. Validation and
    the probe keep Ultralytics' cross-entropy, so that their losses can be compared with those of any run.
    """

    def ready(self, model: torch.nn.Module) -> None:
        """Give the loss to the model that is trained."""
        model.criterion = StableMaxLoss()


class StableMaxLoss:
    """In the place of Ultralytics' `v8ClassificationLoss`."""

    def __call__(
        self, preds: torch.Tensor | tuple[torch.Tensor, torch.Tensor], batch: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
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


class LateDecay(Accelerator):
    """Keeps weight decay at zero up to an epoch, or until the probe shows that the training set is memorised.

    No paper's recipe but the experiment that its mechanism suggests: memorising takes large weights, and decay is what
    then draws them towards the smaller ones of a general solution (Omnigrok, arXiv 2210.01117, section 2; Lyu et al.,
    arXiv 2311.18817). A change of weight decay moves curves by itself, so the log calls it `wd-changed`.

    Args:
        after: the last epoch without decay, or `memorised`: the one in which the median of the last five measured
            probe scores has reached 95 %.

    Attributes:
        since: the first epoch with decay, None while it is not known.
    """

    def __init__(self, after: int | Literal["memorised"]) -> None:
        self.since = None if after == "memorised" else int(after) + 1
        self._recent: deque[float] = deque(maxlen=LASTING)
        self._full: list[float] = []
        self._on: bool | None = None

    def built(self, optimizer: torch.optim.Optimizer) -> None:
        """Remember the decay that the recipe asks for."""
        self._full = [group["weight_decay"] for group in decayed_groups(optimizer)]

    def begin_epoch(self, epoch: int, optimizer: torch.optim.Optimizer) -> tuple[EventKind, ...]:
        """Switch decay off or on."""
        on = self.since is not None and epoch >= self.since
        for group, full in zip(decayed_groups(optimizer), self._full, strict=True):
            group["weight_decay"] = full if on else 0.0
        changed = self._on is not None and on is not self._on and any(self._full)
        self._on = on
        return (EventKind.WD_CHANGED,) if changed else ()

    def measured(self, epoch: int, probe_score: float | None) -> None:
        """Decide from the probe; decay that has begun stays."""
        if self.since is not None or probe_score is None:
            return
        self._recent.append(probe_score)
        if len(self._recent) == LASTING and median(self._recent) >= MEMORISED:
            self.since = epoch + 1

    def state_dict(self) -> dict[str, object]:
        """Return what has been decided, and from which scores."""
        return {"since": self.since, "recent": list(self._recent), "on": self._on}

    def load_state_dict(self, state: Mapping[str, torch.Tensor], device: torch.device) -> None:
        """Take that back. After a recovery from NaN, what was on in this process is known better."""
        self.since = state["since"]
        self._recent = deque(state["recent"], maxlen=LASTING)
        self._on = state["on"] if self._on is None else self._on
