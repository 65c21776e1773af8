"""The built-in data set, counted before it is made."""

import pytest

from grokyolo.plan.builtin import count_builtin
from grokyolo.recipe import BuiltinData
from grokyolo.training import datasets


@pytest.mark.parametrize("operation", ["+", "-", "*"])
@pytest.mark.parametrize("seed", [None, 4])
def test_classes_are_counted_as_they_will_be_drawn(tmp_path, monkeypatch, operation, seed):
    monkeypatch.setenv("GROKYOLO_CACHE", str(tmp_path))
    data = BuiltinData(modulus=7, fraction=0.6, operation=operation, seed=seed)
    folder = datasets.prepare(data, train_seed=2, image_size=32)
    for split, counted in zip(("train", "val"), count_builtin(data, train_seed=2), strict=True):
        drawn = {int(path.name): len(list(path.iterdir())) for path in (folder / split).iterdir()}
        assert {number: count for number, count in drawn.items() if count} == dict(counted)
