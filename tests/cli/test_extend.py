"""`grokyolo extend`: longer, and changed where that makes sense."""

import pytest
import yaml

from tests.cli.conftest import TINY, problem, rows


def events(run) -> list[tuple[str, str]]:
    return [(row["epoch"], row["event"]) for row in rows(run) if row["event"]]


def test_a_finished_run_goes_on_as_if_it_had_been_longer(grokyolo, run, workplace):
    code, out, _ = grokyolo("extend", str(run), "--epochs", "6")
    assert (code, out) == (0, "done: runs/exp1\nnext: grokyolo gap runs/exp1 --plot\n")
    assert events(run) == [("1", "start"), ("4", "resume")]

    assert grokyolo("train", *TINY, "epochs=6", "--name", "whole")[0] == 0
    for extended, whole in zip(rows(run), rows(workplace / "runs/whole"), strict=True):
        for row in (extended, whole):
            del row["seconds"], row["event"]
        assert extended == whole


def test_a_change_of_weight_decay_is_an_event(grokyolo, run):
    code, _, _ = grokyolo("extend", str(run), "--epochs", "5", "weight_decay=0.25")
    assert code == 0
    assert events(run) == [("1", "start"), ("4", "resume|wd-changed")]
    assert [row["weight_decay"] for row in rows(run)] == ["1.0", "1.0", "1.0", "0.25", "0.25"]


def test_a_change_of_the_learning_rate_is_an_event(grokyolo, run):
    assert grokyolo("extend", str(run), "--epochs", "5", "lr0=0.001")[0] == 0
    assert events(run)[-1] == ("4", "resume|lr-changed")
    assert [row["lr"] for row in rows(run)] == ["0.002", "0.002", "0.002", "0.001", "0.001"]


def test_several_changes_are_several_words(grokyolo, run):
    assert grokyolo("extend", str(run), "--epochs", "4", "lr0=0.001", "weight_decay=0.5", "gap.every=2")[0] == 0
    first, *more = events(run)[-1][1].split("|")
    assert first == "resume"
    assert sorted(more) == ["lr-changed", "wd-changed"]


def test_a_longer_schedule_that_fades_is_a_change_of_the_learning_rate(grokyolo, workplace):
    assert grokyolo("train", *TINY, "epochs=2", "lrf=0.1", "--name", "a")[0] == 0
    assert grokyolo("extend", "runs/a", "--epochs", "4")[0] == 0
    assert events(workplace / "runs/a") == [("1", "start"), ("3", "resume|lr-changed")]


def test_settings_follow(grokyolo, run):
    assert grokyolo("extend", str(run), "--epochs", "4", "weight_decay=0.25")[0] == 0
    settings = yaml.safe_load((run / "grokyolo.yaml").read_text())
    assert settings["recipe"]["train"]["epochs"] == 4
    assert settings["recipe"]["train"]["weight_decay"] == 0.25
    assert settings["provenance"]["train.weight_decay"] == "command line"
    assert settings["provenance"]["train.lr0"].startswith("built-in grok-modular-addition.yaml:")
    assert "checkpoint.keep" not in settings["provenance"]
    assert settings["changes"] == [{"epoch": 4, "events": ["wd-changed"]}]


def test_the_memory_of_prepared_inputs_may_change_and_leaves_no_trace(grokyolo, run, workplace):
    assert grokyolo("extend", str(run), "--epochs", "5", "inputs.memory=0")[0] == 0
    assert events(run) == [("1", "start"), ("4", "resume")]
    assert yaml.safe_load((run / "grokyolo.yaml").read_text())["recipe"]["inputs"] == {"memory": "0MB"}
    assert grokyolo("train", *TINY, "epochs=5", "--name", "whole")[0] == 0
    for extended, whole in zip(rows(run), rows(workplace / "runs/whole"), strict=True):
        assert [extended[key] for key in ("train_loss", "val_loss")] == [
            whole[key] for key in ("train_loss", "val_loss")
        ]


def test_weights_of_an_extended_run_load_into_yolo(grokyolo, run):
    from ultralytics import YOLO

    assert grokyolo("extend", str(run), "--epochs", "4")[0] == 0
    for name in ("best.pt", "last.pt"):
        assert YOLO(run / "weights" / name).task == "classify"


@pytest.mark.parametrize("epochs", ["3", "2", "1"])
def test_epochs_is_the_length_in_all(grokyolo, run, epochs):
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    code, out, err = grokyolo("extend", str(run), "--epochs", epochs)
    assert (code, out) == (2, "")
    assert problem(err) == (
        "exp1 has 3 epochs already: --epochs is the length in all",
        f"--epochs {epochs}",
        "grokyolo extend runs/exp1 --epochs 6",
    )
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


@pytest.mark.parametrize(
    ("change", "key"),
    [("batch=8", "train.batch"), ("seed=1", "train.seed"), ("optimizer=SGD", "train.optimizer"), ("imgsz=64", "")],
)
def test_what_makes_another_training_of_it_is_refused(grokyolo, run, change, key):
    before = (run / "grokyolo.yaml").read_bytes()
    code, out, err = grokyolo("extend", str(run), "--epochs", "6", change)
    assert (code, out) == (2, "")
    assert key in problem(err)[0]
    assert (run / "grokyolo.yaml").read_bytes() == before


@pytest.mark.parametrize("epochs", ["0", "-3", "x", "1.5"])
def test_a_wrong_number_of_epochs(grokyolo, run, epochs):
    code, out, err = grokyolo("extend", str(run), "--epochs", epochs)
    assert (code, out) == (2, "")
    assert epochs in "".join(problem(err))


def test_an_unknown_train_argument_names_the_nearest(grokyolo, run):
    code, _, err = grokyolo("extend", str(run), "--epochs", "6", "wieght_decay=0.1")
    assert (code, problem(err)[2]) == (2, "did you mean weight_decay?")


@pytest.mark.parametrize("name", ["runs/nope", "runs"])
def test_what_is_no_run(grokyolo, run, name):
    code, out, err = grokyolo("extend", name, "--epochs", "6")
    assert (code, out) == (2, "")
    assert problem(err)[1:] == (name, "give a folder that holds grokyolo.yaml, for example runs/exp1")
