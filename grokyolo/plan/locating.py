"""Where the images of a data set are, found as Ultralytics finds them without downloading anything, or why not."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokyolo.errors import listed
from grokyolo.files import LOG_BYTES, YAML_BYTES, parse_yaml, read_bounded
from grokyolo.plan.model import folder_setting, package_folder

IMAGE_SUFFIXES = frozenset(
    ("avif", "bmp", "dng", "heic", "heif", "jp2", "jpeg", "jpg", "mpo", "png", "tif", "tiff", "webp")
)
"""`ultralytics.data.utils.IMG_FORMATS`."""
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".xz", ".bz2", ".txz", ".tbz2", ".ndjson")
MOST_ENTRIES, MOST_SECONDS = 3_000_000, 10.0
"""Files and folders that are looked through for the images of a data set, and for how long: a description from somebody
else may name `/`, or links that multiply."""
STATED = re.compile(r"^(train|val):.*?#.*?\b([\d,]+) images", re.MULTILINE)
"""How the data set files of Ultralytics say how many images there are."""
TYPES: Mapping[str, tuple[type, ...]] = {
    "path": (str,),
    "train": (str, list),
    "val": (str, list),
    "test": (str, list),
    "names": (list, dict),
    "kpt_shape": (list,),
    "flip_idx": (list,),
}
"""`ultralytics.data.utils.DATASET_KEY_TYPES`."""
CALLED: Mapping[type, str] = {str: "text", list: "a list", dict: "a map"}


@dataclass(frozen=True)
class Located:
    """A data set as far as it can be found.

    Attributes:
        train, val: image files, sorted as Ultralytics sorts them; empty where they are not here.
        names: class names by number, None where they are unknown.
        stated: images of train and val as the data set file says, for a set that is not here yet.
        channels: of the images.
        masks: the folder of masks beside `images`.
        keypoints: number of keypoints and numbers of each, None where the data set has none.
        missing: why images are not here, empty when they are.
        wrong: what Ultralytics refuses in the data set file, empty when it takes it.
        remedy: what to do about what is missing or wrong; empty where nothing is known to help.
        downloads: whether Ultralytics fetches what is missing by itself.
        uncounted: whether images are there, but too many to be looked through.
        folders: whether the folder of an image is its class.
    """

    train: Sequence[str] = ()
    val: Sequence[str] = ()
    names: dict[int, str] | None = None
    stated: tuple[int, int] | None = None
    channels: int = 3
    masks: str = "masks"
    keypoints: tuple[int, int] | None = None
    missing: str = ""
    wrong: str = ""
    remedy: str = ""
    downloads: bool = False
    uncounted: bool = False
    folders: bool = False


def locate(data: str, task: str, split: str = "val") -> Located:
    """Return where the images of `data` are.

    Args:
        data: what the recipe names.
        task: a classifier's data are folders, those of other tasks a YAML file.
        split: what validates, `val` or `test`.
    """
    if "://" in data or (data.lower().endswith(ARCHIVES) and not Path(data).is_dir()):
        return Located(missing="it is fetched or unpacked when training starts", downloads=True)
    search = Search()
    try:
        return _folders(data, split, search) if task == "classify" else _described(data, task, split, search)
    except TooMany as error:
        return Located(missing=str(error), remedy="name a smaller folder", uncounted=True, folders=task == "classify")


def datasets_folder() -> Path:
    """Return where Ultralytics keeps data sets: its settings file, or else its default."""
    if (folder := folder_setting("datasets_dir")) is not None:
        return folder
    package = package_folder()
    root = next((folder for folder in (package.parents if package else ()) if (folder / ".git").is_dir()), None)
    return (root.parent if root else Path.cwd()) / "datasets"


class TooMany(Exception):
    """A data set has more files than are looked through."""


class Search:
    """Finds images as Ultralytics does, behind links too; only so many files for all folders together.

    A folder is not entered again below itself: Ultralytics goes round such a loop of links some 40 times.
    """

    def __init__(self) -> None:
        self._left = MOST_ENTRIES
        self._deadline = time.monotonic() + MOST_SECONDS

    def images_below(self, folder: Path) -> list[str]:
        """Return the image files below a folder, sorted.

        Raises:
            TooMany: that would take too long.
        """
        found: list[str] = []
        waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [(os.fspath(folder), frozenset())]
        while waiting:
            place, above = waiting.pop()
            try:
                status = os.stat(place)  # noqa: PTH116
                here = (status.st_dev, status.st_ino)
                entries = [] if here in above else [(entry.name, entry.is_dir()) for entry in os.scandir(place)]
            except OSError:  # as glob, by which Ultralytics looks
                continue
            self._spend(len(entries) + 1, folder)
            found += [f"{place}{os.sep}{name}" for name, is_folder in entries if not is_folder and is_image(name)]
            waiting += [(f"{place}{os.sep}{name}", above | {here}) for name, is_folder in entries if is_folder]
        return sorted(found)

    def _spend(self, entries: int, folder: Path) -> None:
        self._left -= entries
        if self._left < 0 or time.monotonic() > self._deadline:
            bounds = f"{MOST_SECONDS:g} s or {MOST_ENTRIES:,} files"
            raise TooMany(f"images below {folder} were not counted: that takes more than {bounds}")


def is_image(name: str) -> bool:
    """Tell whether Ultralytics takes a file for an image, by its name."""
    return name.rpartition(".")[2].lower() in IMAGE_SUFFIXES


def _folders(data: str, split: str, search: Search) -> Located:
    """Find a classifier's folders, as `ultralytics.data.utils.check_cls_dataset`."""
    root = Path(data) if Path(data).is_dir() else datasets_folder() / data
    if not root.is_dir():
        return Located(
            missing=f"there is no folder {root}",
            remedy="write the path of a folder with train/ and val/ behind data=",
            downloads=not Path(data).suffix,
            folders=True,
        )
    if not (root / "train").is_dir():
        missing = f"there is no folder {root / 'train'}: Ultralytics splits the images into a new folder"
        return Located(missing=missing, folders=True, downloads=True)
    order = {"val": ("val", "validation", "valid", "test"), "test": ("test", "val", "validation", "valid")}
    val = next((root / name for name in order.get(split, order["val"]) if (root / name).is_dir()), None)
    classes = sorted(path.name for path in (root / "train").iterdir() if path.is_dir())
    return Located(
        train=search.images_below(root / "train"),
        val=search.images_below(val) if val else (),
        names=dict(enumerate(classes)),
        wrong="" if val else f"no validation images: there is no folder {root / 'val'}",
        remedy="" if val else f"put some images of each class into {root / 'val'}, and not into train",
        folders=True,
    )


