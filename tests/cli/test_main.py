"""The command line as a whole: help, verbs, exit codes, and what it does not import."""

import os
import shlex
import subprocess
import sys
from importlib import import_module

import pytest

from grokyolo import __version__
from grokyolo.cli import HELP, SUMMARIES, VERBS
from tests.cli.conftest import check_that_it_can_be_typed, problem

RECIPE_VERBS = ("list", "show", "copy", "check", "diff", "schema")
MODULES = (*VERBS, "sweep_show")
EXAMPLES = [
    (module.partition("_")[0], line.strip())
    for module in MODULES
    for line in import_module(f"grokyolo.cli.{module}").EXAMPLES.splitlines()
    if line.strip().startswith("grokyolo ")
] + [(line.split()[1], line.strip()) for line in HELP.splitlines() if line.startswith("  grokyolo ")]


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("help",), ("--no-color",), ("--no-color", "-h")])
def test_help_lists_every_verb(grokyolo, arguments):
    code, out, err = grokyolo(*arguments)
    assert (code, err) == (0, "")
    assert out == HELP
    for verb in VERBS:
        assert f"  {verb:9} {SUMMARIES[verb]}\n" in out


def test_help_fits_80_columns():
    assert max(map(len, HELP.splitlines())) <= 80


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_has_examples_and_fits_80_columns(grokyolo, verb):
    code, out, err = grokyolo(verb, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: grokyolo {verb} ")
    assert f"examples:\n  grokyolo {verb}" in out
    assert [line for line in out.splitlines() if len(line) > 88] == []


@pytest.mark.parametrize(("verb", "example"), EXAMPLES)
def test_every_example_in_the_help_can_be_typed(verb, example):
    arguments = shlex.split(example, comments=True)
    assert arguments[:2] == ["grokyolo", verb]
    check_that_it_can_be_typed(arguments[1 : arguments.index(">") if ">" in arguments else None])


@pytest.mark.parametrize(
    "path", [*((verb,) for verb in VERBS), ("sweep", "show"), *(("recipes", verb) for verb in RECIPE_VERBS)]
)
def test_help_may_stand_before_or_behind(grokyolo, path):
    pages = {grokyolo(*path, "--help"), grokyolo(*path, "-h"), grokyolo("help", *path)}
    assert len(pages) == 1
    ((code, out, err),) = pages
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: grokyolo {' '.join(path)} ")
    assert [line for line in out.splitlines() if len(line) > 88] == []


def test_each_verb_of_recipes_is_in_its_help(grokyolo):
    _, out, _ = grokyolo("recipes", "--help")
    assert [line.split()[0] for line in out.partition("verbs:\n")[2].splitlines()[: len(RECIPE_VERBS)]] == [
        *RECIPE_VERBS
    ]


def test_version(grokyolo):
    assert grokyolo("--version") == (0, f"grokyolo {__version__}\n", "")


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("trian", "did you mean train?"),
        ("extnd", "did you mean extend?"),
        ("xyzzy", "grokyolo --help"),
        ("--jsn", "grokyolo --help"),
    ],
)
def test_unknown_verb_names_the_nearest(grokyolo, typed, hint):
    code, out, err = grokyolo(typed)
    assert (code, out) == (2, "")
    assert problem(err) == (f"there is no verb '{typed}'", f"grokyolo {typed}", hint)


@pytest.mark.parametrize("typed", [["--no-color", "recipes", "list"], ["recipes", "--no-color", "list"]])
def test_no_color_may_stand_anywhere(grokyolo, typed):
    assert grokyolo(*typed) == grokyolo("recipes", "list", "--no-color")


