"""Images and labels that cannot be used, and images in both splits."""

from __future__ import annotations

import os
import shutil
from collections import Counter

import pytest
from PIL import Image

from grokyolo.plan.images import NO_END, Rules, fault_of, find_twins, label_file, read_labels
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


def judged(path) -> bool:
    """Whether Ultralytics takes the image."""
    from ultralytics.data.utils import check_image

    try:
        check_image(str(path))
    except Exception:
        return False
    return True


def jpeg(path):
    Image.effect_noise((64, 64), 50).convert("RGB").save(path, quality=95)
    return path


def test_a_sound_image_has_no_fault(tmp_path):
    assert fault_of(str(image(tmp_path / "a.png"))) == ""
    assert fault_of(str(jpeg(tmp_path / "a.jpg"))) == ""


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_a_broken_image(tmp_path, content):
    broken = tmp_path / "a.png"
    broken.write_bytes(content)
    assert fault_of(str(broken)) == "cannot be read"
    assert not judged(broken)


def test_a_png_that_was_torn(tmp_path):
    torn = tmp_path / "torn.png"
    torn.write_bytes(image(tmp_path / "a.png", side=64).read_bytes()[:-20])
    assert bool(fault_of(str(torn))) == (not judged(torn))


def test_a_tiny_image(tmp_path):
    assert fault_of(str(image(tmp_path / "a.png", side=9))) == "9 × 9 pixels, fewer than 10"
    assert not judged(tmp_path / "a.png")
    assert judged(image(tmp_path / "b.png", side=10))


def test_a_jpeg_without_an_end_mark_is_not_touched(tmp_path):
    odd = jpeg(tmp_path / "odd.jpg")
    content = odd.read_bytes() + b"\0\0"
    odd.write_bytes(content)
    assert fault_of(str(odd)) == NO_END
    assert odd.read_bytes() == content
    assert judged(odd)
    assert odd.read_bytes() != content  # Ultralytics has saved it anew


def test_a_jpeg_that_is_cut_off(tmp_path):
    cut = jpeg(tmp_path / "cut.jpg")
    cut.write_bytes(cut.read_bytes()[:-100])
    assert fault_of(str(cut)) == "cut off"
    assert not judged(cut)


def test_a_file_that_is_not_there(tmp_path):
    assert fault_of(str(tmp_path / "none.png")) == "there is no such file"


def test_twins_are_told_by_content(tmp_path):
    train = [str(image(tmp_path / "train" / f"{i}.png", i)) for i in range(4)]
    val = [str(image(tmp_path / "val" / f"{i}.png", 100 + i)) for i in range(2)]
    assert find_twins(train, val).pairs == ()
    copy = tmp_path / "val" / "renamed.png"
    shutil.copy(train[2], copy)
    found = find_twins(train, [*val, str(copy)])
    assert found.pairs == ((train[2], str(copy)),)
    assert found.compared == 3


def test_the_same_file_in_both_splits_is_its_own_twin(tmp_path):
    both = str(image(tmp_path / "a.png"))
    assert find_twins([both], [both]).pairs == ((both, both),)


def test_files_that_are_not_there_have_no_twins(tmp_path):
    missing = str(tmp_path / "none.png")
    assert find_twins([missing], [missing]).pairs == ()


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
