"""The recipe's form as JSON Schema, so that editors complete and check recipes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grokyolo.recipe.arguments import train_arguments
from grokyolo.recipe.ownership import OWNED
from grokyolo.recipe.schema import (
    ACCELERATE,
    CHECKPOINT,
    DATA,
    DATA_NAME,
    DESCRIPTION,
    EXTENDS,
    GAP,
    GROKFAST,
    GROKFAST_IN_SHORT,
    INPUTS,
    MODEL,
    TOP,
    Field,
)

SCHEMA_FILE = "recipe.schema.json"
"""The schema's name beside recipes."""
MODELINE = f"# yaml-language-server: $schema={SCHEMA_FILE}"
"""The line by which editors find it: https://github.com/redhat-developer/yaml-language-server#using-inlined-schema"""


def schema_text() -> str:
    """Return the schema as the text of a file."""
    return json.dumps(json_schema(), indent=2) + "\n"


def json_schema() -> dict[str, Any]:
    """Return the schema of a recipe file, draft 2020-12, for the installed Ultralytics."""
    data = {"anyOf": [DATA_NAME.schema, _fields(DATA)]}
    accelerate = _fields(ACCELERATE)
    accelerate["properties"]["grokfast"] = {"description": GROKFAST_IN_SHORT, **_or_empty(_fields(GROKFAST))}
    properties = {
        "description": DESCRIPTION.schema,
        "extends": EXTENDS.schema,
        "model": MODEL.schema,
        "data": data,
        "train": _or_empty(_train()),
        "gap": _or_empty(_fields(GAP)),
        "checkpoint": _or_empty(_fields(CHECKPOINT)),
        "inputs": _or_empty(_fields(INPUTS)),
        "accelerate": _or_empty(accelerate),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "grokyolo recipe",
        **_object({key: {"description": TOP[key], **properties[key]} for key in TOP}),
    }


def _train() -> dict[str, Any]:
    return _object(
        {
            name: {"description": argument.description, "default": argument.default, **argument.kind.schema}
            for name, argument in train_arguments().items()
            if argument.used_in_training and name not in OWNED
        }
    )


def _fields(fields: Mapping[str, Field]) -> dict[str, Any]:
    return _object(
        {
            key: {"description": one.description, "default": one.example, **one.kind.schema}
            for key, one in fields.items()
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _or_empty(schema: dict[str, Any]) -> dict[str, Any]:
    """A section whose lines are all commented out is null."""
    return {"anyOf": [schema, {"type": "null"}]}
