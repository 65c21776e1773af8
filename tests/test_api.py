"""What `from grokyolo import ...` gives, and what it costs."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import grokyolo
from tests.gap import logs


@pytest.mark.parametrize("name", grokyolo.__all__)
def test_every_public_name_is_there(name):
    assert getattr(grokyolo, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'grokyolo' has no attribute 'nope'"):
        _ = grokyolo.nope
    with pytest.raises(ImportError):
        from grokyolo import nope  # noqa: F401


def test_the_version_is_a_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+([.-]?\w+)?", grokyolo.__version__)


def test_the_changelog_knows_the_version(root):
    assert f"## [{grokyolo.__version__}]" in (root / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("kind", [str, Path])
def test_read_and_assess_a_run(tmp_path, kind):
    logs.run(tmp_path / "old", logs.log(logs.DETECT, range(1, 41)))
    series = grokyolo.read_run(kind(tmp_path / "old"))
    assert isinstance(series, grokyolo.Series)
    assert len(series) == 40
    assert isinstance(series.val_score, np.ndarray)
    assessment = grokyolo.assess(series)
    assert isinstance(assessment, grokyolo.Assessment)
    assert isinstance(assessment.verdict, grokyolo.Verdict)
    assert assessment.run == str(tmp_path / "old")
    assert grokyolo.Verdict(assessment.to_json()["verdict"]) is assessment.verdict


def test_a_missing_run_is_an_error_of_ours():
    from grokyolo.errors import GrokyoloError, RunError

    with pytest.raises(RunError) as caught:
        grokyolo.read_run("runs/nope")
    assert isinstance(caught.value, GrokyoloError)


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import grokyolo", {"numpy", "polars", "torch", "ultralytics", "matplotlib", "rich", "yaml"}),
        ("from grokyolo import Verdict, assess, read_run", {"torch", "ultralytics", "matplotlib", "rich"}),
        ("import grokyolo.view.table, grokyolo.view.plot", {"torch", "ultralytics"}),
    ],
)
def test_what_is_not_imported(python, statement, absent):
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert absent.isdisjoint(done.stdout.split())


def test_the_package_is_typed():
    assert (Path(grokyolo.__file__).parent / "py.typed").is_file()
