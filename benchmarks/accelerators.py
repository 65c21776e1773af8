"""How many times fewer epochs to the jump: each accelerator on the positive control, beside the same seed without it.

    python benchmarks/accelerators.py FOLDER [SETTING ...] [--seeds 5] [--jobs 2] [--table]

Every point is an ordinary run in FOLDER/runs, trained by `grokyolo train --resume` in a process of its own: finished
ones are not trained again, stopped ones go on. `--table` trains nothing and prints the table of what is there.

All have the learning rate, batch, data, initial weights and order of images of the recipe `grok-modular-addition`,
unless the setting says otherwise. The epoch of the jump is where `grokyolo gap` sees the validation score half way up;
where that sees no jump, since validation followed at once, it is the first epoch from which the median of five scores
stays above half. An accelerator may jump early and stay low, so the epoch stands beside it from which 90 % are right.
A run without a jump by its last epoch counts as one that needs longer than that.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
RECIPE = "grok-modular-addition"
CONTROL = "control"
EPOCHS = 280
T_95 = (
    12.71,
    4.30,
    3.18,
    2.78,
    2.57,
    2.45,
    2.36,
    2.31,
    2.26,
    2.23,
    2.20,
    2.18,
    2.16,
    2.14,
    2.13,
    2.12,
    2.11,
    2.10,
    2.09,
)
"""97.5 % point of Student's t for 1 to 19 degrees of freedom."""


@dataclass(frozen=True)
class Setting:
    """One row of the table.

    Attributes:
        what: as the table says it.
        changes: `KEY=VALUE` over the recipe.
        epochs: length of its runs.
    """

    what: str
    changes: tuple[str, ...]
    epochs: int = EPOCHS


def _grokfast(alpha: str, lamb: str) -> tuple[str, ...]:
    return (f"accelerate.grokfast.alpha={alpha}", f"accelerate.grokfast.lamb={lamb}")


NO_DECAY = "weight_decay=0.0"
SETTINGS = {
    CONTROL: Setting("nothing: the control", ()),
    "grokfast": Setting("Grokfast 0.98, 2.0 (published)", _grokfast("0.98", "2.0")),
    "grokfast-faster": Setting("Grokfast 0.9, 1.0", _grokfast("0.9", "1.0")),
    "grokfast-mild": Setting("Grokfast 0.8, 0.1", _grokfast("0.8", "0.1")),
    "scale-0.5": Setting("initial weights × 0.5", ("accelerate.initial_scale=0.5",)),
    "scale-2": Setting("initial weights × 2", ("accelerate.initial_scale=2.0",)),
    "norm-0.8": Setting(
        "norm held at 0.8 of the initial one, no decay (published)", ("accelerate.constrained_norm=0.8", NO_DECAY)
    ),
    "norm-0.3": Setting("norm held at 0.3, no decay", ("accelerate.constrained_norm=0.3", NO_DECAY)),
    "orthograd": Setting("⊥Grad", ("accelerate.orthograd=true",)),
    "orthograd-less-decay": Setting("⊥Grad, decay 0.3", ("accelerate.orthograd=true", "weight_decay=0.3")),
    "orthograd-no-decay": Setting("⊥Grad, no decay (published)", ("accelerate.orthograd=true", NO_DECAY)),
    "stablemax": Setting("StableMax, 560 epochs", ("accelerate.stablemax=true",), 560),
    "stablemax-no-decay": Setting(
        "StableMax, no decay (published), 560 epochs", ("accelerate.stablemax=true", NO_DECAY), 560
    ),
    "decay-memorised": Setting("decay once memorised", ("accelerate.weight_decay_after=memorised",)),
    "decay-40": Setting("decay after epoch 40", ("accelerate.weight_decay_after=40",)),
    "musgd": Setting("MuSGD, decay 0.1, 560 epochs", ("optimizer=MuSGD", "weight_decay=0.1"), 560),
}


@dataclass(frozen=True)
class Outcome:
    """What became of one run.

    Attributes:
        jump: epoch half way up; None without a jump.
        ninety: epoch from which nine in ten validation images are right; None if that is not so at the end.
        epochs: length of the run.
        verdict: of `grokyolo gap`.
        score: validation score at the end.
        budget: e-folds of weight decay at the jump.
    """

    jump: int | None
    ninety: int | None
    epochs: int
    verdict: str
    score: float
    budget: float


def outcome_of(run: Path) -> Outcome:
    import numpy as np

    from grokyolo import assess, read_run

    series = read_run(run)
    found = assess(series)
    jump = found.jump.epoch if found.jump else _stays_above(0.5, series.epoch, series.val_score)
    budget = float(series.decay_budget[np.searchsorted(series.epoch, jump)]) if jump else math.nan
    return Outcome(
        jump=jump,
        ninety=_stays_above(0.9, series.epoch, series.val_score),
        epochs=int(series.epoch[-1]),
        verdict=found.verdict.value,
        score=float(series.val_score[-1]),
        budget=budget,
    )


