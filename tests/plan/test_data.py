"""Data sets in numbers."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from grokyolo.plan.data import BRIEF, Limits, count_builtin, read_data
from grokyolo.plan.settings import settings_of
from grokyolo.recipe import BuiltinData
from grokyolo.training import datasets
from tests.plan.recipes import box, detection, folders, recipe

pytestmark = pytest.mark.usefixtures("workplace")


def read(data, *overrides, model="yolo26n.yaml", limits=None):
    made = recipe(*overrides, data=data, model=model)
    return read_data(made, settings_of(made), limits)


def test_images_and_objects_are_counted(workplace):
    data = read(detection(workplace / "set", [box(0), box(0) + box(1, 0.3), ""], [box(1)]))
    assert (data.train.images, data.val.images) == (3, 1)
    assert data.train.objects == Counter({0: 2, 1: 1})
    assert (data.train.background, data.train.unlabelled) == (1, 0)
    assert data.classes == 3
    assert not data.missing
    assert not data.train.sampled


def test_classes_that_are_nowhere_and_classes_only_in_validation(workplace):
    data = read(detection(workplace / "set", [box(0)], [box(1)]))
    assert data.empty_classes == [1, 2]
    assert data.val_only_classes == [1]


def test_broken_files_do_not_count(workplace):
    file = detection(workplace / "set", [box(0)] * 3, [box(0)])
    (workplace / "set/images/train/0.png").write_bytes(b"broken")
    (workplace / "set/labels/train/1.txt").write_text("0 320 240 50 50")
    data = read(file)
    assert data.train.images == 1
    assert data.train.objects == Counter({0: 1})
    assert [Path(fault.file).name for fault in data.train.broken_images] == ["0.png"]
    assert [Path(fault.file).name for fault in data.train.broken_labels] == ["1.txt"]


def test_images_without_labels_are_background(workplace):
    file = detection(workplace / "set", [box(0)] * 2, [box(0)])
    (workplace / "set/labels/train/0.txt").unlink()
    split = read(file).train
    assert (split.images, split.background, split.unlabelled) == (2, 1, 1)


def test_leakage_is_found(workplace):
    file = detection(workplace / "set", [box(0)] * 3, [box(0)] * 2)
    shutil.copy(workplace / "set/images/train/1.png", workplace / "set/images/val/1.png")
    pairs = read(file).twins.pairs
    assert [(Path(one).name, Path(two).name) for one, two in pairs] == [("1.png", "1.png")]


def test_a_set_that_validates_on_its_training_images_leaks_all(workplace):
    file = Path(detection(workplace / "set", [box(0)] * 3, [box(0)]))
    file.write_text(file.read_text().replace("val: images/val", "val: images/train"))
    assert len(read(str(file)).twins.pairs) == 3


def test_what_one_validation_image_counts(workplace):
    # class 0 has two objects, one in each image; class 1 has one
    data = read(detection(workplace / "set", [box(0)], [box(0) + box(1, 0.3), box(0)]))
    assert data.image_worth == 0.5
    assert data.largest_worth == pytest.approx((1 / 2 + 1) / 2)


def test_in_a_classifier_all_images_count_the_same(workplace):
    data = read(folders(workplace / "pets", {"cat": 3, "dog": 2}, {"cat": 1, "dog": 4}), model="yolo26n-cls.yaml")
    assert data.train.objects == Counter({0: 3, 1: 2})
    assert data.names == {0: "cat", 1: "dog"}
    assert data.image_worth == data.largest_worth == 0.2


def test_validation_folders_that_are_no_class_are_left_out(workplace):
    data = read(folders(workplace / "pets", {"cat": 3, "dog": 2}, {"cat": 1, "cow": 2}), model="yolo26n-cls.yaml")
    assert (data.val.images, data.val.foreign) == (1, 2)


def test_the_number_of_images_is_that_of_a_real_training_set(workplace):
    """With a fraction, a broken image and a broken label."""
    from ultralytics.cfg import get_cfg
    from ultralytics.data.build import build_yolo_dataset
    from ultralytics.data.utils import check_det_dataset

    file = detection(workplace / "set", [box(0)] * 9, [box(0)] * 2)
    (workplace / "set/images/train/0.png").write_bytes(b"broken")
    (workplace / "set/labels/train/2.txt").write_text("9 0.5 0.5 0.1 0.1")
    for given in ("fraction=1.0", "fraction=0.5", "fraction=4", "fraction=[0.3, 1]"):
        split = read(file, given).train
        value = eval(given.partition("=")[2])
        args = get_cfg(overrides={"fraction": value, "task": "detect"})
        table = check_det_dataset(file)
        real = build_yolo_dataset(args, table["train"], 4, table, mode="train")
        assert split.images == len(real), given
        (workplace / "set/labels/train.cache").unlink()


def test_a_fraction_of_both_splits(workplace):
    file = detection(workplace / "set", [box(0)] * 8, [box(0)] * 4)
    data = read(file, "fraction=[0.5, 3]")
    assert (data.train.images, data.val.images) == (4, 3)


def test_classes_can_be_one_or_some(workplace):
    file = detection(workplace / "set", [box(0) + box(1, 0.3)], [box(2)])
    assert read(file, "single_cls=true").classes == 1
    assert read(file, "single_cls=true").train.objects == Counter({0: 2})
    assert read(file, "classes=[1]").train.objects == Counter({1: 1})


def test_large_sets_are_sampled_the_same_each_time(workplace):
    file = detection(workplace / "set", [box(number % 3) for number in range(9)], [box(0)] * 3)
    limits = Limits(images=4, labels=5, twins=2)
    one, two = read(file, limits=limits), read(file, limits=limits)
    assert one == two
    assert (one.train.images, one.train.images_checked, one.train.labels_checked) == (9, 4, 5)
    assert one.twins.compared == 2
    assert one.train.sampled
    assert one.empty_classes == []  # a class may be among the labels that were not read


def test_at_the_start_of_a_training_little_is_read():
    usual = Limits()
    assert BRIEF.images < usual.images
    assert BRIEF.labels < usual.labels
    assert BRIEF.twins < usual.twins


def test_a_set_that_is_not_here_is_planned_by_what_its_file_says():
    data = read("coco8.yaml")
    assert (data.train.images, data.val.images, data.classes) == (4, 4, 80)
    assert data.missing
    assert data.downloads
    assert (data.empty_classes, data.largest_worth) == ([], None)


def test_a_set_of_which_nothing_is_known():
    data = read("nowhere.yaml")
    assert (data.train, data.val, data.classes, data.image_worth) == (None, None, None, None)
    assert not data.downloads


def test_the_built_in_set_is_counted_without_being_made(workplace):
    data = read("modular-addition", "imgsz=32", model="yolo26n-cls.yaml")
    assert (data.train.images, data.val.images, data.classes) == (576, 385, 31)
    assert read("modular-addition", "imgsz=32", "fraction=0.5", model="yolo26n-cls.yaml").train.images == 288
    assert list(workplace.iterdir()) == [workplace / "plain.yaml"]


def test_nothing_is_written(workplace):
    file = detection(workplace / "set", [box(0)] * 2, [box(0)])
    before = {path: path.stat().st_mtime_ns for path in (workplace / "set").rglob("*")}
    read(file)
    assert {path: path.stat().st_mtime_ns for path in (workplace / "set").rglob("*")} == before


@pytest.mark.parametrize("operation", ["+", "-", "*"])
@pytest.mark.parametrize("seed", [None, 4])
def test_classes_are_counted_as_they_will_be_drawn(tmp_path, monkeypatch, operation, seed):
    monkeypatch.setenv("GROKYOLO_CACHE", str(tmp_path))
    data = BuiltinData(modulus=7, fraction=0.6, operation=operation, seed=seed)
    folder = datasets.prepare(data, train_seed=2, image_size=32)
    for split, counted in zip(("train", "val"), count_builtin(data, train_seed=2), strict=True):
        drawn = {int(path.name): len(list(path.iterdir())) for path in (folder / split).iterdir()}
        assert {number: count for number, count in drawn.items() if count} == dict(counted)
