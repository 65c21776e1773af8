"""The dictionary of headers."""

from __future__ import annotations

import numpy as np
import pytest

from grokyolo.errors import RunError
from grokyolo.gap import EpochRecord, GapWriter, Source, read_run
from grokyolo.gap import table as module
from grokyolo.gap.columns import find_layout, to_csv
from tests.gap import logs

DETR = '{"train_lr": 0.0001, "train_loss": 8.5, "test_loss": 9.1, "test_coco_eval_bbox": [0.1], "epoch": 0}\n'
OLD_MM = '{"env_info": "sys.platform: linux", "seed": null}\n{"mode": "train", "epoch": 1, "iter": 50, "loss": 1.5}\n'
NEW_MM = '{"lr": 0.01, "data_time": 0.1, "loss": 1.5, "loss_cls": 0.5, "epoch": 1, "iter": 50, "step": 50}\n'
MM_TEXT = "2023/03/01 12:00:00 - mmengine - INFO - Epoch(train)   [1][  50/1000]  lr: 1.0e-03  loss: 1.5\n"
DETECTRON = '{"data_time": 0.003, "eta_seconds": 12.0, "iteration": 19, "loss_cls": 0.5, "total_loss": 1.5}\n'
YOLOX = "2021-08-18 15:14:00 | INFO     | yolox.core.trainer:130 - args: Namespace(batch_size=8)\n"
DARKNET = (
    " (next mAP calculation at 1000 iterations)\n"
    " 1: 1234.503906, 1234.503906 avg loss, 0.000000 rate, 3.210000 seconds, 64 images, 3.1 hours left\n"
)
PADDLE = "[02/15 11:02:31] ppdet.engine INFO: Epoch: [0] [  0/100] learning_rate: 0.0001 loss: 9.1\n"
TRANSFORMERS = '{\n  "best_metric": 0.5,\n  "log_history": [{"epoch": 1.0, "loss": 1.5}]\n}\n'
LOGS = {
    "DETR": DETR,
    "mmdetection or mmyolo": OLD_MM,
    "mmdetection or mmyolo ": NEW_MM,
    "mmdetection or mmyolo  ": MM_TEXT,
    "Detectron2": DETECTRON,
    "YOLOX": YOLOX,
    "Darknet": DARKNET,
    "PaddleDetection": PADDLE,
    "Hugging Face Transformers": TRANSFORMERS,
    "TensorBoard": b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22\t\0\0\xc0\x1a\x0f\x18\xd9\x41\x1a\rbrain.Event:2\xec\x7e",
    "Keras' CSVLogger": "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.5,0.4,1.6\n",
    "Lightning's CSVLogger": "epoch,step,train_loss_epoch,val_acc\n0,10,1.0,\n0,10,,0.5\n",
    "fastai's CSVLogger": "epoch,train_loss,valid_loss,error_rate,time\n0,1.5,1.6,0.4,00:12\n",
}
TEXT = logs.log(logs.DETECT, range(1, 13))
ARRAYS = ("epoch", "step", "seconds", "lr", "train_loss", "probe_loss", "val_loss", "probe_score", "val_score")


def layout(header):
    return find_layout(header.split(","), "results.csv")


class TestScore:
    @pytest.mark.parametrize(
        ("header", "column", "name"),
        [
            (logs.DETECT, "metrics/mAP50-95(B)", "mAP50-95"),
            (logs.SEGMENT, "metrics/mAP50-95(M)", "mAP50-95(M)"),
            (logs.POSE, "metrics/mAP50-95(P)", "mAP50-95(P)"),
            (logs.CLASSIFY, "metrics/accuracy_top1", "top1"),
            (logs.V5, "metrics/mAP_0.5:0.95", "mAP50-95"),
            (logs.V5_SEGMENT, "metrics/mAP_0.5:0.95(M)", "mAP50-95(M)"),
            ("epoch,train/loss,metrics/mIoU,val/loss", "metrics/mIoU", "mIoU"),
            ("epoch,train/loss,metrics/delta1,val/loss", "metrics/delta1", "delta1"),
            ("epoch,train/loss,val/loss", None, ""),
        ],
    )
    def test_the_headline_metric(self, header, column, name):
        found = layout(header)
        assert (found.score, found.score_name) == (column, name)

    def test_case_does_not_matter(self):
        assert layout("Epoch,Metrics/MAP50-95(B),VAL/box_loss").score == "Metrics/MAP50-95(B)"