def _described(data: str, task: str, split: str, search: Search) -> Located:
    """Find the images that a data set file names, as `ultralytics.data.utils.check_det_dataset`."""
    file = description_file(data)
    if file is None:
        return Located(
            missing=f"there is no data set file {data}",
            remedy="write the path of your own data set file behind data=",
        )
    try:
        text = read_bounded(file, YAML_BYTES).decode("utf-8", errors="replace")
        table = _parsed(text)
    except (OSError, ValueError) as error:
        return Located(missing=f"{file} cannot be read: {str(error).splitlines()[0]}", remedy=f"correct {file}")
    missing_key = next((key for key in ("train", "val") if key not in table and not _renamed(table, key)), None)
    if missing_key or (table.get("names") is None and table.get("nc") is None):
        missing = missing_key or "names"
        return Located(missing=f"{file} has no {missing}", remedy=f"add {missing} to {file}")
    wrong, remedy = first_refusal(file, table, task)
    if wrong:
        return Located(wrong=wrong, remedy=remedy, missing="its file cannot be used")
    stated = {key: int(count.replace(",", "")) for key, count in STATED.findall(text)}
    root = _root(file, table)
    entries = (table["train"], table.get(split) or table.get("val") or table.get("validation"))
    (train, gone), (val, gone_too) = (_split(root, entry, search) for entry in entries)
    known = (stated["train"], stated["val"]) if len(stated) == 2 else None
    return Located(
        train=train,
        val=val,
        names=_names(table),
        stated=known,
        channels=int(table.get("channels") or 3),
        masks=str(table.get("masks_dir") or "masks"),
        keypoints=shape_of(table),
        missing=gone or gone_too,
        remedy=_root_remedy(file, table, entries) if gone or gone_too else "",
        downloads=bool(table.get("download")),
    )


def _root_remedy(file: Path, table: dict[str, Any], entries: Sequence[Any]) -> str:
    """Return what to change where images are not below the data set's folder."""
    written = table.get("path")
    parts = [str(part) for entry in entries for part in (entry if isinstance(entry, list) else [entry]) if part]
    if not written or not all((file.parent / part).exists() for part in parts):
        return f"correct the paths in {file}"
    here = ", which is the current folder," if Path(written) == Path() else ""
    return f"remove the line `path: {written}`{here} from {file}: its images lie beside it"


def _root(file: Path, table: dict[str, Any]) -> Path:
    root = Path(table.get("path") or file.parent)
    return root if root.exists() or root.is_absolute() else datasets_folder() / root


def described_from_anywhere(data: str) -> str:
    """Return the text of a data set's file with its folder by its whole path; empty where there is no such file."""
    import yaml

    file = description_file(data)
    if file is None:
        return ""
    try:
        table = _parsed(read_bounded(file, YAML_BYTES).decode("utf-8", errors="replace"))
    except (OSError, ValueError):
        return ""
    return yaml.safe_dump({**table, "path": str(_root(file, table).resolve())}, sort_keys=False, allow_unicode=True)


