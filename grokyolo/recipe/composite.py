"""Kinds made of other kinds: lists, alternatives, and values that may be null."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grokyolo.errors import listed
from grokyolo.recipe.document import Listing, Node, Scalar
from grokyolo.recipe.values import Kind, Text, Wrong


@dataclass(frozen=True)
class Several(Kind):
    """A list of one or more.

    Attributes:
        item: what each entry must be.
    """

    item: Kind

    @property
    def expected(self) -> str:
        """The entries in words."""
        return f"a list, each {self.item.expected}"

    @property
    def schema(self) -> dict[str, Any]:
        """The entries as JSON Schema."""
        return {"type": "array", "items": self.item.schema, "minItems": 1}

    def accept(self, node: Node) -> list[Any]:
        """Return the values."""
        if not isinstance(node, Listing) or not node.items:
            raise Wrong()
        return [self.item.accept(item) for item in node.items]


@dataclass(frozen=True)
class Row(Kind):
    """A list with a kind for each position.

    Attributes:
        kinds: of the entries, in order.
    """

    kinds: tuple[Kind, ...]

    @property
    def expected(self) -> str:
        """The length and the entries in words."""
        return f"a list of {len(self.kinds)}: {', '.join(kind.expected for kind in self.kinds)}"

    @property
    def schema(self) -> dict[str, Any]:
        """The positions as JSON Schema."""
        length = len(self.kinds)
        items = [kind.schema for kind in self.kinds]
        return {"type": "array", "prefixItems": items, "minItems": length, "maxItems": length}

    def accept(self, node: Node) -> list[Any]:
        """Return the values."""
        if not isinstance(node, Listing) or len(node.items) != len(self.kinds):
            raise Wrong()
        return [kind.accept(item) for kind, item in zip(self.kinds, node.items, strict=True)]


@dataclass(frozen=True)
class Either(Kind):
    """Any of several kinds; the first that accepts wins.

    Attributes:
        kinds: the alternatives.
        words: how to say them together; empty lists them.
    """

    kinds: tuple[Kind, ...]
    words: str = ""

    @property
    def expected(self) -> str:
        """The kinds, listed."""
        return self.words or listed(self.alternatives)

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Those of all kinds."""
        if self.words:
            return (self.words,)
        return tuple(word for kind in self.kinds for word in kind.alternatives)

    @property
    def schema(self) -> dict[str, Any]:
        """The kinds as alternatives."""
        return {"anyOf": [kind.schema for kind in self.kinds]}

    def accept(self, node: Node) -> Any:
        """Return the value as the first kind that accepts it reads it."""
        hint = ""
        for kind in self.kinds:
            try:
                return kind.accept(node)
            except Wrong as wrong:
                hint = hint or ("" if isinstance(kind, Text) else wrong.hint)
        raise Wrong(hint)


@dataclass(frozen=True)
class Optional(Kind):
    """A kind, or null.

    Attributes:
        kind: what else it may be.
        meaning: what null stands for.
    """

    kind: Kind
    meaning: str = ""

    @property
    def expected(self) -> str:
        """The kind, or null."""
        return listed(self.alternatives)

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Those of the kind, and null."""
        return (*self.kind.alternatives, f"null ({self.meaning})" if self.meaning else "null")

    @property
    def schema(self) -> dict[str, Any]:
        """The kind, or null."""
        return {"anyOf": [self.kind.schema, {"type": "null"}]}

    def accept(self, node: Node) -> Any:
        """Return None or the kind's value."""
        if isinstance(node, Scalar) and node.value is None:
            return None
        if isinstance(node, Scalar) and node.text in {"None", "none", "NONE", "nil"} and node.plain:
            raise Wrong(f"YAML reads {node.text} as text: write null")
        return self.kind.accept(node)
