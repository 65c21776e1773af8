"""What every test gets: a clean environment and one torch thread. Set before ultralytics is imported."""

import logging
import os
import shlex
import signal
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import hints

_SETTINGS = tempfile.TemporaryDirectory(prefix="grokyolo-tests-")
os.environ.update(
    YOLO_CONFIG_DIR=_SETTINGS.name,
    YOLO_OFFLINE="1",
    YOLO_AUTOINSTALL="false",
    OMP_NUM_THREADS="1",
    NO_COLOR="1",
    COLUMNS="80",
)
if "PYTEST_XDIST_WORKER" not in os.environ:  # workers share what is counted and downloaded once
    os.environ["GROKYOLO_CACHE"] = str(Path(_SETTINGS.name) / "cache")
logging.raiseExceptions = False  # Ultralytics' logger keeps the stream of the test that imported it, closed since
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests close terminals, also where they are started by nohup
ROOT = Path(__file__).parent.parent

# Nothing is timed, and where a test writes into a folder each example may find what the one before has left.
# New examples are for people at work, who can look at what they show; CI takes the same ones each time.
settings.register_profile(
    "unhurried",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("unhurried")


@pytest.fixture
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> Path:
    """An empty current folder: what lies in that of whoever starts the tests must not matter."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def grokyolo(workplace, capsys):
    """Run the command line in this process: returns (exit code, stdout, stderr).

    Each command that it tells people to type (`try:`, `next:`) must be one that can be typed.
    """
    from grokyolo.cli import main

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(arguments))
        captured = capsys.readouterr()
        for proposal in hints.proposed(f"{captured.out}\n{captured.err}"):
            fault = hints.fault_of(proposal, arguments)
            assert not fault, f"{shlex.join(arguments)} proposes {proposal!r}, which {fault}"
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter that runs the tests."""
    return sys.executable