def description_file(data: str) -> Path | None:
    """Return the file that describes a data set: here, in a folder of that name, or in the installed Ultralytics."""
    path = Path(data)
    if path.is_file():
        return path
    if path.is_dir():
        found = sorted(path.glob("*.yaml")) or sorted(path.glob("*.yml"))
        return found[0] if found else None
    package = package_folder()
    if package is None or path.name != data:
        return None
    names = {data, f"{data}.yaml"}
    return next((file for file in (package / "cfg" / "datasets").rglob("*.yaml") if file.name in names), None)


def _parsed(text: str) -> dict[str, Any]:
    import yaml

    try:
        table = parse_yaml(text)
    except (yaml.YAMLError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
        raise ValueError(str(error)) from error
    if not isinstance(table, dict):
        raise ValueError("it holds no keys")
    return table


def _renamed(table: dict[str, Any], key: str) -> bool:
    return key == "val" and "validation" in table


def _names(table: dict[str, Any]) -> dict[int, str]:
    names = table.get("names")
    if names is None:
        return {i: f"class_{i}" for i in range(int(float(table["nc"])))}
    return dict(enumerate(map(str, names))) if isinstance(names, list) else {int(k): str(v) for k, v in names.items()}


def _split(root: Path, entry: Any, search: Search) -> tuple[list[str], str]:
    """Return the images of a split, as `BaseDataset.get_img_files`, and what of it is not there."""
    found: list[str] = []
    gone = ""
    for part in entry if isinstance(entry, list) else [entry]:
        if not part:
            return [], "a split is empty in the data set file"
        place = (root / str(part)).resolve()
        if not place.exists() and str(part).startswith("../"):
            place = (root / str(part)[3:]).resolve()
        if place.is_dir():
            found += search.images_below(place)
        elif place.is_file():
            found += [name for name in _listed(place) if is_image(name)]
        else:
            gone = gone or f"there is no {place}"
    return sorted(found), gone


def _listed(file: Path) -> list[str]:
    """Return the images that a text file lists; `./` starts at the file."""
    lines = read_bounded(file, LOG_BYTES).decode("utf-8-sig", errors="replace").strip().splitlines()
    parent = f"{file.parent}{os.sep}"
    return [line.replace("./", parent, 1) if line.startswith("./") else line for line in lines]


def first_refusal(file: Path, table: Mapping[str, Any], task: str) -> tuple[str, str]:
    """Return the first thing that Ultralytics refuses in a data set file, and what helps; empty where it takes it.

    Args:
        file: for the message.
        table: what it holds.
        task: of the model; its trainer looks for keys of its own.
    """
    return next(_refusals(file, table, task), ("", ""))


def _refusals(file: Path, table: Mapping[str, Any], task: str) -> Iterator[tuple[str, str]]:
    for key, types in TYPES.items():
        if table.get(key) is not None and not isinstance(table[key], types):
            wanted = listed([CALLED[one] for one in types])
            yield f"{key} in {file} must be {wanted}", f"write {key} as {wanted} in {file}"
    names, count = table.get("names"), _whole(table["nc"]) if table.get("nc") is not None else None
    numbers = [_whole(number) for number in (names if isinstance(names, dict) else range(len(names or ())))]
    whole = [number for number in numbers if number is not None]
    if len(whole) < len(numbers):
        yield f"names in {file} have keys that are no whole numbers", f"number names from 0 in {file}"
    if names is not None and not numbers:
        yield f"names in {file} is empty", f"add the names of the classes to {file}"
    if numbers and max(whole) >= len(numbers):
        what = f"names in {file} are numbered {min(whole)} to {max(whole)}, but must be 0 to {len(numbers) - 1}"
        yield what, "number names from 0, and the classes in the label files with them"
    if table.get("nc") is not None and (count is None or (numbers and count != len(numbers))):
        yield f"names and nc in {file} differ: {len(numbers)} and {table['nc']}", f"correct names or nc in {file}"
    if task == "pose" and not shape_of(table):
        yield f"{file} has no kpt_shape", f"add kpt_shape: [number of keypoints, 2 or 3 numbers each] to {file}"


def _whole(value: Any) -> int | None:
    """Return a number as Ultralytics reads it, `10.0` and "10" included; None for anything else."""
    try:
        return int(value) if float(value).is_integer() else None
    except (TypeError, ValueError, OverflowError):
        return None


def shape_of(table: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return number of keypoints and numbers of each; None where the data set has none that can be used."""
    shape = table.get("kpt_shape")
    if not isinstance(shape, list) or len(shape) != 2 or not all(isinstance(one, int) for one in shape):
        return None
    return (shape[0], shape[1]) if shape[0] > 0 and shape[1] in {2, 3} else None
