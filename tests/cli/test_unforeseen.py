"""Errors that no part of the program has a message for."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, problem

LONG_NAME = "a" * 400


@pytest.fixture
def broken(monkeypatch):
    """Let a verb fail with an error."""

    def breaks(error: Exception):
        def fail(*_):
            raise error

        monkeypatch.setattr("grokyolo.recipe.list_recipes", fail)

    return breaks


def test_a_fault_of_the_program_is_told_and_noted(grokyolo, broken, monkeypatch, workplace):
    monkeypatch.setenv("GROKYOLO_CACHE", "cache")
    broken(ZeroDivisionError("one\ntwo"))
    code, out, err = grokyolo("recipes")
    assert (code, out) == (1, "")
    what, where, hint = problem(err)
    assert what == "internal error: ZeroDivisionError: one"
    assert "type the command again" in hint
    assert Path(where).parent == Path("cache")
    noted = Path(where).read_text()
    assert noted.startswith("Traceback")
    assert noted.endswith("ZeroDivisionError: one\ntwo\n")


def test_where_it_cannot_be_noted_the_line_is_named(grokyolo, broken, monkeypatch, workplace):
    monkeypatch.setenv("GROKYOLO_CACHE", "/dev/null/no")
    monkeypatch.setattr("tempfile.tempdir", "/dev/null/no")
    broken(ZeroDivisionError())
    code, _, err = grokyolo("recipes")
    assert code == 1
    assert "no file could be written" in problem(err)[1]


@pytest.mark.parametrize(
    ("number", "code", "hint"),
    [
        (errno.ENOSPC, 1, "df -h"),
        (errno.EROFS, 1, "go to a folder that you may write to"),
        (errno.EACCES, 1, "ls -ld"),
        (errno.ENAMETOOLONG, 2, "choose a shorter name"),
    ],
)
def test_what_the_system_refuses_is_no_fault_of_the_program(number, code, hint, grokyolo, broken):
    broken(OSError(number, os.strerror(number), "no/such file"))
    given, out, err = grokyolo("recipes")
    assert (given, out) == (code, "")
    assert problem(err)[:2] == (os.strerror(number), "no/such file")
    assert hint in problem(err)[2]


COMMANDS = [
    ("gap", "{}"),
    ("gap", "{}", "--watch"),
    ("report", "{}"),
    ("compare", "{}", "{}"),
    ("verify", "{}"),
    ("resume", "{}"),
    ("extend", "{}", "--epochs", "9"),
    ("plan", "--recipe", "{}"),
    ("recipes", "check", "{}"),
    ("recipes", "show", "{}"),
    ("train", "--recipe", "{}"),
    ("train", *TINY, "--name", "{}"),
    ("train", *TINY, "--name", "{}", "--resume"),
    ("train", *TINY, "data={}"),
    ("sweep", "--recipe", "{}", "lr0=1,2"),
    ("sweep", *TINY, "lr0=1,2", "--name", "{}"),
    ("sweep", "show", "{}"),
]


@pytest.mark.parametrize("name", ["", LONG_NAME, f"x/{LONG_NAME}", "a\udcffb", "\ud800", "a\0b"], ids=ascii)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_name_is_a_traceback(name, command, grokyolo, workplace):
    (workplace / "runs").mkdir()
    code, _, err = grokyolo(*(word.replace("{}", name) for word in command))
    assert code == 2, err
    assert "Traceback" not in err
    assert "internal error" not in err


@pytest.mark.parametrize("command", ["extend runs/exp1 --epochs 9", "verify runs/exp1"])
def test_a_read_only_run(command, run, python, workplace):
    script = f"""
set -e
mkdir there
mount -t tmpfs none there
mkdir there/runs
cp -r runs/exp1 there/runs/
mount -o remount,ro there
cd there
code=0; {python} -m grokyolo {command} || code=$?
exit $code
"""
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "--user", "sh", "-c", script],
        check=False,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    if command.startswith("verify"):
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 2, done.stderr
        assert "Read-only file system" in done.stderr
