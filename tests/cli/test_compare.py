"""grokyolo compare: the table, JSON, the picture, and what cannot be compared."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import problem
from tests.gap.logs import DETECT


@pytest.fixture
def runs(run) -> tuple[str, str]:
    """Two copies of a finished run that differ in one setting."""
    other = run.with_name("exp2")
    shutil.copytree(run, other)
    settings = other / "grokyolo.yaml"
    text = settings.read_text()
    assert "weight_decay: 1.0" in text
    settings.write_text(text.replace("weight_decay: 1.0", "weight_decay: 0.5"))
    return str(run), str(other)


@pytest.fixture
def foreign(workplace) -> str:
    """A results.csv of Ultralytics, with no settings beside it."""
    log = workplace / "old" / "results.csv"
    log.parent.mkdir()
    width = DETECT.count(",") + 1
    rows = [[str(n), str(2.0 * n), *(f"{1 / (n + i):.5f}" for i in range(width - 2))] for n in range(1, 21)]
    log.write_text("\n".join([DETECT, *(",".join(row) for row in rows)]) + "\n")
    return str(log.relative_to(workplace))


def test_runs_stand_next_to_each_other(grokyolo, runs):
    code, out, err = grokyolo("compare", *runs)
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[2][:3] == ["A", "runs/exp1", "undecided"]
    assert lines[3][:3] == ["B", "runs/exp2", "undecided"]
    assert ["train.weight_decay", "1.0", "0.5"] in lines
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("by", ["epoch", "step", "time", "budget"])
def test_the_common_clock_can_be_chosen(grokyolo, runs, by):
    code, out, _ = grokyolo("compare", *runs, "--by", by, "--json")
    assert code == 0
    assert {json.loads(line)["by"] for line in out.splitlines()} == {by}


def test_json_is_one_object_a_run_and_one_of_differences(grokyolo, runs):
    code, out, err = grokyolo("compare", *runs, "--json")
    assert (code, err) == (0, "")
    a, b, both = map(json.loads, out.splitlines())
    assert (a["run"], b["run"]) == runs
    assert both["differences"] == {"train.weight_decay": [1.0, 0.5]}


def test_a_log_of_another_tool_can_be_compared(grokyolo, run, foreign):
    code, out, _ = grokyolo("compare", str(run), foreign)
    assert code == 0
    assert "no probe, so only a rough gap: B" in out
    assert "no settings beside the log, so what differs is not known: B" in out


@pytest.mark.parametrize("name", ["compare.png", "both.svg"])
def test_the_picture(grokyolo, runs, workplace, name):
    options = ["--plot"] if name == "compare.png" else ["--plot", name]
    code, out, _ = grokyolo("compare", *runs, *options)
    assert code == 0
    assert out.splitlines()[-1] == f"picture: {name}"
    assert (workplace / name).stat().st_size > 1000


def test_a_run_after_plot_is_a_run(grokyolo, runs, workplace):
    code, out, _ = grokyolo("compare", runs[0], "--plot", runs[1])
    assert code == 0
    assert out.splitlines()[-1] == "picture: compare.png"
    assert (workplace / "compare.png").is_file()


def test_json_stays_alone_on_standard_output_beside_a_picture(grokyolo, runs):
    _, out, err = grokyolo("compare", *runs, "--json", "--plot")
    assert len([json.loads(line) for line in out.splitlines()]) == 3
    assert err == "picture: compare.png\n"


@pytest.mark.parametrize("count", [0, 1])
def test_one_run_is_too_few(grokyolo, runs, count):
    code, out, err = grokyolo("compare", *runs[:count])
    assert (code, out) == (2, "")
    assert problem(err) == ("name at least two runs", "grokyolo compare", "grokyolo compare --help")


def test_a_run_that_is_not_there(grokyolo, run):
    code, out, err = grokyolo("compare", str(run), "runs/none")
    assert (code, out) == (2, "")
    assert problem(err)[0] == "there is no run `runs/none`"


def test_a_clock_that_no_log_tells(grokyolo, foreign):
    code, out, err = grokyolo("compare", foreign, foreign, "--by", "budget")
    assert (code, out) == (2, "")
    assert problem(err) == (
        "none of the logs tells its e-folds",
        "--by budget",
        "grokyolo compare old/results.csv old/results.csv --by epoch",
    )


def test_a_picture_of_a_kind_that_cannot_be_drawn(grokyolo, runs):
    code, _, err = grokyolo("compare", *runs, "--plot", "a.gif")
    assert code == 2
    assert problem(err)[0] == "cannot draw a .gif"


def test_runs_are_only_read(grokyolo, runs):
    def listing() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for name in runs for path in Path(name).rglob("*")}

    before = listing()
    grokyolo("compare", *runs)
    assert listing() == before
