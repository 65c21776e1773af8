"""From a merged table to a `Recipe`: every key known, every value of its kind, every problem collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grokyolo.errors import did_you_mean
from grokyolo.recipe import files
from grokyolo.recipe.arguments import train_arguments
from grokyolo.recipe.document import Node, Scalar, Table
from grokyolo.recipe.model import Accelerate, BuiltinData, Checkpoint, Gap, Grokfast, Recipe
from grokyolo.recipe.ownership import homes, why_no_argument
from grokyolo.recipe.places import Place, Problem
from grokyolo.recipe.schema import (
    BUILTIN_DATA,
    CHECKPOINT,
    DATA,
    DATA_NAME,
    DESCRIPTION,
    GAP,
    GROKFAST,
    MODEL,
    TOP,
    Field,
)
from grokyolo.recipe.values import Kind, Wrong, shown


@dataclass
class Resolver:
    """Turns one merged table into values.

    Attributes:
        problems: what is wrong, collected.
        provenance: dotted key: where its value comes from.
        places: dotted key: where its value stands.
    """

    problems: list[Problem]
    provenance: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def recipe(self, table: Table, name: str) -> Recipe:
        """Return the recipe; where problems were found its values are incomplete."""
        self._top_keys(table)
        model = self._text(table, "model", MODEL)
        data = self._data(table.items.get("data"))
        train = self._train(table.items.get("train"))
        gap = self._section(table.items.get("gap"), "gap", GAP)
        checkpoint = self._section(table.items.get("checkpoint"), "checkpoint", CHECKPOINT)
        return Recipe(
            name=name,
            description=" ".join(self._text(table, "description", DESCRIPTION).split()),
            model=self._model_file(model),
            data=files.data(data, self.places["data"]) if isinstance(data, str) and data else data,
            train=train,
            gap=Gap(**gap),
            checkpoint=Checkpoint(**checkpoint),
            accelerate=self._accelerate(table.items.get("accelerate")),
            provenance=self.provenance,
        )

    def value(self, key: str, kind: Kind, node: Node, advice: str = "") -> Any:
        """Return the value of `node`, or None and a problem with the value's own remedy, or `advice`."""
        self.places[key] = node.place
        self.provenance[key] = node.place.source
        try:
            return kind.accept(node)
        except Wrong as wrong:
            self.problems.append(
                Problem(f"{key} is {shown(node)}, but must be {kind.expected}", node.place, wrong.hint or advice)
            )
            return None

    def _top_keys(self, table: Table) -> None:
        for key, place in table.keys.items():
            if key not in TOP:
                found = [home for home in homes(key) if "." in home]
                hint = f"did you mean {' or '.join(found)}?" if found else did_you_mean(key, list(TOP))
                self.problems.append(Problem(f"a recipe has no key {key}", place, hint or f"it has {', '.join(TOP)}"))

    def _text(self, table: Table, key: str, kind: Kind) -> str:
        node = table.items.get(key)
        if node is None or (isinstance(node, Scalar) and node.value is None and not node.place.argument):
            return ""
        return self.value(key, kind, node) or ""

    def _model_file(self, model: str) -> str:
        if not model:
            return ""
        try:
            return files.model(model, self.places["model"])
        except Wrong as wrong:
            self.problems.append(Problem(str(wrong.args[0]), self.places["model"], wrong.hint))
            return model

    def _train(self, node: Node | None) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, place, item in self._entries(node, "train"):
            if reason := why_no_argument(key, bare=False):
                why, hint = reason
                self.problems.append(Problem(f"train.{key} cannot be set: {why}", place, hint))
                continue
            argument = train_arguments()[key]
            values[key] = self.value(f"train.{key}", argument.kind, item, argument.advice)
        return values

    def _data(self, node: Node | None) -> str | BuiltinData:
        if isinstance(node, Table):
            before = len(self.problems)
            values = self._section(node, "data", DATA)
            if "name" not in node.items:
                self.problems.append(
                    Problem("data names no built-in data set", node.place, f"add name: {BUILTIN_DATA[0]}")
                )
            return BuiltinData(BUILTIN_DATA[0]) if len(self.problems) > before else BuiltinData(**values)
        if node is None or (isinstance(node, Scalar) and node.value is None and not node.place.argument):
            return ""
        name = self.value("data", DATA_NAME, node) or ""
        if name in BUILTIN_DATA:
            return BuiltinData(name)
        if hint := files.misspelled(name):
            self.problems.append(Problem(f"there is no built-in data set {name}", node.place, hint))
        return name

    def _accelerate(self, node: Node | None) -> Accelerate:
        if isinstance(node, Scalar) and node.value is None:
            return Accelerate()
        for key, place, item in self._entries(node, "accelerate"):
            if key != "grokfast":
                hint = did_you_mean(key, ["grokfast"]) or "it has grokfast"
                self.problems.append(Problem(f"accelerate has no key {key}", place, hint))
            elif not (isinstance(item, Scalar) and item.value is None):
                return Accelerate(Grokfast(**self._section(item, "accelerate.grokfast", GROKFAST)))
        return Accelerate()

    def _section(self, node: Node | None, name: str, fields: Mapping[str, Field]) -> dict[str, Any]:
        values = {key: one.default for key, one in fields.items()}
        for key, place, item in self._entries(node, name):
            if key in fields:
                values[key] = self.value(f"{name}.{key}", fields[key].kind, item)
                continue
            hint = did_you_mean(key, list(fields))
            if not hint and (found := homes(key)):
                hint = f"did you mean {' or '.join(found)}?"
            self.problems.append(Problem(f"{name} has no key {key}", place, hint or f"it has {', '.join(fields)}"))
        return values

    def _entries(self, node: Node | None, name: str) -> list[tuple[str, Place, Node]]:
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return []
        if isinstance(node, Table):
            return [(key, node.keys[key], item) for key, item in node.items.items()]
        self.problems.append(
            Problem(
                f"{name} is {shown(node)}, but must be a section",
                node.place,
                f"write {name}: and keys below it",
            )
        )
        return []
