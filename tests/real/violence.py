"""Ways for a training to die, and a run that goes on dying."""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

from tests.real.training import log, process


def killed_again_and_again(workplace: Path, recipe: Path, kills: int, never: list, told=lambda died: None) -> Path:
    """Start the same command until `kills` processes have died, then let it end; return the run.

    Args:
        workplace: current folder of the processes.
        recipe: what they train, into `runs/killed`.
        kills: how many die by SIGKILL; a third of them while they save.
        never: the log of a run that nobody disturbed; runs that are faster than their death must equal it.
        told: is given the number of the dead so far, after each.
    """
    rng, run, died, survived = random.Random(0), workplace / "runs" / "killed", 0, 0
    command = ("train", "--recipe", str(recipe), "--name", "killed", "--resume")
    while died < kills:
        child = process(workplace, *command)
        (die_at_random if died % 3 else die_within_a_save)(child, run, rng)
        died += child.exitcode == -signal.SIGKILL
        told(died)
        if child.exitcode == 0:
            assert log(run) == never
            survived += 1
            run.rename(workplace / "runs" / f"survived-{survived}")
    child = process(workplace, *command)
    child.join()
    assert child.exitcode == 0, (workplace / "stderr.txt").read_text()
    return run


def kill(child) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(child.pid, signal.SIGKILL)
    child.join()


def die_at_random(child, run: Path, rng: random.Random) -> None:
    """Kill some time after training has begun, mostly within an epoch or two."""
    _wait_for_training(child, run)
    child.join(rng.uniform(0.0, 0.15))
    kill(child)


def die_within_a_save(child, run: Path, rng: random.Random) -> None:
    """Kill while a state or a checkpoint is on its way to the disk."""
    _wait_for_training(child, run)
    skipped = rng.randrange(8)
    deadline = time.monotonic() + 20
    while child.is_alive() and time.monotonic() < deadline:
        if any(run.glob("*/*.tmp")):
            if skipped == 0:
                break
            skipped -= 1
    kill(child)


def _wait_for_training(child, run: Path) -> None:
    """Wait for the first row that this process writes."""
    before = _size(run)
    deadline = time.monotonic() + 60
    while child.is_alive() and time.monotonic() < deadline and _size(run) <= before:
        time.sleep(0.002)


def _size(run: Path) -> int:
    try:
        return (run / "gap.csv").stat().st_size
    except OSError:
        return 0
