"""gap.csv as it is written: one whole row an epoch, whatever happens in between."""

from __future__ import annotations

import csv
import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.errors import RunError
from grokyolo.gap import EpochRecord, EventKind, GapWriter, read_run
from grokyolo.gap.log import append_remark, format_float, read_remarks

CONTRACT = (
    "epoch,step,seconds,lr,weight_decay,train_loss,probe_loss,val_loss,probe_score,val_score,"
    "loss_gap,score_gap,norm_decayed,norm_free,event"
)
losses = st.none() | st.floats(allow_subnormal=False)
scores = st.none() | st.floats(0, 1)
kinds = st.lists(st.sampled_from(EventKind), unique=True, max_size=3).map(tuple)


@st.composite
def logs_of_records(draw, least=1, most=12):
    """Records of one run: epochs from 1 on, each measured or not, each with what may have touched it."""
    count = draw(st.integers(least, most))
    return [
        EpochRecord(
            epoch=epoch,
            step=draw(st.integers(0, 10**9)),
            seconds=draw(st.floats(0, 1e9)),
            lr=draw(losses),
            weight_decay=draw(losses),
            train_loss=draw(losses),
            probe_loss=draw(losses),
            val_loss=draw(st.floats(allow_subnormal=False)) if epoch == 1 else draw(losses),
            probe_score=draw(scores),
            val_score=draw(scores),
            norm_decayed=draw(losses),
            norm_free=draw(losses),
            events=draw(kinds),
        )
        for epoch in range(1, count + 1)
    ]


def record(epoch, **cells):
    filled = {"val_loss": 1.0 + epoch, "val_score": 0.5, "probe_loss": 0.5, "probe_score": 0.75} | cells
    return EpochRecord(epoch=epoch, step=9 * epoch, seconds=0.5 * epoch, **filled)


def write(path, records):
    with GapWriter(path) as log:
        for row in records:
            log.append(row)
    return path


def lines(path):
    return path.read_text().splitlines()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gap.csv"


class TestTheFile:
    def test_header_is_the_contract(self, path):
        write(path, [])
        assert path.read_bytes() == (CONTRACT + "\n").encode()

    def test_a_row(self, path):
        write(path, [record(1, lr=0.002, norm_free=3.25, events=(EventKind.START, EventKind.LR_CHANGED))])
        assert lines(path)[1] == "1,9,0.5,0.002,,,0.5,2.0,0.75,0.5,1.5,0.25,,3.25,start|lr-changed"

    def test_a_row_is_there_as_soon_as_it_is_appended(self, path):
        with GapWriter(path) as log:
            log.append(record(1))
            assert len(lines(path)) == 2
            log.append(record(2))
            assert len(lines(path)) == 3

    def test_gaps_need_both_sides(self):
        assert record(1, probe_loss=None).loss_gap is None
        assert record(1, val_score=None).score_gap is None
        assert record(1, probe_loss=0.25).loss_gap == 1.75

    @pytest.mark.parametrize(
        ("number", "cell"),
        [
            (None, ""),
            (0, "0.0"),
            (3, "3.0"),
            (0.1, "0.1"),
            (1e-7, "1e-07"),
            (1e16, "1e+16"),
            (math.nan, "NaN"),
            (math.inf, "inf"),
            (-math.inf, "-inf"),
            (np.float32(0.5), "0.5"),
            (np.float64(0.1), "0.1"),
        ],
    )
    def test_cells(self, number, cell):
        assert format_float(number) == cell

    @given(st.floats(allow_nan=False))
    def test_a_float_is_never_taken_for_a_whole_number_and_keeps_every_bit(self, number):
        cell = format_float(number)
        assert float(cell) == number
        assert not cell.lstrip("-").isdigit()

    def test_synced_rows_are_the_same(self, path, tmp_path, monkeypatch):
        synced = []
        monkeypatch.setattr(os, "fsync", synced.append)
        with GapWriter(path, sync=True) as log:
            before = len(synced)
            log.append(record(1))
            assert len(synced) == before + 1
        assert path.read_bytes() == write(tmp_path / "other.csv", [record(1)]).read_bytes()


