"""The sections of a recipe: what each key may be, what it is when nobody says, and what it means.

Checking, messages, defaults and the JSON Schema all come from these models.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, SkipValidation, Tag

from grokyolo.findings import Finding
from grokyolo.recipe.catalogue import portable
from grokyolo.recipe.fields import NUMBER, OR_NOTHING, WHOLE, Count, Duration, Positive, Share, Size, Text, Wording

BUILTIN_DATA = ("modular-addition",)
"""Names of the data sets that grokyolo makes itself."""
IMAGE_SIDE = 32
"""Pixels; one column per residue, so a larger modulus gets wider images in steps of this."""
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}
MEMORISED = "memorised"
"""The moment that `accelerate.weight_decay_after` may name instead of an epoch."""
Ending = Literal["generalising", "memorising", "grokked", "delayed-jump", "overfitting", "double-descent", "diverged"]
"""The verdicts that may end a training: all but `undecided`."""


class Section(BaseModel):
    """Base of all sections: strict, and not to be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class BuiltinData(Section):
    """A data set that grokyolo makes itself."""

    name: Literal["modular-addition"] = Field(default="modular-addition", description="which built-in data set")
    modulus: Annotated[int, Field(ge=2, le=512), WHOLE] = Field(
        default=31, description="numbers run from 0 to modulus - 1; as many classes"
    )
    fraction: Share = Field(default=0.6, description="share of all pairs that is trained on")
    operation: Literal["+", "-", "*"] = Field(
        default="+", description="what is done with the two numbers, modulo the modulus"
    )
    seed: Annotated[Annotated[int, Field(ge=0), WHOLE] | None, Wording(null="the seed of training")] = Field(
        default=None, description="which pairs are trained on; null: train.seed"
    )


# The built-in data set: which pairs there are, how they are split, how large their images are


