"""The logs of a run: rows that can be relied on, and back to an epoch."""

import pytest

from grokyolo.gap import EpochRecord, GapWriter
from grokyolo.run import logs


@pytest.fixture
def run(tmp_path):
    """A run of twelve epochs."""
    with GapWriter(tmp_path / "gap.csv") as log:
        for epoch in range(1, 13):
            log.append(EpochRecord(epoch, 2 * epoch, 0.5, 1e-5, 0.0, float("nan"), None, 3.0, None, 0.25))
    (tmp_path / "results.csv").write_text("epoch,time,a\n" + "".join(f"{i},1.5,0.1\n" for i in range(1, 13)))
    (tmp_path / "errors.csv").write_text("epoch,a\n1,0.5\n5,0.5\n12,0.5\n")
    return tmp_path


def change(run, action):
    """Change the lines of gap.csv, header included."""
    lines = logs.read(run).splitlines(keepends=True)
    (run / "gap.csv").write_bytes(b"".join(action(lines)))


def supported(run):
    return [row.epoch for row in logs.supported_rows(logs.read(run))]


DAMAGE = {
    "nothing": (lambda lines: lines, 12),
    "an empty line in the middle": (lambda lines: [*lines[:6], b"\n", *lines[6:]], 12),
    "a rotten number": (lambda lines: [*lines[:6], lines[6].replace(b"3.0", b"3.\x80"), *lines[7:]], 5),
    "a rotten line": (lambda lines: [*lines[:6], b"\0" * len(lines[6]), *lines[7:]], 5),
    "a blank line instead": (lambda lines: [*lines[:6], b"\n", *lines[7:]], 5),
    "lines missing at the end": (lambda lines: lines[:-3], 9),
    "a torn line": (lambda lines: [*lines[:-1], lines[-1][:9]], 11),
    "zeros at the end": (lambda lines: [*lines, b"\0" * 4096], 12),
    "a row twice": (lambda lines: [*lines[:7], lines[6], *lines[7:]], 12),
    "another header": (lambda lines: [b"epoch,loss\n", *lines[1:]], 0),
    "nothing left": (lambda lines: [], 0),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_rows_count_up_to_the_first_that_is_missing(run, name):
    action, rows = DAMAGE[name]
    change(run, action)
    assert supported(run) == list(range(1, rows + 1))


def test_back_to_an_epoch_in_all_logs(run):
    logs.go_back(run, 5, repeats=True)
    assert supported(run) == [1, 2, 3, 4, 5]
    assert (run / "results.csv").read_text().endswith("\n5,1.5,0.1\n")
    assert (run / "errors.csv").read_text() == "epoch,a\n1,0.5\n5,0.5\n"
    assert sorted(path.name for path in run.iterdir()) == ["errors.csv", "gap.csv", "results.csv"], "nothing is lost"


def test_back_to_the_beginning(run):
    logs.go_back(run, 0, repeats=True)
    assert logs.read(run) == logs.HEADER
    assert not (run / "results.csv").exists()


def test_rows_that_will_not_come_again_stay_in_a_copy(run):
    before = logs.read(run)
    logs.go_back(run, 5, repeats=False)
    assert logs.read(run, "gap.csv.old-1") == before
    assert {path.name for path in run.iterdir()} >= {"results.csv.old-1", "errors.csv.old-1"}
    logs.go_back(run, 3, repeats=False)
    assert len(logs.supported_rows(logs.read(run, "gap.csv.old-2"))) == 5


@pytest.mark.parametrize("name", ["a rotten number", "a row twice"])
def test_lines_that_cannot_be_read_stay_in_a_copy(run, name):
    change(run, DAMAGE[name][0])
    before = logs.read(run)
    logs.go_back(run, 4, repeats=True)
    assert supported(run) == [1, 2, 3, 4]
    assert (logs.read(run, "gap.csv.old-1") == before) == (name == "a rotten number")


@pytest.mark.parametrize("name", ["an empty line in the middle", "a torn line", "zeros at the end"])
def test_what_holds_nothing_is_dropped(run, name):
    change(run, DAMAGE[name][0])
    logs.go_back(run, 11, repeats=True)
    assert supported(run) == list(range(1, 12))
    assert not (run / "gap.csv.old-1").exists()


def test_a_file_that_is_as_it_should_be_is_left_alone(run):
    before = {path: path.stat().st_mtime_ns for path in run.iterdir()}
    logs.go_back(run, 12, repeats=False)
    assert {path: path.stat().st_mtime_ns for path in run.iterdir()} == before


def test_a_file_of_somebody_else_is_left_alone(run):
    (run / "measures.csv").write_text("my,own\na,b\n")
    logs.go_back(run, 1, repeats=False)
    assert (run / "measures.csv").read_text() == "my,own\na,b\n"


def test_the_last_epoch_of_a_sidecar(run):
    assert logs.last_epoch(logs.read(run, "errors.csv"), 11) == 5
    assert logs.last_epoch(b"", 11) == 0
