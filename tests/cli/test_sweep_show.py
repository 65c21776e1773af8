"""grokyolo sweep show: from the folder of a sweep to what it shows, in every form, and what cannot be shown."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import problem
from tests.sweep.folders import groks, write, write_run

LEVELS = {"weight_decay": [0.0, 1.0], "fraction": [0.4, 0.6], "seed": [0, 1]}


@pytest.fixture
def folder(workplace) -> str:
    """A finished sweep of eight runs."""
    write(Path("runs/sweep"), **LEVELS)
    return "runs/sweep"


def test_the_diagram_and_all_answers(grokyolo, folder):
    code, out, err = grokyolo("sweep", "show", folder)
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert ["1", "grokked", "2/2", "grokked", "2/2"] in lines
    assert ["0", "memorising", "2/2", "memorising", "2/2"] in lines
    assert "does the jump keep the time of the decay budget?" in out
    assert "from which fraction on does a run generalise?" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_second_look_uses_the_verdicts_of_the_first(grokyolo, folder):
    first = grokyolo("sweep", "show", folder)
    assert Path(folder, "verdicts.jsonl").is_file()
    for log in Path(folder).glob("*/gap.csv"):
        log.chmod(0)  # for readers other than root; the signature is the same
    assert grokyolo("sweep", "show", folder) == first


def test_nothing_is_kept_without_the_cache(grokyolo, folder):
    assert grokyolo("sweep", "show", folder, "--no-cache")[0] == 0
    assert not Path(folder, "verdicts.jsonl").exists()


def test_json_is_one_object_a_cell_and_one_of_the_whole(grokyolo, folder):
    code, out, err = grokyolo("sweep", "show", folder, "--json")
    assert (code, err) == (0, "")
    *cells, whole = map(json.loads, out.splitlines())
    assert [cell["word"] for cell in cells] == ["memorising", "memorising", "grokked", "grokked"]
    assert cells[0]["cell"] == {"weight_decay": "0", "fraction": "0.4"}
    assert (whole["sweep"], whole["runs"]) == (folder, 8)
    assert whole["words"] == {"memorising": 4, "grokked": 4}


def test_axes_clock_and_questions_can_be_chosen(grokyolo, folder):
    options = ["--axes", "seed,weight_decay", "--by", "budget", "--critical", "weight_decay", "--within", "4"]
    code, out, _ = grokyolo("sweep", "show", folder, *options)
    assert code == 0
    assert "times in e-folds of weight decay" in out
    assert "weight_decay →" in out
    assert "from which weight_decay on does a run generalise within 4 e-folds?" in out


def test_pictures_page_and_table(grokyolo, folder):
    code, out, err = grokyolo("sweep", "show", folder, "--plot", "--plot", "a.html", "--csv", "a.csv")
    assert (code, err) == (0, "")
    assert out.splitlines()[-3:] == [f"picture: {folder}/phase.png", "page: a.html", "table: a.csv"]
    assert Path(folder, "phase.png").read_bytes().startswith(b"\x89PNG")
    assert Path("a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert len(Path("a.csv").read_text().splitlines()) == 9


def test_with_json_files_are_told_on_standard_error(grokyolo, folder):
    code, out, err = grokyolo("sweep", "show", folder, "--json", "--csv", "a.csv")
    assert (code, err) == (0, "table: a.csv\n")
    assert all(line.startswith("{") for line in out.splitlines())


def test_the_folder_may_stand_behind_plot(grokyolo, folder):
    code, out, _ = grokyolo("sweep", "show", "--plot", folder)
    assert code == 0
    assert out.splitlines()[-1] == f"picture: {folder}/phase.png"


def test_a_sweep_that_is_not_finished(grokyolo, workplace):
    write(
        Path("a"),
        skip={"weight_decay=1,fraction=0.6,seed=0", "weight_decay=1,fraction=0.6,seed=1"},
        epochs={"weight_decay=1,fraction=0.4,seed=0": 40, "weight_decay=1,fraction=0.4,seed=1": 40},
        **LEVELS,
    )
    code, out, err = grokyolo("sweep", "show", "a")
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "8 runs: 4 memorising, 2 unfinished, 2 not started"
    assert "unfinished 2/2" in out


def test_a_sweep_of_which_nothing_has_begun(grokyolo, workplace):
    sweep = write(Path("a"), **LEVELS)
    write(Path("b"), skip={point.name for point in sweep.points}, **LEVELS)
    code, out, _ = grokyolo("sweep", "show", "b", "--plot", "--plot", "b.html", "--csv", "b.csv")
    assert code == 0
    assert out.splitlines()[1] == "8 runs: 8 not started"


def test_any_folder_of_runs(grokyolo, workplace):
    for seed in (0, 1):
        write_run(Path(f"runs/{seed}"), groks(), seed=seed)
    code, out, _ = grokyolo("sweep", "show", "runs")
    assert code == 0
    assert "grokked 2/2" in out


@pytest.mark.parametrize(
    ("arguments", "what", "hint"),
    [
        ([], "name the folder of a sweep", "grokyolo sweep show --help"),
        (["a", "b"], "one FOLDER at a time", "grokyolo sweep show --help"),
        (["nix"], "there is no folder `nix`", "name a folder that holds runs"),
        (["runs/sweep", "--axes", "fracton"], "nothing in this sweep differs by fracton", "did you mean fraction?"),
        (
            ["runs/sweep", "--critical", "lr0"],
            "nothing in this sweep differs by lr0",
            "one of weight_decay, fraction, seed",
        ),
        (
            ["runs/sweep", "--within", "0"],
            "--within needs a number above 0",
            "grokyolo sweep show runs/sweep --within 5",
        ),
        (["runs/sweep", "--jobs", "0"], "--jobs needs a number above 0", "grokyolo sweep show runs/sweep --jobs 2"),
        (["runs/sweep", "--plot", "a.bmp"], "cannot draw a .bmp", "grokyolo sweep show runs/sweep --plot a.png"),
        (["runs/sweep", "--csv", "no/a.csv"], "cannot write the table: No such file or directory", "mkdir -p no"),
        (["runs/sweep", "--color"], "unrecognized arguments: --color", "did you mean --no-color?"),
    ],
)
def test_what_cannot_be_shown_is_an_error_with_a_way_out(grokyolo, folder, arguments, what, hint):
    code, _, err = grokyolo("sweep", "show", *arguments)
    assert code == 2
    found = problem(err)
    assert (found[0], found[2]) == (what, hint)


def test_help(grokyolo):
    code, out, _ = grokyolo("sweep", "show", "--help")
    assert code == 0
    assert "usage: grokyolo sweep show" in out
    assert "--critical AXIS" in out
