"""A run folder of grokyolo: gap.csv for the curves, grokyolo.yaml for what they belong to."""

import math

import numpy as np
import pytest

from grokyolo.errors import RunError
from grokyolo.gap import EpochRecord, EventKind, GapWriter, Source, read_run

META = """\
format: 1
score_name: top1
train_images: 576
probe_images: 256
val_images: 385
batches_per_epoch: 9
recipe: {train: {epochs: 280}}
from_the_future: {x: 1}
"""
HEADER = "epoch,step,val_loss,val_score,probe_loss,probe_score,event"


def record(epoch, **cells):
    filled = {
        "val_loss": 3.0 - 0.1 * epoch,
        "val_score": 0.01 * epoch,
        "probe_loss": 0.5,
        "probe_score": 0.9,
    } | cells
    return EpochRecord(
        epoch=epoch,
        step=cells.pop("step", 9 * epoch),
        seconds=0.5 * epoch,
        **{name: value for name, value in filled.items() if name != "step"},
    )


def write(folder, records):
    with GapWriter(folder / "gap.csv") as log:
        for row in records:
            log.append(row)
    return folder


def text(folder, *rows, header=HEADER):
    (folder / "gap.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder


class TestCurves:
    def test_like_for_like(self, tmp_path):
        series = read_run(write(tmp_path, [record(epoch) for epoch in range(1, 5)]))
        assert series.source is Source.GROKYOLO
        assert series.like_for_like
        assert series.score_gap == pytest.approx([0.89, 0.88, 0.87, 0.86])
        assert series.loss_gap == pytest.approx([2.4, 2.3, 2.2, 2.1])
        assert series.notes == ()

    def test_without_a_probe_the_gap_is_rough(self, tmp_path):
        rows = [record(e, probe_loss=None, probe_score=None, train_loss=1.0) for e in (1, 2)]
        series = read_run(write(tmp_path, rows))
        assert not series.like_for_like
        assert series.loss_gap == pytest.approx([1.9, 1.8])

    def test_measured_every_fifth_epoch(self, tmp_path):
        blank = {"val_loss": None, "val_score": None, "probe_loss": None, "probe_score": None}
        rows = [record(e) if e in {1, 5, 10, 15, 20, 22} else record(e, **blank) for e in range(1, 23)]
        series = read_run(write(tmp_path, rows))
        assert series.measured_every == 5
        assert series.epoch[series.measured].tolist() == [1, 5, 10, 15, 20, 22]

    def test_events(self, tmp_path):
        rows = [
            record(1, events=(EventKind.START,)),
            record(2),
            record(3, events=(EventKind.RESUME, EventKind.STOP)),
        ]
        series = read_run(write(tmp_path, rows))
        assert [(event.epoch, event.kind) for event in series.events] == [
            (1, EventKind.START),
            (3, EventKind.RESUME),
            (3, EventKind.STOP),
        ]

    def test_every_word_of_the_contract_is_an_event(self, tmp_path):
        words = ["start", "resume", "restart", "recover", "retry", "mosaic-closed"]
        words += ["lr-changed", "wd-changed", "data-changed", "stop"]
        series = read_run(text(tmp_path, f"1,9,1.0,0.5,,,{'|'.join(words)}"))
        assert [event.kind.value for event in series.events] == words

    def test_decay_budget(self, tmp_path):
        series = read_run(write(tmp_path, [record(e, lr=0.002, weight_decay=1.0) for e in range(1, 101)]))
        assert series.decay_budget[-1] == pytest.approx(-100 * 9 * math.log1p(-0.002), rel=1e-4)


class TestStandingStill:
    """A set smaller than nbs: where no optimizer step was made, the same cells are no new measurement."""

    def test_rows_without_a_step_are_blank(self, tmp_path):
        rows = [record(e, step=(e + 3) // 4, val_loss=3.0 - (e + 3) // 4, val_score=0.5) for e in range(1, 17)]
        series = read_run(write(tmp_path, rows))
        assert series.measured_every == 4
        assert series.epoch[series.measured].tolist() == [1, 5, 9, 13]
        assert np.isnan(series.probe_loss).tolist() == (~series.measured).tolist()

    def test_a_settled_curve_with_steps_is_measured(self, tmp_path):
        series = read_run(write(tmp_path, [record(e, val_loss=1.0, val_score=1.0) for e in range(1, 31)]))
        assert series.measured.all()
        assert series.measured_every == 1


class TestMetadata:
    def test_what_grokyolo_yaml_says(self, tmp_path):
        (tmp_path / "grokyolo.yaml").write_text(META)
        series = read_run(write(tmp_path, [record(1)]))
        assert series.score_name == "top1"
        assert (series.train_images, series.probe_images, series.val_images) == (576, 256, 385)
        assert series.batches_per_epoch == 9
        assert series.epochs_planned == 280

    @pytest.mark.parametrize(
        "yaml", ["", "- 1\n- 2\n", "score_name: 3\nval_images: many\nrecipe: 5\n", "recipe: {train: 1}"]
    )
    def test_what_it_does_not_say_is_unknown(self, tmp_path, yaml):
        (tmp_path / "grokyolo.yaml").write_text(yaml)
        series = read_run(write(tmp_path, [record(1)]))
        assert series.score_name == ""
        assert series.val_images is series.epochs_planned is None

    def test_broken_yaml_costs_only_what_it_says(self, tmp_path):
        (tmp_path / "grokyolo.yaml").write_text("score_name: top1\nval_images: 385\n{{{")
        series = read_run(write(tmp_path, [record(1)]))
        assert (series.score_name, series.val_images) == ("top1", 385)
        assert "not valid YAML from line 3 on" in series.notes[0]


class TestDamage:
    def test_of_repeated_epochs_the_later_row_counts(self, tmp_path):
        series = read_run(text(tmp_path, "1,9,3,0.1,,,", "2,18,2,0.2,,,start", "2,18,1,0.3,,,resume", "3,27,1,0.4,,,"))
        assert series.epoch.tolist() == [1, 2, 3]
        assert series.val_score.tolist() == [0.1, 0.3, 0.4]
        assert [event.kind for event in series.events] == [EventKind.RESUME]
        assert "1 repeated" in series.notes[0]

    def test_missing_columns_are_not_measured(self, tmp_path):
        series = read_run(text(tmp_path, "1,0.5", "2,0.6", header="epoch,val_score"))
        assert series.val_score.tolist() == [0.5, 0.6]
        assert np.isnan(series.step).all()
        assert np.isnan(series.decay_budget).all()

    def test_unknown_columns_and_events_are_ignored(self, tmp_path):
        series = read_run(text(tmp_path, "1,0.5,7,moon", header="epoch,val_score,moon,event"))
        assert series.events == ()
        assert series.notes == ("unknown event `moon` ignored",)

    def test_rows_without_an_epoch_are_left_out(self, tmp_path):
        series = read_run(text(tmp_path, "1,0.5", "x,0.5", header="epoch,val_score"))
        assert series.epoch.tolist() == [1]
        assert "1 row left out" in series.notes[0]

    def test_an_open_line_is_being_written(self, tmp_path):
        (tmp_path / "gap.csv").write_text("epoch,val_score\n1,0.5\n2,0.6")
        assert read_run(tmp_path).epoch.tolist() == [1]

    def test_a_measured_loss_that_is_not_finite(self, tmp_path):
        series = read_run(text(tmp_path, "1,NaN,0.5", "2,,0.5", "3,-inf,0.5", header="epoch,val_loss,val_score"))
        assert np.isposinf(series.val_loss).tolist() == [True, False, True]
        assert np.isnan(series.val_loss).tolist() == [False, True, False]

    def test_a_score_that_no_score_can_be_is_left_out(self, tmp_path):
        rows = ("1,0.5,0.5", "2,6,-1", "3,inf,NaN")
        series = read_run(text(tmp_path, *rows, header="epoch,val_score,probe_score"))
        np.testing.assert_array_equal(series.val_score, [0.5, np.nan, np.nan])
        np.testing.assert_array_equal(series.probe_score, [0.5, np.nan, np.nan])
        assert "not between 0 and 1" in series.notes[0]


class TestRefused:
    def test_no_finished_epoch(self, tmp_path):
        with pytest.raises(RunError, match="no finished epoch") as caught:
            read_run(write(tmp_path, []))
        assert caught.value.hint == f"grokyolo resume {tmp_path}"

    def test_validation_never_measured(self, tmp_path):
        with pytest.raises(RunError, match="never measured") as caught:
            read_run(text(tmp_path, "1,9,,,0.5,0.5,"))
        assert "gap.every" in caught.value.hint
