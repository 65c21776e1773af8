"""The README: its commands run in their order, its outputs look as it says, its links lead somewhere.

Blocks marked `console` hold commands behind `$ ` and the output that follows. A comment before a block shortens it:
`<!-- test: epochs=12 -->` appends `epochs=12` to its commands that train, and `<!-- test: exact -->` says that the
output is the same word for word. Elsewhere the first line is compared, numbers apart. Blocks marked `python` run too.
Lines of make, pip and uv are checked against the files that they use.
"""

import contextlib
import io
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from grokyolo.cli import VERBS, main
from tests import data
from tests.cli.conftest import check_that_it_can_be_typed

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:<!-- test: (?P<marks>.+?) -->\n)?```(?P<kind>\w+)\n(?P<body>.*?)```", re.DOTALL)
TRAINING = {"train", "resume", "extend"}
INSTALLING = ("make ", "python3 -m venv", ".venv/bin/pip", "uv ")


@dataclass(frozen=True)
class Block:
    """A fenced block: its kind, its text, and what the comment before it says."""

    kind: str
    body: str
    marks: str

    def commands(self) -> list[tuple[str, list[str]]]:
        """Return each command with the lines that follow it."""
        found: list[tuple[str, list[str]]] = []
        for line in self.body.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif found:
                found[-1][1].append(line.rstrip())
        return found


BLOCKS = [Block(m["kind"], m["body"], m["marks"] or "") for m in BLOCK.finditer(README)]
CONSOLE = [block for block in BLOCKS if block.kind == "console"]
COMMANDS = [command for block in CONSOLE for command, _ in block.commands()]
SCRIPTS = [line for block in BLOCKS if block.kind == "bash" for line in block.body.splitlines()]


class Shell:
    """Runs commands one after the other and remembers the last exit code."""

    def __init__(self) -> None:
        self.code = 0

    def run(self, command: str, more: str) -> list[str]:
        """Return what the command says, standard error first, without blanks at the ends of lines."""
        if command == "echo $?":
            return [str(self.code)]
        arguments = shlex.split(command)
        assert arguments[0] == "grokyolo", command
        if arguments[1] in TRAINING:
            arguments += shlex.split(more)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self.code = main(arguments[1:])
        assert "Traceback" not in err.getvalue()
        return [line.rstrip() for line in (err.getvalue() + out.getvalue()).splitlines()]


def numberless(line: str) -> str:
    """Return a line with every checksum and number, and the blanks before it, the same."""
    return re.sub(r"\s*(\b[0-9a-f]{12}\b|\d[\d,]*(\.\d+)?)", "#", line)


def test_the_commands_run_and_say_what_the_readme_says(workplace):
    mine = data.make("detect", workplace / "photos")
    shutil.copy(mine, workplace / "my-data.yaml")
    shell = Shell()
    for block in BLOCKS:
        if block.kind == "python":
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(compile(block.body, "README.md", "exec"), {})
            assert printed.getvalue()
        if block.kind != "console":
            continue
        exact = block.marks == "exact"
        for command, expected in block.commands():
            if command.startswith(INSTALLING):
                continue
            said = shell.run(command, "" if exact else block.marks)
            if exact or command == "echo $?":
                assert said == expected, command
                continue
            assert numberless(said[0]) == numberless(expected[0]), command
            failed = any(line.startswith("error: ") for line in expected)
            assert (shell.code != 0) == failed, (command, said)
    assert (workplace / "runs/grok-modular-addition/gap.png").exists()


def test_the_readme_has_commands_and_python():
    assert len(COMMANDS) > 15
    shown = {command.split()[1] for command in COMMANDS if command.startswith("grokyolo")}
    assert {"train", "gap", "recipes", "extend", "verify"} <= shown <= set(VERBS)
    assert [block.kind for block in BLOCKS].count("python") == 2


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make ")])
def test_make_targets_exist(command):
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(command.split()[1:]) <= set(targets)


def test_what_pip_and_uv_install_exists():
    lines = [command for command in COMMANDS if " install " in command]
    assert len(lines) == 2
    for line in lines:
        words = line.split()
        assert (ROOT / words[words.index("-c") + 1]).is_file()
        assert words[-1] == "."
    assert (ROOT / "pyproject.toml").is_file()


def test_the_python_it_asks_for_is_that_of_the_project():
    (asked,) = re.findall(r"Python (3\.\d+) or newer", README)
    assert f'requires-python = ">={asked}"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("line", [line for line in SCRIPTS if line.startswith("grokyolo ")])
def test_commands_of_scripts_can_be_typed(line):
    check_that_it_can_be_typed(shlex.split(line)[1:])


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", README))))
def test_links_lead_somewhere(target):
    assert (ROOT / target).is_file()


def test_every_document_is_linked():
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} - {"docs/index.md"}
    assert pages <= set(re.findall(r"\]\((docs/[^)]+\.md)\)", README))


def test_the_picture_is_small():
    picture = ROOT / "docs" / "images" / "grok-modular-addition.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 150_000


def test_exit_codes_are_those_of_the_program():
    from grokyolo import errors

    said = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")]
    assert said == {0, *(kind.exit_code for kind in kinds)}
