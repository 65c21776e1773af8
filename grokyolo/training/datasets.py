"""Built-in data sets: generated once into a cache folder, checksummed, reused."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grokyolo.errors import DataError
from grokyolo.files import cache_folder
from grokyolo.recipe import BuiltinData
from grokyolo.recipe.models import image_side, label_of, split_pairs


def prepare(data: BuiltinData, *, train_seed: int, image_size: int) -> Path:
    """Return the folder of a built-in data set, generating it when it is missing or damaged.

    Args:
        data: what the recipe says.
        train_seed: the seed of the split where the data set names none.
        image_size: `imgsz` of the run; images must not be shrunk below one pixel per residue.

    Raises:
        DataError: `imgsz` is too small for the modulus, or the cache folder cannot be written.
    """
    side = image_side(data.modulus)
    if image_size != side:
        raise DataError(
            f"modulus {data.modulus} makes images of {side} pixels, which imgsz={image_size} would blur",
            where="data.modulus and train.imgsz of the recipe",
            hint=f"add imgsz={side} to the command line",
        )
    seed = train_seed if data.seed is None else data.seed
    key = f"{data.name}-{data.modulus}-{data.fraction!r}-{data.operation}-{seed}"
    folder = cache_folder() / f"{data.name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    if not is_sound(folder):
        try:
            _generate(folder, data, seed)
        except OSError as error:
            raise DataError(
                f"cannot write the data set {data.name}: {error.strerror or error}",
                where=str(cache_folder()),
                hint="point GROKYOLO_CACHE at a folder with a few MB of room",
            ) from error
    return folder


def is_sound(folder: Path) -> bool:
    """Tell whether a generated data set is complete and unchanged."""
    checksum = folder / "checksum"
    return checksum.is_file() and checksum.read_text() == _checksum(folder)


def _generate(folder: Path, data: BuiltinData, seed: int) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}."))
    try:
        for split, pairs in zip(("train", "val"), split_pairs(data.modulus, data.fraction, seed), strict=True):
            _draw(work / split, pairs, data)
        (work / "checksum").write_text(_checksum(work))
        shutil.rmtree(folder, ignore_errors=True)
        work.replace(folder)
    except FileExistsError:
        if not is_sound(folder):  # another process may have finished the same set first
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _draw(split: Path, pairs: list[tuple[int, int]], data: BuiltinData) -> None:
    from PIL import Image

    side, digits = image_side(data.modulus), len(str(data.modulus - 1))
    for residue in range(data.modulus):
        (split / f"{residue:0{digits}d}").mkdir(parents=True)
    for a, b in pairs:
        image = Image.new("RGB", (side, side))
        image.putpixel((a, 0), (255, 0, 0))
        image.putpixel((b, 1), (0, 255, 0))
        label = label_of(a, b, data.operation, data.modulus)
        image.save(split / f"{label:0{digits}d}" / f"{a:0{digits}d}_{b:0{digits}d}.png")


def _checksum(folder: Path) -> str:
    digest = hashlib.sha256()
    for name, path in _images(folder):
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _images(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.png")):
        yield path.relative_to(folder).as_posix(), path
