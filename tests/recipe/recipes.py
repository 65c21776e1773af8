"""Short ways to make and load recipes in tests."""

from pathlib import Path

from grokyolo.findings import Finding, Place
from grokyolo.recipe import Recipe, load
from grokyolo.recipe.yaml_reader import Node, parse


def write(folder: Path, text: str, name: str = "recipe.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str, *arguments: str) -> Recipe:
    return load(str(write(folder, text)), arguments)


def node(text: str) -> Node:
    problems: list[Finding] = []
    found = parse(text, Place("x.yaml"), problems)
    assert found is not None and not problems, problems
    return found
