"""Completion: what is proposed for each place of a command, and that real shells write it there."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grokyolo.cli import VERBS, shells
from grokyolo.recipe import list_recipes
from grokyolo.verdict import Verdict
from tests.cli.conftest import PATIENCE
from tests.conftest import ROOT

SHELLS = ("bash", "zsh")


@pytest.fixture
def runs(workplace) -> Path:
    """Runs of grokyolo and of Ultralytics, one with a blank in its name, a sweep, a folder that is no run, a recipe."""
    logs = ("exp1/gap.csv", "exp2/grokyolo.yaml", "detect/train/results.csv", "my run/gap.csv", "sweep/seed=1/gap.csv")
    for log in (*logs, "nothing/notes.txt"):
        (workplace / "runs" / log).parent.mkdir(parents=True)
        (workplace / "runs" / log).touch()
    (workplace / "mine.yaml").write_text("extends: long\n")
    return workplace


@pytest.fixture
def proposed(grokyolo, monkeypatch):
    """Return what is proposed for the last word of a command, as bash asks for it."""

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv("COMP_WORDS", "\n".join(("grokyolo", *words)))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        monkeypatch.setenv(shells.ASKING, "complete_bash")
        code, out, err = grokyolo()
        monkeypatch.delenv(shells.ASKING)
        assert (code, err) == (0, "")
        return [line for line in out.splitlines() if line]

    return ask


def test_verbs_and_what_stands_below_them(proposed):
    assert proposed("") == [*VERBS]
    assert proposed("re") == ["report", "recipes", "resume"]
    assert proposed("recipes", "") == ["list", "show", "copy", "check", "diff", "schema"]
    assert proposed("sweep", "sho") == ["show"]
    assert proposed("sweep", "seed=0,1", "sho") == []


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["gap", "x", "--"], {"--json", "--plot", "--watch", "--fail-on", "--last", "--no-color", "--help"}),
        (["sweep", "show", "--c"], {"--critical", "--csv"}),
        (["recipes", "show", "--r"], {"--resolved"}),
        (["--v"], {"--version"}),
    ],
)
def test_options(proposed, words, options):
    assert options <= set(proposed(*words))


@pytest.mark.parametrize("words", [["train", "--recipe"], ["plan", "--json", "--recipe"], ["recipes", "show"]])
def test_recipes_and_files_of_recipes(proposed, runs, words):
    assert proposed(*words, "long") == [r.name for r in list_recipes() if r.name.startswith("long")]
    assert "mine.yaml" in proposed(*words, "m")
    assert "mine.yaml" in proposed("recipes", "check", "m")


@pytest.mark.parametrize("words", [["gap"], ["gap", "runs/exp1"], ["report"], ["compare", "a"], ["resume"], ["verify"]])
def test_run_folders(proposed, runs, words):
    found = {"runs/exp1", "runs/exp2", "runs/my run", "runs/detect/train", "runs/sweep/seed=1"}
    assert set(proposed(*words, "")) == set(proposed(*words, "ru")) == found
    assert proposed(*words, "runs/exp") == ["runs/exp1", "runs/exp2"]
    assert set(proposed("sweep", "show", "runs/s")) == {"runs/sweep"}


def test_runs_elsewhere_are_found_beside_what_is_typed(proposed, runs):
    shutil.move("runs", "old")
    assert set(proposed("gap", "old/exp")) == {"old/exp1", "old/exp2"}


@pytest.mark.parametrize(
    "words", [["train"], ["plan", "--recipe", "long"], ["extend", "x", "--epochs", "9"], ["sweep"]]
)
def test_train_arguments(proposed, words):
    assert proposed(*words, "weight") == ["weight_decay="]
    assert {"lr0=", "lrf="} == set(proposed(*words, "epochs=3", "lr"))
    assert {"model=", "data=", "epochs="} <= set(proposed(*words, ""))
    assert "resume=" not in proposed(*words, "res"), "what a recipe cannot set"


def test_verdicts_one_after_the_other(proposed):
    words = {verdict.value for verdict in Verdict}
    assert set(proposed("gap", "x", "--fail-on", "")) == words
    assert proposed("gap", "x", "--fail-on", "overfitting,div") == ["overfitting,diverged"]
    assert set(proposed("gap", "x", "--fail-on", "grokked,")) == {f"grokked,{one}" for one in words - {"grokked"}}


@pytest.mark.parametrize("words", ["", "train weight", "gap ru", "train --recipe lo", "gap --fail-on gr"])
def test_nothing_heavy_is_imported_while_somebody_waits_for_a_key(runs, python, words):
    code = "import os, sys; from grokyolo.cli import main; main([]); print(*sys.modules, file=sys.stderr)"
    asked = {shells.ASKING: "complete_bash", "COMP_WORDS": f"grokyolo {words}", "COMP_CWORD": str(len(words.split()))}
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True, env={**os.environ, **asked})
    loaded = set(done.stderr.splitlines()[-1].split())
    assert loaded.isdisjoint({"torch", "torchvision", "ultralytics", "cv2", "matplotlib"})
    if not words:
        assert loaded.isdisjoint({"pydantic", "rich", "yaml"})


class Terminal:
    """A shell on a terminal of its own, typed into as a person does."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.process, self._file = pty.fork()
        if self.process == 0:
            os.environ.update(environment(home))
            os.execvp(command[0], command)

    def wait(self, shows: str) -> str:
        """Return what the terminal shows until it has shown this."""
        shown, deadline = "", time.monotonic() + PATIENCE
        while not re.search(shows, shown):
            assert time.monotonic() < deadline, shown
            if select.select([self._file], [], [], 0.1)[0]:
                shown += os.read(self._file, 65536).decode(errors="replace")
        return shown

    def words(self, keys: str) -> list[str]:
        """Type, and return the words of the line that stands there then."""
        os.write(self._file, f"{keys}\x01printf '<%s>' 'words' \x05 'end'; echo\r".encode())
        line = re.findall(r"<words>(.*?)<end>", self.wait("<words>.*<end>"))[-1]
        return line.strip("<>").split("><")

    def close(self) -> None:
        os.kill(self.process, 9)
        os.waitpid(self.process, 0)
        os.close(self._file)


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which `grokyolo` is the one under test and no file of this user's shell is read."""
    kept = {key: value for key, value in os.environ.items() if key not in {"ZDOTDIR", "BASH_ENV", "ENV"}}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    python_path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**kept, "HOME": str(home), "PATH": path, "PYTHONPATH": python_path, "TERM": "dumb", "EDITOR": ""}


