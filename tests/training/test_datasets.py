"""Built-in data sets."""

import pytest
from PIL import Image

from grokyolo.errors import DataError
from grokyolo.recipe import BuiltinData
from grokyolo.training import datasets


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GROKYOLO_CACHE", str(tmp_path / "cache"))


def modular(modulus=7, fraction=0.6, operation="+", seed=0):
    return BuiltinData(name="modular-addition", modulus=modulus, fraction=fraction, operation=operation, seed=seed)


def prepare(data, image_size=32):
    return datasets.prepare(data, train_seed=0, image_size=image_size)


def images(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))


def test_every_pair_is_drawn_once():
    folder = prepare(modular())
    pairs = [path.stem for path in folder.rglob("*.png")]
    assert sorted(pairs) == sorted(f"{a}_{b}" for a in range(7) for b in range(7))
    assert len(list((folder / "train").rglob("*.png"))) == int(49 * 0.6)


@pytest.mark.parametrize(("operation", "result"), [("+", 1), ("-", 2), ("*", 1)])
def test_the_class_is_the_result_modulo_the_modulus(operation, result):
    folder = prepare(modular(operation=operation))
    (path,) = folder.rglob("5_3.png")
    assert path.parent.name == str(result)


def test_a_is_a_red_pixel_in_row_0_and_b_a_green_one_in_row_1():
    (path,) = prepare(modular()).rglob("5_3.png")
    image = Image.open(path)
    assert image.size == (32, 32)
    coloured = {(x, y): image.getpixel((x, y)) for x in range(32) for y in range(32) if any(image.getpixel((x, y)))}
    assert coloured == {(5, 0): (255, 0, 0), (3, 1): (0, 255, 0)}


def test_the_seed_decides_the_split_and_the_runs_seed_stands_in_for_it():
    assert images(prepare(modular(seed=0))) != images(prepare(modular(seed=1)))
    assert prepare(modular(seed=None)) == prepare(modular(seed=0))


def test_it_is_generated_once():
    folder = prepare(modular())
    before = folder.stat().st_mtime_ns
    assert prepare(modular()) == folder
    assert folder.stat().st_mtime_ns == before


def test_a_damaged_image_is_noticed_and_the_set_made_again():
    folder = prepare(modular())
    (path,) = folder.rglob("5_3.png")
    good = path.read_bytes()
    path.write_bytes(good[:-9])
    assert not datasets.is_sound(folder)
    prepare(modular())
    assert path.read_bytes() == good


def test_images_too_small_for_the_modulus_are_refused_with_the_size_to_give():
    with pytest.raises(DataError) as caught:
        prepare(modular(modulus=40), image_size=32)
    assert "imgsz=64" in caught.value.hint


def test_a_cache_that_cannot_be_written_is_one_clear_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GROKYOLO_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DataError) as caught:
        prepare(modular())
    assert "GROKYOLO_CACHE" in caught.value.hint
