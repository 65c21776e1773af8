"""The report as a file: whole or not at all, and never over something else."""

import os
import stat
from pathlib import Path

import pytest

from grokyolo.errors import UsageError
from grokyolo.view.report import save_report
from tests.view.curves import grok, judged

RUNS = [judged(grok())]


def test_writes_the_page_and_nothing_beside_it(workplace):
    save_report(RUNS, Path("a.html"))
    assert [path.name for path in workplace.iterdir()] == ["a.html"]
    assert Path("a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_new_page_has_the_permissions_of_any_new_file(workplace):
    Path("other").touch()
    save_report(RUNS, Path("a.html"))
    assert Path("a.html").stat().st_mode == Path("other").stat().st_mode


def test_an_old_page_is_replaced_and_keeps_its_permissions(workplace):
    Path("a.html").write_text("old")
    Path("a.html").chmod(0o640)
    save_report(RUNS, Path("a.html"))
    assert "grokked" in Path("a.html").read_text(encoding="utf-8")
    assert stat.S_IMODE(Path("a.html").stat().st_mode) == 0o640


def test_a_failure_leaves_the_old_page_whole(workplace, monkeypatch):
    Path("a.html").write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="cannot write the report: No space left on device"):
        save_report(RUNS, Path("a.html"))
    assert [path.name for path in workplace.iterdir()] == ["a.html"]
    assert Path("a.html").read_text() == "old"


@pytest.mark.parametrize("name", ["gap.csv", "results.csv", "page", "a.pdf"])
def test_only_html_is_written_so_that_no_log_is_lost(workplace, name):
    Path(name).write_text("precious")
    with pytest.raises(UsageError, match=r"a report is an \.html file") as caught:
        save_report(RUNS, Path(name))
    assert Path(name).read_text() == "precious"
    assert caught.value.hint == f"-o {Path(name).with_suffix('.html')}"


def test_a_missing_folder_is_named_with_its_remedy(workplace):
    with pytest.raises(UsageError) as caught:
        save_report(RUNS, Path("no/such/a.html"))
    assert caught.value.hint == "mkdir -p no/such"
    assert caught.value.where == "no/such/a.html"


def test_a_folder_is_no_file(workplace):
    Path("a.html").mkdir()
    with pytest.raises(UsageError, match="this is a folder") as caught:
        save_report(RUNS, Path("a.html"))
    assert caught.value.hint == "-o a.html/report.html"
