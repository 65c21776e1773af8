"""What Ultralytics refuses in the file that describes a data set, by the rules of `check_det_dataset`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grokyolo.errors import listed

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
