"""Bringing messages to commands and URLs, for real: programs run, a server listens."""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import pytest

from grokyolo.errors import UsageError
from grokyolo.notify import delivery as module
from grokyolo.notify.delivery import Channel, DeliveryError, Target, close_all

PATIENCE = 30.0
"""Seconds that a test waits for what comes at once."""
SECRET = "s3cr3t"
BODY = json.dumps({"event": "end", "text": "naïve"}).encode()


class Server:
    """Answers with the given codes in turn, the last one for ever; `requests` holds what arrived."""

    def __init__(self, *codes: int) -> None:
        self.requests: Queue = Queue()
        answers, outer = list(codes), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.put((self.path, body, dict(self.headers)))
                self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def do_GET(self) -> None:
                outer.requests.put((self.path, b"", {}))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}/{SECRET}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server():
    """Return a function: codes to answer with."""
    servers = []

    def start(*codes: int) -> Server:
        servers.append(Server(*codes))
        return servers[-1]

    yield start
    for one in servers:
        one.close()


@pytest.fixture
def noting(tmp_path):
    """Return a command that appends its standard input and its arguments to a file, and that file."""
    script, notes = tmp_path / "note it.py", tmp_path / "notes.jsonl"
    script.write_text(
        "import json, sys\n"
        f"with open({str(notes)!r}, 'ab') as file:\n"
        "    file.write(json.dumps([sys.stdin.buffer.read().decode(), sys.argv[1:]]).encode() + b'\\n')\n"
    )
    return f"{sys.executable} '{script}'", notes


def noted(notes) -> list:
    return [json.loads(line) for line in notes.read_text().splitlines()]


def delivered(target: str, *bodies: bytes, **options) -> list[str]:
    """Deliver through a channel and return what went wrong."""
    channel = Channel(Target(target), **options)
    for body in bodies:
        channel.put(body)
    assert channel.close(PATIENCE) == 0
    return channel.problems()


