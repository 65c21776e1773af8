"""Locks: one owner at a time, on file systems with and without locks of their own."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grokyolo.errors import UsageError
from grokyolo.run import folder
from grokyolo.run.lock import NO_LOCKS, Held, held, holder, named, owner_in

LOCK, OWNER = Path("lock"), Path("owner.json")
HOLD = """
import sys, time
from pathlib import Path
{patch}
from grokyolo.run.lock import held
with held(Path("lock"), Path("owner.json"), print):
    print("held", flush=True)
    sys.stdin.read()
"""
NO_FLOCK = """
import errno, fcntl
def refuse(*_):
    raise OSError(errno.ENOSYS, "not here")
fcntl.flock = refuse
"""


@pytest.fixture(params=["with", "without"])
def locks(request, monkeypatch) -> bool:
    """Whether the file system has locks."""
    if request.param == "without":
        lose_locks(monkeypatch, errno.ENOSYS)
    return request.param == "with"


def lose_locks(monkeypatch, code: int) -> None:
    """Let the kernel answer as it does on a file system without locks."""

    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.fixture
def other(locks):
    """Start a process that holds the lock."""
    started = []

    def start() -> subprocess.Popen:
        code = HOLD.format(patch="" if locks else NO_FLOCK)
        process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        while b"held" not in process.stdout.readline():
            assert process.poll() is None
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_its_owner_is_named_and_nobody_else_gets_it(locks, other):
    process = other()
    assert named(holder(LOCK, OWNER)).startswith(f"process {process.pid} on ")
    with pytest.raises(Held), held(LOCK, OWNER, print):
        pass
    assert owner_in(OWNER)["pid"] == process.pid, "a refused one leaves the owner's name alone"


def test_it_is_free_after_an_orderly_end(locks, other):
    other().communicate()
    assert holder(LOCK, OWNER) is None
    assert not OWNER.exists()


def test_it_is_free_after_a_kill(locks, other):
    process = other()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert OWNER.exists()
    assert holder(LOCK, OWNER) is None
    with held(LOCK, OWNER, print):
        assert owner_in(OWNER)["pid"] == os.getpid()


@pytest.mark.parametrize("code", sorted(NO_LOCKS))
def test_a_lock_that_fails_is_no_held_lock(code, monkeypatch):
    lose_locks(monkeypatch, code)
    said = []
    with held(LOCK, OWNER, said.append):
        assert holder(LOCK, OWNER)["pid"] == os.getpid()
        with pytest.raises(Held), held(LOCK, OWNER, said.append):
            pass
    assert holder(LOCK, OWNER) is None
    assert len(said) == 1
    assert "has no locks" in said[0]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "host": 3}', "[" * 10_000])
def test_without_locks_a_broken_name_does_not_keep_all_out_for_ever(text, monkeypatch):
    lose_locks(monkeypatch, errno.ENOLCK)
    LOCK.touch()
    OWNER.write_text(text)
    os.utime(OWNER, (0, 0))
    assert holder(LOCK, OWNER) is None
    with held(LOCK, OWNER, print):
        pass


def test_without_locks_an_owner_elsewhere_is_believed_and_the_way_out_is_named(monkeypatch):
    lose_locks(monkeypatch, errno.ENOSYS)
    run = Path("my run")
    (run / "state").mkdir(parents=True)
    owner = run / "state" / "owner.json"
    owner.write_text(json.dumps({"pid": 4711, "host": "node7"}))
    with pytest.raises(UsageError) as caught, folder.owned(run, print):
        pass
    assert caught.value.what == "the run is being trained by process 4711 on node7"
    assert "remove 'my run/state/owner.json' where that process is gone" in caught.value.hint


def test_looking_writes_nothing_and_follows_nothing():
    assert holder(LOCK, OWNER) is None
    assert not LOCK.exists()
    os.mkfifo(LOCK)
    os.mkfifo(OWNER)
    assert holder(LOCK, OWNER) is None
    assert owner_in(OWNER) is None
    LOCK.unlink()
    Path("other").write_text("kept")
    LOCK.symlink_to("other")
    assert holder(LOCK, OWNER) is None
    with pytest.raises(OSError, match="symbolic links"), held(LOCK, OWNER, print):
        pass
    assert Path("other").read_text() == "kept"


def test_one_who_looks_at_the_same_moment_keeps_nobody_out():
    LOCK.touch()
    looks = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, sys, time\nfile = open('lock')\nfcntl.flock(file, fcntl.LOCK_SH)\n"
            "print(flush=True)\ntime.sleep(0.1)\n",
        ],
        stdout=subprocess.PIPE,
    )
    looks.stdout.readline()
    with held(LOCK, OWNER, print):
        pass
    looks.communicate()
