"""Where tests run: in an empty folder of their own, whatever lies where they were started."""

from pathlib import Path

from tests.conftest import ROOT


def test_each_test_has_an_empty_current_folder(tmp_path):
    assert Path.cwd() == tmp_path
    assert ROOT not in [tmp_path, *tmp_path.parents]
    assert list(Path.cwd().iterdir()) == []