class TestOrder:
    def test_epochs_follow_one_another(self, path):
        with GapWriter(path) as log:
            log.append(record(1))
            for wrong in (1, 3, 0):
                with pytest.raises(ValueError, match="does not follow"):
                    log.append(record(wrong))
        assert len(lines(path)) == 2

    def test_going_on_with_a_file(self, path):
        write(path, [record(1), record(2)])
        with GapWriter(path) as log:
            assert log.last_epoch == 2
            log.append(record(3))
        assert [line.split(",")[0] for line in lines(path)] == ["epoch", "1", "2", "3"]


class TestTornFiles:
    @pytest.mark.parametrize("records", [[record(1), record(2, val_loss=None, events=(EventKind.STOP,))]])
    def test_torn_at_any_byte_the_reader_drops_and_the_writer_cuts_off(self, path, records):
        whole = write(path, records).read_bytes()
        ends = [i for i in range(len(whole) + 1) if i == 0 or whole[i - 1 : i] == b"\n"]
        for end in range(len(whole) + 1):
            path.write_bytes(whole[:end])
            rows = max(sum(1 for e in ends if e <= end) - 2, 0)
            if rows:
                assert read_run(path).epoch.tolist() == list(range(1, rows + 1))
            else:
                with pytest.raises(RunError):
                    read_run(path)
            with GapWriter(path) as log:
                assert log.last_epoch == rows
                for row in records[rows:]:
                    log.append(row)
            assert path.read_bytes() == whole

    @pytest.mark.parametrize("junk", [b"\0" * 100, b"\0" * 100 + b"\n", b"2,18,1.0\n", b"garbage\n\n\n", b"\n"])
    def test_what_a_power_cut_leaves_behind_the_last_row(self, path, junk):
        whole = write(path, [record(1)]).read_bytes()
        path.write_bytes(whole + junk)
        with GapWriter(path) as log:
            assert log.last_epoch == 1
        assert path.read_bytes() == whole

    def test_a_full_disk_leaves_the_last_whole_row(self, path, monkeypatch):
        with GapWriter(path) as log:
            log.append(record(1))
            whole = path.read_bytes()
            monkeypatch.setattr(log, "_file", FullDisk(log._file, room=10))
            with pytest.raises(OSError, match="No space left"):
                log.append(record(2))
            assert path.read_bytes() == whole
            assert log.last_epoch == 1

    @pytest.mark.parametrize("text", ["epoch,loss\n1,2\n", "x", CONTRACT + ",more\n1\n", CONTRACT.upper() + "\n"])
    def test_another_file_is_not_touched(self, path, text):
        path.write_text(text)
        with pytest.raises(RunError, match="another header") as caught:
            GapWriter(path)
        assert caught.value.where == str(path)
        assert caught.value.hint
        assert path.read_text() == text

    def test_still_being_written_is_read_as_far_as_it_is_whole(self, path):
        with GapWriter(path) as log:
            log.append(record(1))
            log._file.write(record(2).to_line().encode()[:20])
            assert read_run(path).epoch.tolist() == [1]


class FullDisk:
    """A file on a disk that has room for only so many bytes."""

    def __init__(self, file, room):
        self.file = file
        self.room = room

    def write(self, data):
        if not self.room:
            raise OSError(28, "No space left on device")
        written = self.file.write(data[: self.room])
        self.room -= written
        return written

    def __getattr__(self, name):
        return getattr(self.file, name)


class TestRoundTrip:
    """What is written is read again to the last bit: NaN, inf, what was not measured, and events."""

    @given(records=logs_of_records())
    def test_every_cell(self, tmp_path, records):
        path = tmp_path / "gap.csv"
        path.unlink(missing_ok=True)
        series = read_run(write(path, records))
        assert series.epoch.tolist() == [row.epoch for row in records]
        assert series.step.tolist() == [row.step for row in records]
        for name in ("seconds", "lr", "weight_decay", "norm_decayed", "norm_free"):
            np.testing.assert_array_equal(getattr(series, name), [number(getattr(r, name)) for r in records])
        np.testing.assert_array_equal(series.train_loss, [loss(row.train_loss) for row in records])
        stood_still = repeats(records)
        for name, read in (
            ("probe_loss", loss),
            ("val_loss", loss),
            ("probe_score", number),
            ("val_score", number),
        ):
            expected = [read(getattr(row, name)) for row in records]
            expected = [math.nan if still else cell for still, cell in zip(stood_still, expected, strict=True)]
            np.testing.assert_array_equal(getattr(series, name), expected)
        assert [(event.epoch, event.kind) for event in series.events] == [
            (row.epoch, kind) for row in records for kind in row.events
        ]

    @given(records=logs_of_records(), cut=st.integers(0))
    def test_torn_anywhere_and_gone_on_with(self, tmp_path, records, cut):
        path = tmp_path / "gap.csv"
        path.unlink(missing_ok=True)
        whole = write(path, records).read_bytes()
        path.write_bytes(whole[: cut % (len(whole) + 1)])
        with GapWriter(path) as log:
            for row in records[log.last_epoch :]:
                log.append(row)
        assert path.read_bytes() == whole


