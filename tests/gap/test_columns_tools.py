"""Logs of other tools are refused by name, and what to do then works."""

import pytest

from grokyolo.errors import RunError
from grokyolo.gap import read_run
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
