"""grokyolo report: where the page goes, what it prints, and what happens to runs that cannot be read."""

from pathlib import Path

import pytest

from tests.cli.conftest import problem, problems


@pytest.fixture
def csv(workplace) -> Path:
    """A results.csv of another tool."""
    folder = workplace / "old" / "train7"
    folder.mkdir(parents=True)
    rows = [f"{i},{2 / i},{2.2 / i},{1 - 1 / i}" for i in range(1, 60)]
    (folder / "results.csv").write_text(
        "epoch,train/box_loss,val/box_loss,metrics/mAP50-95(B)\n" + "\n".join(rows) + "\n"
    )
    return Path("old/train7/results.csv")


def test_one_run_has_its_page_in_its_folder(grokyolo, run):
    assert grokyolo("report", str(run)) == (0, "report: runs/exp1/report.html\n", "")
    page = (run / "report.html").read_text(encoding="utf-8").replace("<wbr>", "")
    for part in (
        "runs/exp1",
        "undecided",
        "state/epoch-",
        "weights/last.pt",
        "built-in grok-modular-addition.yaml:",
        ">Plan<",
    ):
        assert part in page


def test_the_page_of_a_log_lies_beside_it(grokyolo, csv):
    assert grokyolo("report", str(csv)) == (0, "report: old/train7/report.html\n", "")


def test_several_runs_have_one_page_here(grokyolo, run, csv):
    assert grokyolo("report", str(run), str(csv)) == (0, "report: report.html\n", "")
    page = Path("report.html").read_text(encoding="utf-8")
    assert "<h1>2 runs</h1>" in page


@pytest.mark.parametrize("option", ["-o", "--output"])
def test_the_page_goes_where_it_is_told(grokyolo, csv, option):
    assert grokyolo("report", str(csv), option, "here.html") == (0, "report: here.html\n", "")
    assert Path("here.html").is_file()
    assert not Path("old/train7/report.html").exists()


def test_the_page_goes_to_standard_output_where_told_and_nothing_else_does(grokyolo, csv):
    code, out, err = grokyolo("report", str(csv), "-o", "-")
    assert (code, err) == (0, "")
    assert out.startswith("<!DOCTYPE html>") and out.rstrip().endswith("</html>")
    assert not Path("-").exists()


def test_the_run_is_left_as_it_was(grokyolo, run):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    grokyolo("report", str(run))
    assert {
        path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != "report.html"
    } == before


def test_a_report_does_not_disturb_a_later_reading(grokyolo, run):
    before = grokyolo("gap", str(run), "--json")
    grokyolo("report", str(run))
    assert grokyolo("gap", str(run), "--json") == before


def test_a_run_that_cannot_be_read_is_an_error_after_the_page_of_the_others(grokyolo, csv):
    code, out, err = grokyolo("report", "missing-run", str(csv), "neither")
    assert (code, out) == (2, "report: report.html\n")
    assert [what for what, _, _ in problems(err)] == ["there is no run `missing-run`", "there is no run `neither`"]
    assert "missing-run" not in Path("report.html").read_text(encoding="utf-8")


def test_no_page_without_a_run_that_can_be_read(grokyolo):
    code, out, err = grokyolo("report", "nope")
    assert (code, out) == (2, "")
    assert problem(err)[0] == "there is no run `nope`"
    assert not Path("report.html").exists()


def test_a_run_must_be_named(grokyolo):
    code, _, err = grokyolo("report")
    assert code == 2
    assert problem(err) == ("name at least one RUN", "grokyolo report", "grokyolo report --help")


def test_a_log_is_never_overwritten(grokyolo, csv):
    before = csv.read_text()
    code, _, err = grokyolo("report", str(csv), "-o", str(csv))
    assert code == 2
    assert problem(err) == (
        "a report is an .html file, not .csv",
        "-o old/train7/results.csv",
        "grokyolo report old/train7/results.csv -o old/train7/results.html",
    )
    assert csv.read_text() == before


def test_a_run_named_like_a_script(grokyolo, csv, workplace):
    name = "<script>alert(1)</script>"
    (workplace / name).mkdir(parents=True)
    csv.rename(Path(name) / "results.csv")
    assert grokyolo("report", name) == (0, f"report: {name}/report.html\n", "")
    page = (Path(name) / "report.html").read_text(encoding="utf-8")
    assert name not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