def _stays_above(level: float, epoch, score) -> int | None:
    """Return the first epoch from which the median of five scores stays at a level or above."""
    high = [statistics.median(score[max(i - 4, 0) : i + 1]) >= level for i in range(len(score))]
    if not high[-1]:
        return None
    below = max((i for i, one in enumerate(high) if not one), default=-1)
    return int(epoch[below + 1])


def train(folder: Path, name: str, seed: int) -> str:
    """Train one run to its end, if it is not finished, and say how it went."""
    setting = SETTINGS[name]
    run = folder / "runs" / f"{name}-{seed}"
    if _rows(run) >= setting.epochs:
        return f"{run.name}: is there"
    command = [sys.executable, "-m", "grokyolo", "train", "--recipe", RECIPE, "--name", run.name, "--resume"]
    command += [*setting.changes, f"seed={seed}", f"epochs={setting.epochs}", "train.device=cpu"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "YOLO_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"{run.name}: failed with {done.returncode}: {' '.join(done.stderr.splitlines()[-3:])}"
    return f"{run.name}: trained"


def _rows(run: Path) -> int:
    try:
        return sum(1 for _ in (run / "gap.csv").open()) - 1
    except OSError:
        return 0


def table(folder: Path, names: Sequence[str], seeds: int) -> Iterator[str]:
    """Yield the lines of the table in Markdown."""
    heads = ("setting", "jumped", "half way at epoch", "times fewer epochs", "e-folds there", "90 % right at epoch")
    yield f"| {' | '.join(heads)} | at the end | verdicts |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    found = {
        name: {
            seed: outcome_of(run)
            for seed in range(seeds)
            if _rows(run := folder / "runs" / f"{name}-{seed}") >= SETTINGS[name].epochs
        }
        for name in {CONTROL, *names}
    }
    for name in names:
        if found[name]:
            yield f"| {SETTINGS[name].what} | {' | '.join(_cells(name, found[name], found[CONTROL]))} |"


def _cells(name: str, runs: dict[int, Outcome], control: dict[int, Outcome]) -> Iterator[str]:
    jumps = [run.jump for run in runs.values() if run.jump]
    yield f"{len(jumps)} of {len(runs)}"
    yield _spread(jumps)
    pairs = [(control[seed].jump, run) for seed, run in runs.items() if seed in control and control[seed].jump]
    yield "1" if name == CONTROL else _ratio(pairs)
    budgets = [run.budget for run in runs.values() if run.jump]
    yield f"{statistics.median(budgets):.2f}" if budgets else "–"
    ninety = [run.ninety for run in runs.values() if run.ninety]
    yield _spread(ninety) if len(ninety) == len(runs) else f"{len(ninety)} of {len(runs)} runs"
    yield f"{statistics.median(run.score for run in runs.values()):.3f}"
    verdicts = [run.verdict for run in runs.values()]
    yield ", ".join(f"{word} {verdicts.count(word)}" for word in dict.fromkeys(verdicts))


def _spread(epochs: list[int]) -> str:
    return f"{statistics.median(epochs):.0f} ({min(epochs)} to {max(epochs)})" if epochs else "–"


def _ratio(pairs: list[tuple[int, Outcome]]) -> str:
    """Return the geometric mean over seeds with a 95 % t interval; a bound where some runs did not jump."""
    if not pairs:
        return "–"
    logs = [math.log(before / (run.jump or run.epochs)) for before, run in pairs]
    if any(run.jump is None for _, run in pairs):
        return f"below {math.exp(statistics.median(logs)):.2f}"
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return f"{math.exp(mean):.2f}"
    half = T_95[min(len(logs) - 2, len(T_95) - 1)] * statistics.stdev(logs) / math.sqrt(len(logs))
    return f"{math.exp(mean):.2f} ({math.exp(mean - half):.2f} to {math.exp(mean + half):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("settings", nargs="*", metavar="SETTING", help=f"some of {', '.join(SETTINGS)}; all by default")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    if unknown := set(args.settings) - set(SETTINGS):
        parser.error(f"no such setting: {', '.join(sorted(unknown))}")
    names = args.settings or list(SETTINGS)
    folder = args.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if not args.table:
        points = [(name, seed) for seed in range(args.seeds) for name in names]
        with ThreadPoolExecutor(args.jobs) as workers:
            for line in workers.map(lambda point: train(folder, *point), points):
                print(line, file=sys.stderr, flush=True)
    print("\n".join(table(folder, names, args.seeds)))


if __name__ == "__main__":
    main()
