"""`grokyolo train`: what it writes, what it says, and what it refuses."""

import csv
import json
import os
import pty
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from grokyolo.gap.series import COLUMNS
from tests.cli.conftest import TINY, problem, problems, rows, wait_for_epochs
from tests.run.locks import locked

# What it does ----------------------------------------------------------------------------------------------------


def test_long_coco8_on_other_data_through_the_command_line(grokyolo, workplace, detect):
    code, out, err = grokyolo("train", "--recipe", "long-coco8", *detect, "epochs=3", "imgsz=64", "batch=4", "nbs=4")
    assert (code, out) == (0, "done: runs/long-coco8\nnext: grokyolo gap runs/long-coco8 --plot\n")
    assert "training into runs/long-coco8" in err.splitlines()
    assert err.splitlines()[-1].startswith("3/3 · loss train/probe/val ")
    run = workplace / "runs" / "long-coco8"
    table = rows(run)
    assert list(table[0]) == list(COLUMNS)
    assert [row["epoch"] for row in table] == ["1", "2", "3"]
    assert [row["event"] for row in table] == ["start", "", ""]
    for row in table:
        assert float(row["loss_gap"]) == pytest.approx(float(row["val_loss"]) - float(row["probe_loss"]))
        assert 0 <= float(row["val_score"]) <= 1
    with (run / "results.csv").open() as file:
        assert len(list(csv.reader(file))) == 4
    assert {path.name for path in (run / "weights").iterdir()} == {"best.pt", "last.pt"}

    code, out, _ = grokyolo("gap", "runs/long-coco8", "--json")
    assert code == 0
    assert json.loads(out)["score_name"] == "mAP50-95"
    assert json.loads(out)["like_for_like"] is True


def test_settings_say_what_was_trained_and_who_said_so(grokyolo, workplace):
    assert grokyolo("train", *TINY, "epochs=1", "gap.every=2")[0] == 0
    settings = yaml.safe_load((workplace / "runs/grok-modular-addition/grokyolo.yaml").read_text())
    assert settings["format"] == 1
    assert settings["recipe"]["train"]["epochs"] == 1
    assert settings["provenance"]["train.epochs"] == "command line"
    assert settings["provenance"]["gap.every"] == "command line"
    assert settings["provenance"]["train.lr0"].startswith("built-in grok-modular-addition.yaml:")
    assert (settings["task"], settings["score_name"]) == ("classify", "top1")
    assert (settings["train_images"], settings["probe_images"], settings["val_images"]) == (15, 15, 10)


def test_a_taken_name_gets_a_number(grokyolo, run):
    before = (run / "gap.csv").read_bytes()
    code, out, _ = grokyolo("train", *TINY, "epochs=1", "--name", "exp1")
    assert (code, out.splitlines()[0]) == (0, "done: runs/exp1-2")
    code, out, _ = grokyolo("train", *TINY, "epochs=1", "--name", "exp1")
    assert (code, out.splitlines()[0]) == (0, "done: runs/exp1-3")
    assert (run / "gap.csv").read_bytes() == before


def test_every_second_epoch_leaves_cells_empty(grokyolo, workplace):
    assert grokyolo("train", *TINY, "epochs=6", "gap.every=3", "--name", "a")[0] == 0
    assert [row["epoch"] for row in rows(workplace / "runs/a") if row["val_loss"]] == ["1", "3", "6"]
    assert [row["epoch"] for row in rows(workplace / "runs/a") if row["probe_score"]] == ["1", "3", "6"]


def test_many_epochs_are_few_lines_in_a_log(process, workplace):
    child = process("train", *TINY, "epochs=60", "--name", "a")
    out, err = child.communicate()
    assert child.returncode == 0, err
    assert out == "done: runs/a\nnext: grokyolo gap runs/a --plot\n"
    lines = [line for line in err.splitlines() if not line.startswith("plan: ")]
    assert lines[0] == "training into runs/a"
    assert lines[1].startswith("1/60 · ")
    assert lines[-1].startswith("60/60 · ")
    assert len(lines) < 12
    assert "\r" not in err and "\x1b" not in err


