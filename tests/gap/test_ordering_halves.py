"""Two rows an epoch, one for training and one for validation: read as one."""

import numpy as np
import pytest

from grokyolo.errors import RunError
from grokyolo.gap import EventKind, read_run
from grokyolo.gap import table as module
from tests.gap import logs

HEADER = "epoch,step,train/loss,val/loss,val/mAP_50_95,val/mAP_50,lr-AdamW"
SAID = "complete each other"


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
