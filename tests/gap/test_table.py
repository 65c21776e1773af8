"""Text in, columns out: by plain Python for small files, by polars for large ones, with the same result."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grokyolo.errors import RunError
from grokyolo.gap import table as module
from grokyolo.gap.table import parse_table, read_bytes


def parse(text, **options):
    return parse_table(text if isinstance(text, bytes) else text.encode(), "log.csv", **options)


def values(table, name):
    return table.columns[name].values.tolist()


class TestCells:
    def test_numbers(self):
        table = parse("epoch,a\n1,0.5\n2,-1e-3\n")
        assert values(table, "a") == [0.5, -0.001]
        assert table.rows == 2
        assert table.notes == ()

    def test_written_tells_nan_from_nothing(self):
        column = parse("epoch,a\n1,nan\n2,\n3,inf\n4,-\n").columns["a"]
        assert column.written.tolist() == [True, False, True, False]
        assert np.isnan(column.values).tolist() == [True, True, False, True]

    def test_padding_and_quotes_are_dropped(self):
        table = parse('   epoch,  "a b"\n  1,   "2"  \n')
        assert values(table, "a b") == [2]

    def test_events_stay_words(self):
        table = parse("epoch,event\n1,start\n2,\n3,resume|stop\n")
        assert table.words == {"event": {0: "start", 2: "resume|stop"}}
        assert list(table.columns) == ["epoch"]

    def test_of_a_name_that_comes_twice_the_first_counts(self):
        assert values(parse("epoch,a,a\n1,2,3\n"), "a") == [2]


class TestCellsThatAreNoNumbers:
    @pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
    def test_counted_by_column(self, monkeypatch, large):
        monkeypatch.setattr(module, "FAST_BYTES", 1 if large else 1 << 20)
        table = parse("epoch,a,b,event\n1,x,,start\n2,,3,\n3,#REF!,nan,\n")
        assert table.odd == {"a": 2}
        assert table.odd_note(["a", "b", "a"]) == ("2 cells were no numbers: left out",)
        assert table.odd_note(["b"]) == ()
        assert values(table, "b")[1] == 3


class TestLines:
    def test_ragged_rows_are_left_out_and_counted(self):
        table = parse("epoch,a\n1,2\n2\n3,4,5\n4,6\n")
        assert values(table, "epoch") == [1, 4]
        assert table.notes == ("2 rows left out: not as many cells as the header has names",)

    def test_commas_at_the_end_are_no_cells(self):
        table = parse("epoch,a,\n1,2,\n3,4,,\n")
        assert values(table, "a") == [2, 4]
        assert table.notes == ()

    def test_an_open_line_is_dropped(self):
        assert parse("epoch,a\n1,2\n3,4").rows == 1

    def test_or_kept_but_for_its_last_cell(self):
        table = parse("epoch,a,b\n1,2,3\n4,5,6", keep_open_line=True)
        assert values(table, "a") == [2, 5]
        assert table.columns["b"].written.tolist() == [True, False]

    def test_an_open_line_that_is_too_short_is_dropped(self):
        assert parse("epoch,a,b\n1,2,3\n4,5", keep_open_line=True).rows == 1

    def test_a_header_that_comes_again(self):
        table = parse("epoch,a\n1,2\nepoch,a\n3,4\n")
        assert values(table, "a") == [2, 4]

    def test_another_header_starts_another_layout(self):
        table = parse("epoch,a\n1,2\nepoch,b,a\n3,4,5\n")
        assert values(table, "a") == [2, 5]
        assert table.columns["b"].written.tolist() == [False, True]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n"])
    def test_line_ends(self, end):
        assert values(parse(f"epoch,a{end}1,2{end}3,4{end}"), "a") == [2, 4]


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("", "empty"),
            (" \n\t\n", "empty"),
            ("a,b\n1,2\n", "no header line"),
            ("1,2\nepoch,a\n", "no header line"),
            ("epoch,a,b\n1\n", "it names 3 columns, the first row has 1 cells"),
        ],
    )
    def test_with_the_reason(self, text, what):
        with pytest.raises(RunError, match=what) as caught:
            parse(text)
        assert caught.value.where == "log.csv"
        assert caught.value.hint


class TestBytes:
    def read(self, tmp_path, raw):
        path = tmp_path / "log.csv"
        path.write_bytes(raw)
        return read_bytes(path, str(path))

    def test_marks_and_zeros_around_the_text_are_dropped(self, tmp_path):
        assert self.read(tmp_path, b"\xef\xbb\xbfepoch\n1\n\0\0\0") == b"epoch\n1\n"

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_utf_16(self, tmp_path, encoding):
        mark = "" if encoding == "utf-16" else "\ufeff"
        assert self.read(tmp_path, f"{mark}epoch\n1\n".encode(encoding)).strip() == b"epoch\n1"

    def test_zeros_within_are_no_text(self, tmp_path):
        with pytest.raises(RunError, match="binary file"):
            self.read(tmp_path, b"epoch\n\x001\n")

    def test_a_file_that_cannot_be_read(self, tmp_path):
        with pytest.raises(RunError, match="cannot read the log") as caught:
            read_bytes(tmp_path, str(tmp_path))
        assert caught.value.hint == f"ls -l {tmp_path}"


CELLS = st.one_of(
    st.floats().map(repr),
    st.integers(-(10**6), 10**6).map(str),
    st.sampled_from(
        ["", "nan", "NaN", "inf", "-inf", "Infinity", "1e400", "1.", ".5", "+1", "1e", "x", "-", "0x1", "1d5"]
    ),
    st.sampled_from([" 1", "1 ", '"1"', "1_0", "epoch", "١", "1\r", "\t1"]),
    st.text("0123456789.eE+-naif _", max_size=6),
)


class TestFastPath:
    """Polars must not see a single cell differently, or leave the file to plain Python."""

    @given(
        names=st.lists(st.sampled_from(["a", "b", "event", "c c"]), unique=True, max_size=3),
        rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=6),
        ragged=st.booleans(),
        end=st.sampled_from(["\n", "\r\n"]),
        open_line=st.booleans(),
        keep=st.booleans(),
    )
    def test_same_table_as_plain_python(self, names, rows, ragged, end, open_line, keep):
        header = ["epoch", *names]
        width = len(header)
        lines = [",".join(row[: width if i or not ragged else 1]) for i, row in enumerate(rows)]
        text = end.join([",".join(header), *lines]) + ("" if open_line else end)
        fast = module._parse_fast(text.encode(), keep)
        assume(fast is not None)
        plain = module._parse_lines(text, "log.csv", keep)
        assert (fast.rows, fast.words, fast.notes) == (plain.rows, plain.words, plain.notes)
        assert list(fast.columns) == list(plain.columns)
        for name, column in fast.columns.items():
            np.testing.assert_array_equal(column.values, plain.columns[name].values)
            np.testing.assert_array_equal(column.written, plain.columns[name].written)

    def test_a_regular_file_takes_it(self):
        assert module._parse_fast(b"epoch,a,event\n1,0.5,start\n2,,\n", False) is not None

    @pytest.mark.parametrize(
        "text",
        [
            "epoch,a\n1,2\n3\n",
            "epoch,a\n1, 2\n",
            "epoch,a\nepoch,a\n",
            "epoch,a,a\n1,2,3\n",
            'epoch,a\n1,"2"\n',
            "x\n1\n",
        ],
    )
    def test_an_irregular_one_does_not(self, text):
        assert module._parse_fast(text.encode(), False) is None

    def test_large_files_take_it(self, monkeypatch):
        text = "epoch,a\n" + "".join(f"{i},{i / 7}\n" for i in range(1, 100))
        plain = parse(text)
        monkeypatch.setattr(module, "FAST_BYTES", 0)
        monkeypatch.setattr(module, "_parse_lines", None)
        assert values(parse(text), "a") == values(plain, "a")


class TestRegularFiles:
    """A log in which every line is plain is split without looking at each cell, and must look the same."""

    @given(
        names=st.lists(st.sampled_from(["a", "b", "event", "c c", ""]), max_size=3),
        rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=6),
        ragged=st.booleans(),
        keep=st.booleans(),
    )
    def test_same_table_as_cell_by_cell(self, names, rows, ragged, keep):
        header = ["epoch", *names]
        lines = [",".join(row[: len(header) if i or not ragged else 1]) for i, row in enumerate(rows)]
        regular = module._regular([",".join(header), *lines])
        if regular is not None:
            assert ([regular], []) == module._sections([",".join(header), *lines])

    def test_a_log_of_grokyolo_is_regular(self):
        assert module._regular(["epoch,a,event", "1,0.5,start", "2,,"]) is not None

    @pytest.mark.parametrize(
        "lines",
        [
            ["epoch,a", "1"],
            ["epoch,a", "1, 2"],
            ["epoch,a", "1,2\r"],
            ["epoch,event", "1,start\u3000"],
            ["epoch,\x1ca", "1,2"],
            ["epoch,a", ""],
            ["epoch,a", "1,2", ","],
            ["epoch,a", "1,2", "epoch,a"],
            ["epoch,a,", "1,2,"],
            ["1,2"],
            [],
        ],
    )
    def test_what_needs_care_is_not(self, lines):
        assert module._regular(lines) is None
