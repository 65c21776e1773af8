"""Recipes on small real data, and runs to compare with, made once."""

from pathlib import Path

import pytest

from tests import data
from tests.real.sweeps import undisturbed_runs


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """Return a function: task and changes to a recipe file."""
    folder = tmp_path_factory.mktemp("small")

    def recipe(task, name="a", **changes):
        target = data.recipe(task, folder, **changes)
        return target.rename(folder / f"{task}-{name}.yaml")

    return recipe


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> list[Path]:
    """The runs of a sweep's points that nobody disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("undisturbed"))
        patch.setenv("GROKYOLO_THREADS", "1")
        return [run.absolute() for run in undisturbed_runs()]