class TestLosses:
    def test_items_in_the_order_of_the_header(self):
        found = layout(logs.POSE)
        assert found.train == tuple(f"train/{n}_loss" for n in ("box", "pose", "kobj", "cls", "dfl"))
        assert found.val == tuple(name.replace("train/", "val/") for name in found.train)
        assert found.notes == ()

    def test_metrics_among_them_are_no_losses(self):
        found = layout("epoch,train/loss,train/accuracy,train/mAP50,val/loss,val/precision,val/fitness")
        assert (found.train, found.val) == (("train/loss",), ("val/loss",))

    def test_only_what_both_have(self):
        found = layout("epoch,train/box_loss,train/new_loss,val/box_loss,val/old_loss")
        assert (found.train, found.val) == (("train/box_loss",), ("val/box_loss",))
        assert found.notes[0].endswith("without train/new_loss, val/old_loss")

    def test_nothing_in_common(self):
        found = layout("epoch,train/a_loss,val/b_loss")
        assert (found.train, found.val) == (("train/a_loss",), ("val/b_loss",))
        assert "says nothing" in found.notes[0]

    def test_yolov5_classifiers_say_test(self):
        found = layout(logs.V5_CLASSIFY)
        assert (found.train, found.val) == (("train/loss",), ("test/loss",))
        assert "test/loss" in found.measured


class TestTheRest:
    def test_what_validation_writes(self):
        boxes = tuple(logs.BOXES.split(","))
        assert set(layout(logs.DETECT).measured) == {*boxes, "val/box_loss", "val/cls_loss", "val/dfl_loss"}

    @pytest.mark.parametrize(
        ("header", "groups"),
        [
            (logs.DETECT, ("lr/pg0", "lr/pg1", "lr/pg2")),
            (logs.V5, ("x/lr0", "x/lr1", "x/lr2")),
            (logs.V5_CLASSIFY, ("lr/0",)),
            ("epoch,val/loss", ()),
        ],
    )
    def test_learning_rates(self, header, groups):
        assert layout(header).lr == groups

    def test_time(self):
        assert layout(logs.DETECT).time == "time"
        assert layout(logs.DETECT_V8).time is None

    @pytest.mark.parametrize("header", [logs.V5, logs.V5_SEGMENT, logs.V5_CLASSIFY, logs.V9])
    def test_the_old_family(self, header):
        assert layout(header).source is Source.YOLOV5

    @pytest.mark.parametrize("header", [logs.DETECT, logs.RTDETR, logs.YOLOV10, logs.CLASSIFY, logs.OBB])
    def test_the_new_family(self, header):
        assert layout(header).source is Source.ULTRALYTICS


class TestRefused:
    @pytest.mark.parametrize(
        "header",
        ["epoch,losses,val_losses", "epoch,train/box_loss,lr/pg0", "epoch", "epoch,train_error,valid_error"],
    )
    def test_what_was_looked_for_and_what_was_found(self, header):
        with pytest.raises(RunError, match=r"looked for metrics/mAP50-95\(B\)") as caught:
            layout(header)
        assert caught.value.where.startswith("results.csv: epoch")

    def test_a_long_header_is_cut_short(self):
        with pytest.raises(RunError) as caught:
            layout("epoch," + ",".join(f"c{i}" for i in range(50)))
        assert caught.value.where == "results.csv: epoch, c0, c1, c2, c3, c4, ..."


@pytest.mark.parametrize("tool", LOGS)
def test_by_name_with_what_to_do(tmp_path, tool):
    log = logs.run(tmp_path, LOGS[tool], "log.txt") / "log.txt"
    with pytest.raises(RunError) as caught:
        read_run(log)
    assert f"another tool's log, of {tool.strip()}" in caught.value.what
    assert "epoch, train/loss, val/loss" in caught.value.what
    assert str(log) in caught.value.where
    assert caught.value.hint == f"head -3 {log}"


def test_what_to_do_works(tmp_path):
    text = "epoch,train/loss,val/loss,metrics/mAP50-95(B)\n0,1.5,1.6,0.1\n1,1.4,1.5,0.2\n"
    series = read_run(logs.run(tmp_path, text))
    assert series.epoch.tolist() == [1, 2]
    assert series.val_score.tolist() == [0.1, 0.2]


@pytest.mark.parametrize(("name", "tool"), [("log.txt", "DETR"), ("metrics.csv", "Lightning's CSVLogger")])
def test_in_a_folder_the_next_command_leads_to_it(tmp_path, name, tool):
    logs.run(tmp_path, LOGS[tool], name)
    with pytest.raises(RunError, match=f"but {name}") as caught:
        read_run(tmp_path)
    assert caught.value.hint == f"grokyolo gap {tmp_path / name}"


@pytest.mark.parametrize("text", ["name,age\nx,1\n", '{"a": 1}\n', "epoch: 1, loss: 2\n", ""])
def test_no_name_is_guessed(tmp_path, text):
    with pytest.raises(RunError) as caught:
        read_run(logs.run(tmp_path, text))
    assert "log, of" not in caught.value.what


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
