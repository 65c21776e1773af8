"""Logs of Ultralytics and YOLOv5: what a reader makes of every generation, and of what goes wrong in them."""

import numpy as np
import pytest

from grokyolo.errors import RunError
from grokyolo.gap import EventKind, Source, read_run
from tests.gap import logs

ARGS = """\
epochs: 40
batch: 16
weight_decay: 0.0005
nbs: 64
optimizer: SGD
mosaic: 1.0
close_mosaic: 10
val: true
"""


def read(folder, text, name="results.csv", **files):
    return read_run(logs.run(folder / "run", text, name, **files))


def saying(notes, words):
    return [note for note in notes if words in note]


@pytest.mark.parametrize("kind", logs.GENERATIONS)
class TestEveryGeneration:
    """The headers of all tasks and all ages give the same curves under the same names."""

    def test_score_losses_and_epochs(self, tmp_path, kind):
        header, score_name = logs.GENERATIONS[kind]
        first = 0 if kind.startswith(("YOLOv5", "YOLOv9")) else 1
        series = read(tmp_path, logs.log(header, range(first, first + 12)))
        assert series.epoch.tolist() == list(range(1, 13))
        assert series.score_name == score_name
        prefix = "test/" if "test/loss" in header else "val/"
        written = range(first, first + 12)
        assert series.val_loss == pytest.approx([logs.loss(header, epoch, prefix) for epoch in written])
        assert series.train_loss == pytest.approx([logs.loss(header, epoch, "train/") for epoch in written])
        assert series.measured.all()
        assert series.measured_every == 1

    def test_padding_changes_nothing(self, tmp_path, kind):
        header, _ = logs.GENERATIONS[kind]
        text = logs.log(header, range(1, 9))
        plain, padded = read(tmp_path / "a", text), read(tmp_path / "b", logs.padded(text))
        for name in ("epoch", "seconds", "lr", "train_loss", "val_loss", "val_score"):
            np.testing.assert_array_equal(getattr(plain, name), getattr(padded, name))

    def test_it_is_never_like_for_like(self, tmp_path, kind):
        header, _ = logs.GENERATIONS[kind]
        series = read(tmp_path, logs.log(header, range(1, 9)))
        assert not series.like_for_like
        assert np.isnan(series.probe_score).all()
        assert series.loss_gap == pytest.approx(series.val_loss - series.train_loss)
        assert np.isnan(series.score_gap).all()

    def test_the_family(self, tmp_path, kind):
        header, _ = logs.GENERATIONS[kind]
        series = read(tmp_path, logs.log(header, range(1, 9)))
        old = kind.startswith(("YOLOv5", "YOLOv9"))
        assert series.source is (Source.YOLOV5 if old else Source.ULTRALYTICS)


class TestHeadlineScore:
    @pytest.mark.parametrize(("header", "column"), [(logs.SEGMENT, "(M)"), (logs.POSE, "(P)"), (logs.OBB, "(B)")])
    def test_masks_and_keypoints_come_before_boxes(self, tmp_path, header, column):
        cells = {f"metrics/mAP50-95{column}": lambda epoch: 0.001 * epoch}
        series = read(tmp_path, logs.log(header, range(1, 5), cells))
        assert series.val_score == pytest.approx([0.001, 0.002, 0.003, 0.004])

    def test_a_score_that_no_score_can_be_is_left_out(self, tmp_path):
        cells = {"metrics/mAP50-95(B)": lambda epoch: 1.5 if epoch == 3 else 0.1 * epoch}
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 6), cells))
        assert np.isnan(series.val_score).tolist() == [False, False, True, False, False]
        assert saying(series.notes, "not between 0 and 1")

    def test_a_log_with_losses_only(self, tmp_path):
        header = "epoch,train/box_loss,val/box_loss"
        series = read(tmp_path, logs.log(header, range(1, 5)))
        assert series.score_name == ""
        assert series.measured.all()
        assert saying(series.notes, "no score")