def lives(pid: str) -> bool:
    """Tell whether there is such a process; one that has ended and that nobody has asked is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class TestCommand:
    def test_gets_the_message_on_its_standard_input(self, noting):
        command, notes = noting
        assert delivered(command, BODY) == []
        assert noted(notes) == [[BODY.decode(), []]]

    def test_gets_messages_in_order(self, noting):
        command, notes = noting
        delivered(command, b"1", b"2", b"3")
        assert [body for body, _ in noted(notes)] == ["1", "2", "3"]

    def test_no_shell_looks_at_it(self, noting):
        command, notes = noting
        delivered(f"{command} 'two words' ; echo > * `id`", BODY)
        assert noted(notes)[0][1] == ["two words", ";", "echo", ">", "*", "`id`"]

    @pytest.mark.parametrize("variable", ["$GROK_TOKEN", "${GROK_TOKEN}"])
    def test_a_variable_stays_one_argument(self, variable, noting, monkeypatch):
        command, notes = noting
        monkeypatch.setenv("GROK_TOKEN", "a 'b; c")
        delivered(f"{command} x={variable}.", BODY)
        assert noted(notes)[0][1] == ["x=a 'b; c."]

    def test_a_variable_may_hold_the_whole_command(self, noting, monkeypatch):
        command, notes = noting
        monkeypatch.setenv("GROK_COMMAND", f"{command} one two")
        delivered("$GROK_COMMAND", BODY)
        assert noted(notes)[0][1] == ["one", "two"]

    def test_a_variable_is_read_when_it_is_used(self, noting, monkeypatch):
        command, notes = noting
        monkeypatch.setenv("GROK_TOKEN", "old")
        channel = Channel(Target(f"{command} $GROK_TOKEN"))
        monkeypatch.setenv("GROK_TOKEN", "new")
        channel.put(BODY)
        assert channel.close(PATIENCE) == 0
        assert noted(notes)[0][1] == ["new"]

    def test_that_reads_nothing_is_fine(self):
        assert delivered(f"{sys.executable} -c pass", b"x" * 1_000_000) == []

    def test_that_fails_is_one_warning(self):
        command = f"{sys.executable} -c 'raise SystemExit(3)'"
        assert delivered(command, BODY, BODY) == [
            f"cannot notify {sys.executable} …: the command ended with exit code 3"
        ]

    def test_that_hangs_is_ended(self, monkeypatch):
        monkeypatch.setattr(module, "COMMAND_SECONDS", 0.05)
        command = f"{sys.executable} -c 'import time; time.sleep(600)'"
        assert delivered(command, BODY) == [
            f"cannot notify {sys.executable} …: the command took longer than 0.05 s and was ended"
        ]

    def test_does_not_outlive_a_training_by_more_than_its_time(self, tmp_path):
        family = tmp_path / "family.sh"
        family.write_text(f"sleep 600 & echo $! $$ > {tmp_path}/pids.new; mv {tmp_path}/pids.new {tmp_path}/pids; wait")
        training = (
            "import os, pathlib, time\n"
            "from grokyolo.notify import delivery\n"
            "delivery.COMMAND_SECONDS = 1.0\n"
            f"delivery.Channel(delivery.Target('sh {family}')).put(b'')\n"
            f"while not pathlib.Path({str(tmp_path / 'pids')!r}).exists(): time.sleep(0.01)\n"
            "os._exit(9)\n"
        )
        subprocess.run([sys.executable, "-c", training], check=False)
        pids = (tmp_path / "pids").read_text().split()
        deadline = time.monotonic() + PATIENCE
        while any(lives(pid) for pid in pids):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def test_that_hangs_takes_its_children_along(self, tmp_path, monkeypatch):
        monkeypatch.setattr(module, "COMMAND_SECONDS", 1.0)
        script = tmp_path / "family.sh"
        script.write_text(f"sleep 600 & echo $! > {tmp_path}/pid; wait")
        (problem,) = delivered(f"sh {script}", BODY)
        assert problem.endswith("took longer than 1 s and was ended")
        deadline = time.monotonic() + PATIENCE
        while lives((tmp_path / "pid").read_text().strip()):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def test_what_it_leaves_behind_holds_nobody_up(self, tmp_path):
        script = tmp_path / "leaves.sh"
        script.write_text(f"sleep 600 & echo $! > {tmp_path}/pid")
        assert delivered(f"sh {script}", BODY) == []
        pid = (tmp_path / "pid").read_text().strip()
        assert lives(pid), "it has its time"
        os.kill(int(pid), signal.SIGKILL)

    def test_that_vanishes_is_one_warning(self):
        (problem,) = delivered("no-such-command-anywhere --token x", BODY, BODY)
        assert problem == (
            "cannot notify no-such-command-anywhere …: the command cannot be run: No such file or directory"
        )


class TestURL:
    def test_gets_the_message_as_json(self, server):
        there = server(200)
        assert delivered(there.url, BODY) == []
        path, body, headers = there.requests.get(timeout=PATIENCE)
        assert (path, body) == (f"/{SECRET}", BODY)
        assert headers["Content-Type"] == "application/json"
        assert headers["User-Agent"].startswith("grokyolo/")

    def test_variables_stand_anywhere_in_it(self, server, monkeypatch):
        there = server(204)
        monkeypatch.setenv("GROK_HOST", there.host)
        monkeypatch.setenv("GROK_TOKEN", SECRET)
        assert delivered("http://$GROK_HOST/hook?t=${GROK_TOKEN}", BODY) == []
        assert there.requests.get(timeout=PATIENCE)[0] == f"/hook?t={SECRET}"

    def test_a_variable_may_hold_all_of_it(self, server, monkeypatch):
        there = server(200)
        monkeypatch.setenv("GROK_HOOK", there.url)
        assert delivered("$GROK_HOOK", BODY) == []
        assert there.requests.get(timeout=PATIENCE)[1] == BODY

    def test_user_and_password_are_sent_as_a_header(self, server):
        there = server(200)
        assert delivered(f"http://me:p%40ss@{there.host}/hook", BODY) == []
        headers = there.requests.get(timeout=PATIENCE)[2]
        assert headers["Authorization"] == "Basic " + base64.b64encode(b"me:p@ss").decode()
        assert headers["Host"] == there.host

    @pytest.mark.parametrize("code", [408, 429, 500, 503])
    def test_a_temporary_error_is_tried_again(self, code, server):
        there = server(code, code, 200)
        assert delivered(there.url, BODY, backoff=(0.0, 0.0, 0.0)) == []
        assert there.requests.qsize() == 3

    def test_attempts_end(self, server):
        there = server(503)
        assert delivered(there.url, BODY, backoff=(0.0, 0.0)) == [
            f"cannot notify http://{there.host}/…: the server answered 503"
        ]
        assert there.requests.qsize() == 3

    @pytest.mark.parametrize("code", [400, 401, 404, 410])
    def test_a_lasting_error_is_not_tried_again(self, code, server):
        there = server(code, 200)
        assert delivered(there.url, BODY, backoff=(0.0,)) == [
            f"cannot notify http://{there.host}/…: the server answered {code}"
        ]
        assert there.requests.qsize() == 1

    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    def test_a_redirection_is_not_followed(self, code, server):
        there = server(code)
        assert delivered(there.url, BODY) == [f"cannot notify http://{there.host}/…: the server answered {code}"]
        assert there.requests.qsize() == 1

    def test_each_kind_of_trouble_is_one_warning(self, server):
        there = server(404, 404, 410)
        problems = delivered(there.url, BODY, BODY, BODY, backoff=())
        assert [problem[-3:] for problem in problems] == ["404", "410"]

    def test_that_nobody_listens_at_is_one_warning(self, server):
        gone = server(200)
        gone.close()
        assert delivered(gone.url, BODY, BODY, backoff=(0.0,)) == [
            f"cannot notify http://{gone.host}/…: the server cannot be reached: Connection refused"
        ]

    def test_that_does_not_answer_is_given_up(self, monkeypatch):
        import socket

        monkeypatch.setattr(module, "REQUEST_SECONDS", 0.05)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/{SECRET}"
            (problem,) = delivered(url, BODY, backoff=())
        assert problem.endswith("the server does not answer in time")


class TestChannel:
    @pytest.fixture
    def stuck(self):
        """A channel whose first delivery waits to be let go; what is delivered lands in `stuck.done`."""
        started, go, done = threading.Event(), threading.Event(), Queue()

        def deliver(body: bytes) -> None:
            started.set()
            go.wait(PATIENCE)
            done.put(body)

        channel = Channel(Target("https://example.org/hook"), deliver, size=3)
        channel.started, channel.go, channel.done = started, go, done
        yield channel
        go.set()

    def test_never_holds_up_who_puts(self, stuck):
        for number in range(1000):
            stuck.put(str(number).encode())
        assert not stuck.go.is_set()

    def test_the_oldest_give_way_with_one_warning(self, stuck):
        stuck.put(b"first")
        assert stuck.started.wait(PATIENCE)
        for number in range(10):
            stuck.put(str(number).encode())
        assert len(stuck.problems()) == 1
        stuck.put(b"last")
        assert stuck.problems() == []
        stuck.go.set()
        assert stuck.close(PATIENCE) == 0
        assert list(stuck.done.queue) == [b"first", b"8", b"9", b"last"]

    def test_closing_waits_no_longer_than_told_and_says_what_is_left(self, stuck):
        stuck.put(b"first")
        assert stuck.started.wait(PATIENCE)
        stuck.put(b"second")
        assert stuck.close(0.0) == 2

    def test_closing_hurries_further_attempts(self):
        attempts = []

        def deliver(body: bytes) -> None:
            attempts.append(body)
            if len(attempts) < 3:
                raise DeliveryError("busy", temporary=True)

        channel = Channel(Target("https://example.org"), deliver, backoff=(3600.0, 3600.0))
        channel.put(BODY)
        assert channel.close(PATIENCE) == 0
        assert attempts == [BODY] * 3

    def test_without_messages_there_is_no_thread(self):
        before = threading.active_count()
        channel = Channel(Target("https://example.org"))
        assert channel.close(0.0) == 0
        assert threading.active_count() == before

    def test_an_error_nobody_thought_of_is_a_warning_without_its_text(self):
        def deliver(_body: bytes) -> None:
            raise RuntimeError(SECRET)

        channel = Channel(Target("https://example.org/hook"), deliver)
        channel.put(BODY)
        channel.put(BODY)
        assert channel.close(PATIENCE) == 0
        assert channel.problems() == ["cannot notify https://example.org/…: RuntimeError"]

    def test_several_share_the_time(self, stuck):
        stuck.put(b"first")
        assert stuck.started.wait(PATIENCE)
        quick = Channel(Target("https://example.org"), lambda _body: None)
        quick.put(BODY)
        assert quick.close(PATIENCE) == 0
        assert close_all([stuck, quick], 0.0) == 1


class TestSecrets:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (f"https://hooks.example.org/T0/{SECRET}", "https://hooks.example.org/…"),
            (f"https://me:{SECRET}@example.org:8443/x", "https://example.org:8443/…"),
            (f"https://example.org?token={SECRET}", "https://example.org/…"),
            (f"HTTPS://[::1/{SECRET}", "HTTPS://[::1/…"),
            (f"ftp://me:{SECRET}@example.org", "ftp://example.org/…"),
            (f"curl -H 'Authorization: {SECRET}' https://example.org", "curl …"),
            ("notify", "notify"),
            ("$HOOK", "$HOOK"),
        ],
    )
    def test_a_target_is_named_without_them(self, value, shown):
        assert str(Target(value)) == repr(Target(value)) == shown

    def test_variables_are_never_shown_filled_in(self, monkeypatch):
        monkeypatch.setenv("GROK_TOKEN", SECRET)
        assert str(Target("https://$GROK_TOKEN.example.org/x")) == "https://$GROK_TOKEN.example.org/…"


class TestCheck:
    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ("", "it is empty"),
            ("  ", "it is empty"),
            ("$GROK_NOT_THERE", "the environment has no GROK_NOT_THERE"),
            ("https://example.org/${GROK_NOT_THERE}", "the environment has no GROK_NOT_THERE"),
            ("echo 'open", "a quotation mark or a backslash has no end"),
            ("no-such-command-anywhere x", "there is no such command"),
            ("https://", "this is no valid URL"),
            ("https://example.org:http/", "this is no valid URL"),
            ("https://[::1/", "this is no valid URL"),
            ("https://example.org/a b", "this is no valid URL"),
            ("ftp://example.org", "only commands and the schemes http and https are known"),
        ],
    )
    def test_a_mistake_is_found_before_training(self, value, reason):
        with pytest.raises(UsageError, match=reason) as caught:
            Target(value).check()
        assert caught.value.where == "--notify"
        assert caught.value.exit_code == 2

    @pytest.mark.parametrize("value", [f"https://u:{SECRET}@example.org:x/{SECRET}", f"{SECRET[:0]}nope {SECRET}"])
    def test_what_is_wrong_is_said_without_secrets(self, value):
        with pytest.raises(UsageError) as caught:
            Target(value).check()
        assert SECRET not in "\n".join(caught.value.lines())

    def test_what_can_be_used_passes(self, monkeypatch):
        monkeypatch.setenv("GROK_HOOK", "https://example.org/x")
        for value in ("$GROK_HOOK", "http://localhost:8080", f"{sys.executable} -c pass"):
            assert Target(value).check() is None
