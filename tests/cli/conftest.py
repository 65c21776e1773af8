"""Tiny trainings through the command line, in this process and in one of their own."""

import csv
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup

from tests import data

TINY = ("--recipe", "grok-modular-addition", "data.modulus=5")
"""Twenty-five pictures: an epoch takes about a hundredth of a second."""
PATIENCE = 120.0
"""Seconds after which a training that does not get on has failed the test."""


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """Downloads fail at once, with and without a network."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture
def process(workplace, python) -> Iterator:
    """Start the command line in a process of its own."""
    started = []

    def start(*arguments: str, **environment: str) -> subprocess.Popen:
        child = subprocess.Popen(
            [python, "-m", "grokyolo", *arguments],
            cwd=workplace,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            child.kill()
            child.wait()


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """A finished run of three epochs, not to be changed."""
    from grokyolo.cli import main

    folder = tmp_path_factory.mktemp("finished")
    here = Path.cwd()
    os.chdir(folder)
    try:
        assert main(["train", *TINY, "epochs=3", "--name", "exp1"]) == 0
    finally:
        os.chdir(here)
    return folder / "runs" / "exp1"


@pytest.fixture
def run(finished, workplace) -> Path:
    """`runs/exp1`: a finished run of three epochs, the test's own copy."""
    shutil.copytree(finished, workplace / "runs" / "exp1")
    return Path("runs") / "exp1"


@pytest.fixture(scope="session")
def detect(tmp_path_factory) -> tuple[str, str]:
    """A narrow YOLO26 and ten small photos with boxes: `model=` and `data=`."""
    folder = tmp_path_factory.mktemp("detect")
    return f"model={data.model('detect', folder)}", f"data={data.make('detect', folder / 'boxes')}"


def rows(run: Path) -> list[dict[str, str]]:
    """Return gap.csv, one dict for each epoch."""
    with (run / "gap.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def comparable(run: Path) -> list[dict[str, str]]:
    """Return gap.csv without what may differ: the seconds, and the word `resume`."""
    table = rows(run)
    for row in table:
        del row["seconds"]
        row["event"] = "|".join(word for word in row["event"].split("|") if word != "resume")
    return table


def wait_for_epochs(run: Path, count: int, child: subprocess.Popen) -> None:
    """Wait until a training in another process has finished so many epochs."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if (run / "gap.csv").read_bytes().count(b"\n") > count:
                return
        except OSError:
            pass
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < deadline, "the training does not get on"
        time.sleep(0.01)


def problems(stderr: str, *allowed: str) -> list[tuple[str, str, str]]:
    """Return (what, where, try) of every error on standard error.

    Args:
        stderr: nothing else may stand there, but for warnings and the plan.
        allowed: and for lines that begin like this.
    """
    lines = [line for line in stderr.splitlines() if not line.startswith(("warning: ", "plan: ", *allowed))]
    assert len(lines) % 3 == 0, stderr
    found = []
    for what, where, hint in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        if what.startswith("stopped by Ctrl-C"):  # asked for, and so no error
            what = f"error: {what}"  # noqa: PLW2901
        assert what.startswith("error: ") and where.startswith("where: ") and hint.startswith("try:   "), stderr
        found.append((what[7:], where[7:], hint[7:]))
    return found


def problem(stderr: str, *allowed: str) -> tuple[str, str, str]:
    """Return (what, where, try) of the only error on standard error."""
    found = problems(stderr, *allowed)
    assert len(found) == 1, stderr
    return found[0]


def check_that_it_can_be_typed(words: list[str]) -> None:
    """See that a command finds its verb and that the verb takes the words; nothing runs."""
    from typer.main import get_command

    from grokyolo.cli.app import app

    command, above, name = get_command(app), None, "grokyolo"
    while command:
        context = command.make_context(name, list(words), parent=above)
        if not isinstance(command, TyperGroup):
            return
        words = [*context._protected_args, *context.args]
        name, command, words = command.resolve_command(context, words) if words else ("", None, [])
        above = context
