"""--prometheus and --notify of train and resume, with real trainings, real commands and a real server."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.real.training import log, process, trained

SECRET = "s3cr3t"


@pytest.fixture
def hook(monkeypatch):
    """A server whose secret address is in the environment; yields what it was sent."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200 if self.path == f"/{SECRET}" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    monkeypatch.setenv("GROK_HOOK", f"http://127.0.0.1:{server.server_port}/{SECRET}")
    yield received
    server.shutdown()
    server.server_close()


@pytest.fixture
def noting(tmp_path):
    """A command that adds its standard input to messages.jsonl."""
    script = tmp_path / "note.py"
    script.write_text(
        f"import sys\nwith open({str(tmp_path / 'messages.jsonl')!r}, 'a') as file:\n"
        "    file.write(sys.stdin.read() + '\\n')\n"
    )
    return f"{sys.executable} {script}"


def messages(folder):
    return [json.loads(line) for line in (folder / "messages.jsonl").read_text().splitlines()]


def samples(path):
    lines = path.read_text().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_a_training_tells_of_its_end(small, grokyolo, workplace, hook, noting):
    recipe = str(small("classify"))
    options = ("--notify", "$GROK_HOOK", "--notify", noting, "--prometheus", "a.prom")
    code, _, errors = grokyolo("train", "--recipe", recipe, "--name", "a", *options)
    assert (code, "cannot" in errors) == (0, False), errors
    assert [message["event"] for message in hook] == ["end"]
    assert messages(workplace) == hook
    assert (hook[0]["epoch"], hook[0]["saved_epoch"], hook[0]["run"]) == (4, 4, "a")
    found = samples(workplace / "a.prom")
    assert found['grokyolo_epoch{run="a"}'] == found['grokyolo_saved_epoch{run="a"}'] == 4
    assert found['grokyolo_state{run="a",state="done"}'] == 1
    assert found['grokyolo_verdict{run="a",verdict="undecided"}'] == 1


def test_it_leaves_no_trace_in_the_run_nor_its_secrets(small, grokyolo, workplace, hook, noting):
    recipe = str(small("classify"))
    options = ("--notify", "$GROK_HOOK", "--notify", f"{noting} {SECRET}", "--prometheus", "a.prom")
    _, out, errors = grokyolo("train", "--recipe", recipe, "--name", "a", *options)
    run = workplace / "runs" / "a"
    assert log(run) == log(trained(recipe, "plain"))
    assert SECRET not in out + errors
    for file in (path for path in run.rglob("*") if path.is_file()):
        assert SECRET.encode() not in file.read_bytes(), file.name


def test_an_address_that_fails_is_one_warning_without_its_secret(small, grokyolo, workplace, hook, monkeypatch):
    monkeypatch.setenv("GROK_HOOK", os.environ["GROK_HOOK"] + "-wrong")
    code, _, errors = grokyolo("train", "--recipe", str(small("classify")), "--name", "a", "--notify", "$GROK_HOOK")
    assert code == 0
    assert "warning: cannot notify $GROK_HOOK: the server answered 404" in errors
    assert errors.count("cannot notify") == 1
    assert SECRET not in errors


def test_a_training_tells_of_its_stop_and_resume_tells_of_the_end(small, workplace, grokyolo, noting):
    recipe = str(small("classify", "long", epochs=3000))
    options = ("--notify", noting, "--prometheus", "a.prom")
    child = process(workplace, "train", "--recipe", recipe, "--name", "a", *options)
    while not (workplace / "a.prom").exists():
        assert child.is_alive()
        child.join(0.05)
    child.terminate()
    child.join()
    (message,) = messages(workplace)
    assert message["event"] == "stop"
    assert message["error"].startswith("stopped by SIGTERM; saved up to epoch ")
    assert message["next"] == "grokyolo resume runs/a"
    found = samples(workplace / "a.prom")
    assert found['grokyolo_state{run="a",state="stopped"}'] == 1
    assert found['grokyolo_saved_epoch{run="a"}'] == message["saved_epoch"] > 0
    more = str(message["saved_epoch"] + 2)
    code, _, errors = grokyolo("extend", "runs/a", "--epochs", more, *options)
    assert code == 0, errors
    assert [message["event"] for message in messages(workplace)] == ["stop", "end"]
    assert samples(workplace / "a.prom")['grokyolo_epoch{run="a"}'] == float(more)


def test_a_training_that_cannot_begin_tells_of_its_failure(grokyolo, workplace, small, hook):
    code, _, _ = grokyolo("train", "--recipe", str(small("classify")), "data=no-such-data", "--notify", "$GROK_HOOK")
    assert code != 0
    assert [message["event"] for message in hook] == ["failure"]
    assert "no-such-data" in hook[0]["error"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--notify", "$NO_SUCH_HOOK"), "cannot notify $NO_SUCH_HOOK: the environment has no NO_SUCH_HOOK"),
        (("--prometheus", "no/such/folder/a.prom"), "there is no folder"),
    ],
)
def test_a_mistake_is_found_before_anything_is_trained(options, reason, grokyolo, workplace, small):
    code, _, errors = grokyolo("train", "--recipe", str(small("classify")), *options)
    assert code == 2
    assert reason in errors.replace("\n", " ")
    assert not (workplace / "runs").exists()
