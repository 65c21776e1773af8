"""The CSV of a sweep: one row a run, read by other tools without options."""

import csv
import io
from pathlib import Path

import polars
import pytest

from grokyolo.errors import UsageError
from grokyolo.view.phase.table import COLUMNS, harmless, save_sheet, sheet
from tests.view import sweeps


def rows(phases):
    return list(csv.DictReader(io.StringIO(sheet(phases))))


def test_one_row_a_run_the_axes_first():
    found = rows(sweeps.sweep())
    assert list(found[0]) == ["weight_decay", "fraction", "seed", *COLUMNS]
    assert len(found) == 27
    assert (found[-1]["weight_decay"], found[-1]["fraction"], found[-1]["word"]) == ("1", "0.8", "grokked")
    assert found[-1]["jump_epoch"] == "102"
    assert float(found[-1]["jump_budget"]) == pytest.approx(102 * 0.018)


def test_what_is_not_known_is_empty():
    found = rows(sweeps.half_done())
    assert [row["word"] for row in found] == ["grokked", "unfinished", "failed", "not started", "never learned"]
    assert (found[2]["jump_epoch"], found[2]["score"], found[2]["reason"]) == ("", "", "disk full")


def test_polars_reads_it(workplace):
    save_sheet(sweeps.sweep(), Path("a.csv"))
    frame = polars.read_csv("a.csv")
    assert frame.height == 27
    assert frame.schema["jump_budget"] == polars.Float64


def test_names_with_commas_and_quotes_survive():
    assert rows(sweeps.hostile())[0]["reason"] == sweeps.HOSTILE


def test_where_it_cannot_be_written(workplace):
    with pytest.raises(UsageError) as caught:
        save_sheet(sweeps.sweep(), Path("no/a.csv"))
    assert caught.value.hint == "mkdir -p no"


def test_no_cell_is_a_formula():
    for cell in ("=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "-"):
        assert harmless(cell) == f"'{cell}"
    assert harmless("\t=1\x1b") == r"\t=1\x1b"
    for cell in ("-0.5", "+3", "-1e-05", "-inf", "weight", "", "1=1"):
        assert harmless(cell) == cell