def test_a_narrow_terminal_sees_one_line_in_place(python, workplace):
    screen, terminal = pty.openpty()
    with subprocess.Popen(
        [python, "-m", "grokyolo", "train", *TINY, "epochs=60", "--name", "a"],
        **dict.fromkeys(("stdin", "stdout", "stderr"), terminal),
        env={**os.environ, "TERM": "xterm", "NO_COLOR": "", "COLUMNS": "50"},
    ) as child:
        os.close(terminal)
        seen = b""
        try:
            while part := os.read(screen, 4096):
                seen += part
        except OSError:  # how Linux says that the other end was closed
            pass
    os.close(screen)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode()).replace("\r\n", "\n").splitlines()
    assert child.returncode == 0, lines
    plan = lines[: lines.index("training into runs/a")]
    assert "learning rate 0.002, weight decay 1" in plan  # broken between words
    lines = lines[len(plan) :]
    assert lines[-2:] == ["done: runs/a", "next: grokyolo gap runs/a --plot"]
    assert {line.split(" · ")[0].split("/")[-1] for line in lines[1:-2] if line} == {"60"}


def test_verbose_brings_the_tables_of_ultralytics_on_standard_error(process):
    child = process("train", *TINY, "epochs=2", "--name", "a", "--verbose")
    out, err = child.communicate()
    assert out == "done: runs/a\nnext: grokyolo gap runs/a --plot\n"
    assert "Starting training for 2 epochs" in err
    assert "GPU_mem" in err
    assert "summary: " in err


# Go on: --resume -------------------------------------------------------------------------------------------------


def test_resume_starts_goes_on_and_does_nothing_more(grokyolo, workplace, monkeypatch):
    from grokyolo.training.trainer import ClassifyTrainer

    step = ClassifyTrainer.optimizer_step
    command = ("train", *TINY, "epochs=40", "--name", "night", "--resume")
    with monkeypatch.context() as slow:  # so that the time limit comes before the end
        slow.setattr(ClassifyTrainer, "optimizer_step", lambda self: (time.sleep(0.15), step(self)))
        code, out, err = grokyolo(*command, "--time-limit", "3s")
    assert (code, out) == (75, "")
    done = len(rows(workplace / "runs/night"))
    assert problem(err, "training into", "1/40 · ") == (
        f"stopped at the time limit; saved up to epoch {done} of 40",
        "runs/night",
        "grokyolo resume runs/night",
    )
    assert 0 < done < 40

    code, out, _ = grokyolo(*command, "inputs.memory=1MB")  # another machine, with less of it
    assert (code, out) == (0, "done: runs/night\nnext: grokyolo gap runs/night --plot\n")
    assert yaml.safe_load((workplace / "runs/night/grokyolo.yaml").read_text())["recipe"]["inputs"]["memory"] == "1MB"
    table = rows(workplace / "runs/night")
    assert len(table) == 40
    assert [(i + 1, row["event"]) for i, row in enumerate(table) if row["event"]] == [
        (1, "start"),
        (done + 1, "resume"),
    ]

    before = {path: path.stat().st_mtime_ns for path in (workplace / "runs/night").rglob("*")}
    code, out, err = grokyolo(*command)
    assert (code, out, err) == (0, "done: runs/night\nnext: grokyolo gap runs/night --plot\n", "")
    assert {path: path.stat().st_mtime_ns for path in (workplace / "runs/night").rglob("*")} == before
    assert [path.name for path in (workplace / "runs").iterdir()] == ["night"]


def test_resume_of_another_recipe_is_refused(grokyolo, run):
    before = (run / "gap.csv").read_bytes()
    code, out, err = grokyolo("train", *TINY, "epochs=3", "lr0=0.5", "--name", "exp1", "--resume")
    assert (code, out) == (2, "")
    assert problem(err) == (
        "the run exp1 was started with another recipe than this one, which needs another --name",
        "runs/exp1/grokyolo.yaml",
        "grokyolo resume runs/exp1",
    )
    assert (run / "gap.csv").read_bytes() == before


def test_resume_without_a_name_takes_the_name_of_the_recipe(grokyolo, workplace):
    command = ("train", *TINY, "epochs=1", "--resume")
    assert grokyolo(*command)[:2] == grokyolo(*command)[:2]
    assert [path.name for path in (workplace / "runs").iterdir()] == ["grok-modular-addition"]


