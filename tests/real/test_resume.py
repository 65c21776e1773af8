"""Stopped and resumed is the same as never stopped, bit for bit."""

import signal

import pytest

from grokyolo.errors import Interrupted, RunError, Stopped
from grokyolo.recipe import load
from grokyolo.run import extension
from grokyolo.run import state as states
from grokyolo.training import go_on
from tests import data
from tests.real.training import (
    events,
    gone_on,
    listener,
    log,
    same_weights,
    stop_after,
    trained,
    weights,
)


def stopped_twice(recipe, *overrides):
    """Train with two stops, each in another way, and return the run."""
    with pytest.raises(Stopped, match="saved up to epoch 1 of"):
        trained(recipe, "stopped", *overrides, epoch=stop_after(1, signal.SIGTERM))
    (run,) = (path for path in (recipe.parent.cwd() / "runs").iterdir() if path.name == "stopped")
    with pytest.raises(Interrupted):
        gone_on(run, epoch=stop_after(3, signal.SIGINT))
    gone_on(run)
    assert [epoch for epoch, words in events(run).items() if "resume" in words] == [2, 4]
    return run


CASES = {
    "augmented": {},
    "not-augmented": data.AUGMENTATION_OFF,
    "accumulating": {"batch": 2, "nbs": 8, "warmup_epochs": 0},
    "mosaic-closing": {"close_mosaic": 2},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("task", data.TASKS)
def test_every_task(task, case, small, workplace):
    recipe = small(task, case, **CASES[case])
    never, run = trained(recipe, "never"), stopped_twice(recipe)
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))


def test_the_other_memory_layout(small, workplace):
    recipe = small("detect", "layout", channels_last=True)
    never, run = trained(recipe, "never"), stopped_twice(recipe)
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))
    assert log(never) != log(trained(small("detect"), "usual")), "it makes a difference on a CPU too"


@pytest.mark.parametrize("optimizer", ["SGD", "MuSGD"])
def test_every_kind_of_optimizer(optimizer, small, workplace):
    recipe = small("detect", optimizer, optimizer=optimizer)
    never, run = trained(recipe, "never"), stopped_twice(recipe)
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))


@pytest.mark.parametrize("task", ["detect", "classify"])
def test_loader_workers(task, small, workplace, monkeypatch):
    from ultralytics.utils.callbacks import default_callbacks

    def keep_workers(trainer):  # Ultralytics takes them away on a CPU
        trainer.args.workers = 2

    monkeypatch.setitem(default_callbacks, "on_pretrain_routine_start", [keep_workers])
    recipe = small(task, "workers", batch=2, nbs=2)
    never, run = trained(recipe, "never"), stopped_twice(recipe)
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))


def test_sparse_measurement_and_the_filter_of_gradients(small, workplace):
    recipe = small("classify", "sparse", gap={"every": 3})
    overrides = ("accelerate.grokfast.alpha=0.9", "accelerate.grokfast.lamb=1.0")
    never, run = trained(recipe, "never", *overrides), stopped_twice(recipe, *overrides)
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))


def test_a_damaged_newest_state_costs_the_epochs_since_the_one_before(small, workplace):
    recipe = small("classify", "damaged")
    never = trained(recipe, "never")
    with pytest.raises(Stopped):
        trained(recipe, "hurt", epoch=stop_after(3, signal.SIGTERM))
    run = workplace / "runs" / "hurt"
    newest = states.state_files(run)[0]
    newest.path.write_bytes(newest.path.read_bytes()[:-1])
    warnings = []
    gone_on(run, warnings=warnings)
    assert any("damaged" in text for text in warnings)
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))


def test_without_any_state_it_is_refused_and_nothing_is_touched(small, workplace):
    recipe = small("classify", "lost")
    with pytest.raises(Stopped):
        trained(recipe, "lost", epoch=stop_after(2, signal.SIGTERM))
    run = workplace / "runs" / "lost"
    for found in states.state_files(run):
        found.path.unlink()
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(RunError, match="there is no state to go on from") as caught:
        gone_on(run)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    assert caught.value.hint == "grokyolo train --recipe runs/lost --name lost --from-scratch"


def test_the_files_that_ultralytics_tools_read_are_whole(small, workplace):
    from ultralytics import YOLO

    run = stopped_twice(small("detect", "tools"))
    assert [line.split(",")[0] for line in (run / "results.csv").read_text().splitlines()] == ["epoch", *"1234"]
    for name in ("best.pt", "last.pt"):
        assert YOLO(run / "weights" / name).task == "detect"
    assert "resume: false" in (run / "args.yaml").read_text()


def test_an_extended_run_is_the_run_that_was_long_from_the_start(small, workplace):
    recipe = small("classify", "longer")
    long = trained(recipe, "long", "epochs=6")
    short = trained(recipe, "short", "epochs=4")
    new = load(str(short), ["epochs=6"])
    go_on(short, new, listener=listener(), change=extension.change_of(short, load(str(short)), new))
    assert log(short) == log(long)
    assert same_weights(weights(short), weights(long))
    assert events(short) == {1: "start", 5: "resume"}


def test_an_extension_with_other_decay_is_logged_once_however_often_it_stops(small, workplace):
    run = trained(small("classify", "decay"), "run")
    new = load(str(run), ["epochs=8", "weight_decay=0.3"])
    with pytest.raises(Stopped):
        go_on(
            run,
            new,
            listener=listener(stop_after(6, signal.SIGTERM)),
            change=extension.change_of(run, load(str(run)), new),
        )
    gone_on(run)
    assert events(run) == {1: "start", 5: "resume|wd-changed", 7: "resume"}
    assert [row[3] for row in log(run)] == ["0.0005"] * 4 + ["0.3"] * 4
