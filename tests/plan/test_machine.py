"""What the machine offers, and how long an epoch takes on it."""

from __future__ import annotations

import stat

import pytest

from grokyolo.errors import GrokyoloError
from grokyolo.plan.data import read_data
from grokyolo.plan.machine import Gpu, Machine, epoch_seconds, extrapolated, look_around, measure, parse_gpus, visible
from grokyolo.plan.settings import settings_of
from grokyolo.recipe import load
from tests.plan.recipes import recipe

MIB = 1 << 20
pytestmark = pytest.mark.usefixtures("workplace")
TABLE = "epoch,seconds,val_loss\n1,3.0,1.0\n2,4.0,\n3,5.5,\n4,6.5,\n5,8.5,1.0\n"


def test_what_nvidia_smi_prints_is_read():
    table = "0, GPU-aa, NVIDIA H100 80GB HBM3, 81559, 80990\n1, GPU-bb, NVIDIA A10, 23028, 512\n"
    one, two = parse_gpus(table)
    assert one == Gpu(0, "NVIDIA H100 80GB HBM3", 81559 * MIB, 80990 * MIB, "GPU-aa")
    assert (two.index, two.free) == (1, 512 * MIB)


@pytest.mark.parametrize(
    "table", ["", "No devices were found\n", "0, u, A, [N/A], [N/A]\n", "a, b, c, d, e\n", ", , , ,\n"]
)
def test_lines_that_are_no_gpu_are_passed_over(table):
    assert parse_gpus(table) == ()


@pytest.mark.parametrize("script, count", [("echo '0, GPU-aa, Fake, 1000, 900'", 1), ("exit 9", 0), ("echo broken", 0)])
def test_nvidia_smi_is_asked_where_there_is_one(tmp_path, monkeypatch, script, count):
    command = tmp_path / "nvidia-smi"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert len(look_around(tmp_path).gpus) == count


TWO = (Gpu(0, "A", 9, 1, "GPU-aa"), Gpu(1, "B", 9, 2, "GPU-bb"))


@pytest.mark.parametrize(
    "variable, seen",
    [
        (None, "AB"),
        ("0,1", "AB"),
        ("1,0", "BA"),
        ("1", "B"),
        ("GPU-bb", "B"),
        ("GPU-b, GPU-a", "BA"),
        ("1,7,0", "B"),
        ("", ""),
        ("-1", ""),
        ("MIG-cc", "AB"),
    ],
)
def test_a_process_sees_and_numbers_what_cuda_shows_it(variable, seen):
    found = visible(TWO, variable)
    assert "".join(gpu.name for gpu in found) == seen
    assert [gpu.index for gpu in found] == list(range(len(seen)))


def test_the_variable_is_that_of_the_environment(tmp_path, monkeypatch):
    command = tmp_path / "nvidia-smi"
    command.write_text("#!/bin/sh\necho '0, GPU-aa, A, 1000, 900'\necho '1, GPU-bb, B, 1000, 900'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert [(gpu.index, gpu.name) for gpu in look_around(tmp_path).gpus] == [(0, "B")]


def test_chosen_are_those_that_the_recipe_names_or_the_idlest():
    machine = Machine(1, 1, 1, TWO)
    assert [gpu.name for gpu in machine.chosen((0,))] == ["A"]
    assert [gpu.name for gpu in machine.chosen((1, 0))] == ["A", "B"]
    assert [gpu.name for gpu in machine.chosen((-1,))] == ["B"]
    assert machine.chosen((5,)) == ()


def test_without_nvidia_smi_there_is_no_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    machine = look_around(tmp_path)
    assert machine.gpus == ()
    assert machine.disk_free > 0
    assert machine.cpus >= 1


def test_epochs_with_and_without_measuring_are_told_apart():
    assert epoch_seconds(TABLE) == (1.0, 2.0)


def test_a_run_is_as_long_as_its_epochs():
    assert extrapolated(1.0, 2.0, epochs=100, every=1).total == 200
    assert extrapolated(1.0, 2.0, epochs=100, every=10).total == 100 + 11
    assert extrapolated(2.0, 1.9, epochs=10, every=1).total == 20  # measuring never saves time


def test_a_real_training_is_timed_and_leaves_nothing(workplace):
    made = load("grok-modular-addition", ["data.modulus=5", "gap.probe=4", "gap.every=2", "epochs=1000"])
    settings = settings_of(made)
    timing = measure(made, settings, read_data(made, settings))
    assert 0 < timing.epoch <= timing.measured_epoch
    assert timing.epoch * 1000 <= timing.total <= timing.measured_epoch * 1000
    assert (timing.images, timing.scale) == (15, 1.0)
    assert list(workplace.iterdir()) == []


def test_a_training_that_fails_says_why():
    made = recipe("imgsz=64", model="no-such-model.pt")
    settings = settings_of(made)
    with pytest.raises(GrokyoloError, match=r"measuring failed: there is no file no-such-model\.pt"):
        measure(made, settings, read_data(made, settings))


def test_only_a_part_of_a_large_set_is_trained_on():
    made = load("grok-modular-addition", ["data.modulus=11", "batch=2", "nbs=2", "gap.probe=20"])
    settings = settings_of(made)
    timing = measure(made, settings, read_data(made, settings))
    assert (timing.images, timing.scale) == (16, 4.5)