@pytest.mark.parametrize("mode", ["export", "val", "predict", "track", "benchmark"])
def test_what_ultralytics_does_is_told_with_its_command(grokyolo, workplace, mode):
    for name in ("old", "my run"):
        weights = workplace / "runs" / name / "weights" / "best.pt"
        weights.parent.mkdir(parents=True)
        weights.touch()
        os.utime(weights, (0, len(name)))
    for typed, hint in (
        ([], "'model=runs/my run/weights/best.pt'"),
        (["runs/old"], "model=runs/old/weights/best.pt"),
        (["model=a.pt", "imgsz=64"], "model=a.pt imgsz=64"),
    ):
        code, _, err = grokyolo(mode, *typed)
        assert (code, problem(err)[1:]) == (2, (f"grokyolo {mode}", f"yolo {mode} {hint}"))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["recipes"], ["gap", "nope"]])
def test_light_verbs_import_neither_torch_nor_ultralytics(workplace, python, arguments):
    code = f"import sys; from grokyolo.cli import main; main({arguments!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([python, "-c", code], check=False, capture_output=True, text=True, cwd=workplace)
    modules = set(done.stderr.splitlines()[-1].split())
    assert "grokyolo.cli" in modules
    assert modules.isdisjoint({"torch", "torchvision", "ultralytics", "cv2"})


def test_a_training_says_what_it_does_before_it_loads_torch(workplace, python):
    code = "import sys; from grokyolo.cli import main; main(['train', 'data=nowhere.yaml']); print(*sys.modules)"
    done = subprocess.run([python, "-c", code], check=False, capture_output=True, text=True, cwd=workplace)
    lines = done.stderr.splitlines()
    assert lines[0] == "plan: looking at model and data; torch is loaded next"
    assert lines[1].startswith("error: the data set nowhere.yaml is not here")
    assert "torch" not in done.stdout.split()


def test_help_imports_no_number_library_either(workplace, python):
    code = "import sys; from grokyolo.cli import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([python, "-c", code], check=False, capture_output=True, text=True, cwd=workplace)
    assert set(done.stdout.splitlines()[-1].split()).isdisjoint({"numpy", "polars", "pydantic", "matplotlib", "rich"})


def test_gap_of_a_run_imports_neither_torch_nor_ultralytics(run, python):
    code = f"import sys; from grokyolo.cli import main; main(['gap', '{run}', '--plot']); print(*sys.modules)"
    done = subprocess.run([python, "-c", code], check=False, capture_output=True, text=True)
    assert (run / "gap.png").exists(), done.stderr
    assert set(done.stdout.splitlines()[-1].split()).isdisjoint({"torch", "torchvision", "ultralytics", "cv2"})


def test_runs_as_a_module_and_as_a_command(process):
    child = process("--version")
    assert child.communicate() == (f"grokyolo {__version__}\n", "")
    assert child.returncode == 0


def test_ctrl_c_outside_a_training_ends_with_130(grokyolo, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("grokyolo.recipe.list_recipes", interrupted)
    assert grokyolo("recipes") == (130, "", "stopped by Ctrl-C\n")


@pytest.mark.parametrize("command", ["recipes", "--help", "recipes show long"])
def test_a_reader_that_has_seen_enough_is_no_failure(python, workplace, command):
    # the reader is gone before the first write, so every write goes into a broken pipe
    script = f"(sleep 0.2; {shlex.quote(python)} -m grokyolo {command}; echo $? >code) | true"
    done = subprocess.run(["bash", "-c", script], check=False, capture_output=True, text=True, cwd=workplace)
    assert done.stderr == ""
    assert (workplace / "code").read_text() == "0\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_any_encoding_of_the_terminal(run, python, encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [python, "-m", "grokyolo", "gap", str(run), "größe-模型"]
    done = subprocess.run(command, check=False, capture_output=True, env=environment)
    assert done.returncode == 2
    assert b"runs/exp1" in done.stdout
    assert done.stderr.startswith(b"error: there is no run")
    assert b"Traceback" not in done.stderr


def test_standard_streams_are_told_apart(process):
    child = process("gap", "nope")
    out, err = child.communicate()
    assert (child.returncode, out) == (2, "")
    assert err.startswith("error: there is no run")


def test_the_tests_run_the_package_under_test(python):
    assert sys.executable == python
