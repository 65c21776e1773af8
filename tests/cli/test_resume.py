"""`grokyolo resume`: stopped by real signals, the run ends as if it had never stopped."""

import shutil
import signal
from pathlib import Path

import pytest

from grokyolo.cli import main
from grokyolo.run import folder
from tests.cli.conftest import TINY, comparable, problem, rows, wait_for_epochs

EPOCHS = 120


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    """The run that nobody stopped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("undisturbed"))
        assert main(["train", *TINY, f"epochs={EPOCHS}", "--name", "a"]) == 0
        return Path("runs/a").absolute()


@pytest.mark.parametrize(
    ("sent", "code", "what"),
    [
        (signal.SIGTERM, 75, "stopped by SIGTERM"),
        (signal.SIGUSR1, 75, "stopped by SIGUSR1"),
        (signal.SIGHUP, 75, "stopped by SIGHUP"),
        (signal.SIGINT, 130, "stopped by Ctrl-C"),
    ],
)
def test_a_stopped_run_goes_on_as_if_it_had_not_been(process, grokyolo, workplace, undisturbed, sent, code, what):
    child = process("train", *TINY, f"epochs={EPOCHS}", "--name", "a")
    wait_for_epochs(workplace / "runs/a", 3, child)
    child.send_signal(sent)
    out, err = child.communicate()
    assert (child.returncode, out) == (code, "")
    done = len(rows(workplace / "runs/a"))
    assert problem(err, "training into", f"1/{EPOCHS} · ") == (
        f"{what}; saved up to epoch {done} of {EPOCHS}",
        "runs/a",
        "grokyolo resume runs/a",
    )
    assert 3 <= done < EPOCHS

    code, out, _ = grokyolo("resume", "runs/a")
    assert (code, out) == (0, "done: runs/a\nnext: grokyolo gap runs/a --plot\n")
    assert comparable(workplace / "runs/a") == comparable(undisturbed)
    assert [(row["epoch"], row["event"]) for row in rows(workplace / "runs/a") if row["event"]] == [
        ("1", "start"),
        (str(done + 1), "resume"),
    ]


def test_a_killed_run_goes_on_from_its_newest_state(process, grokyolo, workplace, undisturbed):
    child = process("train", *TINY, f"epochs={EPOCHS}", "--name", "a")
    wait_for_epochs(workplace / "runs/a", 3, child)
    child.kill()
    child.wait()
    assert grokyolo("resume", "runs/a")[0] == 0
    assert comparable(workplace / "runs/a") == comparable(undisturbed)


def test_the_time_limit_stops_a_resumed_run_too(grokyolo, run, monkeypatch):
    import time

    from grokyolo.training.trainer import ClassifyTrainer

    step = ClassifyTrainer.optimizer_step
    monkeypatch.setattr(ClassifyTrainer, "optimizer_step", lambda self: (time.sleep(0.15), step(self)))
    code, out, err = grokyolo("extend", str(run), "--epochs", "40", "--time-limit", "3s")
    assert (code, out) == (75, "")
    assert 3 < len(rows(run)) < 40
    assert problem(err, "training into", "4/40 · ") == (
        f"stopped at the time limit; saved up to epoch {len(rows(run))} of 40",
        "runs/exp1",
        "grokyolo resume runs/exp1",
    )


def test_a_run_that_lost_its_patience_is_finished(grokyolo, workplace):
    command = ("train", *TINY, "weight_decay=0", "epochs=40", "patience=2", "--name", "p", "--resume")
    assert grokyolo(*command)[0] == 0
    before = rows(workplace / "runs" / "p")
    assert len(before) < 40
    assert [row["event"] for row in before[-2:]] == ["", "stop"]
    assert grokyolo(*command)[0] == 0
    assert rows(workplace / "runs" / "p") == before
    code, _, err = grokyolo("resume", "runs/p")
    assert code == 2
    assert problem(err) == (
        f"the run is finished: train.patience ended it after epoch {len(before)} of 40",
        "runs/p",
        "grokyolo extend runs/p --epochs 80 patience=0",
    )
    assert grokyolo("extend", "runs/p", "--epochs", "45", "patience=0")[0] == 0
    assert len(rows(workplace / "runs" / "p")) == 45


def test_a_run_of_the_usual_length_may_name_none(grokyolo, workplace, detect):
    (workplace / "mine.yaml").write_text("train: {imgsz: 32, batch: 4, nbs: 4, workers: 0, plots: false}\n")
    command = ("train", "--recipe", "mine.yaml", *detect, "--name", "a", "--resume")
    assert grokyolo(*command, "--time-limit", "1s")[0] == 75
    assert grokyolo("resume", "runs/a", "--time-limit", "1s")[0] == 75


def test_a_finished_run_is_told_to_be_finished(grokyolo, run):
    code, out, err = grokyolo("resume", str(run))
    assert (code, out) == (2, "")
    assert problem(err) == (
        "the run is finished: it has all of its 3 epochs",
        "runs/exp1",
        "grokyolo extend runs/exp1 --epochs 6",
    )


def test_a_damaged_newest_state_falls_back_to_the_one_before(grokyolo, run):
    assert grokyolo("extend", str(run), "--epochs", "5")[0] == 0
    whole = comparable(run)
    newest = sorted((run / "state").glob("epoch-*.pt"))[-1]
    newest.write_bytes(newest.read_bytes()[:-100])
    assert grokyolo("resume", str(run))[0] == 2, "finished is told from the log"
    folder.add_facts(run, {"evaluated": 0})  # as if it had been killed before its last evaluation was done
    code, _, err = grokyolo("resume", str(run))
    assert code == 0
    assert "warning: " in err
    assert newest.name in err
    assert comparable(run) == whole


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda run: None, "there is no such run folder"),
        (lambda run: run.mkdir(parents=True), "this is no run of grokyolo"),
    ],
)
def test_what_is_no_run(grokyolo, workplace, make, what):
    make(workplace / "runs" / "a")
    code, out, err = grokyolo("resume", "runs/a")
    assert (code, out) == (2, "")
    assert problem(err) == (what, "runs/a", "give a folder that holds grokyolo.yaml, for example runs/exp1")


def test_a_run_of_plain_ultralytics_is_no_run_of_grokyolo(grokyolo, run):
    (run / "grokyolo.yaml").unlink()
    code, _, err = grokyolo("resume", str(run))
    assert (code, problem(err)[0]) == (2, "this is no run of grokyolo")


def test_broken_settings_are_a_clear_error(grokyolo, run):
    (run / "grokyolo.yaml").write_text("format: 1\nrecipe: [")
    code, out, err = grokyolo("resume", str(run))
    assert (code, out) == (2, "")
    assert problem(err)[1].startswith("runs/exp1/grokyolo.yaml")


def test_the_run_may_have_been_moved(grokyolo, run, workplace):
    shutil.move(run, workplace / "elsewhere")
    code, out, _ = grokyolo("extend", "elsewhere", "--epochs", "4")
    assert (code, out) == (0, "done: elsewhere\nnext: grokyolo gap elsewhere --plot\n")
    assert len(rows(workplace / "elsewhere")) == 4


def test_a_wrong_time_limit_touches_nothing(grokyolo, run):
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    code, _, err = grokyolo("resume", str(run), "--time-limit", "11 hours")
    assert (code, problem(err)[1]) == (2, "--time-limit 11 hours")
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before
