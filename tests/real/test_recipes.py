"""Every built-in recipe trains."""

import pytest

from grokyolo import read_run
from grokyolo.recipe import list_recipes
from tests import data
from tests.real.training import trained

ON_IMAGES = [entry.name for entry in list_recipes() if "modular-addition" not in entry.name]
ON_PAIRS = [entry.name for entry in list_recipes() if "modular-addition" in entry.name]


@pytest.fixture(scope="module")
def boxes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boxes")
    return f"model={data.model('detect', folder)}", f"data={data.make('detect', folder / 'set')}"


@pytest.mark.parametrize("name", ON_IMAGES)
def test_recipes_for_images(name, boxes, workplace):
    series = read_run(trained(name, "run", *boxes, "epochs=2", "imgsz=64", "device=cpu", "amp=false"))
    assert series.like_for_like
    assert list(series.epoch) == [1, 2]


@pytest.mark.parametrize("name", ON_PAIRS)
def test_recipes_for_pairs(name, workplace):
    series = read_run(trained(name, "run", "epochs=2"))
    assert series.like_for_like
    assert series.score_name == "top1"


def test_the_two_groups_are_all():
    assert len(ON_IMAGES) + len(ON_PAIRS) >= 8
    assert len(ON_PAIRS) >= 2
