"""Where images are: as Ultralytics itself finds them."""

import json
from pathlib import Path

import pytest

from grokyolo.plan import locating
from tests.plan.recipes import box, detection, folders, image

pytestmark = pytest.mark.usefixtures("workplace")


def found_by_ultralytics(file: str, split: str) -> list[str]:
    from types import SimpleNamespace

    from ultralytics.data.base import BaseDataset
    from ultralytics.data.utils import check_det_dataset

    entry = check_det_dataset(file, autodownload=False)[split]
    return BaseDataset.get_img_files(SimpleNamespace(fraction=1.0, prefix=""), entry)


@pytest.mark.parametrize(
    "train",
    ["images/train", "./images/train", "list.txt", "[images/train, images/val]", "images", "../data/images/train"],
)
def test_the_images_of_a_data_set_file(workplace, train):
    folder = workplace / "data"
    file = Path(detection(folder, [box(0)] * 3, [box(1)] * 2))
    image(folder / "images" / "train" / "deep" / "x.JPG")
    (folder / "images" / "train" / "notes.txt").write_text("no image")
    (folder / "list.txt").write_text("\ufeff./images/train/1.png\n" + str(folder / "images/val/0.png") + "\n")
    file.write_text(file.read_text().replace("train: images/train", f"train: {train}"))
    located = locating.locate(str(file), "detect")
    assert list(located.train) == found_by_ultralytics(str(file), "train")
    assert list(located.val) == found_by_ultralytics(str(file), "val")
    assert located.names == {0: "class0", 1: "class1", 2: "class2"}
    assert not located.missing


def test_images_and_folders_behind_links_count_as_ultralytics_counts_them(workplace):
    folder = workplace / "data"
    file = Path(detection(folder, [box(0)], [box(1)]))
    elsewhere = image(workplace / "elsewhere" / "x.png").parent
    train = folder / "images" / "train"
    (train / "file.png").symlink_to(elsewhere / "x.png")
    (train / "once").symlink_to(elsewhere)
    (train / "twice").symlink_to(elsewhere)
    (train / "gone.png").symlink_to(workplace / "nowhere.png")
    located = locating.locate(str(file), "detect")
    assert list(located.train) == found_by_ultralytics(str(file), "train")
    assert [Path(name).name for name in located.train] == ["0.png", "file.png", "gone.png", "x.png", "x.png"]


def test_links_in_a_ring_are_followed_once(workplace):
    folder = workplace / "data"
    file = Path(detection(folder, [box(0)], [box(1)]))
    image(folder / "images" / "other" / "y.png")
    train = folder / "images" / "train"
    for name in ("a", "b", "c"):
        (train / name).symlink_to(folder / "images")
    found = [Path(name).relative_to(train).as_posix() for name in locating.locate(str(file), "detect").train]
    assert found == ["0.png", *(f"{name}/{rest}" for name in "abc" for rest in ("other/y.png", "val/0.png"))]


def test_a_set_that_takes_too_long_to_look_through_is_said_to_and_stops_no_training(workplace, monkeypatch):
    from grokyolo.findings import Severity
    from grokyolo.plan import make_plan
    from grokyolo.recipe import load
    from grokyolo.view.plan import data_words

    folder = workplace / "data"
    file = Path(detection(folder, [box(0)], [box(1)]))
    train = folder / "images" / "train"
    for depth in range(40):  # two ways down at each step: 2 to the power of 40 folders
        (workplace / f"step-{depth}").mkdir()
        for name in ("left", "right"):
            (workplace / f"step-{depth}" / name).symlink_to(workplace / f"step-{depth + 1}")
    (workplace / "step-40").mkdir()
    (train / "down").symlink_to(workplace / "step-0")
    monkeypatch.setattr(locating, "MOST_ENTRIES", 20_000)
    said = f"images below {train} were not counted: that takes more than 10 s or 20,000 files"
    located = locating.locate(str(file), "detect")
    assert (located.train, located.missing, located.uncounted) == ((), said, True)
    plan = make_plan(load("long", ["model=yolo26n.yaml", f"data={file}"]))
    assert [(one.severity, one.what) for one in plan.findings if "images" in one.what] == [(Severity.WARNING, said)]
    assert data_words(plan) == said


