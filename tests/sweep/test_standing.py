"""How points stand: before anything starts, and after a training has ended in one way or another."""

from pathlib import Path

import pytest

from grokyolo.run import extension, folder
from grokyolo.sweep.making import Trial, make_sweep
from grokyolo.sweep.standing import Standing, State, count, standings_of


@pytest.fixture
def trials(workplace) -> tuple[Trial, ...]:
    return make_sweep(Path("runs") / "s", "grok-modular-addition", ["seed=0,1,2", "epochs=9"]).trials


@pytest.mark.parametrize(
    ("code", "error", "stopping", "state", "said"),
    [
        (0, "", False, State.FINISHED, ""),
        (75, "stopped by SIGTERM", True, State.STOPPED, "stopped by SIGTERM"),
        (75, "stopped at the time limit", False, State.STOPPED, "stopped at the time limit"),
        (130, "stopped by Ctrl-C", True, State.STOPPED, "stopped by Ctrl-C"),
        (-15, "", True, State.STOPPED, ""),
        (-15, "", False, State.FAILED, "killed by SIGTERM"),
        (-9, "", True, State.FAILED, "killed by SIGKILL"),
        (1, "training failed: no memory", False, State.FAILED, "training failed: no memory (exit code 1)"),
        (2, "", False, State.FAILED, "exit code 2"),
        (-99, "", False, State.FAILED, "killed by signal 99"),
    ],
)
def test_how_a_training_ended(trials, code, error, stopping, state, said):
    standing = Standing(trials[0], State.RUNNING, started=100.0)
    standing.end(code, error, 130.0, stopping=stopping)
    assert (standing.state, standing.said, standing.code, standing.seconds) == (state, said, code, 30.0)
    assert standing.state.over


def test_what_has_all_its_epochs_is_finished_before(trials):
    done, early, begun = trials
    for trial in trials:
        folder.write_settings(folder.claim(f"s/{trial.point.name}", chosen=True), trial.recipe)
    state = {"format": 1}
    _save(done.run, 9, state)
    _save(early.run, 4, state)
    _save(begun.run, 4, state)
    folder.add_facts(early.run, {extension.STOPPED_EARLY: 4})
    standings = standings_of(trials)
    assert [one.state for one in standings] == [State.FINISHED, State.FINISHED, State.WAITING]
    assert [one.here_before for one in standings] == [True, True, False]
    assert count(standings)[State.FINISHED] == 2


def test_without_a_folder_a_point_waits(trials):
    assert {one.state for one in standings_of(trials)} == {State.WAITING}


def _save(run: Path, epoch: int, state: dict) -> None:
    from grokyolo.run.state import save
    from grokyolo.training.state import encode

    save(run, epoch, encode(state), keep=3)
