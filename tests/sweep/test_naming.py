"""Names of points: a person can read them, every file system takes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.sweep.folder import is_safe
from grokyolo.sweep.naming import LONGEST, name_of


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"weight_decay": 0.3, "fraction": 0.6, "seed": 1}, "weight_decay=0.3,fraction=0.6,seed=1"),
        ({"weight_decay": 1.0}, "weight_decay=1"),
        ({"lr0": 1e-5}, "lr0=1e-05"),
        ({"model": "models/yolo26n.yaml"}, "model=yolo26n"),
        ({"model": "C:\\models\\best.pt"}, "model=best"),
        ({"data.operation": "*"}, "data.operation=times"),
        ({"data.operation": "-"}, "data.operation=minus"),
        ({"fraction": [0.5, 1]}, "fraction=0.5_1"),
        ({"cos_lr": True, "auto_augment": None}, "cos_lr=true,auto_augment=null"),
        ({"description": "a: b/c?"}, "description=a-b-c-"),
    ],
)
def test_names_say_what_is_different(values, name):
    assert name_of(values) == name


def test_two_files_of_one_name_are_told_apart_by_their_path():
    assert name_of({"model": "a/x.yaml"}, short=False) == "model=a-x.yaml"


def test_a_long_name_is_cut_and_stays_different():
    long = {f"data.key{i}": 0.123456 for i in range(20)}
    names = {name_of(long), name_of(long | {"data.key19": 1})}
    assert len(names) == 2
    assert all(len(name) <= LONGEST for name in names)


@given(st.dictionaries(st.sampled_from(["lr0", "model", "data.seed"]), st.text(max_size=200), min_size=1))
def test_every_name_is_a_folder(values):
    assert is_safe(name_of(values))
    assert "/" not in name_of(values, short=False)
