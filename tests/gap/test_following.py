"""A run that is still being written: the follower sees what `read_run` sees, at the price of the new bytes."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from grokyolo.errors import RunError
from grokyolo.gap import EpochRecord, EventKind, GapWriter, Series, read_run
from grokyolo.gap.following import OVERLAP, Follower, Tail
from grokyolo.run.logs import go_back
from tests.gap.logs import DETECT


def record(epoch: int, seconds: float | None = None, events=()) -> EpochRecord:
    score = 1 - 1 / (1 + epoch)
    return EpochRecord(
        epoch,
        9 * epoch,
        0.5 * epoch if seconds is None else seconds,
        train_loss=1 / epoch,
        probe_loss=0.9 / epoch,
        val_loss=1.1 / epoch,
        probe_score=score,
        val_score=score / 2,
        events=events,
    )


def write(log: Path, epochs, **keywords) -> None:
    with GapWriter(log) as writer:
        for epoch in epochs:
            writer.append(record(epoch, **keywords))


def same(one: Series, other: Series) -> bool:
    for field in fields(Series):
        left, right = getattr(one, field.name), getattr(other, field.name)
        equal = np.array_equal(left, right, equal_nan=True) if isinstance(left, np.ndarray) else left == right
        if not equal:
            return False
    return True


@pytest.fixture
def log(tmp_path) -> Path:
    folder = tmp_path / "exp1"
    folder.mkdir()
    return folder / "gap.csv"


@pytest.fixture
def follower(log):
    with Follower(log.parent) as one:
        yield one


def test_the_first_call_reads_the_run(log, follower):
    write(log, range(1, 11))
    assert same(follower.poll(), read_run(log.parent))


def test_a_run_that_did_not_change_is_not_read_again(log, follower):
    write(log, range(1, 11))
    follower.poll()
    assert follower.poll() is None


def test_rows_that_come_are_seen(log, follower):
    for last in range(1, 30):
        write(log, [last])
        series = follower.poll()
        assert same(series, read_run(log.parent))
        assert series.epoch[-1] == last


def test_a_torn_row_is_left_out_until_it_is_whole(log, follower):
    write(log, range(1, 6))
    follower.poll()
    line = record(6).to_line()
    with log.open("a") as file:
        file.write(line[:40])
    assert follower.poll().epoch[-1] == 5
    with log.open("a") as file:
        file.write(line[40:])
    assert same(follower.poll(), read_run(log.parent))


def test_rows_that_a_resume_cuts_off_are_forgotten(log, follower):
    write(log, range(1, 51))
    follower.poll()
    go_back(log.parent, 20, repeats=True)
    assert follower.poll().epoch[-1] == 20


def test_rows_that_a_resume_writes_anew_are_read_anew(log, follower):
    write(log, range(1, 51))
    follower.poll()
    go_back(log.parent, 20, repeats=True)
    with GapWriter(log) as writer:
        for epoch in range(21, 81):
            writer.append(record(epoch, 100.0 + epoch, (EventKind.RESUME,) if epoch == 21 else ()))
    series = follower.poll()
    assert same(series, read_run(log.parent))
    assert [event.epoch for event in series.events] == [21]


def test_a_file_put_in_the_place_of_the_log_is_read_from_its_start(log, follower):
    write(log, range(1, 51))
    follower.poll()
    other = log.with_name("other.csv")
    write(other, range(1, 61), seconds=7.0)
    other.replace(log)
    assert same(follower.poll(), read_run(log.parent))


def test_a_run_made_longer_says_so(log, follower):
    write(log, range(1, 6))
    settings = log.with_name("grokyolo.yaml")
    settings.write_text("recipe: {train: {epochs: 10}}\n")
    assert follower.poll().epochs_planned == 10
    settings.write_text("recipe: {train: {epochs: 1000}}\n")
    assert follower.poll().epochs_planned == 1000


def test_settings_that_are_gone_are_forgotten(log, follower):
    write(log, range(1, 6))
    settings = log.with_name("grokyolo.yaml")
    settings.write_text("score_name: top1\n")
    assert follower.poll().score_name == "top1"
    settings.unlink()
    assert follower.poll().score_name == ""


def test_a_log_of_ultralytics_is_followed_too(tmp_path):
    run = tmp_path / "train"
    run.mkdir()
    log = run / "results.csv"
    width = DETECT.count(",") + 1
    log.write_text(DETECT + "\n")
    with Follower(str(run)) as follower:
        for epoch in range(1, 20):
            cells = [str(epoch), str(2.0 * epoch), *(f"{1 / (epoch + i):.5f}" for i in range(width - 2))]
            with log.open("a") as file:
                file.write(",".join(cells) + "\n")
            assert same(follower.poll(), read_run(str(run)))


def test_the_run_keeps_the_name_that_the_user_typed(log, follower):
    write(log, [1])
    assert follower.poll().run == str(log.parent)


# What cannot be read --------------------------------------------------------------------------------------------


def test_a_run_without_an_epoch_may_have_one_later(log, follower):
    log.with_name("grokyolo.yaml").write_text("format: 1\n")
    with pytest.raises(RunError, match="no finished epoch"):
        follower.poll()
    GapWriter(log).close()
    with pytest.raises(RunError, match="no finished epoch"):
        follower.poll()
    write(log, [1])
    assert len(follower.poll()) == 1


def test_errors_name_the_run_and_not_the_copy(log, follower):
    GapWriter(log).close()
    with pytest.raises(RunError) as caught:
        follower.poll()
    assert caught.value.where == str(log)
    assert str(log.parent) in caught.value.hint


def test_a_log_that_was_moved_away_and_comes_back(log, follower):
    write(log, range(1, 6))
    follower.poll()
    away = log.rename(log.with_name("away"))
    for _ in range(2):
        with pytest.raises(RunError, match="cannot read the log"):
            follower.poll()
    away.rename(log)
    assert follower.poll() is None
    write(log, [6])
    assert len(follower.poll()) == 6


def test_no_run_at_all(tmp_path):
    with Follower(tmp_path / "none") as follower, pytest.raises(RunError, match="there is no run"):
        follower.poll()


# What it costs --------------------------------------------------------------------------------------------------


def test_a_new_row_costs_its_own_bytes_and_a_few_to_compare(log, tmp_path):
    write(log, range(1, 1001))
    tail = Tail(log, tmp_path / "copy")
    tail.update()
    assert tail.read == log.stat().st_size
    for epoch in range(1001, 1011):
        before = tail.read
        write(log, [epoch])
        assert tail.update()
        assert tail.read - before == OVERLAP + len(record(epoch).to_line())
    assert tail.copy.read_bytes() == log.read_bytes()


def test_no_change_costs_no_byte(log, tmp_path):
    write(log, range(1, 11))
    tail = Tail(log, tmp_path / "copy")
    tail.update()
    before = tail.read
    assert not tail.update()
    assert tail.read == before


def test_the_copy_is_gone_after_closing(log):
    write(log, [1])
    with Follower(log.parent) as follower:
        follower.poll()
        place = Path(follower._place.name)
        assert place.is_dir()
    assert not place.exists()
    follower.close()
