"""What the machine offers."""

import stat

import pytest

from grokyolo.plan.machine import look_around, parse_gpus

MIB = 1 << 20


def test_what_nvidia_smi_prints_is_read():
    table = "0, NVIDIA H100 80GB HBM3, 81559, 80990\n1, NVIDIA A10, 23028, 512\n"
    one, two = parse_gpus(table)
    assert (one.index, one.name, one.total, one.free) == (0, "NVIDIA H100 80GB HBM3", 81559 * MIB, 80990 * MIB)
    assert (two.index, two.free) == (1, 512 * MIB)


@pytest.mark.parametrize("table", ["", "No devices were found\n", "0, A, [N/A], [N/A]\n", "a, b, c, d\n", ", , ,\n"])
def test_lines_that_are_no_gpu_are_passed_over(table):
    assert parse_gpus(table) == ()


@pytest.mark.parametrize("script, count", [("echo '0, Fake, 1000, 900'", 1), ("exit 9", 0), ("echo broken", 0)])
def test_nvidia_smi_is_asked_where_there_is_one(tmp_path, monkeypatch, script, count):
    command = tmp_path / "nvidia-smi"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert len(look_around(tmp_path).gpus) == count


def test_without_nvidia_smi_there_is_no_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    machine = look_around(tmp_path)
    assert machine.gpus == ()
    assert machine.disk_free > 0
    assert machine.cpus >= 1
