"""The sections of a recipe: which keys they have, what each may be, what it is when nobody says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grokyolo.recipe.composite import Either, Optional
from grokyolo.recipe.inputs import MEMORY
from grokyolo.recipe.quantities import Duration, Size
from grokyolo.recipe.values import Choice, Flag, Integer, Kind, Number, Text

BUILTIN_DATA = ("modular-addition",)
"""Names of the data sets that grokyolo makes itself."""
MEMORISED = "memorised"
"""The moment that `accelerate.weight_decay_after` may name instead of an epoch."""


@dataclass(frozen=True)
class Field:
    """One key of a section.

    Attributes:
        kind: what its value may be.
        default: what it is when no recipe says otherwise.
        description: one line for people and editors.
        advice: what to do about a value it cannot have.
    """

    kind: Kind
    default: Any
    description: str
    advice: str = ""

    @property
    def example(self) -> Any:
        """The default as it is written in a recipe."""
        return self.kind.spelled(self.default)


TOP = {
    "description": "one line: what the recipe is for",
    "extends": "another recipe, by name or relative path, whose values hold where this one says nothing",
    "model": "weights such as yolo26n.pt, or an architecture such as yolo26n.yaml",
    "data": "an Ultralytics data set, or a built-in one such as modular-addition",
    "train": "Ultralytics train arguments, passed on unchanged",
    "gap": "how often and how the train-val gap is measured",
    "checkpoint": "full states for an exact resume",
    "inputs": "images that are the same in every epoch are prepared once",
    "accelerate": "ways to hurry a late jump; off unless named",
}
"""The top level, in the order in which recipes are written."""

DATA: Mapping[str, Field] = {
    "name": Field(Choice(BUILTIN_DATA), BUILTIN_DATA[0], "which built-in data set"),
    "modulus": Field(Integer(2, 512), 31, "numbers run from 0 to modulus - 1; as many classes"),
    "fraction": Field(Number(0, 1, above=True, below=True), 0.6, "share of all pairs that is trained on"),
    "operation": Field(Choice(("+", "-", "*")), "+", "what is done with the two numbers, modulo the modulus"),
    "seed": Field(
        Optional(Integer(low=0), "the seed of training"), None, "which pairs are trained on; null: train.seed"
    ),
}
GAP: Mapping[str, Field] = {
    "every": Field(Integer(low=1), 1, "epochs between measurements", "it counts epochs; gap.budget limits the time"),
    "probe": Field(Integer(low=0), 256, "training images scored as validation is; 0: none, the gap is rough"),
    "budget": Field(
        Optional(Number(0, 1, above=True), "no limit"),
        0.1,
        "share of the time that measuring may take at most",
    ),
}
CHECKPOINT: Mapping[str, Field] = {
    "every": Field(Duration(), 600, "time between full states, such as 30s, 10m or 1h"),
    "keep": Field(Integer(low=1), 3, "how many full states stay on disk"),
}
INPUTS: Mapping[str, Field] = {
    "memory": Field(Size(), MEMORY, "memory that prepared images may take in all, such as 500MB or 2GB; 0: none"),
}
GROKFAST_IN_SHORT = "gradients with their slow part amplified"
GROKFAST: Mapping[str, Field] = {
    "alpha": Field(Number(0, 1, above=True, below=True), 0.98, "momentum of the average of the gradients"),
    "lamb": Field(Number(low=0), 2.0, "how much of that average is added to each gradient"),
}

ACCELERATE: Mapping[str, Field] = {
    "initial_scale": Field(
        Optional(Number(0, above=True), "off"),
        None,
        "factor on the matrices and kernels that training begins with",
        "0.5 halves the weights, 2.0 doubles them",
    ),
    "constrained_norm": Field(
        Optional(Number(0, above=True), "off"),
        None,
        "the norm of matrices and kernels is held at this multiple of the initial one",
        "1.0 holds the norm that the weights begin with",
    ),
    "orthograd": Field(Flag(), False, "no step along the weights themselves", "true switches it on"),
    "stablemax": Field(Flag(), False, "StableMax in the training loss of a classifier", "true switches it on"),
    "weight_decay_after": Field(
        Optional(
            Either((Choice((MEMORISED,)), Integer(low=1)), f"{MEMORISED}, a whole number of at least 1"),
            "from the start",
        ),
        None,
        "no weight decay before: memorised, or the last epoch without it",
        f"write {MEMORISED}, or the last epoch without weight decay",
    ),
}
"""The accelerators that are one value; `grokfast` is a section of its own."""

SECTIONS: Mapping[str, Mapping[str, Field]] = {
    "gap": GAP,
    "checkpoint": CHECKPOINT,
    "inputs": INPUTS,
    "accelerate": ACCELERATE,
    "accelerate.grokfast": GROKFAST,
}
"""The sections with fixed keys; `train` takes its keys from Ultralytics, `data` may be a name instead."""

DESCRIPTION = Text("one line of text")
EXTENDS = Text("the name or the path of another recipe")
MODEL = Text("a model such as yolo26n.pt or yolo26n.yaml")
DATA_NAME = Text("a data set such as coco8.yaml or modular-addition")