def image_side(modulus: int) -> int:
    """Return the side of the images in pixels: a multiple of 32 with one column per residue."""
    return -(-modulus // IMAGE_SIDE) * IMAGE_SIDE


def split_pairs(modulus: int, fraction: float, seed: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return all pairs (a, b) below `modulus`, shuffled by `seed`: the training part, then the rest."""
    pairs = [(a, b) for a in range(modulus) for b in range(modulus)]
    random.Random(seed).shuffle(pairs)
    count = int(len(pairs) * fraction)
    return pairs[:count], pairs[count:]


def label_of(a: int, b: int, operation: str, modulus: int) -> int:
    """Return the class of a pair."""
    return OPERATIONS[operation](a, b) % modulus


class Gap(Section):
    """How the gap is measured."""

    every: Annotated[Count, Wording(advice="it counts epochs; gap.budget limits the time")] = Field(
        default=1, description="epochs between measurements"
    )
    probe: Annotated[int, Field(ge=0), WHOLE] = Field(
        default=256, description="training images scored as validation is; 0: none, the gap is rough"
    )
    budget: Annotated[Annotated[float, Field(gt=0, le=1), NUMBER] | None, Wording(null="no limit")] = Field(
        default=0.1, description="share of the time that the probe may take at most, where it takes more than a second"
    )


class Checkpoint(Section):
    """When full states are saved, and whose weights are the best."""

    every: Duration = Field(
        default="10m", validate_default=True, description="time between full states, such as 30s, 10m or 1h"
    )
    keep: Count = Field(default=3, description="how many full states stay on disk")
    best: Literal["fitness", "score", "val_loss"] = Field(
        default="fitness", description="what weights/best.pt is the best by, and patience waits for"
    )


class Stop(Section):
    """What ends a training before its last epoch."""

    on: Annotated[
        list[Ending],
        Wording(advice="write a list such as [overfitting, diverged]", example="[overfitting]"),
    ] = Field(default=[], description="verdicts that end the training once one of them has settled")
    settled: Share = Field(default=0.2, description="share of the epochs for which such a verdict must have held")
    patience_from: Count = Field(default=1, description="epoch from which train.patience counts")


class Inputs(Section):
    """How images that are the same in every epoch are kept."""

    memory: Size = Field(
        default="2GB",
        validate_default=True,
        description="memory that prepared images may take in all, such as 500MB or 2GB; 0: none",
    )

    def kept(self, sizes: Mapping[str, int]) -> tuple[str, ...]:
        """Return which sets are kept in memory: each that fits into what those before it leave.

        Args:
            sizes: bytes of each set, in the order in which a training meets them.
        """
        found, left = [], self.memory
        for name, size in sizes.items():
            if size <= left:
                found.append(name)
                left -= size
        return tuple(found)


class Grokfast(Section):
    """The gradient filter of Lee et al. 2024."""

    alpha: Share = Field(default=0.98, description="momentum of the average of the gradients")
    lamb: Annotated[float, Field(ge=0), NUMBER] = Field(
        default=2.0, description="how much of that average is added to each gradient"
    )


class Accelerate(Section):
    """Ways to hurry a late jump, each None or False where it is off."""

    grokfast: Grokfast | None = Field(default=None, description="gradients with their slow part amplified")
    initial_scale: Annotated[
        Positive | None, Wording(null="off", advice="0.5 halves the weights, 2.0 doubles them", example=0.5)
    ] = Field(default=None, description="factor on the matrices and kernels that training begins with")
    constrained_norm: Annotated[
        Positive | None,
        Wording(null="off", advice="1.0 holds the norm that the weights begin with", example=1.0),
    ] = Field(default=None, description="the norm of matrices and kernels is held at this multiple of the initial one")
    orthograd: Annotated[bool, Wording(advice="true switches it on", example=True)] = Field(
        default=False, description="no step along the weights themselves"
    )
    stablemax: Annotated[bool, Wording(advice="true switches it on", example=True)] = Field(
        default=False, description="StableMax in the training loss of a classifier"
    )
    weight_decay_after: Annotated[
        Literal["memorised"] | Count | None,
        Wording(
            null="from the start",
            advice=f"write {MEMORISED}, or the last epoch without weight decay",
            example=MEMORISED,
        ),
    ] = Field(default=None, description="no weight decay before: memorised, or the last epoch without it")

    def to_dict(self) -> dict[str, Any]:
        """Return those that are on, in the form of a recipe file."""
        on = {name: value for name, value in self if value is not None and value is not False}
        return {name: dict(value) if isinstance(value, Grokfast) else value for name, value in on.items()}


def _kind_of_data(value: Any) -> str:
    return "section" if isinstance(value, (Mapping, BuiltinData)) else "name"


class RecipeFile(Section):
    """A recipe as it is written, in the order of its keys; `schema.file_model` knows the keys of `train` too.

    Attributes:
        model: what `ultralytics.YOLO` takes; a file that belongs to a recipe is an absolute path.
            Empty only in an incomplete recipe (`load(..., complete=False)`).
        data: an Ultralytics data set, or a built-in one. Empty only in an incomplete recipe.
        train: Ultralytics train arguments, those that somebody set.
    """

    description: Annotated[Text, Wording("one line of text", example="what it is for")] = Field(
        default="", description="one line: what the recipe is for"
    )
    extends: Annotated[Text, Wording("the name or the path of another recipe")] = Field(
        default="",
        description="another recipe, by name or relative path, whose values hold where this one says nothing",
    )
    model: Annotated[Text, Wording("a model such as yolo26n.pt or yolo26n.yaml", example="yolo26n.pt")] = Field(
        default="", description="weights such as yolo26n.pt, or an architecture such as yolo26n.yaml"
    )
    data: Annotated[
        Annotated[BuiltinData, Tag("section")] | Annotated[Text, Tag("name")],
        Discriminator(_kind_of_data),
        Wording("a data set such as coco8.yaml or modular-addition", example="coco8.yaml"),
    ] = Field(default="", description="an Ultralytics data set, or a built-in one such as modular-addition")
    train: Mapping[str, Any] = Field(default={}, description="Ultralytics train arguments, passed on unchanged")
    gap: Annotated[Gap, OR_NOTHING] = Field(
        default=Gap(), description="how often and how the train-val gap is measured"
    )
    checkpoint: Annotated[Checkpoint, OR_NOTHING] = Field(
        default=Checkpoint(), description="full states for an exact resume"
    )
    inputs: Annotated[Inputs, OR_NOTHING] = Field(
        default=Inputs(), description="images that are the same in every epoch are prepared once"
    )
    accelerate: Annotated[Accelerate, OR_NOTHING] = Field(
        default=Accelerate(), description="ways to hurry a late jump; off unless named"
    )
    stop: Annotated[Stop, OR_NOTHING] = Field(
        default=Stop(), description="what ends the training before its last epoch; nothing unless named"
    )


TOP = tuple(RecipeFile.model_fields)
"""The keys of the top level, in the order in which recipes are written."""
SECTIONS: Mapping[str, type[Section]] = {
    "gap": Gap,
    "checkpoint": Checkpoint,
    "inputs": Inputs,
    "accelerate": Accelerate,
    "stop": Stop,
    "accelerate.grokfast": Grokfast,
    "data": BuiltinData,
}
"""The sections with fixed keys; `train` takes its keys from Ultralytics, `data` may be a name instead."""


class Recipe(RecipeFile):
    """What to train and how, after inheritance and overrides.

    Attributes:
        name: the recipe's file name without suffix, or the run folder's name.
        provenance: dotted key to where its value comes from: `file:line` or `command line`; a key that is
            missing here has its default.
        findings: what will not do what it seems to say, why, and the remedy.
        contents: `model` and `data`, where they are files of text: name and SHA-256 as they were when loaded.
    """

    name: str
    provenance: Mapping[str, str] = {}
    findings: SkipValidation[tuple[Finding, ...]] = ()
    contents: Mapping[str, str] = {}

    def to_dict(self) -> dict[str, Any]:
        """Return the resolved recipe as plain values in the form of a recipe file."""
        found: dict[str, Any] = {}
        if self.description:
            found["description"] = self.description
        if self.model:
            found["model"] = portable(self.model)
        if self.data:
            found["data"] = self.data if isinstance(self.data, str) else dict(self.data)
        found["train"] = {key: list(v) if isinstance(v, list) else v for key, v in self.train.items()}
        found |= {name: getattr(self, name).model_dump() for name in ("gap", "checkpoint", "inputs")}
        if self.checkpoint.best == Checkpoint().best:
            del found["checkpoint"]["best"]  # so that hashes stay what they were before there was a choice
        if accelerate := self.accelerate.to_dict():
            found["accelerate"] = accelerate
        if self.stop != Stop():
            found["stop"] = self.stop.model_dump()
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


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
