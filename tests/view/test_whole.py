"""Files that are whole or not there."""

import os
from pathlib import Path

import pytest

from grokyolo.errors import UsageError
from grokyolo.view.whole import write_whole


def write(name, text="text"):
    write_whole(Path(name), text, what="table", elsewhere="--csv FILE elsewhere")


def test_nothing_is_left_beside_the_file(workplace):
    write("a.csv")
    write("a.csv", "new")
    assert [(path.name, path.read_text()) for path in workplace.iterdir()] == [("a.csv", "new")]


def test_a_new_file_has_the_permissions_that_new_files_get_and_threads_see_no_other(workplace, monkeypatch):
    before = os.umask(0o027)
    monkeypatch.setattr(os, "umask", None)  # it belongs to the whole process
    try:
        write("a.csv")
        assert Path("a.csv").stat().st_mode & 0o777 == 0o640
        Path("a.csv").chmod(0o604)
        write("a.csv", "new")
        assert Path("a.csv").stat().st_mode & 0o777 == 0o604
    finally:
        monkeypatch.undo()
        os.umask(before)


def test_names_that_no_encoding_holds_do_not_stop_it(workplace):
    write("a.csv", "a\udcffb")
    assert Path("a.csv").read_text() == "a?b"


@pytest.mark.parametrize(("name", "hint"), [("no/a.csv", "mkdir -p no"), (".", "--csv FILE elsewhere")])
def test_where_it_cannot_be_written(workplace, name, hint):
    with pytest.raises(UsageError) as caught:
        write(name)
    assert caught.value.what.startswith("cannot write the table: ")
    assert caught.value.hint == hint
    assert list(workplace.iterdir()) == []
