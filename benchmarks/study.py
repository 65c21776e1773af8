"""Train the study of docs/study.md and print its tables.

    python benchmarks/study.py --coco8 PATH/TO/coco8.yaml [--jobs N] [--out FOLDER] [--arms A B]
    python benchmarks/study.py --only-tables [--out FOLDER]

The same command skips what is finished and goes on exactly where it was stopped. Without --coco8 arm D is left out.
Needs scikit-learn: pip install '.[study]'.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from study_data import scans, write_classes, write_scenes
from study_design import ARMS, NONE, STRONG, USUAL, Arm, Data, Run, answer, runs

from grokyolo import Assessment, Series, assess, read_run
from grokyolo.errors import GrokyoloError

HERE = Path(__file__).resolve().parent
Found = dict[Run, tuple[Series, Assessment]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coco8", type=Path, help="coco8.yaml beside its images, for arm D")
    parser.add_argument("--out", type=Path, default=Path("study"), help="folder of data and runs")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time, each on one core")
    parser.add_argument("--arms", nargs="+", choices=[arm.name for arm in ARMS], help="train these only")
    parser.add_argument("--until", metavar="HH:MM", help="start no run after this time of today")
    parser.add_argument("--only-tables", action="store_true", help="train nothing")
    args = parser.parse_args()
    coco8 = str(args.coco8.resolve()) if args.coco8 else None
    args.out.mkdir(parents=True, exist_ok=True)
    os.chdir(args.out)
    planned = list(runs())
    if not args.only_tables:
        wanted = [run for run in planned if not args.arms or run.arm.name in args.arms]
        train_all([run for run in wanted if coco8 or run.arm.data is not Data.COCO8], coco8, args.jobs, args.until)
    found = {run: judged(run) for run in planned if is_finished(run)}
    for arm in ARMS:
        print_arm(arm, planned, found)
    return 0


# Training ---------------------------------------------------------------------------------------------------------


def train_all(planned: list[Run], coco8: str | None, jobs: int, until: str | None) -> None:
    waiting = [(run, data_of(run, coco8)) for run in planned if not is_finished(run)]
    print(f"{len(planned) - len(waiting)} of {len(planned)} runs are finished", file=sys.stderr)
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        try:
            for task in as_completed([pool.submit(train_one, run, data, until) for run, data in waiting]):
                print(task.result(), file=sys.stderr, flush=True)
        except (GrokyoloError, KeyboardInterrupt) as error:  # the run has saved: the same command goes on
            pool.shutdown(cancel_futures=True)
            sys.exit(f"stopped: {error or 'by Ctrl-C'}")


def data_of(run: Run, coco8: str | None) -> str:
    """Return what `data=` takes; digits are written once a seed."""
    if run.arm.data is Data.COCO8:
        return str(coco8)
    folder = Path("data") / f"{run.arm.data.value}-{run.seed}"
    write = write_classes if run.arm.data is Data.DIGITS else write_scenes
    done = folder.with_suffix(".done")
    if not done.exists():
        done.parent.mkdir(exist_ok=True)
        done.write_text(write(scans(), folder.resolve(), run.seed))
    return done.read_text()


def train_one(run: Run, data: str, until: str | None) -> str:
    """Train a run, or go on with it, and say how long that took."""
    if until and time.strftime("%H:%M") >= until:
        return f"{run.name}: not started, it is past {until}"
    if is_finished(run):  # by another process since
        return f"{run.name}: finished"
    import torch

    from grokyolo.notify.listener import Listener
    from grokyolo.recipe import load
    from grokyolo.training import go_on, train

    torch.set_num_threads(1)
    quiet = Listener(lambda _run: None, lambda _progress: None, lambda _text: None)
    begin, cpu = time.monotonic(), time.process_time()
    if (folder_of(run) / "grokyolo.yaml").exists():
        go_on(folder_of(run), load(str(folder_of(run))), listener=quiet)
    else:
        recipe = load(str(HERE / "study" / f"{run.arm.recipe}.yaml"), [f"data={data}", *run.overrides])
        train(recipe, name=run.name, listener=quiet)
    return f"{run.name}: {time.monotonic() - begin:.0f} s, {time.process_time() - cpu:.0f} s of a core"


def folder_of(run: Run) -> Path:
    return Path("runs") / run.name


def is_finished(run: Run) -> bool:
    if not (folder_of(run) / "grokyolo.yaml").exists():
        return False
    from grokyolo.recipe import load
    from grokyolo.run.status import is_finished

    return is_finished(folder_of(run), load(str(folder_of(run))))


def judged(run: Run) -> tuple[Series, Assessment]:
    series = read_run(folder_of(run))
    return series, assess(series)


# Tables -----------------------------------------------------------------------------------------------------------

HEAD = (
    "| weight decay | seed | verdict | memorised | epochs / memorised | jump | lateness | e-folds there | in all "
    "| probe at the end | validation at the end | best |"
)


def print_arm(arm: Arm, planned: list[Run], found: Found) -> None:
    """Print the table of an arm, its answer, and what decay 1.0 changes at the end, in pairs of seeds."""
    print(f"\n### {arm.name}: {arm.title}\n\n{HEAD}\n| {'---: | ' * 12}".rstrip())
    by_decay = {
        decay: {run.seed: found[run] for run in found if (run.arm, run.decay) == (arm, decay)}
        for decay in (NONE, USUAL, STRONG)
    }
    for decay, seeds in by_decay.items():
        for seed in sorted(seeds):
            print(f"| {decay:g} | {seed} | {' | '.join(cells(*seeds[seed]))} |")
    missing = [run.name for run in planned if run.arm == arm and run not in found]
    if missing:
        print(f"\nNot complete: {', '.join(missing)}.")
    verdicts = {decay: {seed: item[1] for seed, item in seeds.items()} for decay, seeds in by_decay.items()}
    hint = " (a hint only)" if arm.data is Data.COCO8 else ""
    print(f"\nAnswer: **{answer(verdicts[STRONG], [verdicts[NONE], verdicts[USUAL]])}**{hint}.")
    pairs = sorted(by_decay[STRONG].keys() & by_decay[NONE].keys())
    gains = [last(by_decay[STRONG][s][0].val_score) - last(by_decay[NONE][s][0].val_score) for s in pairs]
    if gains:
        print(
            f"Validation at the end, decay 1 less decay 0, over {len(gains)} pairs: mean {np.mean(gains):+.3f}, "
            f"from {min(gains):+.3f} to {max(gains):+.3f}."
        )


def cells(series: Series, found: Assessment) -> list[str]:
    """Return a run's row of the table, from the verdict on."""
    memorised, jump = found.memorised_epoch, found.jump
    budget = series.decay_budget
    told = [f"{found.verdict.value} ({found.confidence.value})"]
    told += [str(memorised), f"{found.epochs / memorised:.0f}"] if memorised else ["–", "–"]
    if jump:
        there = budget[np.searchsorted(series.epoch, jump.epoch)]
        told += [str(jump.epoch), f"{jump.lateness:.1f}", f"{there:.2f}"]
    else:
        told += ["–"] * 3
    best = f"{found.best_score:.3f}" if found.best_score is not None else "–"
    return [*told, f"{budget[-1]:.2g}", f"{last(series.probe_score):.3f}", f"{last(series.val_score):.3f}", best]


def last(values: np.ndarray) -> float:
    """Return the median of the last 5 % of the measurements."""
    measured = values[np.isfinite(values)]
    return float(np.median(measured[-max(1, round(0.05 * len(measured))) :]))


if __name__ == "__main__":
    sys.exit(main())
