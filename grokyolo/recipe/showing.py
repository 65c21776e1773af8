"""Values as a message quotes them."""

from __future__ import annotations

from grokyolo.recipe.document import Listing, Node, Scalar, Table

LONGEST_SHOWN = 40


def shown(node: Node) -> str:
    """Return a value as a message quotes it."""
    if isinstance(node, Listing):
        flat = f"[{', '.join(item.text for item in node.items if isinstance(item, Scalar))}]"
        short = len(flat) <= LONGEST_SHOWN and all(isinstance(item, Scalar) for item in node.items)
        return flat if short else "a list"
    if isinstance(node, Table):
        return "a section"
    if node.value is None:
        return "empty"
    return repr(shortened(node.text)) if isinstance(node.value, str) else shortened(node.text)


def shortened(text: str) -> str:
    """Return text as far as a message has room for it."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."
