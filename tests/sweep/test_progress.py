"""How points stand: before anything starts, and after a training has ended in one way or another."""

from pathlib import Path

import pytest

from grokyolo.gap import EpochRecord, EventKind, GapWriter
from grokyolo.run import folder
from grokyolo.run import state as states
from grokyolo.sweep.progress import Progress, Status, count, progress_of
from grokyolo.sweep.trials import Trial, plan_sweep


@pytest.fixture
def trials(workplace) -> tuple[Trial, ...]:
    return plan_sweep(Path("runs") / "s", "grok-modular-addition", ["seed=0,1,2", "epochs=9"]).trials


@pytest.mark.parametrize(
    ("code", "error", "stopping", "state", "said"),
    [
        (0, "", False, Status.FINISHED, ""),
        (75, "stopped by SIGTERM", True, Status.STOPPED, "stopped by SIGTERM"),
        (75, "stopped at the time limit", False, Status.STOPPED, "stopped at the time limit"),
        (130, "stopped by Ctrl-C", True, Status.STOPPED, "stopped by Ctrl-C"),
        (-15, "", True, Status.STOPPED, ""),
        (-15, "", False, Status.FAILED, "killed by SIGTERM"),
        (-9, "", True, Status.FAILED, "killed by SIGKILL"),
        (1, "training failed: no memory", False, Status.FAILED, "training failed: no memory (exit code 1)"),
        (2, "", False, Status.FAILED, "exit code 2"),
        (-99, "", False, Status.FAILED, "killed by signal 99"),
    ],
)
def test_how_a_training_ended(trials, code, error, stopping, state, said):
    progress = Progress(trials[0], Status.RUNNING, started=100.0)
    progress.end(code, error, 130.0, stopping=stopping)
    assert (progress.status, progress.message, progress.code, progress.seconds) == (state, said, code, 30.0)
    assert progress.status.over


def test_what_has_all_its_epochs_is_finished_before(trials):
    done, early, begun = trials
    for trial in trials:
        folder.write_settings(folder.claim(f"s/{trial.point.name}", chosen=True), trial.recipe)
    _log(done.run, 9)
    _log(early.run, 4, EventKind.STOP)
    _log(begun.run, 4)
    states.save(begun.run, 4, b"a state", keep=3)
    points = progress_of(trials)
    assert [one.status for one in points] == [Status.FINISHED, Status.FINISHED, Status.WAITING]
    assert [one.here_before for one in points] == [True, True, False]
    assert count(points)[Status.FINISHED] == 2


def test_what_cannot_go_on_is_told_before_anything_starts(trials):
    for trial in trials[:2]:
        folder.write_settings(folder.claim(f"s/{trial.point.name}", chosen=True), trial.recipe)
    _log(trials[0].run, 4)
    lost, fresh, _ = progress_of(trials)
    assert (lost.status, fresh.status) == (Status.FAILED, Status.WAITING)
    assert lost.message == (
        "there is no state to go on from: seed=0/state holds none; nothing was changed; "
        "to train it anew: mv runs/s/seed=0 runs/s/seed=0.old-1"
    )


def test_a_point_that_another_process_trains_waits_for_it(trials):
    run = folder.claim(f"s/{trials[0].point.name}", chosen=True)
    folder.write_settings(run, trials[0].recipe)
    _log(run, 4)
    with folder.owned(run):
        assert progress_of(trials)[0].status is Status.WAITING


def test_without_a_folder_a_point_waits(trials):
    assert {one.status for one in progress_of(trials)} == {Status.WAITING}


def _log(run: Path, epochs: int, *last: EventKind) -> None:
    """Write a log, and no state: whether a point is finished does not hang on it."""
    with GapWriter(run / "gap.csv") as log:
        for epoch in range(1, epochs + 1):
            log.append(EpochRecord(epoch, epoch, 1.0, events=last if epoch == epochs else ()))
