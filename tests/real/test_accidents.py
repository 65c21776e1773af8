"""What may happen in the middle of a training."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from ultralytics.nn.modules import Conv
from ultralytics.utils.callbacks import default_callbacks

from grokyolo.errors import DataError, GrokyoloError
from grokyolo.gap import read_run
from grokyolo.recipe import load
from grokyolo.training import train
from tests import data
from tests.real.training import events, listener, log, trained


@pytest.fixture
def at(monkeypatch):
    """Do something to the trainer at the start of an epoch (1-based)."""

    def at(epochs, action, event="on_train_epoch_start"):
        def hook(trainer):
            if trainer.epoch + 1 in epochs:
                action(trainer)

        monkeypatch.setitem(default_callbacks, event, [hook])

    return at


def poison(trainer):
    """Let a weight be no number, as an overflow does."""
    next(trainer.model.parameters()).data.view(-1)[0] = float("nan")


def test_a_loss_that_is_no_number_is_recovered_from_and_logged(at, small, workplace):
    times = []

    def once(trainer):
        if not times:
            times.append(trainer.epoch)
            poison(trainer)

    at({3}, once)
    run = trained(small("classify", "nan"), "run")
    assert events(run) == {1: "start", 3: "recover"}
    assert all(float(row[4]) == float(row[4]) for row in log(run)), "no row holds NaN"


def test_recovery_is_bounded(at, small, workplace):
    at({3}, poison)
    with pytest.raises(GrokyoloError, match="epoch 3 was not finite in 4 attempts") as caught:
        trained(small("classify", "nan"), "run")
    assert caught.value.exit_code == 1
    assert len(read_run(workplace / "runs" / "run").epoch) == 2


def test_nothing_to_go_back_to_shows_in_the_log(at, small, workplace):
    at({1}, poison)
    run = trained(small("classify", "nan"), "run")
    assert [row[4] for row in log(run)] == ["NaN"] * 4


def test_a_run_folder_that_is_taken_away_stops_the_training(at, small, workplace):
    at({3}, lambda _trainer: shutil.move("runs/run", "elsewhere"))
    with pytest.raises(GrokyoloError, match="moved or removed"):
        trained(small("classify", "moved"), "run")
    assert len(read_run(workplace / "elsewhere").epoch) == 2
    assert not (workplace / "runs" / "run").exists(), "nothing is written where the run was"


def test_memory_that_runs_out_at_first_halves_the_batch(at, small, workplace, monkeypatch):
    raised = []

    def hungry(trainer):
        if trainer.batch_size == 4:
            raised.append(trainer.batch_size)
            raise RuntimeError("CUDA out of memory")

    from grokyolo.training.engine import Engine

    forward = Engine._forward_backward
    monkeypatch.setattr(Engine, "_forward_backward", lambda self, i, batch: (hungry(self), forward(self, i, batch))[1])
    run = trained(small("classify", "memory"), "run")
    assert raised == [4]
    assert events(run) == {1: "start|retry"}


def test_a_validation_that_raises_stops_with_what_was_saved(at, small, workplace):
    def fail(_validator):
        if (workplace / "runs" / "run" / "gap.csv").read_text().count("\n") > 2:
            raise RuntimeError("the validator broke")

    default_callbacks["on_val_start"].append(fail)
    try:
        with pytest.raises(GrokyoloError, match="the validator broke") as caught:
            trained(small("classify", "broken"), "run")
    finally:
        default_callbacks["on_val_start"].remove(fail)
    assert caught.value.exit_code == 1
    assert "grokyolo resume runs/run" in caught.value.hint
    assert "the validator broke" in (workplace / "runs" / "run" / "error.txt").read_text()


def test_a_remark_that_cannot_be_written_down_is_told_and_stops_nothing(workplace):
    recipe = data.recipe("detect", workplace / "small", epochs=2)
    for label in (workplace / "small" / "detect" / "labels" / "val").iterdir():
        label.write_text("")
    warned: list[str] = []

    def started(run):
        (run / "warnings.csv").mkdir()

    told = replace(listener(warnings=warned), started=started)
    run = train(load(str(recipe)), name="run", listener=told)
    assert len(log(run)) == 2
    assert any("cannot write it down: Is a directory" in text for text in warned)


def test_without_a_label_among_the_validation_images_their_score_is_not_measured(workplace):
    recipe = data.recipe("detect", workplace / "small", epochs=2)
    for label in (workplace / "small" / "detect" / "labels" / "val").iterdir():
        label.write_text("")
    warned: list[str] = []
    series = read_run(trained(recipe, "run", warnings=warned))
    assert np.isnan(series.val_score).all()
    assert not np.isnan(series.val_loss).any()
    assert not np.isnan(series.probe_score).any()
    said = "no validation image has a label: val_score is not measured"
    assert sum(said in text for text in warned) == 1
    assert f"epoch 1: {said}" in series.notes


def test_an_architecture_that_breaks_half_way_leaves_later_models_as_they_were(small, workplace):
    own = workplace / "own.yaml"
    own.write_text("nc: 2\nactivation: torch.nn.ReLU()\nbackbone: [[-1, 1, NoSuchLayer, [16]]]\nhead: []\n")
    with pytest.raises(DataError, match="cannot find, read or download the model"):
        trained(small("classify", "broken"), "broken", f"model={own}")
    assert isinstance(Conv.default_act, torch.nn.SiLU)
