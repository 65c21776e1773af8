"""The dictionary of headers."""

import pytest

from grokyolo.errors import RunError
from grokyolo.gap import Source
from grokyolo.gap.columns import find_layout
from tests.gap import logs


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
