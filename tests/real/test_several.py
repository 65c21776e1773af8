"""Several processes, as on several GPUs: logged and saved by the first, stopped together, resumed exactly."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from grokyolo.errors import GrokyoloError, Stopped
from grokyolo.training import trainer
from grokyolo.training.processes import LAUNCHED
from tests.real.training import events, gone_on, log, process_of, same_weights, stop_after, trained, weights
from tests.real.two_processes import OnTwo


@pytest.fixture
def on_two(monkeypatch):
    monkeypatch.setitem(trainer.TRAINERS, "classify", OnTwo)


def test_stopped_killed_and_resumed_is_the_same_as_never_stopped(on_two, small, workplace):
    recipe = small("classify", epochs=12, dropout=0.2, checkpoint={"every": "1s"})
    never = trained(recipe, "never")
    assert [row[0] for row in log(never)] == [str(epoch) for epoch in range(1, 13)]

    with pytest.raises(Stopped, match=r"stopped by SIGTERM; saved up to epoch \d of 12"):
        trained(recipe, "stopped", epoch=stop_after(1, signal.SIGTERM))
    run = workplace / "runs" / "stopped"
    launcher = process_of(go_on_with_two, workplace, run)
    wait_for_rows(run, len(log(run)) + 2)
    os.kill(launcher.pid, signal.SIGKILL)
    launcher.join()
    wait_until_nobody_is_left(workplace)
    gone_on(run)

    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))
    assert "restart" not in "".join(events(run).values()), "each resume is exact"


def test_an_accident_in_one_process_ends_all_and_is_told(on_two, small, workplace, monkeypatch):
    monkeypatch.setenv("ACCIDENT_OF_RANK", "1")
    with pytest.raises(GrokyoloError, match="training failed: ZeroDivisionError: an accident"):
        trained(small("classify"), "accident")
    wait_until_nobody_is_left(workplace)


def go_on_with_two(cwd: str, run: str) -> None:
    os.chdir(cwd)
    trainer.TRAINERS["classify"] = OnTwo
    gone_on(Path(run))


def wait_for_rows(run: Path, rows: int) -> None:
    deadline = time.monotonic() + 120
    while len(log(run)) < rows:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def wait_until_nobody_is_left(workplace: Path) -> None:
    deadline = time.monotonic() + 60
    while any(_works_in(child, workplace) for child in psutil.process_iter()):
        assert time.monotonic() < deadline, "processes outlive their launcher"
        time.sleep(0.05)


def _works_in(child: psutil.Process, workplace: Path) -> bool:
    try:
        return Path(child.cwd()) == workplace and LAUNCHED in child.environ()
    except (psutil.Error, OSError):
        return False
