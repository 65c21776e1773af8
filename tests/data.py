"""Small real data for every task: pieces of the two photos that ship with Ultralytics, labels drawn on top."""

import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

TASKS = ("detect", "segment", "pose", "obb", "classify", "semantic", "depth")
COLOURS = ((220, 40, 40), (40, 90, 230))
SIDE = 64


def photos() -> list[Image.Image]:
    from ultralytics.utils import ASSETS

    return [Image.open(ASSETS / name).convert("RGB") for name in ("bus.jpg", "zidane.jpg")]


def make(task: str, folder: Path, train: int = 6, val: int = 4, seed: int = 0) -> Path:
    """Write a data set with two classes and return what `data=` takes."""
    rng = random.Random(seed)
    sources = photos()
    for split, count in (("train", train), ("val", val)):
        for i in range(count):
            image, corners, cls = _scene(rng, sources[i % 2])
            if task == "classify":
                target = folder / split / ("red", "blue")[cls] / f"{i}.png"
            else:
                target = folder / "images" / split / f"{i}.png"
                _write_label(task, folder, f"{split}/{i}", image, cls, corners)
            target.parent.mkdir(parents=True, exist_ok=True)
            image.save(target)
    if task == "classify":
        return folder
    more = {"pose": "kpt_shape: [4, 3]\n", "semantic": "masks_dir: masks\n"}.get(task, "")
    names = {"semantic": "{0: red, 1: blue, 2: rest}", "depth": "{0: depth}"}.get(task, "{0: red, 1: blue}")
    yaml = folder / "data.yaml"
    yaml.write_text(f"path: {folder}\ntrain: images/train\nval: images/val\n{more}names: {names}\n")
    return yaml


def _write_label(task: str, folder: Path, name: str, image: Image.Image, cls: int, corners: np.ndarray) -> None:
    """Write what belongs to one image: a line of text, a mask (2 is the background), or depths in metres."""
    kind = {"semantic": "masks", "depth": "depth"}.get(task, "labels")
    target = folder / kind / f"{name}{'.png' if task == 'semantic' else '.npy' if task == 'depth' else '.txt'}"
    target.parent.mkdir(parents=True, exist_ok=True)
    width, height = image.size
    mask = Image.new("L", image.size, 2)
    ImageDraw.Draw(mask).polygon([(a * width, b * height) for a, b in corners], fill=cls)
    if task == "semantic":
        mask.save(target)
    elif task == "depth":
        far = np.linspace(4, 9, width * height, dtype=np.float32).reshape(height, width)
        np.save(target, np.where(np.asarray(mask) == 2, far, np.float32(1 + cls)))
    else:
        target.write_text(_label(task, cls, corners) + "\n")


def _scene(rng: random.Random, photo: Image.Image) -> tuple[Image.Image, np.ndarray, int]:
    """Return a piece of the photo with one coloured box on it: image, corners (4, 2) in [0, 1], class.

    Pieces are not all square, so that rectangular validation batches differ from one another.
    """
    width, height = SIDE, rng.choice((SIDE, SIDE * 3 // 4))
    left, top = rng.randrange(photo.width - 4 * width), rng.randrange(photo.height - 4 * height)
    image = photo.crop((left, top, left + 4 * width, top + 4 * height)).resize((width, height))
    cls = rng.randrange(2)
    w, h = rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.5)
    x, y = rng.uniform(0.05, 0.95 - w), rng.uniform(0.05, 0.95 - h)
    corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])
    ImageDraw.Draw(image).polygon([(a * width, b * height) for a, b in corners], fill=COLOURS[cls])
    return image, corners, cls


def _label(task: str, cls: int, corners: np.ndarray) -> str:
    (left, top), (right, bottom) = corners[0], corners[2]
    box = f"{(left + right) / 2:.5f} {(top + bottom) / 2:.5f} {right - left:.5f} {bottom - top:.5f}"
    points = " ".join(f"{x:.5f} {y:.5f}" for x, y in corners)
    if task in {"segment", "obb"}:
        return f"{cls} {points}"
    if task == "pose":
        return f"{cls} {box} " + " ".join(f"{x:.5f} {y:.5f} 2" for x, y in corners)
    return f"{cls} {box}"


SUFFIX = {
    "detect": "",
    "segment": "-seg",
    "pose": "-pose",
    "obb": "-obb",
    "classify": "-cls",
    "semantic": "-sem",
    "depth": "-depth",
}
BACKBONE = """
backbone:
  - [-1, 1, Conv, [64, 3, 2]]
  - [-1, 1, Conv, [128, 3, 4]] # P3/8
  - [-1, 1, C3k2, [128, False, 0.25]]
  - [-1, 1, Conv, [256, 3, 2]] # P4/16
  - [-1, 1, Conv, [256, 3, 2]] # P5/32
head:
"""


def model(task: str, folder: Path, *, whole: bool = False) -> Path:
    """Write YOLO26 for a task, as narrow as it gets, and return the file.

    Args:
        task: of which the head is.
        folder: to write into.
        whole: with all of its backbone and neck; else a few layers of the same kinds, a third of the time to train.
    """
    from ultralytics.utils import ROOT

    text = (ROOT / "cfg" / "models" / "26" / f"yolo26{SUFFIX[task]}.yaml").read_text()
    if not whole:
        head = text.splitlines()[-1].replace("[16, 19, 22]", "[2, 3, 4]").replace("[16, 13]", "[2, 3]")
        text = text[: text.index("\nbackbone:")] + BACKBONE + head
    lines = ["  n: [0.33, 0.125, 128]" if line.strip().startswith("n: [") else line for line in text.splitlines()]
    target = folder / f"{'whole' if whole else 'tiny'}26n{SUFFIX[task]}.yaml"
    target.write_text("\n".join(lines) + "\n")
    return target


QUIET = {
    "imgsz": SIDE,
    "optimizer": "AdamW",
    "lr0": 0.002,
    "lrf": 1.0,
    "patience": 0,
    "close_mosaic": 0,
    "plots": False,
    "workers": 0,
    "pretrained": False,
    "amp": False,
    "device": "cpu",
    "seed": 0,
    "deterministic": True,
}
AUGMENTATION_OFF = {
    **dict.fromkeys(("hsv_h", "hsv_s", "hsv_v", "translate", "scale", "fliplr", "mosaic", "erasing"), 0.0),
    "auto_augment": None,
}


def recipe(
    task: str,
    folder: Path,
    *,
    gap: dict | None = None,
    checkpoint: dict | None = None,
    whole: bool = False,
    **train,
) -> Path:
    """Write a recipe that trains a tiny model on small data for a few epochs, and return the file."""
    import yaml

    folder.mkdir(parents=True, exist_ok=True)
    source = folder / task
    data = source if source.exists() and task == "classify" else source / "data.yaml"
    content = {
        "model": str(model(task, folder, whole=whole)),
        "data": str(data if source.exists() else make(task, source)),
        "train": {**QUIET, "task": task, "epochs": 4, "batch": 4, "nbs": 4, **train},
        "gap": {"every": 1, "probe": 4, "budget": None, **(gap or {})},
        "checkpoint": {"every": "10m", "keep": 3, **(checkpoint or {})},
    }
    target = folder / f"{task}.yaml"
    target.write_text(yaml.safe_dump(content))
    return target