# Bad input: one clear error, exit code 2, no run folder ----------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "what", "where", "hint"),
    [
        (
            ["--recipe", "long-coc8"],
            "there is no recipe 'long-coc8'",
            "grokyolo train --recipe long-coc8",
            "did you mean long-coco8",
        ),
        (
            ["--recipe", "nope.yaml"],
            "there is no file nope.yaml",
            "grokyolo train --recipe nope.yaml",
            "grokyolo recipes",
        ),
        (
            ["--recipe", "long-coco8", "wieght_decay=0.1"],
            "wieght_decay cannot be set: Ultralytics has no such train argument",
            "wieght_decay=0.1 on the command line",
            "did you mean weight_decay?",
        ),
        (
            ["--recipe", "long-coco8", "gap.evry=5"],
            "gap has no key evry",
            "gap.evry=5 on the command line",
            "did you mean every?",
        ),
        (
            ["--recipe", "long-coco8", "epochs=many"],
            "train.epochs is 'many', but must be a whole number of at least 1",
            "epochs=many on the command line",
            "",
        ),
        (
            ["--recipe", "long-coco8", "weight_decay=3"],
            "train.weight_decay is 3, but must be a number from 0 to 1",
            "weight_decay=3 on the command line",
            "Ultralytics takes 0 to 1",
        ),
        (
            ["--recipe", "long-coco8", "0.1"],
            "'0.1' is not KEY=VALUE",
            "0.1 on the command line",
            "write ",
        ),
        (
            ["--recipe", "long-coco8", "--time-limit", "soon"],
            "'soon' is not a time such as 30s, 10m, 1h or 11h30m",
            "--time-limit soon",
            "grokyolo train --recipe long-coco8 --time-limit 11h30m",
        ),
        (
            [*TINY, "--name", "a:b"],
            "'a:b' cannot be the name of a run",
            "--name",
            "use letters, digits, - and _: --name exp1",
        ),
        (
            [*TINY, "imgsz=64"],
            "modulus 5 makes images of 32 pixels, but train.imgsz is 64",
            "imgsz=64 on the command line",
            "",
        ),
    ],
)
def test_wrong_values(grokyolo, workplace, arguments, what, where, hint):
    code, out, err = grokyolo("train", *arguments)
    assert (code, out) == (2, "")
    found = problem(err)
    assert found[:2] == (what, where)
    assert found[2].startswith(hint)
    assert list(workplace.iterdir()) == []


def test_several_mistakes_are_told_at_once(grokyolo):
    code, _, err = grokyolo("train", "--recipe", "long-coco8", "epochs=0", "lr0=x", "nope=1")
    assert code == 2
    assert len(problems(err)) == 3


def test_broken_yaml_names_file_and_line(grokyolo, workplace):
    (workplace / "mine.yaml").write_text("extends: long\ntrain: {epochs: [1\n")
    code, _, err = grokyolo("train", "--recipe", "mine.yaml")
    assert code == 2
    assert problem(err)[1].startswith("mine.yaml:")


def test_base_recipe_says_what_it_lacks(grokyolo, workplace):
    code, _, err = grokyolo("train", "--recipe", "long")
    assert code == 2
    assert [what for what, _, _ in problems(err)] == ["the recipe names no data set"]
    assert list(workplace.iterdir()) == []


def test_missing_model_that_cannot_be_downloaded(grokyolo, workplace, detect):
    code, out, err = grokyolo("train", "--recipe", "long-coco8", detect[1])
    assert (code, out) == (2, "")
    what, where, hint = problem(err)
    assert what.startswith("cannot find, read or download the model yolo26n.pt: ")
    assert where == "model: yolo26n.pt (built-in long-coco8.yaml:18)"
    assert "put the file yolo26n.pt into this folder" in hint
    assert "model=yolo26n.yaml" in hint
    assert list(workplace.iterdir()) == []


def test_missing_data_that_cannot_be_downloaded(grokyolo, workplace, detect):
    code, out, err = grokyolo("train", "--recipe", "long-coco8", detect[0])
    assert (code, out) == (2, "")
    what, where, hint = problem(err)
    assert what.startswith("cannot find, read or download the data set coco8.yaml: ")
    assert where == "data: coco8.yaml (built-in long-coco8.yaml:19)"
    assert "behind data=" in hint
    assert list(workplace.iterdir()) == []


@pytest.mark.parametrize("content", ["", "path: nowhere\ntrain: a\nval: b\nnames: {0: x}\n", "names: [", "[]"])
def test_broken_data_set_file(grokyolo, workplace, detect, content):
    (workplace / "mine.yaml").write_text(content)
    code, out, err = grokyolo("train", "--recipe", "long-coco8", detect[0], "data=mine.yaml")
    assert (code, out) == (2, "")
    assert "mine.yaml" in problem(err)[0] + problem(err)[1]
    assert not (workplace / "runs").exists()


