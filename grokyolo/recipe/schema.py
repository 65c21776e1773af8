"""The form of a recipe file for the installed Ultralytics: as a pydantic model, and as JSON Schema for editors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, Strict, create_model

from grokyolo.recipe.fields import NUMBER, OR_NOTHING, WHOLE, Count, Text, Wording
from grokyolo.recipe.models import RecipeFile, Section
from grokyolo.recipe.train_arguments import TASKS, Argument, train_arguments

SCHEMA_FILE = "recipe.schema.json"
"""The schema's name beside recipes."""
MODELINE = f"# yaml-language-server: $schema={SCHEMA_FILE}"
"""The line by which editors find it: https://github.com/redhat-developer/yaml-language-server#using-inlined-schema"""

LARGEST_SEED = 2**32 - 2
"""Ultralytics adds 1 and hands it to numpy, which takes 32 bits."""
GOOD_IN_LONG_RUNS: Mapping[str, Any] = {
    "epochs": 1000,
    "patience": 0,
    "optimizer": "AdamW",
    "lr0": 0.001,
    "lrf": 1.0,
    "momentum": 0.9,
    "weight_decay": 0.01,
    "warmup_bias_lr": 0.0,
    "batch": 16,
    "nbs": 16,
    "close_mosaic": 0,
}
"""What messages propose, as in `recipes/long.yaml`: defaults of Ultralytics would bring the next warning."""
ADVICE: Mapping[str, str] = {
    "task": "grokyolo measures these tasks",
    "weight_decay": "Ultralytics takes 0 to 1; a higher lr0 or more epochs decay more too",
    "patience": "write 0 to never stop early",
    "imgsz": "training takes square images: write one number such as 640",
    "auto_augment": "write null for none",
    "save_period": "write -1 for no extra files of weights",
}
"""What to do about a value that an argument cannot have, where the value itself gives no better hint."""

Index = Annotated[int, Field(ge=0), WHOLE]
Device = Annotated[int, Field(ge=-1), WHOLE]
AtLeast0 = Annotated[float, Field(ge=0), NUMBER]
UpTo1 = Annotated[float, Field(ge=0, le=1), NUMBER]
Images = Annotated[int, Field(ge=2), WHOLE]
Used = Annotated[float, Field(gt=0, le=1), NUMBER] | Images
Part = Annotated[float, Field(gt=0, lt=1), NUMBER]


def _either_case(*words: str) -> Any:
    pattern = "|".join("".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in word) for word in words)
    return Annotated[str, Field(pattern=f"^({pattern})$")]


def _several(item: Any) -> Any:
    return Annotated[list[item], Field(min_length=1)]


def _row(*items: Any) -> Any:
    return Annotated[tuple.__class_getitem__(items), Strict(False), NUMBER]


SPECIAL: Mapping[str, Any] = {
    "task": Annotated[Literal[TASKS], Wording(guess=False)],
    "batch": Annotated[
        Count | Annotated[int, Field(ge=-1, le=-1), WHOLE] | Part,
        Wording("a whole number of at least 1, -1 or a share of the GPU's memory below 1"),
    ],
    "imgsz": Annotated[int, Field(ge=32), WHOLE],
    "seed": Annotated[int, Field(ge=0, le=LARGEST_SEED), WHOLE],
    "cache": bool | Literal["ram", "disk"],
    "amp": Annotated[
        bool | _either_case("fp16", "bf16", "fp32"),
        Wording("true, false, fp16, bf16 or fp32", choices=("fp16", "bf16", "fp32")),
    ],
    "scale": Annotated[UpTo1 | _row(AtLeast0, AtLeast0), Wording("a number from 0 to 1 or a list of two")],
    "fraction": Annotated[
        Used | _row(Used, Used) | _row(Used, Used, UpTo1 | Images),
        Wording("a share above 0 and at most 1, a number of images from 2 or a list of two or three of those"),
    ],
    "device": Annotated[Device | Text | _several(Device) | None, Wording("a device such as cpu, mps, 0 or [0, 1]")],
    "freeze": Annotated[Index | _several(Index | Text) | None, Wording("a number of layers, a list of them")],
    "classes": Annotated[Index | _several(Index) | None, Wording("a class number, a list of them")],
    "pretrained": Annotated[bool | Text, Wording("true, false or a file of weights")],
    "compile": bool | Literal["default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"],
    "auto_augment": Annotated[Literal["randaugment", "autoaugment", "augmix"] | None, Wording(null="none")],
    "copy_paste_mode": Literal["flip", "mixup"],
    "split": Literal["val", "test", "train"],
    "quantize": Annotated[
        Annotated[int, Field(ge=8), WHOLE] | Text | None,
        Wording("a whole number of at least 8, a precision such as int8"),
    ],
}
"""Arguments that Ultralytics' own sets of types say too little about."""


