"""Run the readers over a folder of real logs, and time them on large and on many ones.

    python benchmarks/readers.py FOLDER    each log below it: what the reader made of it, or why it refused
    python benchmarks/readers.py           speed only

Prints Markdown for benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from grokyolo.errors import RunError
from grokyolo.gap import EpochRecord, EventKind, GapWriter, Series, read_run

LONG = 100_000
RUNS, EPOCHS = 1_000, 300


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="a folder with one run folder per log")
    folder = parser.parse_args().folder
    if folder is not None:
        survey(folder)
    speed()
    return 0


def survey(folder: Path) -> None:
    """Print one row a log, and how many were read, refused, or read with repairs."""
    print("| log | epochs | planned | measured | every | score | events | repaired or unknown |")
    print("| --- | ---: | ---: | ---: | ---: | --- | --- | --- |")
    counts: Counter[str] = Counter()
    agreements: list[bool] = []
    for run in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            series = read_run(run)
        except RunError as error:
            counts["refused"] += 1
            print(f"| {run.name} | refused: {error.what} | | | | | | |")
            continue
        check(series)
        notes = [note for note in series.notes if not note.startswith("optimizer")]
        told = any(note.startswith("optimizer steps are counted") for note in series.notes)
        counts["steps told from the warm-up"] += told
        if told and any("in blocks of" in note for note in notes):
            moved = np.diff(series.step, prepend=0) > 0
            agreements.append(bool((moved == series.measured).all()))
        counts["read, with a repair or something unknown" if notes else "read as it stands"] += 1
        events = "; ".join(map(str, series.events))
        print(
            f"| {run.name} | {len(series)} | {series.epochs_planned or '?'} | {series.measured.sum()} | "
            f"{series.measured_every} | {series.score_name} | {events} | {'; '.join(notes)} |"
        )
    print(f"\nBlocks begin exactly where the counted steps say in {sum(agreements)} of {len(agreements)} logs.")
    print("\n" + ", ".join(f"{word}: {count}" for word, count in sorted(counts.items())) + "\n")


def check(series: Series) -> None:
    """Fail loudly where a series breaks its own promises."""
    assert (series.epoch[1:] > series.epoch[:-1]).all(), "epochs do not rise"
    assert series.epoch[0] >= 1, "epochs are not 1-based"
    score = series.val_score[~np.isnan(series.val_score)]
    assert ((score >= 0) & (score <= 1)).all(), "a score outside [0, 1]"
    assert not (series.val_loss == -math.inf).any(), "a loss of -inf"
    known = set(series.epoch.tolist())
    assert all(event.epoch in known for event in series.events), "an event on an epoch that is not there"


def speed() -> None:
    """Print seconds and memory for one long log and for many short ones."""
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long" / "gap.csv"
        write(long, LONG)
        runs = [Path(folder) / f"run-{i}" for i in range(RUNS)]
        for run in runs:
            write(run / "gap.csv", EPOCHS)
        many = seconds(lambda: list(map(read_run, runs)))
        print("| what | measured | goal |")
        print("| --- | ---: | ---: |")
        print(f"| first read of {LONG:,} epochs in a process | {first_read(long):.2f} s | 0.25 s |")
        print(f"| second read | {seconds(lambda: read_run(long)):.3f} s | |")
        print(f"| reading {RUNS:,} runs of {EPOCHS} epochs | {many:.1f} s | 20 s with verdicts |")
        wall, megabytes = process(long)
        print(f"| `grokyolo gap` on {LONG:,} epochs, whole process | {wall:.2f} s | 0.6 s |")
        print(f"| its peak memory | {megabytes:.0f} MB | 200 MB |")


def write(path: Path, epochs: int) -> None:
    """Write a gap.csv in which the model memorises and nothing more happens."""
    path.parent.mkdir()
    with GapWriter(path) as log:
        for epoch in range(1, epochs + 1):
            probe = 1 - math.exp(-epoch / 20)
            wobble = 0.01 * math.sin(epoch * 12.9898)
            log.append(
                EpochRecord(
                    epoch=epoch,
                    step=9 * epoch,
                    seconds=0.27 * epoch,
                    lr=0.002,
                    weight_decay=1.0,
                    train_loss=3.4 * (1 - probe) + 0.1 + wobble,
                    probe_loss=3.4 * (1 - probe) + 0.09 + wobble,
                    val_loss=3.4 + 0.3 * probe + wobble,
                    probe_score=probe,
                    val_score=0.05 + abs(wobble),
                    norm_decayed=30 + wobble,
                    norm_free=5 - wobble,
                    events=(EventKind.START,) if epoch == 1 else (),
                )
            )


def seconds(work: Callable[[], object]) -> float:
    """Return the best of seven: other work on the machine only ever adds."""
    times = []
    for _ in range(7):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def first_read(log: Path) -> float:
    """Return what the first read in a process takes, best of seven."""
    code = (
        "import sys, time; from grokyolo.gap import read_run; started = time.perf_counter(); "
        "read_run(sys.argv[1]); print(time.perf_counter() - started)"
    )
    command = [sys.executable, "-c", code, str(log)]
    return min(float(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(7))


def process(log: Path) -> tuple[float, float]:
    """Return wall seconds (best of seven) and peak MB of `grokyolo gap` as a process of its own."""
    command = [sys.executable, "-m", "grokyolo", "gap", str(log)]
    wall = seconds(lambda: subprocess.run(command, check=True, capture_output=True))
    return wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3


if __name__ == "__main__":
    sys.exit(main())
