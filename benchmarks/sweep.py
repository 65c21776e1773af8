"""Time `grokyolo sweep show` on thousands of generated runs, and measure what they take on the disk.

    python benchmarks/sweep.py                      10,000 runs of 300 epochs, in a temporary folder
    python benchmarks/sweep.py --runs 100 --keep FOLDER   write such a sweep and leave it there

Prints Markdown for benchmarks/RESULTS.md.

The runs follow a simple world: a model memorises in a few epochs; where there is enough data it jumps when weight decay
has spent a budget that shrinks with the data; with too much decay an epoch it learns nothing at all.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from grokyolo.gap.series import COLUMNS
from grokyolo.recipe import load
from grokyolo.sweep.folder import Point, Sweep, write_sweep

RUNS, EPOCHS = 10_000, 300
PAIRS, BATCH = 961, 64
CRITICAL, BLUR = 0.42, 0.06
"""The fraction at which half of the seeds can jump, and the scatter of its logarithm between seeds."""
BUDGET, SCATTER = 2.2, 0.08
"""E-folds at the jump with a fraction of 0.6, and the scatter of their logarithm between seeds."""
TOO_MUCH = 0.9
"""E-folds an epoch from which nothing is learned."""
GOAL = "30 s"


@dataclass(frozen=True)
class World:
    """One run: what is chosen, and what follows from it."""

    weight_decay: float
    learning_rate: float
    fraction: float
    seed: int
    epochs: int = EPOCHS

    @property
    def steps(self) -> int:
        return math.ceil(int(PAIRS * self.fraction) / BATCH)

    @property
    def rate(self) -> float:
        return self.steps * self.learning_rate * self.weight_decay

    def columns(self) -> dict[str, np.ndarray]:
        """Return the columns of gap.csv."""
        random = np.random.default_rng([self.seed, int(1e6 * self.fraction), int(1e9 * self.rate)])
        epoch = np.arange(1, self.epochs + 1, dtype=np.float64)
        learns = self.rate < TOO_MUCH
        probe = np.clip((epoch / 6) ** 1.2, 0, 1) if learns else np.full(self.epochs, 0.03)
        able = learns and math.log(self.fraction / CRITICAL) > BLUR * random.standard_normal()
        budget = BUDGET * (0.6 / self.fraction) * math.exp(SCATTER * random.standard_normal())
        middle = budget / self.rate if able and self.rate > 0 else math.inf
        rise = 1 / (1 + (middle / epoch) ** 8) if math.isfinite(middle) else np.zeros(self.epochs)
        val = 0.99 * rise if learns else np.full(self.epochs, 0.03)
        images = PAIRS - int(PAIRS * self.fraction)
        val = np.round(np.clip(val + 0.004 * random.standard_normal(self.epochs), 0, 1) * images) / images
        probe = np.round(np.clip(probe + 0.003 * random.standard_normal(self.epochs), 0, 1) * 256) / 256
        wobble = random.lognormal(0, 0.03, (3, self.epochs))
        train = 3.4 * (1 - probe) + 0.01 + 0.3 / epoch
        val_loss = (3.4 + 6 * np.minimum(epoch / 30, 1) * probe) * (1 - 0.95 * rise)
        return {
            "epoch": epoch,
            "step": epoch * self.steps,
            "seconds": epoch * 0.07,
            "lr": np.full(self.epochs, self.learning_rate),
            "weight_decay": np.full(self.epochs, self.weight_decay),
            "train_loss": train * wobble[0],
            "probe_loss": train * wobble[1],
            "val_loss": val_loss * wobble[2],
            "probe_score": probe,
            "val_score": val,
            "loss_gap": val_loss * wobble[2] - train * wobble[1],
            "score_gap": probe - val,
            "norm_decayed": 30 * np.exp(-0.3 * self.rate * np.minimum(epoch, 100)) + 5,
            "norm_free": np.full(self.epochs, 5.0) + 0.01 * random.standard_normal(self.epochs),
        }


def write_run(folder: Path, world: World, settings: str, *, upto: int | None = None) -> None:
    """Write gap.csv and grokyolo.yaml.

    Args:
        folder: made here.
        world: the run.
        settings: text of grokyolo.yaml, see `settings_text`.
        upto: stop after so many epochs.
    """
    folder.mkdir()
    columns = world.columns()
    cells = [
        [repr(int(value)) for value in columns[name].tolist()]
        if name in {"epoch", "step"}
        else list(map(repr, columns[name].tolist()))
        for name in COLUMNS[:-1]
    ]
    rows = [",".join(row) + "," for row in zip(*cells, strict=True)]
    rows[0] += "start"
    text = "\n".join([",".join(COLUMNS), *rows[:upto]]) + "\n"
    (folder / "gap.csv").write_text(text, encoding="utf-8")
    (folder / "grokyolo.yaml").write_text(settings, encoding="utf-8")


def settings_text(world: World) -> str:
    """Return grokyolo.yaml as a training writes it."""
    import yaml

    recipe = load("grok-modular-addition", overrides_of(world))
    content = {
        "format": 1,
        "recipe": recipe.to_dict(),
        "provenance": dict(recipe.provenance),
        "recipe_hash": recipe.hash,
        "versions": {"grokyolo": "0.1.0", "ultralytics": "8.4.190", "torch": "2.14.1", "python": "3.11.9"},
        "created": "2026-01-01T00:00:00+00:00",
        "device": "cpu",
        "task": "classify",
        "score_name": "top1",
        "train_images": int(PAIRS * world.fraction),
        "probe_images": 256,
        "val_images": PAIRS - int(PAIRS * world.fraction),
        "batches_per_epoch": world.steps,
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def overrides_of(world: World) -> list[str]:
    chosen = {
        "weight_decay": world.weight_decay,
        "lr0": world.learning_rate,
        "data.fraction": world.fraction,
        "seed": world.seed,
        "epochs": world.epochs,
    }
    return [f"{key}={value}" for key, value in chosen.items()]


def write(folder: Path, worlds: list[World]) -> None:
    """Write a sweep of these runs."""
    folder.mkdir(parents=True, exist_ok=True)
    points = []
    settings: dict[tuple[float, float, float], str] = {}
    for world in worlds:
        values = {
            "weight_decay": world.weight_decay,
            "lr0": world.learning_rate,
            "data.fraction": world.fraction,
            "seed": world.seed,
        }
        point = Point(",".join(f"{key}={value:g}" for key, value in values.items()), values)
        alike = (world.weight_decay, world.learning_rate, world.fraction)
        if alike not in settings:
            settings[alike] = settings_text(World(*alike, 0, world.epochs))
        write_run(folder / point.name, world, settings[alike].replace("\n    seed: 0\n", f"\n    seed: {world.seed}\n"))
        points.append(point)
    axes = ("weight_decay", "lr0", "data.fraction", "seed")
    write_sweep(Sweep(folder, "grok-modular-addition", (f"epochs={EPOCHS}",), axes, tuple(points)))


def worlds(count: int, epochs: int = EPOCHS) -> list[World]:
    """Return a grid of about so many runs."""
    seeds = max(round(count / 500), 1)
    decays = [0.0, 0.1, 0.3, 0.5, 1.0]
    rates = np.geomspace(1e-4, 1e-1, 10).round(6).tolist()
    fractions = np.linspace(0.2, 0.8, 10).round(3).tolist()
    grid = [World(*one, epochs) for one in product(decays, rates, fractions, range(seeds))]
    return grid[:count]


def show(folder: Path, *options: str) -> float:
    """Return the wall time of `grokyolo sweep show`."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "grokyolo", "sweep", "show", str(folder), *options]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--keep", type=Path, help="write the sweep into this folder, and measure nothing")
    args = parser.parse_args()
    if args.keep:
        write(args.keep, worlds(args.runs))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "sweep"
        start = time.perf_counter()
        write(folder, worlds(args.runs))
        written = time.perf_counter() - start
        report(folder, args.runs, written)
    return 0


