"""grokyolo beside plain Ultralytics: the same arguments, the same data, turn by turn, each in a new process.

    python benchmarks/vs_ultralytics.py [CASE ...] [--coco8 coco8.yaml] [--rounds 3]

An epoch of grokyolo includes scoring the probe; one of plain Ultralytics has no probe. Each figure is the median of
the epochs after the first five; a round trains both, and the table shows the median over the rounds. Beside wall
time stands processor time, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("YOLO_OFFLINE", "1")
ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
AUGMENTATION_OFF = {
    **dict.fromkeys(("hsv_h", "hsv_s", "hsv_v", "translate", "scale", "fliplr", "mosaic", "erasing"), 0.0),
    "auto_augment": None,
}
WARM_UP = 5
ROUNDING = 1e-3


@dataclass
class Case:
    """What both train.

    Attributes:
        recipe: name of the recipe.
        goal: how many times faster grokyolo is to be.
        epochs: of one round.
        overrides: train arguments over the recipe's.
    """

    recipe: str
    goal: float
    epochs: int
    overrides: dict = field(default_factory=dict)


SCRATCH = {"pretrained": False, "amp": False, "workers": 0}
CASES = {
    "control": Case("grok-modular-addition", 3.0, 40),
    "coco8-64-plain": Case("long-coco8", 2.8, 40, {**SCRATCH, "imgsz": 64, **AUGMENTATION_OFF}),
    "coco8-64-channels-last": Case(
        "long-coco8", 2.8, 40, {**SCRATCH, "imgsz": 64, **AUGMENTATION_OFF, "channels_last": True}
    ),
    "coco8-64-augmented": Case("long-coco8", 1.8, 40, {**SCRATCH, "imgsz": 64}),
    "coco8-640": Case("long-coco8", 1.1, 9, {**SCRATCH, "imgsz": 640}),
    "coco8-640-channels-last": Case("long-coco8", 1.1, 9, {**SCRATCH, "imgsz": 640, "channels_last": True}),
}


def load(case: Case, coco8: str):
    from grokyolo.recipe import load

    given = [] if case.recipe != "long-coco8" else [f"data={coco8}", "model=yolo26n.yaml"]
    return load(case.recipe, given)


def epoch_seconds(recipe, overrides: dict, epochs: int, *, ours: bool, prepare=None):
    """Train; return the median wall and processor time of an epoch, and the training loss of each."""
    import yaml
    from ultralytics import YOLO

    from grokyolo.recipe import BuiltinData
    from grokyolo.training import datasets
    from grokyolo.training.trainer import TRAINERS

    model = YOLO(recipe.model, task=recipe.train.get("task"))
    data = recipe.data
    if isinstance(data, BuiltinData):
        data = str(datasets.prepare(data, train_seed=recipe.train["seed"], image_size=recipe.train["imgsz"]))
    moments: list[tuple[float, float]] = []
    losses: list[float] = []

    def note(trainer) -> None:
        moments.append((time.perf_counter(), time.process_time()))
        losses.append(sum(float(item.sum()) for item in trainer.tloss.values()))

    model.add_callback("on_fit_epoch_end", note)
    if prepare:
        model.add_callback("on_train_start", prepare)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run.mkdir()
        (run / "grokyolo.yaml").write_text(yaml.safe_dump({"format": 1, "recipe": recipe.to_dict()}))
        arguments = {key: value for key, value in recipe.train.items() if key != "task"}
        arguments |= {**overrides, "epochs": epochs, "data": data, "project": folder, "name": "run", "exist_ok": True}
        model.train(**arguments, **({"trainer": TRAINERS[model.task]} if ours else {}))
    pairs = list(zip(moments[WARM_UP:-2], moments[WARM_UP + 1 : -1], strict=True))
    wall, processor = (statistics.median(after[i] - before[i] for before, after in pairs) for i in (0, 1))
    return wall, processor, losses[:epochs]


def bare_loop_seconds(recipe, epochs: int) -> float:
    """Processor time of an epoch of the control as a bare loop: optimizer, moving average, validation, probe."""
    import copy

    import torch
    from ultralytics import YOLO

    from grokyolo.training import datasets

    folder = datasets.prepare(recipe.data, train_seed=recipe.train["seed"], image_size=recipe.train["imgsz"])
    (x, y), (vx, vy) = (_images(folder / split) for split in ("train", "val"))
    model = YOLO(recipe.model, task="classify").model
    average = copy.deepcopy(model).eval()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    free = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": recipe.train["weight_decay"]}, {"params": free, "weight_decay": 0.0}],
        lr=recipe.train["lr0"],
        betas=(recipe.train["momentum"], 0.999),
    )
    for p in model.parameters():
        p.requires_grad = True
    probe = torch.randperm(len(x))[: recipe.gap.probe]
    seconds = []
    for _ in range(epochs):
        started = time.process_time()
        model.train()
        for rows in torch.randperm(len(x)).split(recipe.train["batch"]):
            loss = torch.nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            optimizer.step()
            optimizer.zero_grad()
            with torch.no_grad():
                for kept, new in zip(average.parameters(), model.parameters(), strict=True):
                    kept.lerp_(new, 0.01)
        with torch.inference_mode():
            for images, classes in ((vx, vy), (x[probe], y[probe])):
                for start in range(0, len(images), 128):
                    scores = average(images[start : start + 128])[1]
                    torch.nn.functional.cross_entropy(scores, classes[start : start + 128]).item()
                    (scores.argmax(1) == classes[start : start + 128]).sum().item()
        seconds.append(time.process_time() - started)
    return statistics.median(seconds[WARM_UP:])


def _images(split: Path):
    import numpy as np
    import torch
    from PIL import Image

    files = sorted(split.rglob("*.png"))
    images = torch.from_numpy(np.stack([np.array(Image.open(f)) for f in files])).permute(0, 3, 1, 2).float() / 255
    return images.contiguous(), torch.tensor([int(f.parent.name) for f in files])


def long_log(trainer) -> None:
    """Make a training believe that 100,000 epochs lie behind it."""
    epochs = 100_000
    rows = "".join(f"{i},{i}.5,1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0,0.1,0.1,0.1\n" for i in range(1, epochs + 1))
    header = "epoch,time,train/loss,a,b,c,d,e,f,g,lr/pg0,lr/pg1,lr/pg2\n"
    Path(trainer.csv).write_text(header + rows)
    if hasattr(trainer, "gap_log"):
        with trainer.gap_log.path.open("a") as file:
            cells = ",1.0" * 11 + ","
            file.writelines(f"{i},{i}{cells},\n" for i in range(1, epochs + 1))
        trainer.gap_log.last_epoch = epochs
        trainer.epochs += epochs
        trainer.epoch = trainer.start_epoch = epochs


def same(losses: list[float], others: list[float], *, layout: bool) -> bool:
    """Tell whether two trainings are one: all losses alike, or the first to rounding where the memory layout differs.

    Later ones then part, since assigning boxes to predictions turns on the last digit sooner or later.
    """
    return abs(losses[0] - others[0]) < ROUNDING * losses[0] if layout else losses == others


def apart(threads: int | None, function, *args, **kwargs):
    """Call a function in a new process: what a training leaves in memory slows the next one down by some percent."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=settle, initargs=(threads,)) as process:
        return process.submit(function, *args, **kwargs).result()


