"""Signals as terminals and clusters send them, to real processes."""

import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests.cli.conftest import PATIENCE, TINY, rows, wait_for_epochs

LONG = ("train", *TINY, "epochs=100000", "--name", "a")
READY = """
import signal, sys
install = signal.signal
def noted(number, handler):
    before = install(number, handler)
    if number == signal.SIGINT:
        print("ready", flush=True)
    return before
signal.signal = noted
from grokyolo.cli import main
sys.argv = ["grokyolo", *sys.argv[1:]]
sys.exit(main())
"""


class InTerminal:
    """The command line as the first process of a terminal."""

    def __init__(self, *arguments: str) -> None:
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.execv(sys.executable, [sys.executable, "-m", "grokyolo", *arguments])
        self.code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code once it has ended, and read what it draws."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
            if self.code is None and self.terminal >= 0:
                os.set_blocking(self.terminal, False)
                with suppress(OSError):  # nothing to read
                    os.read(self.terminal, 1 << 16)
        return self.code

    def communicate(self) -> str:
        return "it has ended"

    def close_terminal(self) -> int:
        """Close the terminal, as a lost connection does, and return the exit code."""
        os.close(self.terminal)
        self.terminal = -1
        deadline = time.monotonic() + PATIENCE
        while self.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self.poll()


def test_a_closed_terminal_saves_and_ends_with_75(workplace, grokyolo):
    run = workplace / "runs" / "a"
    child = InTerminal(*LONG)
    wait_for_epochs(run, 3, child)
    assert child.close_terminal() == 75
    done = len(rows(run))
    code, _, err = grokyolo("extend", "runs/a", "--epochs", str(done + 1))
    assert code == 0, err
    assert rows(run)[done]["event"] == "resume", "the last finished epoch was saved"


def test_nohup_outlives_the_terminal(process, workplace):
    run = workplace / "runs" / "a"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what nohup does
    try:
        child = process(*LONG)
    finally:
        signal.signal(signal.SIGHUP, before)
    wait_for_epochs(run, 1, child)
    child.send_signal(signal.SIGHUP)
    wait_for_epochs(run, len(rows(run)) + 20, child)
    child.terminate()
    child.communicate()
    assert child.returncode == 75


@pytest.mark.parametrize("seconds", [0.0, 0.4, 3.0])
def test_ctrl_c_twice_while_it_starts_ends_with_130(seconds, workplace):
    child = subprocess.Popen(
        [sys.executable, "-c", READY, *LONG], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    child.stdout.readline()
    time.sleep(seconds)
    for _ in range(2):
        child.send_signal(signal.SIGINT)
        time.sleep(0.02)
    _, err = child.communicate()
    assert child.returncode == 130, err
    assert "Traceback" not in err
    assert "error:" not in err


@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_ctrl_c_twice_in_a_training_ends_with_130(pause, process, workplace):
    child = process(*LONG)
    wait_for_epochs(workplace / "runs" / "a", 3, child)
    for _ in range(3):
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            time.sleep(pause)
    _, err = child.communicate()
    assert child.returncode == 130, err
    assert "Traceback" not in err
    assert "error:" not in err
