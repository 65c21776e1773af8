"""Killed at any moment, a run ends as if nothing had happened."""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.real.training import log, process, same_weights, trained, weights

EPOCHS = {"classify": 150, "detect": 30}
KILLS = {"classify": 40, "detect": 12}
"""How many processes die before the run may end; `benchmarks/violence.py` kills hundreds."""


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


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("task", KILLS)
def test_no_kill_leaves_a_trace(task, small, workplace):
    recipe = small(task, "violence", epochs=EPOCHS[task], checkpoint={"every": "1s", "keep": 2})
    never = trained(recipe, "never")
    rng, run, died = random.Random(0), workplace / "runs" / "killed", 0
    command = ("train", "--recipe", str(recipe), "--name", "killed", "--resume")
    while died < KILLS[task]:
        child = process(workplace, *command)
        (die_at_random if died % 3 else die_within_a_save)(child, run, rng)
        died += child.exitcode == -signal.SIGKILL
        if child.exitcode == 0:  # it was faster than its death: begin another run
            assert log(run) == log(never)
            run.rename(workplace / "runs" / f"survived-{died}")
    child = process(workplace, *command)
    child.join()
    assert child.exitcode == 0, (workplace / "stderr.txt").read_text()
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))
