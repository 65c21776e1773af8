"""Reads tests/bad_recipes/*.txt: real mistakes, each with the exact lines that the user sees.

A file holds cases, each made of parts that begin with `####`:

    #### case NAME
    #### file PATH        a file's content; `recipe.yaml` is loaded unless a load part names something else
    #### bytes PATH       the same, as the inside of a Python bytes literal, for what no text file can hold
    #### load             what to load, as a JSON string
    #### arguments        KEY=VALUE of the command line, one a line
    #### says             the lines of the error; or
    #### warns            the warnings of a recipe that can be used

An empty line ends a case.
"""

import ast
import json
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "bad_recipes"
MARK = "#### "


@dataclass
class Case:
    topic: str
    name: str
    files: dict[str, bytes] = field(default_factory=dict)
    load: str = "recipe.yaml"
    arguments: list[str] = field(default_factory=list)
    says: list[str] | None = None
    warns: list[str] | None = None

    def __str__(self) -> str:
        return f"{self.topic}/{self.name}"

    def prepare(self, folder: Path) -> None:
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def cases() -> list[Case]:
    return [case for path in sorted(FOLDER.glob("*.txt")) for case in _read(path)]


def _read(path: Path) -> list[Case]:
    found: list[Case] = []
    for part in ("\n" + path.read_text(encoding="utf-8")).split(f"\n{MARK}")[1:]:
        head, *lines = part.split("\n")
        word, _, rest = head.partition(" ")
        if word == "case":
            found.append(Case(path.stem, rest))
        elif word == "file":
            found[-1].files[rest] = "".join(f"{line}\n" for line in lines).encode()
        elif word == "bytes":
            found[-1].files[rest] = ast.literal_eval(f'b"{lines[0]}"')
        elif word == "load":
            found[-1].load = json.loads(lines[0])
        elif word in {"arguments", "says", "warns"}:
            setattr(found[-1], word, [line for line in lines if line])
        else:
            raise ValueError(f"{path}: unknown part {head}")
    return found
