"""What each job of a sweep gets: GPUs as CUDA_VISIBLE_DEVICES names them, and CPU threads."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grokyolo.recipe import load
from grokyolo.run import folder
from grokyolo.sweep import local_engine
from grokyolo.sweep.local_engine import Training, last_error, train_arguments


def recipe(device: str | None = None):
    return load("grok-modular-addition", [] if device is None else [f"device={device}"])


@pytest.mark.parametrize(
    ("device", "wanted"),
    [
        (None, 1),
        ("cuda", 1),
        ("0", 1),
        ("-1", 1),
        ("cuda:0", 1),
        ("[0, 1]", 2),
        ("'0,1,2'", 3),
        ("[-1, -1]", 2),
        ("cpu", 0),
        ("mps", 0),
        ("3", None),
        ("[1, 2]", None),
    ],
)
def test_how_many_gpus_a_recipe_wants(device, wanted):
    assert local_engine.gpus_of(recipe(device)) == wanted


@pytest.mark.parametrize(
    ("visible", "device", "groups"),
    [
        ("0,1,2", None, ["0", "1", "2"]),
        ("5, 7", "0", ["5", "7"]),
        ("GPU-1a,GPU-2b", None, ["GPU-1a", "GPU-2b"]),
        ("0,1,2,3,4", "[0, 1]", ["0,1", "2,3"]),
        ("0", "[0, 1]", []),
        ("0,1", "cpu", []),
        ("0,1", "1", []),
        ("", None, []),
        ("0,-1,1", None, ["0"]),
    ],
)
def test_gpus_are_handed_out_one_group_a_job(monkeypatch, visible, device, groups):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert local_engine.gpu_groups([recipe(device)]) == groups


def test_the_hungriest_point_decides(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3")
    assert local_engine.gpu_groups([recipe("cpu"), recipe("[0, 1]"), recipe()]) == ["0,1", "2,3"]
    assert local_engine.gpu_groups([recipe("2"), recipe()]) == []


def test_nvidia_smi_is_asked_where_the_environment_says_nothing(monkeypatch, tmp_path):
    fake = tmp_path / "nvidia-smi"
    fake.write_text("#!/bin/sh\necho '0, GPU-a, A, 1000, 900'\necho '1, GPU-b, A, 1000, 900'\n")
    fake.chmod(0o755)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert local_engine.visible_gpus() == ["0", "1"]


@pytest.mark.parametrize(
    ("cores", "jobs", "threads"), [(2, 1, 1), (2, 2, 1), (16, 4, 4), (64, 2, 8), (4, 9, 1), (1, 1, 1)]
)
def test_threads_are_divided_among_jobs(monkeypatch, cores, jobs, threads):
    monkeypatch.setattr(local_engine, "cores", lambda: cores)
    assert local_engine.threads(jobs) == threads


PATIENCE = 60


@pytest.fixture
def log(workplace) -> Path:
    return workplace / "logs" / "a.log"


@pytest.fixture
def endless(workplace) -> list[str]:
    """A command that goes on until it is told to stop: to watch a run that nobody trains."""
    folder.write_settings(folder.claim("idle", chosen=True), load("grok-modular-addition"))
    return ["gap", "runs/idle", "--watch"]


def wait_for(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_command_of_a_point():
    assert train_arguments("my.yaml", ["seed=1"], "s/seed=1") == [
        *("train", "--recipe", "my.yaml", "seed=1"),
        *("--name", "s/seed=1", "--resume"),
    ]


def test_the_log_holds_the_command_its_environment_and_what_it_printed(log):
    training = Training(["--version"], log, cpus=3, environment={"CUDA_VISIBLE_DEVICES": "1"})
    assert training.wait(PATIENCE) == 0
    head, said = log.read_text().splitlines()
    assert head.endswith(" GROKYOLO_THREADS=3 CUDA_VISIBLE_DEVICES=1 grokyolo --version")
    assert said.startswith("grokyolo ")
    assert training.last_error() == ""


def test_a_second_attempt_is_appended_and_only_its_own_words_count(log):
    assert Training(["fly"], log, cpus=1).wait(PATIENCE) == 2
    again = Training(["--version"], log, cpus=1)
    assert again.wait(PATIENCE) == 0
    assert again.last_error() == ""
    assert log.read_text().count("GROKYOLO_THREADS=1 grokyolo") == 2


def test_the_reason_of_a_failure_is_its_error(log):
    training = Training(["train", "--recipe", "nowhere"], log, cpus=1)
    assert training.wait(PATIENCE) == 2
    assert training.last_error() == "there is no recipe 'nowhere'"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("training into runs/a\n1/9 · loss\n", ""),
        ("error: one\nwhere: a\ntry:   b\nerror: two\nwhere: c\n", "two"),
        ("Traceback (most recent call last):\n  File\nValueError: no\n\n", "ValueError: no"),
        ("Fatal Python error: Segmentation fault\n\nCurrent thread\n", "Current thread"),
    ],
)
def test_last_words(tmp_path, text, words):
    (tmp_path / "log").write_text(text)
    assert last_error(tmp_path / "log") == words


def test_last_words_of_no_log(tmp_path):
    assert last_error(tmp_path / "log") == ""


def test_last_words_are_those_behind_a_start(tmp_path):
    (tmp_path / "log").write_text("error: old\n1/9\n")
    assert last_error(tmp_path / "log", start=11) == ""


def test_it_stops_when_asked(log, endless):
    training = Training(endless, log, cpus=1)
    wait_for(lambda: "waiting" in log.read_text() or "no finished epoch" in log.read_text())
    assert training.ended() is None
    training.stop(signal.SIGTERM)
    assert training.wait(PATIENCE) == 2  # watching has ended, and there is nothing to show
    training.stop(signal.SIGTERM)  # too late, and no error


PARENT = """
import sys, time
from pathlib import Path
from grokyolo.sweep.local_engine import Training
training = Training(sys.argv[2:], Path(sys.argv[1]), cpus=1)
print(training.pid, flush=True)
time.sleep(1000)
"""


def test_it_ends_when_its_parent_is_killed(log, endless):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(log), *endless], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    wait_for(lambda: "no finished epoch" in log.read_text())
    parent.kill()
    parent.wait()
    wait_for(lambda: not _alive(child))


def _alive(pid: int) -> bool:
    """Tell whether a process runs; a dead one that nobody has asked after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
