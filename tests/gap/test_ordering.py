"""Which rows of a log are one run, when its epochs do not simply rise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.errors import RunError
from grokyolo.gap import EventKind, read_run
from grokyolo.gap import table as module
from grokyolo.gap.ordering import order_rows
from tests.gap import logs

HEADER = "epoch,step,train/loss,val/loss,val/mAP_50_95,val/mAP_50,lr-AdamW"
SAID = "complete each other"


def order(epochs, marks=None):
    marks = np.zeros((len(epochs), 1)) if marks is None else np.array(marks, dtype=float).reshape(len(epochs), -1)
    return order_rows(np.array(epochs, dtype=np.int64), marks, "runs/a/results.csv")


class TestOneRun:
    def test_rising_epochs_stay_as_they_are(self):
        found = order([1, 2, 3])
        assert found.rows.tolist() == [0, 1, 2]
        assert found.epochs.tolist() == [1, 2, 3]
        assert (found.seams, found.notes) == ((), ())

    def test_one_row(self):
        assert order([1]).epochs.tolist() == [1]

    def test_another_order_of_the_same_epochs_is_sorted(self):
        found = order([3, 1, 2])
        assert found.rows.tolist() == [1, 2, 0]
        assert found.epochs.tolist() == [1, 2, 3]
        assert "sorted" in found.notes[0]

    def test_one_and_the_same_epoch_is_numbered(self):
        assert order([7, 7, 7]).epochs.tolist() == [1, 2, 3]

    def test_a_single_hole(self):
        assert order([1, 3]).notes == ("1 epoch is missing between the first and the last row",)

    def test_holes_are_said(self):
        assert order([3, 4, 9]).notes == (
            "4 epochs are missing between the first and the last row",
            "the log starts at epoch 3",
        )


class TestResumed:
    def test_the_later_rows_replace_the_earlier_ones(self):
        found = order([1, 2, 3, 4, 3, 4, 5])
        assert found.rows.tolist() == [0, 1, 4, 5, 6]
        assert found.epochs.tolist() == [1, 2, 3, 4, 5]
        assert found.seams == ((3, "resumed: the log goes back from epoch 4 to 3"),)
        assert found.notes == ("resumed 1×: 2 rows replaced by later ones",)

    def test_twice(self):
        found = order([*range(1, 9), *range(7, 12), *range(10, 16)])
        assert found.epochs.tolist() == list(range(1, 16))
        assert [epoch for epoch, _ in found.seams] == [7, 10]

    def test_a_seam_that_was_thrown_away_itself_is_none(self):
        found = order([*range(1, 9), *range(7, 12), *range(3, 16)])
        assert found.epochs.tolist() == list(range(1, 16))
        assert [epoch for epoch, _ in found.seams] == [3]

    def test_every_other_epoch_is_still_a_resumption(self):
        assert [epoch for epoch, _ in order([1, 2, 3, 3, 4, 4]).seams] == [3, 4]

    def test_from_a_best_pt_far_back(self):
        found = order([*range(1, 142), *range(41, 51)])
        assert found.epochs.tolist() == list(range(1, 51))
        assert found.seams[0][0] == 41

    def test_a_last_row_torn_from_its_run(self):
        assert order([*range(1, 335), 324, 325]).epochs.tolist() == list(range(1, 326))

    @given(
        st.lists(st.integers(10, 40), min_size=1, max_size=4),
        st.lists(st.integers(1, 5), min_size=4, max_size=4),
    )
    def test_any_chain_of_resumptions_is_one_run_to_its_last_row(self, lengths, back):
        epochs: list[int] = []
        for length, repeated in zip(lengths, back, strict=False):
            start = max(epochs[-1] - repeated + 1, 2) if epochs else 1
            epochs += range(start, start + length)
        found = order(epochs)
        assert found.epochs.tolist() == list(range(1, epochs[-1] + 1))
        last_seen = {epoch: row for row, epoch in enumerate(epochs)}
        assert found.rows.tolist() == [last_seen[epoch] for epoch in found.epochs.tolist()]
        assert len(found.seams) == len(lengths) - 1


class TestAppended:
    def test_the_last_run_counts(self):
        found = order([1, 2, 3, 4, 1, 2, 3])
        assert found.rows.tolist() == [4, 5, 6]
        assert found.seams == ()
        (note,) = found.notes
        assert note.startswith("the file holds 2 runs one after the other: the last one counts")
        assert note.endswith("the one before it (4 epochs) left out")

    def test_many(self):
        found = order([1, 1, 1, 2, 1, 2, 3])
        assert found.epochs.tolist() == [1, 2, 3]
        assert "(1, 1, 2 epochs)" in found.notes[0]

    def test_the_last_one_was_resumed(self):
        found = order([1, 2, 3, *range(1, 9), *range(7, 10)])
        assert found.epochs.tolist() == list(range(1, 10))
        assert [epoch for epoch, _ in found.seams] == [7]

    def test_with_a_hole_in_the_last_one(self):
        found = order([1, 2, 3, 1, 2, 7, 8])
        assert found.epochs.tolist() == [1, 2, 7, 8]
        assert "4 epochs are missing" in found.notes[1]


class TestTwoProcesses:
    def test_rows_are_sorted_out_by_what_they_say(self):
        epochs = [1, 2, 3, 1, 4, 2, 5, 3, 6, 4]
        high = [9.0, 8.9, 8.8, 2.0, 8.7, 1.9, 8.6, 1.8, 8.5, 1.7]
        found = order(epochs, high)
        assert found.rows.tolist() == [0, 1, 2, 4, 6, 8]
        assert "2 processes wrote into this file at once: the longest run counts (6 epochs), 4 rows" in found.notes[0]

    def test_in_lockstep(self):
        epochs = [epoch for epoch in range(1, 9) for _ in range(2)]
        marks = [[10 - epoch / 10, 5 - epoch / 10][i % 2] for i, epoch in enumerate(epochs)]
        found = order(epochs, marks)
        assert found.epochs.tolist() == list(range(1, 9))
        assert len(set(found.rows % 2)) == 1  # every row from one and the same process

    def test_in_changing_turns(self):
        epochs = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
        first = [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1]
        marks = [9 - 0.1 * epoch if own else 3 - 0.1 * epoch for epoch, own in zip(epochs, first, strict=True)]
        found = order(epochs, marks)
        assert [first[row] for row in found.rows] == [1] * 6

    def test_small_numbers_tell_as_well_as_large_ones(self):
        """Two runs with much the same losses and learning rates a factor of ten apart."""
        epochs = [1, 1, 2, 2, 3, 3, 4, 4]
        own = [1, 0, 0, 1, 1, 0, 0, 1]
        loss = [5.1, 4.9, 5.0, 5.2, 4.8, 5.1, 5.0, 4.9]
        marks = [[value, 0.01 if first else 0.001] for value, first in zip(loss, own, strict=True)]
        assert len({own[row] for row in order(epochs, marks).rows}) == 1

    @pytest.mark.parametrize(
        ("epochs", "row"),
        [([1, 1, 2, 2, 3, 3], 3), ([1, 2, 1, 3, 2, 4, 3, 3], 8), ([1, 9, 2, 9, 5, 2, 9], 2)],
    )
    def test_what_cannot_be_told_apart_is_refused(self, epochs, row):
        with pytest.raises(RunError, match=f"cannot be told apart from row {row} on") as caught:
            order(epochs)
        assert caught.value.where == "runs/a/results.csv"
        assert caught.value.hint == "cut -d, -f1 runs/a/results.csv"


@given(st.lists(st.integers(1, 12), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_any_epochs_give_one_rising_run_or_an_error(epochs, seed):
    marks = np.random.default_rng(seed).normal(size=(len(epochs), 2))
    try:
        found = order(epochs, marks)
    except RunError:
        return
    assert (np.diff(found.epochs) > 0).all()
    assert len(set(found.rows.tolist())) == len(found.rows) == len(found.epochs)
    if len(set(epochs)) > 1 or len(epochs) == 1:
        assert [epochs[row] for row in found.rows] == found.epochs.tolist()


def value(name, epoch):
    return {"step": 50 * (epoch + 1), "lr-AdamW": 1e-4}.get(name, round(12 / (epoch + 1) + len(name), 4))


def lightning(epochs, every=1, merged=False, names=("val/loss", "val/mAP_50_95", "val/mAP_50")):
    columns = HEADER.split(",")[1:]
    rows = [HEADER]
    for epoch in epochs:
        cells = {name: value(name, epoch) if "mAP" not in name else round(epoch / 100, 4) for name in columns}
        measured = (epoch + 1) % every == 0
        train = {name: "" if name in names and not (merged and measured) else cells[name] for name in columns}
        rows.append(",".join([str(epoch), *(str(train[name]) for name in columns)]))
        if measured and not merged:
            val = {name: cells[name] if name in {*names, "step"} else "" for name in columns}
            rows.append(",".join([str(epoch), *(str(val[name]) for name in columns)]))
    return "\n".join(rows) + "\n"


def read(folder, text):
    return read_run(logs.run(folder / "run", text))


@pytest.mark.parametrize("every", [1, 5])
@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_alike_whether_merged_or_not(tmp_path, monkeypatch, every, large):
    if large:
        monkeypatch.setattr(module, "FAST_BYTES", 1)
    halves = read(tmp_path / "halves", lightning(range(40), every))
    merged = read(tmp_path / "merged", lightning(range(40), every, merged=True))
    assert halves.epoch.tolist() == list(range(1, 41))
    for name in ("epoch", "lr", "train_loss", "val_loss", "val_score"):
        np.testing.assert_array_equal(getattr(halves, name), getattr(merged, name))
    assert not np.isnan(halves.train_loss).any()
    assert halves.measured_every == every
    assert halves.events == ()
    assert [note for note in halves.notes if SAID in note]
    assert not [note for note in merged.notes if SAID in note]


def test_a_resume_of_such_a_log_is_one_resume(tmp_path):
    series = read(tmp_path, lightning(range(8)) + lightning(range(5, 12)).split("\n", 1)[1])
    assert series.epoch.tolist() == list(range(1, 13))
    assert [(event.kind, event.epoch) for event in series.events] == [(EventKind.RESTART, 6)]
    assert not np.isnan(series.train_loss).any()
    assert series.measured.all()


def test_the_same_row_twice_is_no_half(tmp_path):
    text = logs.log(logs.DETECT_V8, range(1, 6)) + logs.rows(logs.DETECT_V8, [5, 6])
    series = read(tmp_path, text)
    assert series.epoch.tolist() == [1, 2, 3, 4, 5, 6]
    assert not [note for note in series.notes if SAID in note]


def test_rows_that_contradict_each_other_stay_two(tmp_path):
    rows = [f"{epoch},9.5,{side or ''},0.{5 + side}" for epoch in range(1, 5) for side in (0, 1)]
    with pytest.raises(RunError, match="cannot be told apart"):
        read(tmp_path, "epoch,train/loss,val/loss,metrics/mAP50-95(B)\n" + "\n".join(rows) + "\n")