def test_a_data_set_below_the_folder_for_data_sets(workplace, monkeypatch):
    detection(workplace / "sets" / "mine", [box(0)], [box(0)])
    file = workplace / "mine.yaml"
    file.write_text("path: mine\ntrain: images/train\nval: images/val\nnc: 2\n")
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(workplace / "config"))
    settings = workplace / "config" / "Ultralytics" / "settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"datasets_dir": str(workplace / "sets")}))
    located = locating.locate(str(file), "detect")
    assert [Path(name).name for name in located.train] == ["0.png"]
    assert located.names == {0: "class_0", 1: "class_1"}


def test_the_folder_for_data_sets_is_that_of_ultralytics():
    from ultralytics.utils import DATASETS_DIR

    assert locating.datasets_folder() == DATASETS_DIR


def test_the_kinds_of_images_are_those_of_ultralytics():
    from ultralytics.data.utils import IMG_FORMATS

    assert locating.IMAGE_SUFFIXES == IMG_FORMATS


def test_a_shipped_data_set_that_is_not_here_says_how_large_it_is():
    located = locating.locate("coco8.yaml", "detect")
    assert (located.train, located.val) == ([], [])
    assert located.stated == (4, 4)
    assert len(located.names) == 80
    assert located.downloads
    assert located.missing.startswith("there is no ")
    assert locating.locate("coco.yaml", "detect").stated == (118_287, 5_000)
    assert locating.locate("coco8-pose", "pose").keypoints == (17, 3)


@pytest.mark.parametrize("name", ["val", "valid", "validation", "test"])
def test_the_folders_of_a_classifier(workplace, name):
    from ultralytics.data.utils import check_cls_dataset

    root = folders(workplace / "pets", {"cat": 2, "dog": 1}, {"cat": 1})
    (workplace / "pets" / "val").rename(workplace / "pets" / name)
    located = locating.locate(root, "classify")
    real = check_cls_dataset(root, split="val")
    assert located.names == real["names"]
    assert {Path(file).parents[1] for file in located.train} == {real["train"]}
    assert {Path(file).parents[1] for file in located.val} == {real["val"]}


def test_a_classifier_without_a_training_folder_is_split_later(workplace):
    image(workplace / "pets" / "cat" / "0.png")
    assert "splits the images" in locating.locate(str(workplace / "pets"), "classify").missing
    assert locating.locate("cifar10", "classify").downloads
    assert not locating.locate("no/such.folder", "classify").downloads


@pytest.mark.parametrize("data", ["https://example.org/set.yaml", "ul://user/datasets/a", "set.zip", "set.ndjson"])
def test_what_is_fetched_or_unpacked_is_left_alone(data):
    located = locating.locate(data, "detect")
    assert located.downloads
    assert located.missing == "it is fetched or unpacked when training starts"


@pytest.mark.parametrize(
    "text, missing",
    [
        ("", "cannot be read"),
        ("a: [", "cannot be read"),
        ("- a\n", "cannot be read"),
        ("val: a\nnames: [x]\n", "has no train"),
        ("train: a\nnames: [x]\n", "has no val"),
        ("train: a\nval: b\n", "has no names"),
        ("train: a\nval: b\nnames: [x]\n", "there is no "),
        ("train:\nval: b\nnames: [x]\n", "a split is empty"),
    ],
)
def test_a_file_that_describes_nothing(workplace, text, missing):
    file = workplace / "broken.yaml"
    file.write_text(text)
    located = locating.locate(str(file), "detect")
    assert missing in located.missing
    assert not located.downloads


def test_no_such_file():
    assert locating.locate("nothing.yaml", "detect").missing == "there is no data set file nothing.yaml"


def test_a_data_set_is_described_so_that_it_is_found_from_anywhere(workplace, monkeypatch):
    file = Path(detection(workplace / "set", [box(0)], [box(0)]))
    for path in ("path: set", "path: ''", ""):
        file.write_text(f"{path}\ntrain: images/train\nval: images/val\nnames: [a]\n")
        text = locating.described_from_anywhere(str(file))
        (workplace / "elsewhere").mkdir(exist_ok=True)
        monkeypatch.chdir(workplace / "elsewhere")
        Path("copy.yaml").write_text(text)
        assert len(locating.locate("copy.yaml", "detect").train) == 1
        monkeypatch.chdir(workplace)
    assert locating.described_from_anywhere("nowhere.yaml") == ""
    file.write_text("no map")
    assert locating.described_from_anywhere(str(file)) == ""
