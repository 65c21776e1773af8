"""Values with a unit: times and sizes."""

from __future__ import annotations

from dataclasses import dataclass

from grokyolo.recipe import durations, sizes
from grokyolo.recipe.document import Node, Scalar
from grokyolo.recipe.values import Kind, Wrong


@dataclass(frozen=True)
class Duration(Kind):
    """A time such as 10m; its value is seconds."""

    expected = durations.EXPECTED
    schema = {"type": "string", "pattern": r"^(?=.)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$"}  # noqa: RUF012

    def accept(self, node: Node) -> int:
        """Return the seconds."""
        if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool):
            raise Wrong()
        try:
            return durations.seconds(node.text)
        except ValueError:
            raise Wrong(durations.remedy(node.text)) from None

    def spelled(self, value: int) -> str:
        """Return the time with its units."""
        return durations.spelled(value)


@dataclass(frozen=True)
class Size(Kind):
    """An amount of memory such as 2GB; its value is bytes."""

    expected = sizes.EXPECTED
    schema = {"anyOf": [{"type": "string", "pattern": r"^(\d{1,6}(kB|MB|GB|TB)|0)$"}, {"const": 0}]}  # noqa: RUF012

    def accept(self, node: Node) -> int:
        """Return the bytes."""
        if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool):
            raise Wrong()
        if node.value == 0:  # 0.0 too, as the schema has it
            return 0
        try:
            return sizes.bytes_of(node.text)
        except ValueError:
            raise Wrong(sizes.remedy(node.text)) from None

    def spelled(self, value: int) -> str:
        """Return the size with its unit."""
        return sizes.spelled(value)
