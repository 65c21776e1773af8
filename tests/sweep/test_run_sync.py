"""A run on its way: only what is new travels, and at every moment what has arrived can be resumed."""

from pathlib import Path

import pytest

from grokyolo.sweep.run_sync import RunSync

POINT = "seed=0"
FIRST = {
    f"{POINT}/grokyolo.yaml": b"recipe",
    f"{POINT}/gap.csv": b"epoch\n1\n",
    f"{POINT}/state/epoch-0000001-aa.pt": b"state 1",
    f"{POINT}/weights/last.pt": b"weights",
    f"logs/{POINT}.log": b"training",
}


def fill(sweep: Path, content: dict[str, bytes]) -> None:
    for name, data in content.items():
        (sweep / name).parent.mkdir(parents=True, exist_ok=True)
        (sweep / name).write_bytes(data)


def read(sweep: Path) -> dict[str, bytes]:
    return {path.relative_to(sweep).as_posix(): path.read_bytes() for path in sweep.rglob("*") if path.is_file()}


@pytest.fixture
def there(tmp_path) -> Path:
    fill(tmp_path / "there", FIRST)
    return tmp_path / "there"


@pytest.fixture
def here(tmp_path) -> Path:
    return tmp_path / "here"


def test_a_run_arrives_whole(there, here):
    content, present = RunSync(there, POINT).changes()
    RunSync(here, POINT).apply(content, present)
    assert read(here) == FIRST


def test_nothing_of_it_is_a_run_that_has_not_begun(there):
    assert RunSync(there, "seed=1").changes() == ({}, [])


def test_only_what_changed_travels_again(there, here):
    sender, receiver = RunSync(there, POINT), RunSync(here, POINT)
    receiver.apply(*sender.changes())
    assert sender.changes()[0] == {}
    fill(there, {f"{POINT}/gap.csv": b"epoch\n1\n2\n"})
    content, present = sender.changes()
    assert list(content) == [f"{POINT}/gap.csv"]
    receiver.apply(content, present)
    assert read(here) == read(there)


def test_a_state_that_gave_way_to_a_newer_one_goes_once_that_is_there(there, here):
    sender, receiver = RunSync(there, POINT), RunSync(here, POINT)
    receiver.apply(*sender.changes())
    (there / POINT / "state" / "epoch-0000001-aa.pt").unlink()
    fill(there, {f"{POINT}/state/epoch-0000002-bb.pt": b"state 2"})
    receiver.apply(*sender.changes())
    assert read(here) == read(there)


def test_other_files_are_never_removed(there, here):
    fill(here, {f"{POINT}/gap.png": b"picture", "seed=1/state/epoch-0000001-aa.pt": b"of another point"})
    RunSync(here, POINT).apply(*RunSync(there, POINT).changes())
    assert read(here) == read(there) | {
        f"{POINT}/gap.png": b"picture",
        "seed=1/state/epoch-0000001-aa.pt": b"of another point",
    }


def test_the_lock_and_what_is_half_written_stay(there):
    fill(there, {f"{POINT}/state/lock": b"", f"{POINT}/state/owner.json": b"{}", f"{POINT}/state/x.pt.tmp": b"h"})
    assert set(RunSync(there, POINT).changes()[0]) == set(FIRST)


def test_states_are_read_before_logs_and_written_behind_them(there, here):
    names = list(RunSync(there, POINT).changes()[0])
    assert "/state/" in names[0]
    order = []

    class Noting(dict):
        def __getitem__(self, name):
            order.append(name)
            return super().__getitem__(name)

    RunSync(here, POINT).apply(Noting(FIRST))
    assert "/state/" in order[-1] and len(order) == len(FIRST)
