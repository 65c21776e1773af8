"""The resolved recipe: plain frozen values, for everything that runs or shows one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from grokyolo.findings import Finding
from grokyolo.recipe import durations, sizes
from grokyolo.recipe.inputs import MEMORY
from grokyolo.recipe.paths import portable


@dataclass(frozen=True)
class BuiltinData:
    """A data set that grokyolo makes itself.

    Attributes:
        name: which one; `modular-addition`.
        modulus: numbers run from 0 to modulus - 1.
        fraction: share of all pairs that is trained on.
        operation: `+`, `-` or `*`.
        seed: which pairs are trained on; None takes the seed of training.
    """

    name: str
    modulus: int = 31
    fraction: float = 0.6
    operation: str = "+"
    seed: int | None = None


@dataclass(frozen=True)
class Gap:
    """How the gap is measured.

    Attributes:
        every: epochs between measurements.
        probe: training images in the probe; 0 for none.
        budget: share of the time that measuring may take at most; None for no limit.
    """

    every: int = 1
    probe: int = 256
    budget: float | None = 0.1


@dataclass(frozen=True)
class Checkpoint:
    """When full states are saved.

    Attributes:
        every: seconds between them; 0 after every epoch.
        keep: how many stay.
    """

    every: int = 600
    keep: int = 3


@dataclass(frozen=True)
class Inputs:
    """How images that are the same in every epoch are kept.

    Attributes:
        memory: bytes that training, validation and probe images may take in all; 0 prepares none.
    """

    memory: int = MEMORY


@dataclass(frozen=True)
class Grokfast:
    """The gradient filter of Lee et al. 2024.

    Attributes:
        alpha: momentum of the average of the gradients.
        lamb: how much of it is added to each gradient.
    """

    alpha: float = 0.98
    lamb: float = 2.0


@dataclass(frozen=True)
class Accelerate:
    """Ways to hurry a late jump, each None or False where it is off.

    Attributes:
        grokfast: amplified slow gradients.
        initial_scale: factor on the weights that training begins with.
        constrained_norm: multiple of the initial norm at which the weights are held.
        orthograd: no step along the weights themselves.
        stablemax: StableMax in the training loss of a classifier.
        weight_decay_after: the last epoch without weight decay, or `memorised`.
    """

    grokfast: Grokfast | None = None
    initial_scale: float | None = None
    constrained_norm: float | None = None
    orthograd: bool = False
    stablemax: bool = False
    weight_decay_after: int | str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return those that are on, in the form of a recipe file."""
        on = {name: value for name, value in vars(self).items() if value is not None and value is not False}
        return {name: dict(vars(value)) if isinstance(value, Grokfast) else value for name, value in on.items()}


@dataclass(frozen=True)
class Recipe:
    """What to train and how, after inheritance and overrides.

    Attributes:
        name: the recipe's file name without suffix, or the run folder's name.
        description: one line.
        model: what `ultralytics.YOLO` takes; a file that belongs to a recipe is an absolute path.
            Empty only in an incomplete recipe (`load(..., complete=False)`).
        data: an Ultralytics data set, or a built-in one. Empty only in an incomplete recipe.
        train: Ultralytics train arguments, those that somebody set.
        gap: how the gap is measured.
        checkpoint: when full states are saved.
        inputs: how images that do not change are kept.
        accelerate: ways to hurry a late jump.
        provenance: dotted key to where its value comes from: `file:line` or `command line`; a key that is
            missing here has its default.
        findings: what will not do what it seems to say, why, and the remedy.
        contents: `model` and `data`, where they are files of text: name and SHA-256 as they were when loaded.
    """

    name: str
    description: str
    model: str
    data: str | BuiltinData
    train: Mapping[str, Any]
    gap: Gap = Gap()
    checkpoint: Checkpoint = Checkpoint()
    inputs: Inputs = Inputs()
    accelerate: Accelerate = Accelerate()
    provenance: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    contents: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the resolved recipe as plain values in the form of a recipe file."""
        found: dict[str, Any] = {}
        if self.description:
            found["description"] = self.description
        if self.model:
            found["model"] = portable(self.model)
        if isinstance(self.data, BuiltinData):
            found["data"] = dict(vars(self.data))
        elif self.data:
            found["data"] = self.data
        found["train"] = {key: list(v) if isinstance(v, list) else v for key, v in self.train.items()}
        found["gap"] = dict(vars(self.gap))
        found["checkpoint"] = {"every": durations.spelled(self.checkpoint.every), "keep": self.checkpoint.keep}
        found["inputs"] = {"memory": sizes.spelled(self.inputs.memory)}
        if accelerate := self.accelerate.to_dict():
            found["accelerate"] = accelerate
        return found

    @property
    def warnings(self) -> list[str]:
        """The findings, one line each."""
        return [str(finding) for finding in self.findings]

    @property
    def hash(self) -> str:
        """SHA-256 of what the recipe does: two recipes with the same hash train the same.

        It covers the resolved values, whatever their order, spelling (1 or 1.0) and origin; not the name, the
        description and comments, nor `inputs`, which changes no bit of a training. An architecture or a data set file
        counts by its name and content, own weights by their path.
        """
        values = {key: value for key, value in self.to_dict().items() if key not in {"description", "inputs"}}
        values.update(self.contents)
        canonical = json.dumps(_canonical(values), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_yaml(self) -> str:
        """Return the resolved recipe as a recipe file: it loads with the same hash."""
        import yaml

        return yaml.safe_dump(self.to_dict(), sort_keys=False, allow_unicode=True, width=10_000)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested maps as one map with dotted keys; lists and empty maps stay as they are."""
    return dict(_flat(values, prefix))


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
