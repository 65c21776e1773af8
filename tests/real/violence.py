"""Ways for a training to die, and a run that goes on dying until it is trained, evaluated and extended."""

import os
import random
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grokyolo.recipe import epochs_of, load
from grokyolo.run import status
from tests.real.training import extended, log, process, same_weights, trained, weights

PATIENCE = 12
LENGTH = 60
EXTENDED = 90
CHANGES = (f"epochs={LENGTH}", f"patience={PATIENCE}")


@dataclass(frozen=True)
class Course:
    """A run as it is when nobody disturbs it: ended, mostly by patience, then made longer.

    Attributes:
        ended: its log when patience or its last epoch has ended it.
        log: its log in the end.
        weights: its weights in the end.
    """

    ended: list
    log: list
    weights: dict


def undisturbed(workplace: Path, recipe: Path) -> Course:
    """Train a recipe until patience or its last epoch ends it, and extend it, in this process."""
    run = trained(recipe, "never", *CHANGES)
    ended = log(run)
    extended(run, f"epochs={EXTENDED}", "patience=0")
    return Course(ended, log(run), weights(run))


def killed_again_and_again(
    workplace: Path, recipe: Path, kills: int, never: Course, told=lambda died, way, verb: None, seed: int = 0
) -> bool:
    """Train and extend `runs/killed` again and again until `kills` processes have died, then let it end.

    Args:
        workplace: current folder of the processes.
        recipe: what they train.
        kills: how many die by SIGKILL.
        never: the course of the same run, undisturbed; each one that comes to its end must equal it.
        told: is given the number of the dead so far, how the last one died and in which verb; False ends the killing.
        seed: chooses the moments.

    Returns:
        Whether every run that came to its end had log and weights of the undisturbed one.
    """
    rng, run, died, number, enough = random.Random(seed), workplace / "runs" / "killed", 0, 0, False
    while True:
        dies = died < kills and not enough
        verb, *arguments = _command(run, recipe)
        child = process(workplace, verb, *arguments)
        if dies:
            way = WAYS[died % len(WAYS)]
            way(child, run, rng)
            if child.exitcode == -signal.SIGKILL:
                died += 1
                enough = told(died, way.__name__, verb) is False
        else:
            child.join()
        if child.exitcode == 0 and not _is_extended(run):
            if log(run) != never.ended:
                return False
        elif child.exitcode == 0:
            if log(run) != never.log or not same_weights(weights(run), never.weights):
                return False
            if not dies:
                return True
            number += 1
            run.rename(workplace / "runs" / f"survived-{number}")
        elif child.exitcode != -signal.SIGKILL:
            raise AssertionError((workplace / "stderr.txt").read_text())


def _command(run: Path, recipe: Path) -> tuple[str, ...]:
    """Return what goes on with the run: start, go on with it, extend it when it is finished, go on with that."""
    if (run / "grokyolo.yaml").is_file():
        if _is_extended(run):
            return "resume", str(run)
        if status.is_finished(run, load(str(run))):
            return "extend", str(run), "--epochs", str(EXTENDED), "patience=0"
    return "train", "--recipe", str(recipe), *CHANGES, "--name", "killed", "--resume"


def _is_extended(run: Path) -> bool:
    return (run / "grokyolo.yaml").is_file() and epochs_of(load(str(run))) == EXTENDED


# Ways to die --------------------------------------------------------------------------------------------------------


def kill(child) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(child.pid, signal.SIGKILL)
    child.join()


def in_training(child, run: Path, rng: random.Random) -> None:
    """Kill some time after training has begun, mostly within an epoch or two."""
    _wait_for_a_row(child, run)
    child.join(rng.uniform(0.0, 0.15))
    kill(child)


def within_a_save(child, run: Path, rng: random.Random) -> None:
    """Kill while a state, a checkpoint or a log is on its way to the disk."""
    _wait_for_a_row(child, run)
    skipped = rng.randrange(8)
    deadline = time.monotonic() + 20
    while child.is_alive() and time.monotonic() < deadline:
        if any(run.glob("*.tmp")) or any(run.glob("*/*.tmp")):
            if skipped == 0:
                break
            skipped -= 1
    kill(child)


def between_row_and_state(child, run: Path, rng: random.Random) -> None:
    """Kill as soon as a row is there."""
    for _ in range(rng.randrange(1, 6)):
        _wait_for_a_row(child, run)
    kill(child)


def before_the_first_row(child, run: Path, rng: random.Random) -> None:
    """Kill while the training is being made ready."""
    child.join(rng.uniform(0.0, 2.0))
    kill(child)


def in_the_last_evaluation(child, run: Path, rng: random.Random) -> None:
    """Kill when all epochs are trained and their state is saved."""

    def ended() -> bool:
        try:
            found = status.status_of(run, epochs_of(load(str(run))))
        except Exception:  # it is only being made
            return False
        time.sleep(0.02)
        return found.ended and any(run.glob(f"state/epoch-{found.epoch:07d}-*.pt"))

    _wait(child, ended, 120)
    child.join(rng.uniform(0.0, 0.1))
    kill(child)


WAYS = (in_training, within_a_save, between_row_and_state, before_the_first_row, in_the_last_evaluation)


def _wait(child, happened, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while child.is_alive() and time.monotonic() < deadline and not happened():
        time.sleep(0.002)


def _wait_for_a_row(child, run: Path) -> None:
    before = _seen(run)
    _wait(child, lambda: _seen(run) != before)


def _seen(run: Path) -> tuple[int, ...]:
    """Return what changes with each row of gap.csv."""
    try:
        found = (run / "gap.csv").stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