class TestMissingColumns:
    def test_no_learning_rate_and_no_time(self, tmp_path):
        header = f"epoch,train/box_loss,{logs.BOXES},val/box_loss"
        series = read(tmp_path, logs.log(header, range(1, 5)))
        assert np.isnan(series.lr).all()
        assert np.isnan(series.seconds).all()
        assert series.val_loss == pytest.approx([logs.loss(header, epoch) for epoch in range(1, 5)])

    def test_only_the_items_that_both_losses_have_are_summed(self, tmp_path):
        header = f"epoch,train/box_loss,train/cls_loss,train/aux_loss,{logs.BOXES},val/box_loss,val/cls_loss"
        series = read(tmp_path, logs.log(header, [1], {"train/aux_loss": 100}))
        assert series.train_loss[0] < 100
        assert saying(series.notes, "without train/aux_loss")

    def test_without_validation_losses_the_score_is_enough(self, tmp_path):
        header = f"epoch,train/box_loss,{logs.BOXES},lr/pg0"
        series = read(tmp_path, logs.log(header, range(1, 5)))
        assert np.isnan(series.val_loss).all()
        assert series.measured.all()


class TestNotFinite:
    """A loss that was measured and is not finite must not look like one that was not measured."""

    @pytest.mark.parametrize("word", ["nan", "NaN", "inf", "-inf"])
    def test_it_is_plus_infinity(self, tmp_path, word):
        cells = {"val/cls_loss": lambda epoch: word if epoch == 2 else 1.0}
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 5), cells))
        assert np.isposinf(series.val_loss).tolist() == [False, True, False, False]
        assert series.measured.all()

    def test_an_empty_cell_is_not_measured(self, tmp_path):
        cells = {"val/cls_loss": lambda epoch: "" if epoch == 2 else 1.0}
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 5), cells))
        assert np.isnan(series.val_loss).tolist() == [False, True, False, False]

    def test_in_train_losses_too(self, tmp_path):
        cells = {"train/box_loss": lambda epoch: "nan" if epoch == 3 else 1.0}
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 5), cells))
        assert np.isposinf(series.train_loss).tolist() == [False, False, True, False]


class TestEpochs:
    def test_counted_from_zero(self, tmp_path):
        assert read(tmp_path, logs.log(logs.DETECT, range(5))).epoch.tolist() == [1, 2, 3, 4, 5]

    @pytest.mark.parametrize("first", [2, 7])
    def test_yolov5_counts_from_zero_even_where_the_beginning_is_lost(self, tmp_path, first):
        series = read(tmp_path, logs.log(logs.V5, range(first, 12)))
        assert series.epoch.tolist() == list(range(first + 1, 13))
        assert saying(series.notes, f"starts at epoch {first + 1}")

    def test_every_row_says_epoch_1(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, [1, 1, 1, 1], {"time": 1}))
        assert series.epoch.tolist() == [1, 2, 3, 4]
        assert saying(series.notes, "every row says epoch 1")

    def test_rows_without_a_whole_epoch_are_left_out(self, tmp_path):
        half = dict.fromkeys(logs.DETECT.split(",")[1:], 0.5)
        text = logs.log(logs.DETECT, [1, 2]) + logs.rows(logs.DETECT, ["?", 2.5, -1], half)
        series = read(tmp_path, text)
        assert series.epoch.tolist() == [1, 2]
        assert saying(series.notes, "3 rows left out")

    def test_missing_ones_are_said(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, [1, 2, 5, 6]))
        assert series.epoch.tolist() == [1, 2, 5, 6]
        assert saying(series.notes, "2 epochs are missing")


