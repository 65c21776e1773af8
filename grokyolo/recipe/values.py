"""What a single value may be: each kind checks a node, and says what it expects in words and as JSON Schema."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from grokyolo.errors import did_you_mean, listed
from grokyolo.recipe.document import Node, Scalar
from grokyolo.recipe.numerals import remedy

LARGEST = 2**63 - 1
FINITE = "write a finite number"


class Wrong(Exception):
    """A value that its kind does not allow.

    Args:
        hint: the change to make; empty when nothing better than the expectation is known.
    """

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint)
        self.hint = hint


class Kind(ABC):
    """What a value may be."""

    @property
    @abstractmethod
    def expected(self) -> str:
        """The words after 'must be'."""

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The same as separate alternatives, for a list of them."""
        return (self.expected,)

    @property
    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""

    @abstractmethod
    def accept(self, node: Node) -> Any:
        """Return the value of `node`, or raise `Wrong`."""

    def spelled(self, value: Any) -> Any:
        """Return a value as a recipe has it."""
        return value


@dataclass(frozen=True)
class Flag(Kind):
    """True or false."""

    expected = "true or false"
    alternatives = ("true", "false")
    schema = {"type": "boolean"}  # noqa: RUF012  (never written to)

    def accept(self, node: Node) -> bool:
        """Return the flag."""
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        raise Wrong(_unquote(node, {"true", "false"}))


@dataclass(frozen=True)
class Number(Kind):
    """A finite number within bounds.

    Attributes:
        low: smallest value; None: no bound.
        high: largest value; None: no bound.
        above: the number must be larger than `low`, not equal.
        below: the number must be smaller than `high`, not equal.
    """

    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False

    @property
    def expected(self) -> str:
        """The bounds in words."""
        if self.low is None:
            return "a number"
        if self.high is None:
            return f"a number {'above' if self.above else 'of at least'} {self.low:g}"
        if not (self.above or self.below):
            return f"a number from {self.low:g} to {self.high:g}"
        first = "above" if self.above else "of at least"
        return f"a number {first} {self.low:g} and {'below' if self.below else 'at most'} {self.high:g}"

    @property
    def schema(self) -> dict[str, Any]:
        """The bounds as JSON Schema."""
        found: dict[str, Any] = {"type": "number"}
        if self.low is not None:
            found["exclusiveMinimum" if self.above else "minimum"] = self.low
        if self.high is not None:
            found["exclusiveMaximum" if self.below else "maximum"] = self.high
        return found

    def accept(self, node: Node) -> int | float:
        """Return the number as it was written, whole or not."""
        if not isinstance(node, Scalar) or isinstance(node.value, (bool, str)) or node.value is None:
            raise Wrong(remedy(node, whole=False) if isinstance(node, Scalar) else "")
        number = node.value
        if isinstance(number, float) and not math.isfinite(number):
            raise Wrong(FINITE)
        if isinstance(number, int) and abs(number) > LARGEST:
            raise Wrong()
        if self.low is not None and (number < self.low or (self.above and number == self.low)):
            raise Wrong()
        if self.high is not None and (number > self.high or (self.below and number == self.high)):
            raise Wrong()
        return number


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number within bounds; 100.0 counts as 100, as in Ultralytics."""

    low: int | None = None
    high: int | None = None

    @property
    def expected(self) -> str:
        """The bounds in words."""
        if self.low is None:
            return "a whole number"
        if self.high is None:
            return f"a whole number of at least {self.low}"
        return f"a whole number from {self.low} to {self.high}"

    @property
    def schema(self) -> dict[str, Any]:
        """The bounds as JSON Schema."""
        found: dict[str, Any] = {"type": "integer"}
        if self.low is not None:
            found["minimum"] = self.low
        if self.high is not None:
            found["maximum"] = self.high
        return found

    def accept(self, node: Node) -> int:
        """Return the whole number."""
        if not isinstance(node, Scalar) or isinstance(node.value, (bool, str)) or node.value is None:
            raise Wrong(remedy(node, whole=True) if isinstance(node, Scalar) else "")
        number = node.value
        if isinstance(number, float) and not math.isfinite(number):
            raise Wrong(FINITE)
        if isinstance(number, float) and not number.is_integer():
            raise Wrong()
        if abs(number) > LARGEST:
            raise Wrong()
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            raise Wrong()
        return int(number)


@dataclass(frozen=True)
class Text(Kind):
    """Text that is not empty."""

    what: str = "text"

    @property
    def expected(self) -> str:
        """What the text stands for."""
        return self.what

    @property
    def schema(self) -> dict[str, Any]:
        """Any text."""
        return {"type": "string", "minLength": 1}

    def accept(self, node: Node) -> str:
        """Return the text."""
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node.value
        if isinstance(node, Scalar) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            raise Wrong(f'quote it: "{node.text}"')
        raise Wrong()


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words.

    Attributes:
        words: the allowed ones.
        fold: upper and lower case are the same.
        guess: propose a word that looks alike; not where likeness says nothing.
    """

    words: tuple[str, ...]
    fold: bool = False
    guess: bool = True

    @property
    def expected(self) -> str:
        """The words, listed."""
        return listed(self.words)

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The words."""
        return self.words

    @property
    def schema(self) -> dict[str, Any]:
        """The words; with `fold`, in any case."""
        if self.fold:
            any_case = "|".join(
                "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in word) for word in self.words
            )
            return {"type": "string", "pattern": f"^({any_case})$"}
        return {"enum": list(self.words)}

    def accept(self, node: Node) -> str:
        """Return the word as written."""
        if not isinstance(node, Scalar):
            raise Wrong()
        if isinstance(node.value, str):
            known = {word.lower() for word in self.words} if self.fold else set(self.words)
            if (node.value.lower() if self.fold else node.value) in known:
                return node.value
        raise Wrong(did_you_mean(node.text, self.words) if self.guess else "")


@dataclass(frozen=True)
class Constant(Kind):
    """One number with a meaning of its own, such as -1 for automatic."""

    value: int
    meaning: str

    @property
    def expected(self) -> str:
        """The number and what it means."""
        return f"{self.value} ({self.meaning})"

    @property
    def schema(self) -> dict[str, Any]:
        """The number."""
        return {"const": self.value}

    def accept(self, node: Node) -> int:
        """Return the number."""
        if isinstance(node, Scalar) and not isinstance(node.value, (bool, str)) and node.value == self.value:
            return self.value
        raise Wrong()


def _unquote(node: Node, words: set[str]) -> str:
    if isinstance(node, Scalar) and isinstance(node.value, str) and node.text.lower() in words and not node.plain:
        return f"remove the quotes: {node.text}"
    return ""
