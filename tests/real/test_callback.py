"""The callback in trainings of plain Ultralytics: every task, other families, and never a trace in the weights."""

from pathlib import Path

import numpy as np
import pytest

import grokyolo
from grokyolo.gap import read_run
from grokyolo.recipe import load
from tests import data
from tests.real.training import events, log, same_weights, trained


def plain(recipe, folder: Path, *, callback: dict | None = None, name="plain", **changes):
    """Train as `yolo train` does; returns the run and the weights, raw and averaged."""
    from ultralytics import YOLO

    found = {}

    def note(trainer):
        found["model"] = {k: v.clone() for k, v in trainer.model.state_dict().items()}
        found["ema"] = {k: v.clone() for k, v in trainer.ema.ema.state_dict().items()}

    model = YOLO(recipe.model, task=recipe.train["task"])
    if callback is not None:
        grokyolo.add_grokyolo_callback(model, **callback)
    model.add_callback("on_train_end", note)
    arguments = {key: value for key, value in recipe.train.items() if key != "task"} | changes
    model.train(**arguments, data=recipe.data, project=str(folder), name=name, verbose=False)
    return folder / name, found


@pytest.mark.parametrize("task", data.TASKS)
def test_weights_are_those_without_it_and_the_gap_is_that_of_grokyolo(task, small, workplace):
    recipe = load(str(small(task)))
    run, watched = plain(recipe, workplace, callback={"probe": 4}, name="watched")
    _, alone = plain(recipe, workplace)
    assert same_weights(watched, alone)
    ours = read_run(trained(small(task), "ours"))
    series = read_run(run)
    assert series.like_for_like
    assert series.epoch.tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(series.step, ours.step)
    for name in ("train_loss", "probe_loss", "val_loss", "probe_score", "val_score", "norm_decayed", "lr"):
        np.testing.assert_allclose(getattr(series, name), getattr(ours, name), rtol=2e-3, atol=1e-3, err_msg=name)
    assert events(run) == {1: "start"}


def test_every_second_epoch_and_no_probe(small, workplace):
    recipe = load(str(small("classify")))
    run, _ = plain(recipe, workplace, callback={"probe": 4, "every": 3}, name="rarely")
    assert [row[0] for row in log(run) if row[5]] == ["1", "3", "4"]
    assert all(row[6] for row in log(run)), "validation costs nothing more"
    run, _ = plain(recipe, workplace, callback={"probe": 0}, name="none")
    assert not any(row[5] for row in log(run))


def test_a_run_that_is_only_measured_is_judged_but_not_resumed(small, workplace, grokyolo):
    run, _ = plain(load(str(small("classify"))), workplace, callback={"probe": 4}, name="watched")
    code, out, _ = grokyolo("gap", str(run))
    assert code == 0
    assert "undecided" in out
    code, _, err = grokyolo("resume", str(run))
    assert code == 2
    assert "try:   yolo train resume model=" in err


def test_a_resume_of_ultralytics_goes_on_with_the_log(small, workplace):
    from ultralytics import YOLO

    class Killed(Exception):
        pass

    def kill(trainer):
        if trainer.epoch == 1:
            raise Killed

    recipe = load(str(small("detect")))
    model = YOLO(recipe.model)
    grokyolo.add_grokyolo_callback(model, probe=4)
    model.add_callback("on_train_batch_start", kill)
    arguments = {key: value for key, value in recipe.train.items() if key != "task"}
    with pytest.raises(Killed):
        model.train(**arguments, data=recipe.data, project=str(workplace), name="run", verbose=False)
    again = YOLO(str(workplace / "run" / "weights" / "last.pt"))
    grokyolo.add_grokyolo_callback(again, probe=4)
    again.train(resume=True)
    assert read_run(workplace / "run").epoch.tolist() == [1, 2, 3, 4]
    assert events(workplace / "run") == {1: "start", 2: "restart"}


def test_another_model_family(small, workplace):
    from ultralytics import RTDETR
    from ultralytics.utils import ROOT

    recipe = load(str(small("detect")))
    model = RTDETR(str(ROOT / "cfg" / "models" / "rt-detr" / "rtdetr-l.yaml"))
    grokyolo.add_grokyolo_callback(model, probe=4)
    arguments = data.QUIET | {"epochs": 2, "batch": 4, "nbs": 4}
    model.train(**arguments, data=recipe.data, project=str(workplace), name="run", verbose=False)
    series = read_run(workplace / "run")
    assert series.like_for_like
    assert np.isfinite(series.loss_gap).all()


def test_a_failure_of_measuring_does_not_end_the_training(small, workplace, monkeypatch, caplog):
    from grokyolo.training.probe import Probe

    def broken(*_):
        raise ZeroDivisionError("by zero")

    recipe = load(str(small("classify")))
    _, alone = plain(recipe, workplace)
    monkeypatch.setattr(Probe, "measure", broken)
    _, watched = plain(recipe, workplace, callback={"probe": 4}, name="watched")
    assert same_weights(watched, alone)
    assert "grokyolo measures no gap any more: ZeroDivisionError: by zero" in caplog.text


def test_from_python_what_the_verb_does(small, workplace):
    run = grokyolo.train(str(small("classify")), name="api", epochs=2, gap={"every": 2})
    assert Path(run.run) == workplace / "runs" / "api"
    assert run.epoch.tolist() == [1, 2]
