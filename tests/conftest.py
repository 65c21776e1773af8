"""What every test gets: a clean environment and one torch thread. Set before ultralytics is imported."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

_SETTINGS = tempfile.TemporaryDirectory(prefix="grokyolo-tests-")
os.environ.update(
    YOLO_CONFIG_DIR=_SETTINGS.name,
    YOLO_OFFLINE="1",
    YOLO_AUTOINSTALL="false",
    OMP_NUM_THREADS="1",
    GROKYOLO_CACHE=str(Path(_SETTINGS.name) / "cache"),
    NO_COLOR="1",
    COLUMNS="80",
)
ROOT = Path(__file__).parent.parent


@pytest.fixture
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def grokyolo(workplace, capsys):
    """Run the command line in this process: returns (exit code, stdout, stderr)."""
    from grokyolo.cli import main

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter that runs the tests."""
    return sys.executable
