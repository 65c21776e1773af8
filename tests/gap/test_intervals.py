"""errors.csv: error bars of a few epochs beside gap.csv."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.errors import RunError
from grokyolo.gap import EpochRecord, GapWriter, Intervals, IntervalWriter, read_intervals

CONTRACT = "epoch,probe_low,probe_high,val_low,val_high,gap_low,gap_high"


@pytest.fixture
def run(tmp_path):
    with GapWriter(tmp_path / "gap.csv") as log:
        log.append(EpochRecord(epoch=1, step=9, seconds=0.5, val_loss=1.0))
    return tmp_path


def write(run, rows):
    with IntervalWriter(run / "errors.csv") as log:
        for row in rows:
            log.append(row)
    return run / "errors.csv"


def bars(epoch, low=0.25, high=0.5):
    return Intervals(epoch, probe_low=low, probe_high=high, val_low=low, val_high=high, gap_low=-low, gap_high=high)


ends = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)


@st.composite
def rows(draw):
    found = []
    for epoch in sorted(draw(st.sets(st.integers(1, 10**6), min_size=1, max_size=8))):
        cells = {}
        for name in draw(st.sets(st.sampled_from(["probe", "val", "gap"]))):
            cells[f"{name}_low"], cells[f"{name}_high"] = draw(ends)
        found.append(Intervals(epoch, **cells))
    return found


class TestOneRow:
    def test_an_interval_runs_upwards(self):
        with pytest.raises(ValueError, match=r"interval of the val runs from 0\.5 to 0\.25"):
            Intervals(1, val_low=0.5, val_high=0.25)

    def test_and_has_two_ends(self):
        with pytest.raises(ValueError, match="interval of the gap has only one end"):
            Intervals(1, gap_low=0.5)

    def test_nan_is_no_end(self):
        with pytest.raises(ValueError, match="interval of the probe"):
            Intervals(1, probe_low=float("nan"), probe_high=float("nan"))


class TestTheFile:
    def test_text(self, run):
        path = write(run, [Intervals(3, val_low=0.0, val_high=0.5), bars(128)])
        assert path.read_text() == f"{CONTRACT}\n3,,,0.0,0.5,,\n128,0.25,0.5,0.25,0.5,-0.25,0.5\n"

    @given(written=rows())
    def test_round_trip(self, run, written):
        (run / "errors.csv").unlink(missing_ok=True)
        write(run, written)
        assert read_intervals(run) == tuple(written)
        assert read_intervals(run / "gap.csv") == tuple(written)

    def test_epochs_rise_but_need_not_follow(self, run):
        with IntervalWriter(run / "errors.csv") as log:
            log.append(bars(5))
            with pytest.raises(ValueError, match="does not follow"):
                log.append(bars(5))
            log.append(bars(50))
        assert [row.epoch for row in read_intervals(run)] == [5, 50]

    def test_torn_at_any_byte(self, run):
        written = [bars(1), bars(128)]
        path = write(run, written)
        whole = path.read_bytes()
        for end in range(len(whole) + 1):
            path.write_bytes(whole[:end])
            lines = whole[:end].count(b"\n")
            assert read_intervals(run) == tuple(written[: max(lines - 1, 0)])
            with IntervalWriter(path) as log:
                for row in written:
                    if row.epoch > log.last_epoch:
                        log.append(row)
            assert path.read_bytes() == whole

    def test_pandas_and_polars_read_it_with_no_options(self, run):
        import pandas as pd
        import polars as pl

        path = write(run, [bars(1, 0.0, 1.0), bars(20)])
        assert pd.read_csv(path)["val_high"].tolist() == [1.0, 0.5]
        assert pl.read_csv(path)["gap_low"].to_list() == [0.0, -0.25]


class TestReading:
    def test_no_error_bars(self, run):
        assert read_intervals(run) == ()

    def test_no_such_run(self, tmp_path):
        with pytest.raises(RunError, match="there is no run"):
            read_intervals(tmp_path / "nothing")

    def test_beside_a_plain_log(self, tmp_path):
        (tmp_path / "results.csv").write_text("epoch\n")
        write(tmp_path, [bars(2)])
        assert read_intervals(tmp_path / "results.csv") == (bars(2),)

    def test_a_pair_that_is_no_interval_is_left_out(self, run):
        (run / "errors.csv").write_text(f"{CONTRACT}\n1,0.5,0.25,0.1,0.2,x,\n0,0,1,0,1,0,1\n")
        assert read_intervals(run) == (Intervals(1, val_low=0.1, val_high=0.2),)

    def test_the_later_row_of_an_epoch_counts(self, run):
        (run / "errors.csv").write_text(f"{CONTRACT}\n7,0,1,0,1,0,1\n3,,,,,,\n7,,,0.1,0.2,,\n")
        assert read_intervals(run) == (Intervals(3), Intervals(7, val_low=0.1, val_high=0.2))

    @pytest.mark.parametrize("text", ["epoch,low,high\n1,0,1\n", "hello\n", "\0binary\n"])
    def test_another_file_of_that_name(self, run, text):
        (run / "errors.csv").write_text(text)
        with pytest.raises(RunError) as caught:
            read_intervals(run)
        assert "errors.csv" in caught.value.where
        assert caught.value.hint

    @given(
        st.binary(max_size=200)
        | st.text("0123456789.,-naif\n", max_size=200).map(lambda t: f"{CONTRACT}\n{t}".encode())
    )
    def test_any_bytes(self, run, raw):
        (run / "errors.csv").write_bytes(raw)
        try:
            found = read_intervals(run)
        except RunError as error:
            assert error.where
        else:
            assert all(left.epoch < right.epoch for left, right in pairwise(found))
