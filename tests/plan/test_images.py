"""Images that cannot be read, and images in both splits."""

import shutil

import pytest
from PIL import Image

from grokyolo.plan.images import NO_END, fault_of, find_twins
from tests.plan.recipes import image


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
