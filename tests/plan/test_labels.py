"""Labels: taken and refused as Ultralytics takes and refuses them."""

import os
from collections import Counter

import pytest

from grokyolo.plan.labels import Rules, label_file, read_labels
from tests.plan.recipes import image

TEXTS = {
    "a box": "0 0.5 0.5 0.2 0.2",
    "boxes": "0 0.5 0.5 0.2 0.2\n2 0.5 0.5 0.2 0.2\n\n",
    "the same twice": "1 0.5 0.5 0.2 0.2\n1 0.5 0.5 0.2 0.2\n",
    "nothing": "",
    "blank lines": "\n \n",
    "an outline": "1 0.1 0.1 0.2 0.2 0.3 0.1",
    "outline and box": "1 0.1 0.1 0.2 0.2 0.3 0.1\n1 0.5 0.5 0.2 0.2",
    "half a point": "1 0.1 0.1 0.2 0.2 0.3 0.1 0.4",
    "too few columns": "0 0.5 0.5 0.2",
    "six columns": "0 0.5 0.5 0.2 0.2 0.9",
    "pixels": "0 320 240 50 50",
    "a little outside": "0 1.005 0.5 0.2 0.2",
    "negative class": "-1 0.5 0.5 0.2 0.2",
    "negative coordinate": "0 -0.5 0.5 0.2 0.2",
    "class too high": "3 0.5 0.5 0.2 0.2",
    "half a class": "0.5 0.5 0.5 0.2 0.2",
    "a name": "cat 0.5 0.5 0.2 0.2",
    "commas": "0,0.5,0.5,0.2,0.2",
    "byte-order mark": "\ufeff0 0.5 0.5 0.2 0.2",
}


def verified(folder, text, *, keypoints=(0, 0), single=False):
    """What `verify_image_label` makes of it: the classes, or None for an image that is left out."""
    from ultralytics.data.utils import verify_image_label

    file = folder / "0.txt"
    file.write_text(text, encoding="utf-8")
    picture = str(image(folder / "0.png"))
    points, numbers = keypoints
    found = verify_image_label((picture, str(file), "", bool(points), 3, points, numbers, single))
    return None if found[0] is None else [int(c) for c in found[1][:, 0]]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_labels_are_judged_as_ultralytics_judges_them(tmp_path, text):
    expected = verified(tmp_path, text)
    labels = read_labels(tmp_path / "0.txt", Rules(classes=3))
    assert bool(labels.fault) == (expected is None), labels.fault
    assert labels.objects == Counter(expected or [])


@pytest.mark.parametrize(
    "text", ["0 0.5 0.5 0.2 0.2 0.1 0.1 2 0.3 0.3 1", "0 0.5 0.5 0.2 0.2", "0 .5 .5 .2 .2 .1 .1 2"]
)
def test_labels_of_a_pose(tmp_path, text):
    expected = verified(tmp_path, text, keypoints=(2, 3))
    labels = read_labels(tmp_path / "0.txt", Rules(classes=3, keypoint_columns=6))
    assert bool(labels.fault) == (expected is None), labels.fault


def test_one_class_for_all_takes_any_number(tmp_path):
    assert verified(tmp_path, "7 0.5 0.5 0.2 0.2", single=True) is not None
    labels = read_labels(tmp_path / "0.txt", Rules(classes=1, single_class=True))
    assert labels.objects == Counter([0])


def test_an_image_without_a_label_file_is_background(tmp_path):
    labels = read_labels(tmp_path / "none.txt", Rules(classes=3))
    assert labels.missing
    assert not labels.fault


def test_a_file_that_is_no_text_is_a_fault(tmp_path):
    (tmp_path / "0.txt").write_bytes(b"\xff\xfe\x00\x80")
    assert "cannot be read" in read_labels(tmp_path / "0.txt", Rules(classes=3)).fault


@pytest.mark.parametrize("path", ["/a/images/train/x.jpg", "/images/images/x.y.png", "/nowhere/x.jpg"])
def test_labels_lie_where_ultralytics_looks(path):
    from ultralytics.data.utils import img2label_paths

    path = path.replace("/", os.sep)
    assert [str(label_file(path))] == img2label_paths([path])