@pytest.fixture(params=SHELLS)
def terminal(request, runs, tmp_path_factory) -> Iterator[Terminal]:
    """A shell in which completion was installed as the help says."""
    home = tmp_path_factory.mktemp("home")
    command = [request.param, "-c", "grokyolo --install-completion; true"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(home))
    assert f"{request.param} completion installed in" in done.stdout, done
    shell = Terminal([request.param, "-i"], home)
    yield shell
    shell.close()


def test_a_real_shell_completes(terminal):
    """The tab is typed before the shell is ready, as impatient people do; the line is read by running it."""
    assert terminal.words("grokyolo ga\t") == ["grokyolo", "gap"]
    assert terminal.words("grokyolo gap runs/det\t--js\t") == ["grokyolo", "gap", "runs/detect/train", "--json"]
    assert terminal.words("grokyolo gap runs/my\t") == ["grokyolo", "gap", "runs/my run"]
    assert terminal.words("grokyolo gap --fail-on grokked,ov\t")[-1] == "grokked,overfitting"
    assert terminal.words("grokyolo train --recipe grok\t")[-1] == "grok-modular-addition"
    assert terminal.words("grokyolo train weight_d\t0.25 epo\t3")[-2:] == ["weight_decay=0.25", "epochs=3"]
    assert terminal.words("grokyolo train data=mi\t")[-1] == "data=mine.yaml"
    assert terminal.words("grokyolo sweep sho\tru\tsw\t")[1:] == ["sweep", "show", "runs/sweep"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_can_be_shown_instead_of_installed(shell, tmp_path):
    command = [shell, "-c", "grokyolo --show-completion; true"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(tmp_path))
    assert f"{shells.ASKING}=complete_{shell}" in done.stdout
    assert (shell == "bash") == ("nospace" in done.stdout)
    assert list(tmp_path.iterdir()) == []
