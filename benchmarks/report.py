"""Time `grokyolo report` on long and on many runs, and how soon a browser shows the page.

    python benchmarks/report.py

Prints Markdown for benchmarks/RESULTS.md. The last column is left empty where no Chromium is found.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from grokyolo.gap import EpochRecord, GapWriter

CASES = (
    ("one run of 300 epochs", 1, 300),
    ("one run of 100,000 epochs", 1, 100_000),
    ("50 runs of 300 epochs", 50, 300),
)
REPEATS = 5
GOAL = "goal for 100,000 epochs: 3 s, 8 MB"


def main() -> int:
    print("| what | `grokyolo report`, whole process | size | shown in Chromium |")
    print("| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        for what, count, epochs in CASES:
            folders = [Path(name) / f"{epochs}-{count}-{number}" for number in range(count)]
            for seed, folder in enumerate(folders):
                write(folder, epochs, seed)
            page = Path(name) / "page.html"
            seconds = min(make(folders, page) for _ in range(REPEATS))
            print(f"| {what} | {seconds:.2f} s | {page.stat().st_size / 1e6:.1f} MB | {shown(page)} |")
    print(f"\n{GOAL}")
    return 0


def write(folder: Path, epochs: int, seed: int) -> None:
    """Write a run that groks, all of its curves noisy."""
    random = np.random.default_rng(seed)
    folder.mkdir()
    epoch = np.arange(1, epochs + 1)
    clean = 1 / (1 + (epochs / 3 / epoch) ** 12)
    val = np.clip(clean + random.normal(0, 0.02, epochs), 0, 1)
    probe = np.clip(epoch / 20 + random.normal(0, 0.01, epochs), 0, 1)
    loss = random.lognormal(0, 0.1, (3, epochs))
    with GapWriter(folder / "gap.csv") as log:
        for i in range(epochs):
            log.append(
                EpochRecord(
                    epoch=i + 1,
                    step=(i + 1) * 9,
                    seconds=i * 0.1,
                    lr=0.002,
                    weight_decay=1.0,
                    train_loss=loss[0, i] * 3 / (i + 1),
                    probe_loss=loss[1, i] * 2 / (i + 1),
                    val_loss=loss[2, i] * (5 - 4.7 * clean[i]),
                    probe_score=probe[i],
                    val_score=val[i],
                )
            )


def make(folders: list[Path], page: Path) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "grokyolo", "report", *map(str, folders), "-o", str(page)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def shown(page: Path) -> str:
    """Return the time from opening the page to drawn curves, in a browser that already runs."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        return ""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        times = []
        for _ in range(REPEATS):
            tab = browser.new_page(viewport={"width": 1280, "height": 900})
            start = time.perf_counter()
            tab.goto(page.absolute().as_uri())
            tab.wait_for_selector("html[data-ready]")
            times.append(time.perf_counter() - start)
            tab.close()
        browser.close()
    return f"{min(times):.2f} s"


if __name__ == "__main__":
    sys.exit(main())