def number(value):
    return math.nan if value is None else value


def loss(value):
    """A loss as a Series has it: +inf where it was measured and is not finite."""
    if value is None:
        return math.nan
    return value if math.isfinite(value) else math.inf


def repeats(records):
    """Which rows equal the measurement before them, without an optimizer step in between."""
    found, last = [], None
    for row in records:
        cells = [row.probe_loss, row.val_loss, row.probe_score, row.val_score]
        seen = [loss(c) if i % 4 < 2 else number(c) for i, c in enumerate(cells)]
        if all(cell is None for cell in cells):
            found.append(False)
            continue
        key = (row.step, [None if math.isnan(c) else c for c in seen])
        found.append(key == last)
        last = key
    return found


class TestOtherTools:
    """pandas and polars read it with no options, and guess every column right."""

    @pytest.fixture
    def written(self, path):
        rows = [
            record(1, lr=1.0, events=(EventKind.START,)),
            record(2, val_loss=None, val_score=None, probe_loss=None, probe_score=None, train_loss=math.nan),
            record(3, val_loss=math.inf, train_loss=-math.inf, probe_loss=3.0),
            record(4, val_loss=1e-9, events=(EventKind.RESUME, EventKind.STOP)),
        ]
        return write(path, rows)

    def test_pandas(self, written):
        import pandas as pd

        frame = pd.read_csv(written)
        assert list(frame.columns) == CONTRACT.split(",")
        assert frame["epoch"].tolist() == [1, 2, 3, 4]
        assert all(frame[name].dtype == "float64" for name in CONTRACT.split(",")[2:-1])
        assert frame["val_loss"].tolist()[2:] == [math.inf, 1e-9]
        assert math.isnan(frame["val_loss"][1])
        assert frame["train_loss"][2] == -math.inf
        assert frame["event"].fillna("").tolist() == ["start", "", "", "resume|stop"]

    def test_polars(self, written):
        import polars as pl

        frame = pl.read_csv(written)
        assert frame.columns == CONTRACT.split(",")
        assert frame["epoch"].to_list() == [1, 2, 3, 4]
        measured = ("seconds", "train_loss", "probe_loss", "val_loss", "probe_score", "val_score", "loss_gap")
        assert all(frame.schema[name] == pl.Float64 for name in measured)
        assert frame["val_loss"].to_list() == [2.0, None, math.inf, 1e-9]
        assert math.isnan(frame["train_loss"][1])
        assert frame["event"].to_list() == ["start", None, None, "resume|stop"]

    def test_the_standard_library(self, written):
        with written.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["val_loss"] for row in rows] == ["2.0", "", "inf", "1e-09"]


def test_each_sentence_is_read_once_with_the_epoch_it_began(tmp_path):
    append_remark(tmp_path, 3, 'a "quoted", odd\nsentence')
    append_remark(tmp_path, 9, "another")
    append_remark(tmp_path, 12, "another")
    assert read_remarks(tmp_path) == ('epoch 3: a "quoted", odd\nsentence', "epoch 9: another")


def test_no_file_or_a_torn_one_is_no_error(tmp_path):
    assert read_remarks(tmp_path) == ()
    (tmp_path / "warnings.csv").write_bytes(b'epoch,warning\n4,whole\n5,"to\xff')
    assert "epoch 4: whole" in read_remarks(tmp_path)


def test_they_are_notes_of_the_run(tmp_path):
    with GapWriter(tmp_path / "gap.csv") as log:
        log.append(EpochRecord(1, 9, 1.0, 0.002, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 1.0, 1.0, ()))
    append_remark(tmp_path, 1, "numbers vanish")
    assert "epoch 1: numbers vanish" in read_run(tmp_path).notes