def report(folder: Path, runs: int, written: float) -> None:
    """Print one table."""
    first = show(folder)
    kept = folder / "verdicts.jsonl"
    size = kept.stat().st_size
    again = min(show(folder) for _ in range(3))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    picture = Path(folder.parent) / "phase.png"
    page = Path(folder.parent) / "phase.html"
    drawn, paged = show(folder, "--plot", str(picture)), show(folder, "--plot", str(page))
    alone = show(folder, "--jobs", "1", "--no-cache")
    logs = [file.stat().st_size for file in folder.glob("*/gap.csv")]
    metas = [file.stat().st_size for file in folder.glob("*/grokyolo.yaml")]
    print(f"| {runs:,} runs of {EPOCHS} epochs, {os.cpu_count()} cores | measured | goal |")
    print("| --- | ---: | ---: |")
    print(f"| `sweep show`, first time | {first:.1f} s | {GOAL} |")
    print(f"| first time, one process | {alone:.1f} s | |")
    print(f"| again, verdicts kept | {again:.2f} s | |")
    print(f"| again, with `--plot phase.png` | {drawn:.2f} s | |")
    print(f"| again, with `--plot phase.html` | {paged:.2f} s, {page.stat().st_size / 1e6:.1f} MB | |")
    print(f"| memory of the process that shows it | {memory / 1e3:.0f} MB | |")
    print(f"| `gap.csv` of a run | {np.mean(logs) / 1e3:.0f} kB | |")
    print(f"| `grokyolo.yaml` of a run | {np.mean(metas) / 1e3:.1f} kB | |")
    print(f"| verdicts kept, a run | {size / runs:.0f} bytes | |")
    print(f"| `sweep.yaml` | {(folder / 'sweep.yaml').stat().st_size / 1e6:.1f} MB | |")
    print(f"\nWritten in {written:.0f} s.")


if __name__ == "__main__":
    sys.exit(main())
