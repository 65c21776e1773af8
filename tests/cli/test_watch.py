"""grokyolo gap --watch, and the screen of grokyolo train, on terminals and off them."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from tests.cli.conftest import PATIENCE, TINY, problem, wait_for_epochs

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Screen:
    """A command on a terminal of its own; what it writes is kept."""

    def __init__(self, command: list[str], width: int = 80, height: int = 24, **environment: str) -> None:
        self.end, terminal = pty.openpty()
        self.resize(width, height)
        clean = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
        self.child = subprocess.Popen(
            command,
            **dict.fromkeys(("stdin", "stdout", "stderr"), terminal),
            env={**clean, "TERM": "xterm-256color", "PYTHONUTF8": "1", **environment},
            start_new_session=True,
        )
        os.close(terminal)
        self.raw = b""

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read(self, wait: float = 0.1) -> bool:
        """Take what was written; False when nobody writes any more."""
        if not select.select([self.end], [], [], wait)[0]:
            return True
        try:
            part = os.read(self.end, 65536)
        except OSError:  # how Linux says that the other end was closed
            return False
        self.raw += part
        return bool(part)

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while text not in self.text:
            assert self.read() and time.monotonic() < deadline, self.text

    def finish(self) -> int:
        """Wait for the end and return the exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.read():
            assert time.monotonic() < deadline, self.text
        return self.child.wait(timeout=PATIENCE)

    @property
    def text(self) -> str:
        return CONTROL.sub("", self.raw.decode(errors="replace"))

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self.end)


@pytest.fixture
def on_screen(python, workplace):
    """Start a command of grokyolo on a terminal."""
    screens = []

    def start(*arguments: str, **options) -> Screen:
        screens.append(Screen([python, "-m", "grokyolo", *arguments], **options))
        return screens[-1]

    yield start
    for screen in screens:
        screen.close()


# gap --watch -----------------------------------------------------------------------------------------------------


def test_a_finished_run_is_shown_and_left(on_screen, run):
    screen = on_screen("gap", str(run), "--watch")
    assert screen.finish() == 0
    assert "epoch 3 of 3" in screen.text
    assert "finished" in screen.text
    assert "⠤⠤ validation" in screen.text


def test_a_run_in_training_is_followed_to_its_end(on_screen, process, workplace):
    child = process("train", *TINY, "epochs=150", "--name", "a")
    wait_for_epochs(workplace / "runs/a", 5, child)
    screen = on_screen("gap", "runs/a", "--watch")
    assert screen.finish() == 0
    assert "epoch 150 of 150" in screen.text
    assert child.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_or_a_signal_ends_watching_and_not_the_training(on_screen, process, workplace, tmp_path_factory, number):
    child = process("train", *TINY, "epochs=100000", "--name", "a")
    wait_for_epochs(workplace / "runs/a", 5, child)
    temporary = tmp_path_factory.mktemp("temporary")
    screen = on_screen("gap", "runs/a", "--watch", TMPDIR=str(temporary))
    screen.wait_for("of 100,000")
    screen.child.send_signal(number)
    assert screen.finish() == 0
    assert "Traceback" not in screen.text
    assert screen.raw.rstrip().endswith(b"\x1b[?25h")  # the cursor is back
    assert not list(temporary.iterdir())
    assert child.poll() is None


def test_off_a_terminal_a_finished_run_is_a_line(grokyolo, run):
    code, out, err = grokyolo("gap", str(run), "--watch")
    assert (code, err) == (0, "")
    assert out.startswith("runs/exp1 · 3/3 · top1 probe ")
    assert len(out.splitlines()) == 1


def test_watching_is_followed_by_what_else_was_asked_for(grokyolo, run):
    code, out, err = grokyolo("gap", str(run), "--watch", "--plot", "--fail-on", "undecided")
    assert code == 3
    assert out.splitlines()[-1] == "picture: runs/exp1/gap.png"
    assert problem(err)[0] == "the verdict is undecided"


def test_json_and_a_screen_exclude_each_other(grokyolo, run):
    code, out, err = grokyolo("gap", str(run), "--watch", "--json")
    assert (code, out) == (2, "")
    assert problem(err)[1] == "--watch --json"


def test_a_run_that_is_not_there_is_not_awaited(grokyolo, workplace):
    code, out, err = grokyolo("gap", "runs/none", "--watch")
    assert (code, out) == (2, "")
    assert problem(err)[0] == "there is no run `runs/none`"


# train -----------------------------------------------------------------------------------------------------------


def test_a_training_is_shown_on_a_screen_that_stays(on_screen):
    screen = on_screen("train", *TINY, "epochs=60", "--name", "a")
    assert screen.finish() == 0
    last = screen.text[screen.text.rindex("runs/a  ") :]
    assert "epoch 60 of 60" in last
    assert "verdict   " in last
    assert last.rstrip().endswith("next: grokyolo gap runs/a --plot")


def test_ctrl_c_leaves_the_last_frame_and_says_how_to_go_on(on_screen):
    screen = on_screen("train", *TINY, "epochs=100000", "--name", "a")
    screen.wait_for("epoch 3")
    screen.child.send_signal(signal.SIGINT)
    assert screen.finish() == 130
    last = screen.text[screen.text.rindex("runs/a  ") :]
    assert "stopped" in last.splitlines()[0]
    assert last.rstrip().endswith("try:   grokyolo resume runs/a")


@pytest.mark.parametrize(
    "options",
    [{"TERM": "dumb"}, {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}],
    ids=["no cursor", "no such letters"],
)
def test_a_terminal_that_cannot_show_it_gets_lines(on_screen, options):
    screen = on_screen("train", *TINY, "epochs=5", "--name", "a", **options)
    assert screen.finish() == 0
    assert "training into runs/a" in screen.text
    assert "verdict   " not in screen.text


@pytest.mark.parametrize("how", ["--no-color", "NO_COLOR"])
def test_without_colour(on_screen, how):
    arguments, environment = (["--no-color"], {}) if how == "--no-color" else ([], {"NO_COLOR": "1"})
    screen = on_screen("train", *TINY, "epochs=5", "--name", "a", *arguments, **environment)
    assert screen.finish() == 0
    assert "epoch 5 of 5" in screen.text
    assert not re.search(rb"\x1b\[[0-9;]*3[0-9]", screen.raw)
