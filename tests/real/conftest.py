"""Recipes on small real data, made once."""

import pytest

from tests import data


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """Return a function: task and changes to a recipe file."""
    folder = tmp_path_factory.mktemp("small")

    def recipe(task, name="a", **changes):
        target = data.recipe(task, folder, **changes)
        return target.rename(folder / f"{task}-{name}.yaml")

    return recipe
