"""What each job of a sweep gets: GPUs as CUDA_VISIBLE_DEVICES names them, and CPU threads."""

import pytest

from grokyolo.recipe import load
from grokyolo.sweep import local_engine


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