class TestResumed:
    """What Ultralytics calls a resume is none that weights survive: it is a restart, and a confounder."""

    def test_the_later_rows_of_repeated_epochs_count(self, tmp_path):
        first = logs.log(logs.DETECT_V8, range(1, 9))
        again = logs.rows(logs.DETECT_V8, range(6, 11), {"val/box_loss": 90})
        series = read(tmp_path, first + again)
        assert series.epoch.tolist() == list(range(1, 11))
        assert (series.val_loss[5:] > 90).all()
        assert (series.val_loss[:5] < 90).all()
        (event,) = series.events
        assert (event.kind, event.epoch) == (EventKind.RESTART, 6)
        assert event.kind.confounds

    def test_a_clock_that_starts_over_shows_it_where_no_epoch_repeats(self, tmp_path):
        cells = {"time": lambda epoch: 10 * epoch if epoch < 6 else 10 * (epoch - 5)}
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 11), cells))
        (event,) = series.events
        assert (event.kind, event.epoch) == (EventKind.RESTART, 6)
        assert series.seconds.tolist() == [10.0 * epoch for epoch in range(1, 11)]

    def test_a_resumption_that_the_log_does_not_show_is_a_note(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT_V8, range(1, 9)), args=ARGS + "resume: runs/train/last.pt\n")
        assert saying(series.notes, "was resumed, and the log does not show where")

    def test_two_runs_in_one_file_are_not_glued_together(self, tmp_path):
        first = logs.log(logs.DETECT, range(1, 9), {"metrics/mAP50-95(B)": 0.9})
        second = logs.rows(logs.DETECT, range(1, 6))
        series = read(tmp_path, first + second)
        assert series.epoch.tolist() == [1, 2, 3, 4, 5]
        assert (series.val_score < 0.9).all()
        assert series.events == ()
        assert saying(series.notes, "2 runs one after the other")

    def test_with_a_header_before_each_run(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 9)) + logs.log(logs.DETECT, range(1, 6)))
        assert series.epoch.tolist() == [1, 2, 3, 4, 5]

    def test_a_release_with_more_columns_took_over(self, tmp_path):
        text = logs.log(logs.DETECT_V8, range(1, 4)) + logs.log(logs.DETECT, range(4, 7))
        series = read(tmp_path, text)
        assert series.epoch.tolist() == [1, 2, 3, 4, 5, 6]
        assert np.isnan(series.seconds).tolist() == [True] * 3 + [False] * 3
        assert not np.isnan(series.val_loss).any()


class TestTwoProcesses:
    def test_the_longest_run_is_taken(self, tmp_path):
        epochs = [1, 2, 3, 1, 4, 2, 5, 3, 6, 7, 8]
        high = iter([1, 1, 1, 5, 1, 5, 1, 5, 1, 1, 1])
        text = logs.log(logs.DETECT_V8, epochs, {"train/box_loss": lambda _: next(high)})
        series = read(tmp_path, text)
        assert series.epoch.tolist() == list(range(1, 9))
        assert np.ptp(series.train_loss) < 3  # none of the other run's rows, which are 4 higher
        assert saying(series.notes, "2 processes")

    def test_what_cannot_be_told_apart_is_refused(self, tmp_path):
        text = logs.log(logs.DETECT_V8, [1, 1, 2, 2, 3, 3, 4, 4])
        with pytest.raises(RunError, match="cannot be told apart") as caught:
            read(tmp_path, text)
        assert caught.value.hint
        assert "results.csv" in caught.value.where


class TestSkippedValidation:
    """With `val: false` the cells are zeros, not blanks, up to the last row: not a jump at the very end."""

    def zeros(self, last, header=logs.DETECT):
        def cell(name):
            return lambda epoch: 0 if epoch < last else f"{logs.value(name, epoch):.6g}"

        names = [name for name in header.split(",") if name.startswith(("metrics/", "val/"))]
        return {name: cell(name) for name in names}

    def test_zeros_are_not_measured(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 21), self.zeros(20)), args="epochs: 20\nval: false\n")
        assert series.measured.tolist() == [False] * 19 + [True]
        assert series.measured_every == 20
        assert saying(series.notes, "validation was skipped in 19 of 20 epochs")

    def test_a_score_of_zero_with_a_loss_is_measured(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 6), dict.fromkeys(logs.BOXES.split(","), 0)))
        assert series.measured.all()
        assert (series.val_score == 0).all()

    def test_nothing_but_zeros_is_refused_with_the_setting_that_did_it(self, tmp_path):
        with pytest.raises(RunError, match=r"never measured.*val: false") as caught:
            read(tmp_path, logs.log(logs.DETECT, range(1, 6), self.zeros(99)), args="val: false\n")
        assert "val=True" in caught.value.hint

    def test_blanks_are_refused_the_same_way(self, tmp_path):
        blank = dict.fromkeys(self.zeros(99), "")
        with pytest.raises(RunError, match="never measured"):
            read(tmp_path, logs.log(logs.DETECT, range(1, 6), blank))

    def test_measured_every_fifth_epoch(self, tmp_path):
        def cell(name):
            return lambda epoch: f"{logs.value(name, epoch):.6g}" if epoch % 5 == 0 else "nan"

        names = [name for name in logs.DETECT.split(",") if name.startswith("metrics/")]
        blank = {name: "" for name in logs.DETECT.split(",") if name.startswith("val/")}
        text = logs.log(logs.DETECT, range(1, 31), blank | {name: cell(name) for name in names})
        assert read(tmp_path, text).measured_every == 5


