"""A run of Ultralytics as a recipe: what its `args.yaml` says, as far as that differs from Ultralytics' defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from grokyolo.findings import Finding, Severity
from grokyolo.format import printable
from grokyolo.recipe.models import Recipe
from grokyolo.recipe.schema import MODELINE, file_model
from grokyolo.recipe.train_arguments import train_arguments
from grokyolo.recipe.units import time_text
from grokyolo.recipe.yaml_reader import Node, Scalar, Table, is_null, plain, shown

NOTHING = (None, False, 0, "")
"""Values of an argument that Ultralytics no longer has which said nothing."""


def recipe_of(arguments: Table, run: str) -> tuple[Table, list[Finding]]:
    """Return a run's train arguments in the form of a recipe, and what of them no recipe holds.

    Args:
        arguments: of the run's `args.yaml`.
        run: its folder, as messages name it.
    """
    findings = []
    train: dict[str, Node] = {}
    for key, node in arguments.items.items():
        if why := _left_out(key, node):
            what, remedy = why
            findings.append(Finding(Severity.INFO, what, remedy, arguments.keys[key]))
        elif _kept(key, node):
            train[key] = node
    table = Table(train, arguments.keys, arguments.place)
    for key in _invalid(table):
        what = f"{key} was {shown(train[key])}, which Ultralytics no longer takes, and is left out"
        findings.append(Finding(Severity.WARNING, what, "", arguments.keys[key]))
        del train[key]
    description = f"what the run {run} of Ultralytics was"
    items: dict[str, Node] = {"description": Scalar(description, description, True, arguments.place)}
    items |= {key: node for key, node in arguments.items.items() if key in {"model", "data"} and not is_null(node)}
    keys = {key: arguments.keys.get(key, arguments.place) for key in (*items, "train")}
    return Table(items | {"train": table}, keys, arguments.place), findings


def _left_out(key: str, node: Node) -> tuple[str, str] | None:
    """Return why a recipe cannot say what the run said, and what to type instead; None where nothing is lost."""
    value = plain(node)
    if key == "time" and isinstance(value, (int, float)) and value > 0:
        return "time let the clock decide how long the run was", f"--time-limit {time_text(round(value * 3600))}"
    if key == "val" and value is False:
        return "val was false; grokyolo validates, since without that there is no gap", "gap.every=5 for less often"
    if key == "split" and value == "train":
        return "split was train, so the run validated on its training images", ""
    if key not in train_arguments() and key not in {"save_dir"} and value not in NOTHING:
        return f"Ultralytics no longer has {key}, which was {shown(node)}", ""
    return None


def _kept(key: str, node: Node) -> bool:
    argument = train_arguments().get(key)
    if argument is None or not argument.settable:
        return False
    value = plain(node)
    empty = value in ("", None) and argument.default in ("", None)  # Ultralytics notes an unset device as an empty text
    return not empty and (type(value) is bool, value) != (type(argument.default) is bool, argument.default)


def _invalid(train: Table) -> set[str]:
    try:
        file_model().model_validate({"train": plain(train)})
    except ValidationError as error:
        return {str(one["loc"][1]) for one in error.errors(include_url=False)}
    return set()


def recipe_text(recipe: Recipe, source: str) -> str:
    """Return a recipe made of a run of Ultralytics as a file to edit: with what grokyolo would change, and why.

    Args:
        recipe: of the run.
        source: the file it was read from, as messages name it.
    """
    whole = recipe.to_dict()
    head = {key: value for key, value in whole.items() if key in {"description", "model", "data"}}
    lines = [MODELINE, *_yaml(head), f"# From {source}: what differs from Ultralytics' defaults.", "train:"]
    others = list(recipe.findings)
    for key, value in whole["train"].items():
        here = [finding for finding in others if key in _assignments(finding)]
        others = [finding for finding in others if finding not in here]
        for finding in here:
            better = ", ".join(f"{name}: {text}" for name, text in _assignments(finding).items())
            lines.append(f"  # {finding.what}. Better: {better}")
        lines += [f"  {line}" for line in _yaml({key: value})]
    if others:
        lines.append("  # What grokyolo would change too, and why. To do so remove the # of a line:")
    for finding in others:
        lines.append(
            f"  # {finding.what}" + ("" if _assignments(finding) or not finding.remedy else f": {finding.remedy}")
        )
        lines += [f"  # {name}: {text}" for name, text in _assignments(finding).items()]
    return "\n".join(map(printable, lines)) + "\n"


def _assignments(finding: Finding) -> dict[str, str]:
    """Return the train arguments that a remedy sets."""
    pairs = (word.partition("=") for word in finding.remedy.split())
    return {key: text for key, equals, text in pairs if equals and key in train_arguments()}


def _yaml(values: Mapping[str, Any]) -> list[str]:
    import yaml

    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=10_000).splitlines()