@pytest.mark.parametrize("content", ["", "nc: 3\n", "backbone: [", "not a model"])
def test_broken_model_file(grokyolo, workplace, detect, content):
    (workplace / "mine.yaml").write_text(content)
    code, out, err = grokyolo("train", "--recipe", "long-coco8", "model=mine.yaml", detect[1])
    assert (code, out) == (2, "")
    assert "mine.yaml" in problem(err)[0]
    assert not (workplace / "runs").exists()


def test_folder_that_cannot_be_written(grokyolo, workplace):
    (workplace / "runs").write_text("a file, not a folder")
    code, out, err = grokyolo("train", *TINY, "epochs=1")
    assert (code, out) == (2, "")
    assert problem(err) == (
        "cannot make a run folder: File exists",
        str(workplace / "runs"),
        "go to a folder that you may write to, and train there",
    )
    assert (workplace / "runs").read_text() == "a file, not a folder"


def test_cache_folder_that_cannot_be_written(grokyolo, workplace, monkeypatch):
    (workplace / "cache").write_text("a file, not a folder")
    monkeypatch.setenv("GROKYOLO_CACHE", str(workplace / "cache"))
    code, out, err = grokyolo("train", *TINY, "epochs=1")
    assert (code, out) == (2, "")
    assert str(workplace / "cache") in problem(err)[0] + problem(err)[1]
    assert not (workplace / "runs").exists()


def test_two_commands_at_once_on_one_name(process, grokyolo, workplace):
    first = process("train", *TINY, "epochs=100000", "--name", "busy")
    wait_for_epochs(workplace / "runs/busy", 1, first)
    for command in (["train", *TINY, "epochs=100000", "--name", "busy"], ["resume", "runs/busy"]):
        code, out, err = grokyolo(*command)
        assert (code, out) == (2, "")
        what, where, hint = problem(err)
        assert f"is being trained by process {first.pid} on " in what
        assert where.endswith("runs/busy")
        assert "another --name" in hint
    assert first.poll() is None
    first.kill()
    first.wait()
    assert [path.name for path in (workplace / "runs").iterdir()] == ["busy"]


def test_the_lock_of_a_killed_process_is_no_hindrance(grokyolo, run):
    with locked(run):
        assert grokyolo("extend", str(run), "--epochs", "4")[0] == 2
    (run / "state" / "owner.json").write_text('{"pid": 1, "host": "elsewhere"}')
    assert grokyolo("extend", str(run), "--epochs", "4")[0] == 0


def test_failure_before_the_first_epoch_leaves_no_folder(grokyolo, workplace, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("out of luck\nsecond line")

    monkeypatch.setattr("grokyolo.training.trainer.ClassifyTrainer._setup_train", fail)
    code, out, err = grokyolo("train", *TINY, "epochs=1")
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert lines[-3:] == [
        "error: training failed: out of luck",
        "where: before the first epoch was finished; no run folder is left",
        "try:   grokyolo train --recipe grok-modular-addition data.modulus=5 epochs=1 --verbose",
    ]
    assert list((workplace / "runs").iterdir()) == []


def test_failure_in_the_middle_keeps_the_run_and_the_traceback(grokyolo, workplace, monkeypatch):
    from grokyolo.training.trainer import ClassifyTrainer

    step = ClassifyTrainer.optimizer_step

    def fail_at_three(self):
        if self.epoch == 2:
            raise RuntimeError("out of luck")
        step(self)

    monkeypatch.setattr(ClassifyTrainer, "optimizer_step", fail_at_three)
    code, out, err = grokyolo("train", *TINY, "epochs=5", "--name", "a")
    assert (code, out) == (1, "")
    assert err.splitlines()[-3:] == [
        "error: training failed: out of luck",
        "where: runs/a; runs/a/error.txt says more",
        "try:   grokyolo resume runs/a",
    ]
    assert "Traceback" not in err
    assert "RuntimeError: out of luck" in Path("runs/a/error.txt").read_text()
    assert [row["epoch"] for row in rows(workplace / "runs/a")] == ["1", "2"]


def test_a_copy_of_a_run_trains_as_a_recipe(grokyolo, run, workplace):
    shutil.move(run, workplace / "moved")
    code, out, _ = grokyolo("train", "--recipe", "moved", "epochs=1", "--name", "again")
    assert (code, out.splitlines()[0]) == (0, "done: runs/again")
