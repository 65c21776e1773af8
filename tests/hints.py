"""Commands that messages tell people to type: is each complete, and does it stand for something that there is?"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from grokyolo.errors import GrokyoloError

PROPOSED = re.compile(r"^ *(?:try|next): +(.+)$|\bTry: (.+)$", re.MULTILINE)
PROGRAMS = {"grokyolo", "yolo", "pip", "ls", "head", "cut", "df", "mv", "cp", "rm", "mkdir", "sbatch", "nvidia-smi"}
"""First words by which a proposal is a command; any other proposal is words."""
PLACEHOLDER = re.compile(r"\b(FILE|RUN|RUN_FOLDER|FOLDER|NAME|PATH|RECIPE|KEY|VALUE|N)\b|my-data|\.\.\.|<\w+>")
AMID_WORDS = re.compile(r"\bgrokyolo (?:-|[a-z])")
READING = {"gap", "report", "compare", "verify", "resume", "extend"}


def proposed(text: str) -> Iterator[str]:
    """Yield what messages propose, line by line."""
    for found in PROPOSED.finditer(text):
        yield (found[1] or found[2]).rstrip()


def fault_of(proposal: str, typed: Sequence[str] = ()) -> str:
    """Return why a proposal cannot be typed as it stands, in the current folder; empty where it can, or is words.

    Args:
        proposal: a command, or words.
        typed: the words that it answers; what they name may be missing.
    """
    if "my-data" in proposal and not any("my-data" in word for word in typed):
        return "names a file that only an example has"
    if proposal.partition(" ")[0] not in PROGRAMS:
        return "has a command amid words" if AMID_WORDS.search(proposal) else ""
    try:
        words = shlex.split(proposal)
    except ValueError as error:
        return f"is not quoted for a shell: {error}"
    for word in words:
        if word not in typed and (found := PLACEHOLDER.search(word)):
            return f"leaves {found[0]} to be filled in"
    if words[0] != "grokyolo":
        return "has words behind the command" if "  " in proposal else ""
    try:
        return _fault_of_ours(words[1:], typed)
    except GrokyoloError as error:
        return f"is refused: {' | '.join(error.lines())}"


def _fault_of_ours(words: Sequence[str], typed: Sequence[str]) -> str:
    """Parse a command of ours to its last option, and look for what it names."""
    from grokyolo.cli.app import app
    from grokyolo.cli.command import VerbGroup
    from grokyolo.recipe import like_yolo, load

    program = typer.main.get_command(app)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            above = program.make_context("grokyolo", list(words))
            name, verb, rest = program.resolve_command(above, [*above._protected_args, *above.args])
            below = verb.make_context(name, rest, parent=above)
            if isinstance(verb, VerbGroup) and (left := [*below._protected_args, *below.args]):
                inner, verb, rest = verb.resolve_command(below, left)
                verb.make_context(inner, rest, parent=below)
    except typer.Exit:  # --help
        return ""
    given = below.params
    if name in {"train", "plan"} and given["recipe"] not in typed:
        like_yolo(given["overrides"]) if given.get("plain") else load(
            given["recipe"], given["overrides"], complete=False
        )
    if name in READING:
        runs = given["runs"] if "runs" in given else [given["run"]]
        missing = [run for run in runs if not Path(run).exists() and run not in typed]
        return f"names {missing[0]}, which is not there" if missing else ""
    return ""
