"""The report in words: highlights, the picture for those who cannot see it, telling epochs."""

from dataclasses import replace

import numpy as np

from grokyolo.gap import Intervals
from grokyolo.gap.series import from_columns
from grokyolo.verdict import Verdict, assess
from grokyolo.view.report import page as words
from grokyolo.view.report.facts import read_facts
from tests.view.curves import event, grok


def gathered(series, bars=()):
    return replace(read_facts(series, assess(series)), bars=bars)


def rough():
    epoch = np.arange(1, 101)
    return from_columns("r", epoch, train_loss=3 / epoch, val_loss=3 / epoch + 0.1, val_score=1 - 0.9 / epoch)


def test_every_verdict_has_a_tone():
    assert set(words.TONES) == {verdict.value for verdict in Verdict}


def test_highlights_of_a_grok():
    found = dict(words.highlights(gathered(grok())))
    assert found["epochs"] == "300"
    assert found["memorised at"] == "6"
    assert found["jump at"].startswith("110 (")
    assert found["lateness"].endswith("×")
    assert found["best top1"].startswith("0.980 at ")
    assert "last score gap" in found


def test_of_scores_that_are_all_zero_none_is_called_the_best():
    assert "best top1" not in dict(words.highlights(gathered(grok(val_score=[0.0] * 300))))


def test_highlights_without_a_probe_call_the_gap_rough():
    found = dict(words.highlights(gathered(rough())))
    assert found["last rough loss gap"] == "0.1000"
    assert "last score gap" not in found


def test_the_picture_tells_course_and_extremes_of_each_curve():
    said = list(words.sentences(gathered(rough())))
    assert (
        said[0] == "The validation score goes from 0.100 at epoch 1 to 0.991 at epoch 100; highest 0.991 at epoch 100."
    )
    assert said[1].startswith("The validation loss goes from 3.1000 at epoch 1 to 0.1300 at epoch 100; lowest 0.1300")
    assert len(said) == 3


def test_the_picture_tells_marks_and_events():
    said = " ".join(words.sentences(gathered(grok(events=(event(1, "start"), event(40, "recover"))))))
    assert "A dotted line marks epoch 6, where the model had memorised." in said
    assert "A band marks the jump from epoch" in said
    assert "1 event that moves the curves" in said


def test_telling_epochs_leave_out_columns_that_nobody_measured():
    head, rows = words.telling_table(gathered(rough()))
    assert head == ["which", "epoch", "train loss (rough)", "val loss", "rough loss gap", "val score"]
    assert {len(row) for row in rows} == {len(head)}
    assert [row[:2] for row in rows][-1] == ["best, last", "100"]


def test_telling_epochs_hold_intervals_where_there_are_some():
    head, rows = words.telling_table(gathered(grok(), bars=(Intervals(epoch=300, val_low=0.97, val_high=0.99),)))
    assert head[-1] == "90 % interval of val score"
    assert [row[-1] for row in rows][-1] == "0.970–0.990"
    assert rows[0][-1] == ""