class TestNoLabels:
    """Without a label among the validation images Ultralytics writes scores of 0, which nobody measured."""

    ZEROS = dict.fromkeys([*logs.BOXES.split(","), "val/box_loss", "val/dfl_loss"], 0)

    def test_its_scores_are_not_measured(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 8), self.ZEROS))
        assert np.isnan(series.val_score).all()
        assert series.measured.all(), "the loss of classes is"
        assert saying(series.notes, "no validation image has a label")

    def test_with_a_loss_of_boxes_a_score_of_zero_is_measured(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 8), {**self.ZEROS, "val/box_loss": 0.00001}))
        assert (series.val_score == 0).all()
        assert not saying(series.notes, "label")

    def test_once_above_zero_all_are_measured(self, tmp_path):
        cells = {**self.ZEROS, "metrics/mAP50-95(B)": lambda epoch: 0.01 if epoch == 7 else 0}
        assert not np.isnan(read(tmp_path, logs.log(logs.DETECT, range(1, 8), cells)).val_score).any()


class TestCellsThatAreNoNumbers:
    """A spreadsheet makes dates and errors of some numbers: left out, and counted."""

    def test_they_are_counted(self, tmp_path):
        text = logs.log(logs.DETECT, range(1, 9))
        odd = {"val/box_loss": lambda epoch: "01.Feb" if epoch in {3, 5} else 1.5, "time": "#DIV/0!"}
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 9), odd))
        assert "10 cells were no numbers: left out" in series.notes
        assert np.flatnonzero(np.isnan(series.val_loss)).tolist() == [2, 4]
        assert not saying(read(tmp_path / "plain", text).notes, "no number")

    def test_empty_cells_and_columns_of_words_are_none(self, tmp_path):
        header = logs.DETECT + ",host"
        cells = {"host": "alpha", "val/box_loss": lambda epoch: "" if epoch == 3 else 1.5}
        assert not saying(read(tmp_path, logs.log(header, range(1, 9), cells)).notes, "no number")


class TestFrozenBlocks:
    """A set smaller than `nbs`: the weights move once in k epochs, and every cell of validation repeats."""

    def blocks(self, length, epochs, header=logs.DETECT):
        def cell(name):
            return lambda epoch: f"{logs.value(name, (epoch - 1) // length * length + 1):.6g}"

        names = [name for name in header.split(",") if name.startswith(("metrics/", "val/"))]
        return logs.log(header, range(1, epochs + 1), {name: cell(name) for name in names})

    @pytest.mark.parametrize("length", [2, 4, 8])
    def test_a_block_is_one_measurement(self, tmp_path, length):
        series = read(tmp_path, self.blocks(length, 48))
        assert series.measured_every == length
        assert np.flatnonzero(series.measured).tolist() == list(range(0, 48, length))
        assert saying(series.notes, f"blocks of {length} epochs")

    def test_steps_are_counted_instead(self, tmp_path):
        series = read(tmp_path, self.blocks(4, 24))
        assert series.step.tolist() == [1 + epoch // 4 for epoch in range(24)]

    def test_a_curve_that_has_settled_is_no_block(self, tmp_path):
        settled = {name: 1 for name in logs.DETECT.split(",") if name.startswith(("metrics/", "val/"))}
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 41), settled))
        assert series.measured.all()
        assert series.measured_every == 1


