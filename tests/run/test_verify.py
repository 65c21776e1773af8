"""Which files of a run are whole."""

import pytest

from grokyolo.errors import RunError
from grokyolo.gap import EpochRecord, GapWriter
from grokyolo.recipe import load
from grokyolo.run import folder
from grokyolo.run import state as states
from grokyolo.run.verify import Health, verify
from grokyolo.training import state


def checkpoint(path):
    import torch

    path.parent.mkdir(exist_ok=True)
    torch.save({"model": None}, path)


@pytest.fixture
def run(workplace):
    run = folder.claim("exp", chosen=True)
    folder.write_settings(run, load("grok-modular-addition"))
    with GapWriter(run / "gap.csv") as log:
        for epoch in (1, 2):
            log.append(EpochRecord(epoch, epoch * 9, 1.0, 0.002, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 1.0, 1.0, ()))
            states.save(run, epoch, state.encode({"epoch": epoch}), keep=3)
    checkpoint(run / "weights" / "last.pt")
    checkpoint(run / "weights" / "best.pt")
    return run


def health(run):
    return {finding.file.split("-0")[0]: finding.health for finding in verify(run).findings}


def test_a_whole_run(run):
    report = verify(run)
    assert report.sound
    assert report.resumes_at == 3
    assert report.owner == ""


@pytest.mark.parametrize("name", ["weights/last.pt", "weights/best.pt", "gap.csv", "grokyolo.yaml"])
def test_a_damaged_file_is_named(run, name):
    content = (run / name).read_bytes()
    (run / name).write_bytes(b"\0rotten" + content[len(content) // 2 :])
    damaged = [finding.file for finding in verify(run).findings if finding.health is Health.DAMAGED]
    assert damaged == [name]


def test_weights_that_are_not_there_yet(run):
    (run / "weights" / "best.pt").unlink()
    assert health(run)["weights/best.pt"] is Health.MISSING
    assert not verify(run).sound


def test_a_resume_takes_the_newest_sound_state(run):
    newest = states.state_files(run)[0]
    newest.path.write_bytes(newest.path.read_bytes()[:-1])
    assert verify(run).resumes_at == 2


def test_the_log_of_another_run_is_damaged(run):
    newest = states.state_files(run)[0]
    newest.path.unlink()
    states.save(run, 2, state.encode({"epoch": 2}, states.digest(b"other rows")), keep=3)
    (log,) = [finding for finding in verify(run).findings if finding.file == "gap.csv"]
    assert log.health is Health.DAMAGED
    assert "its rows up to epoch 2 are not those that epoch-0000002" in log.detail
    assert verify(run).resumes_at == 2, "the older state notes no rows"


def test_without_states_it_cannot_resume(run):
    for found in states.state_files(run):
        found.path.unlink()
    assert verify(run).resumes_at is None


def test_a_run_in_training_is_named_with_its_owner(run):
    with folder.owned(run):
        assert verify(run).owner.startswith("process ")


@pytest.mark.parametrize("made", [True, False])
def test_what_is_no_run_is_refused(workplace, made):
    other = workplace / "other"
    if made:
        other.mkdir()
    with pytest.raises(RunError):
        verify(other)


def test_nothing_of_a_run_in_training_is_called_damaged(run):
    with folder.owned(run):
        for name in ("weights/last.pt", "gap.csv", states.state_files(run)[0].path.relative_to(run)):
            (run / name).write_bytes((run / name).read_bytes()[:-7])
        (run / "gap.csv").write_bytes(b"")
        found = verify(run)
        assert Health.DAMAGED not in {finding.health for finding in found.findings}
        assert [finding.health for finding in found.findings].count(Health.WRITING) == 3
    assert [finding.health for finding in verify(run).findings].count(Health.DAMAGED) == 3


def test_weights_that_were_there_are_said_to_be_gone(run):
    (run / "weights" / "best.pt").unlink()
    (missing,) = [finding for finding in verify(run).findings if finding.health is Health.MISSING]
    assert missing.detail == "removed since"
