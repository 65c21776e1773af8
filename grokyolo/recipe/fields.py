"""What a key of a recipe may be: the types of its fields, with the words for messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import CoreSchema, core_schema

from grokyolo.recipe.units import SIZE_EXPECTED, TIME_EXPECTED, bytes_of, seconds, size_text, time_text

LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Wording:
    """What messages say about a key, beyond what its type says.

    Attributes:
        expected: the words after 'must be', where those of the type do not do; without null.
        null: what null stands for.
        advice: what to do about a value it cannot have.
        example: a value to propose, where that is not the default.
        choices: words of which the one that looks like the value is proposed.
        guess: whether a word that looks alike is proposed at all.
    """

    expected: str = ""
    null: str = ""
    advice: str = ""
    example: Any = None
    choices: tuple[str, ...] = ()
    guess: bool = True


class _OrNothing:
    """A section that may be null, as it is when all its lines are commented out."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: {} if value is None else value, handler(source)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "null"}]}


def _as_whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 100.0 counts as 100, as in Ultralytics
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError("too large")
    return value


def _as_written(value: Any, check: Callable[[Any], Any]) -> Any:
    check(value)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError("too large")
    return value


def _of_text(read: Callable[[str], int]) -> Callable[[Any], int]:
    def value_of(value: Any) -> int:
        if isinstance(value, str):
            return read(value)
        raise ValueError("no text")

    return value_of


def _size(value: Any) -> int:
    return 0 if value == 0 and not isinstance(value, bool) else _of_text(bytes_of)(value)


WHOLE = BeforeValidator(_as_whole)
"""Beside `int`: a whole number, however it is written."""
NUMBER = WrapValidator(_as_written)
"""Beside `float`: a number, kept as it is written."""
OR_NOTHING = _OrNothing()
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Count = Annotated[int, Field(ge=1), WHOLE]
Positive = Annotated[float, Field(gt=0), NUMBER]
Share = Annotated[float, Field(gt=0, lt=1), NUMBER]
Duration = Annotated[
    int,
    BeforeValidator(_of_text(seconds)),
    PlainSerializer(time_text),
    WithJsonSchema({"type": "string", "pattern": r"^(?=.)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$"}),
    Wording(TIME_EXPECTED),
]
"""Seconds; text such as 10m in a recipe."""
Size = Annotated[
    int,
    BeforeValidator(_size),
    PlainSerializer(size_text),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^(\d{1,6}(kB|MB|GB|TB)|0)$"}, {"const": 0}]}),
    Wording(SIZE_EXPECTED),
]
"""Bytes; text such as 2GB in a recipe."""