class TestConfounders:
    def test_closing_mosaic(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 41)), args=ARGS)
        (event,) = series.events
        assert (event.kind, event.epoch) == (EventKind.MOSAIC_CLOSED, 31)
        assert event.detail == "close_mosaic=10 in args.yaml"

    def test_not_before_it_happened(self, tmp_path):
        assert read(tmp_path, logs.log(logs.DETECT, range(1, 31)), args=ARGS).events == ()

    def test_not_for_a_classifier(self, tmp_path):
        assert read(tmp_path, logs.log(logs.CLASSIFY, range(1, 41)), args=ARGS).events == ()

    def test_a_step_of_the_learning_rate(self, tmp_path):
        cells = {f"lr/pg{i}": lambda epoch: 0.01 if epoch < 20 else 0.001 for i in range(3)}
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 31), cells))
        (event,) = series.events
        assert (event.kind, event.epoch) == (EventKind.LR_CHANGED, 20)
        assert event.detail == "lr from 0.01 to 0.001"

    def test_warm_up_is_planned(self, tmp_path):
        rates = {"lr/pg0": lambda e: max(0.1 - 0.03 * (e - 1), 0.01), "lr/pg1": lambda e: min(e / 300, 0.01)}
        rates["lr/pg2"] = rates["lr/pg1"]
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 31), rates), args="warmup_epochs: 3.0\n")
        assert series.events == ()

    def test_an_automatic_optimizer_is_a_note(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 5)), args="optimizer: auto\n")
        assert saying(series.notes, "optimizer `auto`")

    def test_unknown_settings_are_a_note(self, tmp_path):
        assert saying(read(tmp_path, logs.log(logs.DETECT, range(1, 5))).notes, "no args.yaml")

    def test_effective_weight_decay(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 5)), args=ARGS)
        assert series.weight_decay.tolist() == [0.0005] * 4
        assert np.isnan(series.decay_budget).all()  # steps are not in the log

    def test_how_long_the_run_was_meant_to_be(self, tmp_path):
        assert read(tmp_path, logs.log(logs.DETECT, range(1, 5)), args=ARGS).epochs_planned == 40

    def test_settings_of_another_run(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 51)), args=ARGS)
        assert saying(series.notes, "may belong to another run")
        assert series.events == ()


class TestTornAndRagged:
    def test_a_last_line_torn_anywhere_is_dropped_or_whole(self, tmp_path):
        text = logs.log(logs.DETECT, range(1, 4))
        start = text.rstrip("\n").rfind("\n") + 1
        whole = read(tmp_path / "whole", text)
        for end in range(start, len(text)):
            series = read(tmp_path / str(end), text[:end])
            assert len(series) in {2, 3}
            np.testing.assert_array_equal(series.val_loss, whole.val_loss[: len(series)])
            np.testing.assert_array_equal(series.val_score, whole.val_score[: len(series)])

    def test_rows_of_another_length_are_left_out(self, tmp_path):
        text = logs.log(logs.DETECT, range(1, 4)) + "4,1.0,2.0\n" + "5" + ",1" * 40 + "\n"
        series = read(tmp_path, text)
        assert series.epoch.tolist() == [1, 2, 3]
        assert saying(series.notes, "2 rows left out")

    def test_crlf_bom_and_quotes_change_nothing(self, tmp_path):
        text = logs.log(logs.DETECT, range(1, 4))
        plain = read(tmp_path / "plain", text)
        quoted = "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines())
        for i, odd in enumerate(
            [text.replace("\n", "\r\n"), "\ufeff" + text, quoted + "\n", text.replace("\n", "\n\n")]
        ):
            series = read(tmp_path / str(i), odd)
            np.testing.assert_array_equal(series.val_loss, plain.val_loss)
            assert series.notes == plain.notes

    def test_utf16_as_a_shell_may_have_saved_it(self, tmp_path):
        series = read(tmp_path, logs.log(logs.DETECT, range(1, 4)).encode("utf-16"))
        assert series.epoch.tolist() == [1, 2, 3]


class TestRefused:
    """One clear error each: what, where, and what to type next."""

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("", "the log is empty"),
            ("\n\n", "the log is empty"),
            (logs.DETECT, "no finished epoch"),
            (logs.DETECT + "\n", "no finished epoch"),
            (logs.DETECT + "\n1,2", "no finished epoch"),
            (logs.DETECT + "\n1,2\n", "no row fits the header"),
            ("epoch,loss,accuracy,val_loss,val_accuracy\n1,1,1,1,1\n", "another tool's"),
            ("epoch,step,train_loss_epoch,val_acc\n0,10,1.0,0.5\n", "another tool's"),
            ("epoch,time,train/box_loss,lr/pg0\n1,2,3,0.1\n", "no validation in this log"),
            ("name,age\nx,1\n", "no header line"),
            ("1,2,3\n4,5,6\n", "no header line"),
            (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary file"),
            (bytes(range(256)) * 8, "binary file"),
        ],
    )
    def test_with_the_reason(self, tmp_path, text, what):
        with pytest.raises(RunError, match=what) as caught:
            read(tmp_path, text)
        assert "results.csv" in caught.value.where
        assert caught.value.hint
        assert caught.value.exit_code == 2

    def test_the_columns_that_were_found_are_named(self, tmp_path):
        with pytest.raises(RunError) as caught:
            read(tmp_path, "epoch,loss,val_accuracy\n1,1,1\n")
        assert "epoch, loss, val_accuracy" in caught.value.where