def schema_text() -> str:
    """Return the schema as the text of a file."""
    return json.dumps(json_schema(), indent=2) + "\n"


def json_schema() -> dict[str, Any]:
    """Return the schema of a recipe file, draft 2020-12, for the installed Ultralytics."""
    found = _without_titles(file_model().model_json_schema())
    for one in found["properties"].values():
        one.pop("default", None)  # of a section as a whole
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "grokyolo recipe", **found}


def _without_titles(schema: Any, *, names: bool = False) -> Any:
    """Return a schema without what pydantic takes from Python: titles and docstrings of classes."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    left_out = set() if names else {"title"} | ({"description"} if schema.get("type") == "object" else set())
    return {
        key: _without_titles(value, names=key in {"properties", "$defs"} and not names)
        for key, value in schema.items()
        if key not in left_out
    }


@lru_cache(maxsize=1)
def file_model() -> type[RecipeFile]:
    """Return the model of a recipe file with the train arguments of the installed Ultralytics.

    Raises:
        GrokyoloError: as in `train_arguments`.
    """
    fields: dict[str, Any] = {
        name: (argument_type(argument), Field(default=argument.default, description=argument.description))
        for name, argument in train_arguments().items()
        if argument.settable
    }
    train = create_model("Train", __base__=Section, **fields)
    described = Field(default=train(), description=RecipeFile.model_fields["train"].description)
    whole: dict[str, Any] = {"train": (Annotated[train, OR_NOTHING], described)}
    return create_model("RecipeFile", __base__=RecipeFile, **whole)


def argument_type(argument: Argument) -> Any:
    """Return what a train argument may be, with the words for messages."""
    name = argument.name
    words = Wording(advice=ADVICE.get(name, ""), example=GOOD_IN_LONG_RUNS.get(name), choices=argument.choices)
    if argument.choices:
        expected = f"{', '.join(argument.choices[:-1])} or {argument.choices[-1]}"
        return Annotated[_either_case(*argument.choices), Wording(expected), words]
    if name in SPECIAL:
        return Annotated[SPECIAL[name], words]
    kind = _of_set(argument) or _of_comment(argument.types)
    return Annotated[kind | None if argument.default is None else kind, words]


def _of_set(argument: Argument) -> Any:
    whole = Annotated[int, Field(ge=argument.low), WHOLE] if argument.low is not None else Annotated[int, WHOLE]
    return {
        "CFG_FRACTION_KEYS": UpTo1,
        "CFG_FLOAT_KEYS": AtLeast0,
        "CFG_INT_KEYS": whole,
        "CFG_BOOL_KEYS": bool,
        "CFG_STR_KEYS": Text,
    }.get(argument.in_set)


def _of_comment(types: str) -> Any:
    number = Annotated[float, NUMBER]
    known: dict[str, Any] = {"int": Annotated[int, WHOLE], "float": number, "bool": bool, "str": Text}
    words = [word.strip() for word in re.split(r"[|,]", types)]
    kinds = [known[word] for word in words if word in known]
    if any(word.startswith(("list", "tuple")) for word in words):
        kinds.append(_several(number | Text))
    first, *others = kinds or [bool, number, Text]
    for kind in others:
        first = first | kind
    return first
