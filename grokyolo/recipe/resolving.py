"""From a merged table to a `Recipe`: every key known, every value of its kind, every problem collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grokyolo.errors import alike, did_you_mean, question
from grokyolo.recipe import files
from grokyolo.recipe.arguments import train_arguments
from grokyolo.recipe.document import Listing, Node, Scalar, Table
from grokyolo.recipe.model import Accelerate, BuiltinData, Checkpoint, Gap, Grokfast, Inputs, Recipe
from grokyolo.recipe.ownership import homes, where_it_belongs, why_no_argument
from grokyolo.recipe.places import Place, Problem
from grokyolo.recipe.schema import (
    ACCELERATE,
    BUILTIN_DATA,
    CHECKPOINT,
    DATA,
    DATA_NAME,
    DESCRIPTION,
    GAP,
    GROKFAST,
    INPUTS,
    MODEL,
    TOP,
    Field,
)
from grokyolo.recipe.showing import shortened, shown
from grokyolo.recipe.values import Kind, Wrong

EXAMPLES = {
    "description": "what it is for",
    "model": "yolo26n.pt",
    "data": "coco8.yaml",
    "grokfast": "grokfast: {}",
    "initial_scale": "initial_scale: 0.5",
    "constrained_norm": "constrained_norm: 1.0",
    "orthograd": "orthograd: true",
    "stablemax": "stablemax: true",
    "weight_decay_after": "weight_decay_after: memorised",
}
ACCELERATORS = ("grokfast", *ACCELERATE)
INSIDE_DATA = {"train", "val", "test", "path", "names", "nc"}
"""Keys of the file that describes a data set to Ultralytics."""


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
        inputs = self._section(table.items.get("inputs"), "inputs", INPUTS)
        model = self._model_file(model)
        if isinstance(data, str) and data:
            data = files.data(data, self.places["data"])
        named = {"model": model, "data": data if isinstance(data, str) else ""}
        return Recipe(
            name=name,
            description=" ".join(self._text(table, "description", DESCRIPTION).split()),
            model=model,
            data=data,
            train=train,
            gap=Gap(**gap),
            checkpoint=Checkpoint(**checkpoint),
            inputs=Inputs(**inputs),
            accelerate=self._accelerate(table.items.get("accelerate")),
            provenance=self.provenance,
            contents={key: content for key, file in named.items() if (content := files.content(file))},
        )

    def value(self, key: str, kind: Kind, node: Node, advice: str = "", example: Any = None) -> Any:
        """Return the value of `node`, or None and a problem.

        The problem's hint is the first of: what the value itself suggests, `advice`, and the line with `example`.
        """
        self.places[key] = node.place
        self.provenance[key] = node.place.source
        try:
            return kind.accept(node)
        except Wrong as wrong:
            what = f"{key} is {shown(node)}, but must be {kind.expected}"
            hint = wrong.hint or advice or _general_hint(key, node, example)
            self.problems.append(Problem(what, node.place, hint, about=key))
            return None

    def _top_keys(self, table: Table) -> None:
        for key, place in table.keys.items():
            if key not in TOP:
                hint = where_it_belongs(key)
                self.problems.append(Problem(f"a recipe has no key {shortened(key)}", place, hint, about="?"))

    def _text(self, table: Table, key: str, kind: Kind) -> str:
        node = table.items.get(key)
        if node is None or (isinstance(node, Scalar) and node.value is None and not node.place.argument):
            return ""
        return self.value(key, kind, node, example=EXAMPLES[key]) or ""

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
                self.problems.append(Problem(f"train.{shortened(key)} cannot be set: {why}", place, hint))
                continue
            argument = train_arguments()[key]
            values[key] = self.value(f"train.{key}", argument.kind, item, argument.advice, argument.example)
        return values

    def _data(self, node: Node | None) -> str | BuiltinData:
        if isinstance(node, Table):
            return self._builtin(node)
        if node is None or (isinstance(node, Scalar) and node.value is None and not node.place.argument):
            return ""
        name = self.value("data", DATA_NAME, node, example=EXAMPLES["data"]) or ""
        if name in BUILTIN_DATA:
            self.provenance["data.name"] = self.provenance.pop("data")
            return BuiltinData(name)
        if hint := files.misspelled(name):
            self.problems.append(Problem(f"there is no built-in data set {name}", node.place, hint))
        return name

    def _builtin(self, node: Table) -> BuiltinData:
        before = len(self.problems)
        if "name" in node.items:
            values = self._section(node, "data", DATA)
        elif INSIDE_DATA & set(node.items):
            what = "a recipe names the file of a data set and does not hold one"
            hint = "put these lines into my-data.yaml and write data: my-data.yaml"
            self.problems.append(Problem(what, node.place, hint))
        else:
            option = next((f"data.{key}" for key in node.items), "data")
            what = f"{option} is an option of built-in data sets, and none is named"
            add = f"data={BUILTIN_DATA[0]}" if node.place.argument else f"name: {BUILTIN_DATA[0]}"
            self.problems.append(Problem(what, node.place, f"add {add}"))
            self._section(node, "data", DATA)
        return BuiltinData(BUILTIN_DATA[0]) if len(self.problems) > before else BuiltinData(**values)

    def _accelerate(self, node: Node | None) -> Accelerate:
        values: dict[str, Any] = {}
        for key, place, item in self._entries(node, "accelerate"):
            if key in ACCELERATE:
                one = ACCELERATE[key]
                values[key] = self.value(f"accelerate.{key}", one.kind, item, one.advice, one.example)
            elif key != "grokfast":
                self.problems.append(Problem(f"accelerate has no key {shortened(key)}", place, _accelerators(key)))
            elif not (isinstance(item, Scalar) and item.value is None):
                values[key] = Grokfast(**self._section(item, "accelerate.grokfast", GROKFAST))
        return Accelerate(**values)

    def _section(self, node: Node | None, name: str, fields: Mapping[str, Field]) -> dict[str, Any]:
        values = {key: one.default for key, one in fields.items()}
        for key, place, item in self._entries(node, name):
            if key in fields:
                one = fields[key]
                values[key] = self.value(f"{name}.{key}", one.kind, item, one.advice, one.example)
                continue
            hint = did_you_mean(key, list(fields))
            if not hint and (found := homes(key)):
                hint = f"did you mean {' or '.join(found)}?"
            self.problems.append(
                Problem(f"{name} has no key {shortened(key)}", place, hint or f"it has {', '.join(fields)}")
            )
        return values

    def _entries(self, node: Node | None, name: str) -> list[tuple[str, Place, Node]]:
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return []
        if isinstance(node, Table):
            return [(key, node.keys[key], item) for key, item in node.items.items()]
        what = f"{name} is {shown(node)}, but must be a section"
        self.problems.append(Problem(what, node.place, as_section(name, node)))
        return []


def as_section(name: str, node: Node) -> str:
    """Return how to write what was meant as a section."""
    key = name.rpartition(".")[2]
    text = node.text if isinstance(node, Scalar) else ""
    if isinstance(node, Listing):
        return "remove the dashes or brackets"
    if "=" in text:
        return "write `key: value` instead of KEY=VALUE, one a line"
    if ":" in text:
        return "write a space after the colon"
    if key == "inputs" and text:
        return f"write inputs: {{memory: {text}}}"
    named = text if key == "accelerate" else key
    if named in ACCELERATORS:
        return f"write accelerate: {{{EXAMPLES[named]}}}"
    return f"write {key}: and keys below it"


def _accelerators(key: str) -> str:
    """Return what may have been meant by a key that `accelerate` does not have."""
    near = homes(key) or alike(key, ACCELERATORS)
    return question(near) or f"it has {', '.join(ACCELERATORS)}"


def _general_hint(key: str, node: Node, example: Any) -> str:
    argument = node.place.argument
    several = isinstance(node, Listing) or (isinstance(node, Scalar) and "," in node.text)
    if argument and several:
        return "for one run per value: grokyolo sweep"
    written = "null" if example is None else str(example).lower() if isinstance(example, bool) else str(example)
    if argument:
        typed = argument.partition("=")[0]
        return f"write {typed if key.endswith(typed) else key}={written}"
    remove = " or remove the line" if isinstance(node, Scalar) and node.value is None else ""
    return f"write {key.rpartition('.')[2]}: {written}{remove}"