def settle(threads: int | None) -> None:
    """Prepare a process for measuring."""
    import torch
    from ultralytics.utils import LOGGER

    LOGGER.setLevel(logging.ERROR)
    if threads:
        torch.set_num_threads(threads)


def compare(name: str, case: Case, coco8: str, rounds: int, threads: int | None) -> None:
    recipe = load(case, coco8)
    plain, ours, bare = [], [], []
    for _ in range(rounds):
        *seconds, losses = apart(threads, epoch_seconds, recipe, case.overrides, case.epochs, ours=False)
        plain.append(seconds)
        *seconds, own_losses = apart(threads, epoch_seconds, recipe, case.overrides, case.epochs, ours=True)
        ours.append(seconds)
        if name == "control":
            bare.append(apart(threads, bare_loop_seconds, recipe, case.epochs))
        if not same(losses, own_losses, layout="channels_last" in case.overrides):
            sys.exit(f"{name}: the training losses differ, so the comparison is void")
    (p, p_cpu), (o, o_cpu) = (map(statistics.median, zip(*seconds, strict=True)) for seconds in (plain, ours))
    row = [name, f"{p * 1e3:.0f} ms", f"{o * 1e3:.0f} ms", f"{p / o:.2f}", f"{p_cpu / o_cpu:.2f}", f"{case.goal:.1f}"]
    print(f"| {' | '.join(row)} |", flush=True)
    if bare:
        print(f"control: {o_cpu / statistics.median(bare):.2f} times the processor time of the bare loop", flush=True)


def compare_long(rounds: int, threads: int | None) -> None:
    recipe = load(CASES["control"], "")
    for ours in (False, True):
        short, long = [], []
        for _ in range(rounds):
            short.append(apart(threads, epoch_seconds, recipe, {}, 30, ours=ours)[1])
            long.append(apart(threads, epoch_seconds, recipe, {}, 30, ours=ours, prepare=long_log)[1])
        ratio = statistics.median(long) / statistics.median(short)
        who = "grokyolo" if ours else "plain Ultralytics"
        print(f"{who}: an epoch after 100,000 others takes {ratio:.2f} times that of a new run", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help=f"some of {', '.join(CASES)}, long; all by default")
    parser.add_argument("--coco8", default="coco8.yaml")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, help="of PyTorch; as it chooses by default")
    args = parser.parse_args()
    chosen = args.cases or [*CASES, "long"]
    print("| case | plain Ultralytics | grokyolo with probe | times faster | by processor time | goal |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in chosen:
        if name == "long":
            compare_long(args.rounds, args.threads)
        else:
            compare(name, CASES[name], args.coco8, args.rounds, args.threads)


if __name__ == "__main__":
    main()
