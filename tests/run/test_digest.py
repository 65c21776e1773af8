"""Digests of data."""

import os
import shutil

import pytest

from grokyolo.run import digest
from grokyolo.run.digest import DataDigest, ImageSet, SplitDigest, differences, split_digest

LARGE = 1000
"""Bytes from which on the sets of these tests are sampled."""


@pytest.fixture
def place(tmp_path):
    """Ten images of 5 kB in two folders."""
    for number in range(10):
        file = tmp_path / "set" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes([number]) * 5000)
    return tmp_path / "set"


def taken(place, labels=b"label", whole=digest.WHOLE) -> SplitDigest:
    files = sorted(str(file) for file in place.rglob("*.png"))
    return split_digest(ImageSet(files, [labels] * len(files)), whole=whole)


def told(before: SplitDigest, now: SplitDigest, classes: str = "") -> tuple[str, ...]:
    return differences(DataDigest("", before, before), DataDigest(classes, before, now))


@pytest.mark.parametrize("whole", [digest.WHOLE, LARGE])
def test_a_copy_elsewhere_is_the_same(place, tmp_path, whole):
    before = taken(place, whole=whole)
    shutil.copytree(place, tmp_path / "other" / "place", copy_function=shutil.copyfile)
    for file in (tmp_path / "other").rglob("*.png"):
        os.utime(file, (1, 1))
    assert told(before, taken(tmp_path / "other" / "place", whole=whole)) == ()


def test_written_again_with_the_same_content_is_the_same(place):
    before = taken(place)
    os.utime(place / "a" / "0.png", (1, 1))
    assert told(before, taken(place)) == ()


CHANGES = {
    "10 images before, 9 now": lambda place: (place / "a" / "0.png").unlink(),
    "other names": lambda place: (place / "a" / "0.png").rename(place / "b" / "0.png"),
    "other images": lambda place: (place / "a" / "0.png").write_bytes(bytes(4999) + b"x"),
}


@pytest.mark.parametrize("whole", [digest.WHOLE, LARGE])
@pytest.mark.parametrize("name", CHANGES)
def test_what_changed_is_told(place, name, whole):
    before = taken(place, whole=whole)
    CHANGES[name](place)
    (sentence,) = told(before, taken(place, whole=whole))
    assert sentence.startswith("the validation set changed (")
    assert name in sentence


def test_labels_and_classes_are_told(place):
    assert told(taken(place), taken(place, b"other")) == ("the validation set changed (other labels)",)
    (sentence,) = told(taken(place), taken(place), classes="others")
    assert sentence.startswith("the classes changed")


def test_of_a_large_set_the_time_tells_of_what_was_not_read(place):
    before = taken(place, whole=LARGE)
    file = place / "a" / "0.png"
    file.write_bytes(b"x" + file.read_bytes()[1:])  # neither its size nor its end
    os.utime(file, (1, 1))
    (sentence,) = told(before, taken(place, whole=LARGE))
    assert "1 of 10 images were written since" in sentence


def test_it_survives_being_kept(place):
    whole = DataDigest("classes", taken(place), taken(place, whole=LARGE))
    assert digest.from_dict(whole.to_dict()) == whole


def test_one_image_none_and_one_that_is_gone(place, tmp_path):
    one = ImageSet([str(place / "a" / "0.png")], [b""])
    assert split_digest(one).images == 1
    assert split_digest(ImageSet([], [])).images == 0
    assert split_digest(ImageSet([str(tmp_path / "gone.png")], [b""])) != split_digest(one)
