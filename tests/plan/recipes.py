"""Recipes and data sets for the tests of plans."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from grokyolo.plan.machine import Machine
from grokyolo.plan.settings import TrainSettings, settings_of
from grokyolo.recipe import load

QUIET_MACHINE = Machine(disk_free=10**12, shared_free=10**11, cpus=8)


def settings(*overrides: str, model: str = "yolo26n.yaml", data: str = "coco8.yaml") -> TrainSettings:
    """Return the settings of a recipe that says nothing else: Ultralytics' defaults."""
    return settings_of(recipe(*overrides, model=model, data=data))


def recipe(*overrides: str, model: str = "yolo26n.yaml", data: str = "coco8.yaml"):
    file = Path("plain.yaml")
    file.write_text(f"model: {model}\ndata: {data}\n")
    return load(str(file), overrides)


def image(path: Path, shade: int = 0, side: int = 16) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), (shade % 256, shade // 256 % 256, 7)).save(path)
    return path


def detection(folder: Path, train: list[str], val: list[str], names: int = 3) -> str:
    """Write a data set with one image for each label text, all different, and return its file."""
    shade = 0
    for split, labels in (("train", train), ("val", val)):
        for number, text in enumerate(labels):
            shade += 1
            image(folder / "images" / split / f"{number}.png", shade)
            label = folder / "labels" / split / f"{number}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text(text)
    file = folder / "data.yaml"
    classes = {number: f"class{number}" for number in range(names)}
    file.write_text(f"path: {folder}\ntrain: images/train\nval: images/val\nnames: {classes}\n")
    return str(file)


def folders(root: Path, train: dict[str, int], val: dict[str, int]) -> str:
    """Write a classifier's data set with so many images of each class, and return its folder."""
    shade = 0
    for split, counts in (("train", train), ("val", val)):
        for name, count in counts.items():
            for number in range(count):
                shade += 1
                image(root / split / name / f"{number}.png", shade)
    return str(root)


def box(number: int, x: float = 0.5) -> str:
    return f"{number} {x} 0.5 0.2 0.2\n"
