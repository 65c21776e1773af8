"""Logs that a spreadsheet saved again are read as they were before, with a note."""

import numpy as np
import pytest

from grokyolo.gap import EpochRecord, GapWriter, read_run
from grokyolo.gap import table as module
from grokyolo.gap.dialect import to_csv
from tests.gap import logs

TEXT = logs.log(logs.DETECT, range(1, 13))
ARRAYS = ("epoch", "step", "seconds", "lr", "train_loss", "probe_loss", "val_loss", "probe_score", "val_score")


def separated(text, separator, decimal=".", quote=""):
    lines = [[cell.replace(".", decimal) for cell in line.split(",")] for line in text.splitlines()[1:]]
    rows = [text.splitlines()[0].split(","), *lines]
    return "".join(separator.join(f"{quote}{cell}{quote}" for cell in row) + "\n" for row in rows)


RESAVED = {
    "semicolons and decimal commas": "\ufeff" + separated(TEXT, ";", ",").replace("\n", "\r\n"),
    "semicolons": separated(TEXT, ";"),
    "tabs": separated(TEXT, "\t"),
    "tabs and decimal commas": separated(TEXT, "\t", ","),
    "sep=,": "sep=,\n" + TEXT,
    "sep=;": "sep=;\r\n" + separated(TEXT, ";", ","),
    "quoted decimal commas": separated(TEXT, ",", ",", '"'),
    "quoted semicolons": separated(TEXT, ";", ",", '"'),
}
ENCODINGS = {"utf-16": "utf-16", "utf-16 without a mark": "utf-16-le", "utf-16, big end first": "utf-16-be"}


def same(one, other):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("kind", RESAVED)
@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_read_as_before(tmp_path, monkeypatch, kind, large):
    if large:
        monkeypatch.setattr(module, "FAST_BYTES", 1)
    plain = read_run(logs.run(tmp_path / "plain", TEXT))
    resaved = read_run(logs.run(tmp_path / "resaved", RESAVED[kind]))
    same(plain, resaved)
    assert [note for note in resaved.notes if "saved again by a spreadsheet" in note]
    assert not [note for note in plain.notes if "spreadsheet" in note]


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
def test_in_another_encoding(tmp_path, encoding):
    plain = read_run(logs.run(tmp_path / "plain", TEXT))
    same(plain, read_run(logs.run(tmp_path / "resaved", separated(TEXT, "\t").encode(encoding))))


@pytest.mark.parametrize("text", ["sep=;\n", "\ufeff"])
def test_gap_csv_is_known_in_any_dialect(tmp_path, text):
    own = tmp_path / "own"
    own.mkdir()
    with GapWriter(own / "gap.csv") as log:
        for epoch in (1, 2, 3):
            log.append(EpochRecord(epoch, epoch, 0.5, probe_loss=0.25, val_loss=1 / epoch, val_score=0.5))
    resaved = text + separated((own / "gap.csv").read_text(), ";", ",")
    same(read_run(own), read_run(logs.run(tmp_path / "resaved", resaved, "gap.csv")))


def test_a_point_beside_decimal_commas_may_be_a_thousand_and_is_left_out(tmp_path):
    text = separated(logs.log(logs.DETECT, range(1, 6)), ";", ",").replace("4;10", "4;1.234")
    series = read_run(logs.run(tmp_path / "run", text))
    assert np.isnan(series.seconds).tolist() == [False, False, False, True, False]
    assert "1 cell was no number: left out" in series.notes


@pytest.mark.parametrize("text", [TEXT, logs.padded(TEXT), "", "\n\n", "a;b\n1;2\n", '{"epoch": 1, "loss": 2}\n'])
def test_anything_else_stays_as_it_is(text):
    assert to_csv(text.encode()) == (text.encode(), ())


def test_a_last_line_without_its_end_stays_open():
    assert to_csv(b"epoch;a\n1;2,5\n2;3,") == (
        b"epoch,a\n1,2.5\n2,3 ",
        ("saved again by a spreadsheet (separated by semicolons, with decimal commas): read all the same",),
    )
