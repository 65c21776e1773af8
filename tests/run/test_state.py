"""States on disk, and odd things in their place."""

from pathlib import Path

import pytest

from grokyolo.run import state as states


def folder(path: Path) -> None:
    path.mkdir()
    (path / "kept").touch()


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("make", [folder, dangling])
def test_something_else_of_a_states_name_is_not_sound_and_hinders_no_saving(make):
    run = Path("run")
    (run / "state").mkdir(parents=True)
    odd = run / "state" / f"epoch-0000001-{states.digest(b'')}.pt"
    make(odd)
    assert [state.is_sound() for state in states.state_files(run)] == [False]
    for epoch in (2, 3):
        states.save(run, epoch, b"content", keep=1)
    assert [state.epoch for state in states.state_files(run) if state.is_sound()] == [3]
    if make is folder:
        assert (odd / "kept").exists(), "nothing is destroyed that was not made here"


def test_a_state_that_goes_while_they_are_listed_is_left_out(monkeypatch):
    run = Path("run")
    states.save(run, 1, b"one", keep=3)
    states.save(run, 2, b"two", keep=3)
    gone = states.state_files(run)[1].path
    look = Path.lstat

    def lstat(path):
        if path == gone:
            gone.unlink(missing_ok=True)
        return look(path)

    monkeypatch.setattr(Path, "lstat", lstat)
    assert [state.epoch for state in states.state_files(run)] == [2]
