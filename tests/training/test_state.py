"""Full states on disk."""

import errno
import os

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grokyolo.run import state as states
from grokyolo.training import state


def save(run, epoch, keep=3):
    return states.save(run, epoch, state.encode({"epoch": epoch, "weights": torch.full((4,), float(epoch))}), keep)


def test_the_newest_is_loaded(tmp_path):
    for epoch in (1, 2, 10):
        save(tmp_path, epoch)
    loaded = state.load_newest(tmp_path, pytest.fail)
    assert loaded["epoch"] == 10
    assert torch.equal(loaded["weights"], torch.full((4,), 10.0))


def test_the_rows_that_it_counts_on_are_told_without_torch(tmp_path):
    rows = [b"1,a\n", b"2,b\n"]
    states.save(tmp_path, 2, state.encode({"epoch": 2}, states.digest(b"".join(rows))), 3)
    (saved,) = states.state_files(tmp_path)
    assert saved.knows(rows)
    assert not saved.knows([b"1,a\n", b"2,c\n"])
    assert state.load(saved) == {"epoch": 2}


def test_no_state_is_none(tmp_path):
    assert state.load_newest(tmp_path, pytest.fail) is None


def test_only_the_newest_stay(tmp_path):
    for epoch in range(1, 8):
        save(tmp_path, epoch, keep=2)
    assert [found.epoch for found in states.state_files(tmp_path)] == [7, 6]


@settings(max_examples=30)
@given(data=st.data())
def test_any_damage_to_the_newest_is_noticed_and_the_one_before_taken(tmp_path_factory, data):
    run = tmp_path_factory.mktemp("run")
    save(run, 1)
    newest = save(run, 2)
    content = bytearray(newest.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
    newest.write_bytes(content)
    warnings = []
    assert state.load_newest(run, warnings.append)["epoch"] == 1
    assert len(warnings) == 1
    assert newest.name in warnings[0]


def test_a_failed_write_leaves_the_old_ones_and_nothing_torn(tmp_path, monkeypatch):
    save(tmp_path, 1)

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(tmp_path, 2)
    assert [found.epoch for found in states.state_files(tmp_path)] == [1]
    assert not list((tmp_path / "state").glob("*.tmp"))


def test_leftovers_of_a_killed_writer_are_cleared(tmp_path):
    save(tmp_path, 1)
    torn = tmp_path / "state" / "epoch-0000002-0123456789abcdef.pt.fedcba9876543210.tmp"
    torn.write_bytes(b"half")
    save(tmp_path, 2)
    assert not torn.exists()
