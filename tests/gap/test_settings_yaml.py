"""YAML beside a log: loaded without trust."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.gap.settings import as_count, as_flag, as_number, load_yaml


@pytest.fixture
def path(tmp_path):
    return tmp_path / "args.yaml"


class TestLoading:
    def test_a_map(self, path):
        path.write_text("epochs: 40\nval: true\nmodel: yolo26n.pt\n")
        assert load_yaml(path) == ({"epochs": 40, "val": True, "model": "yolo26n.pt"}, ())

    def test_a_file_that_is_not_there(self, path):
        assert load_yaml(path) == ({}, ())

    def test_an_empty_file(self, path):
        path.write_text("")
        assert load_yaml(path) == ({}, ())

    def test_something_else(self, path):
        path.write_text("- 1\n")
        assert load_yaml(path) == ({}, ("args.yaml holds no settings",))

    def test_a_folder(self, path):
        path.mkdir()
        loaded, (note,) = load_yaml(path)
        assert loaded == {}
        assert "cannot be read" in note

    def test_torn_in_its_last_line(self, path):
        path.write_text("epochs: 40\nval: true\nsave_dir: runs/a\nns/a")
        loaded, (note,) = load_yaml(path)
        assert loaded["epochs"] == 40
        assert "not valid YAML from line" in note

    def test_broken_from_its_first_line(self, path):
        path.write_text("{{{\nepochs: 40\n")
        assert load_yaml(path) == ({}, ("args.yaml is not valid YAML: its settings are unknown",))

    @pytest.mark.parametrize(
        "text",
        [
            "a: !!python/object/apply:os.system [ls]\n",
            "a: !!bool maybe\n",
            "a: 2026-99-99\n",
            "b: 1\na: !!bool maybe\n",
        ],
    )
    def test_nothing_is_executed_and_nothing_escapes(self, path, text):
        path.write_text(text)
        loaded, notes = load_yaml(path)
        assert loaded == {}
        assert notes

    @given(st.binary(max_size=120) | st.text("ab:1 -\n{}[]&*!|>'\"%@`#,?\t", max_size=120).map(str.encode))
    def test_any_bytes(self, path, raw):
        path.write_bytes(raw)
        loaded, notes = load_yaml(path)
        assert all(isinstance(key, str) for key in loaded)
        assert all(note.startswith("args.yaml ") for note in notes)


class TestValues:
    @pytest.mark.parametrize(
        ("value", "number"),
        [
            (3, 3.0),
            (0.5, 0.5),
            ("1e-3", 0.001),
            ("x", None),
            (True, None),
            (None, None),
            (math.nan, None),
            (math.inf, None),
        ],
    )
    def test_numbers(self, value, number):
        assert as_number(value) == number

    def test_a_number_too_large_for_a_float(self):
        assert as_number(10**400) is None

    @pytest.mark.parametrize(
        ("value", "count"),
        [(1, 1), (3, 3), (3.0, 3), ("64", 64), (0, None), (-1, None), (0.9, None), (True, None), ([], None)],
    )
    def test_counts(self, value, count):
        assert as_count(value) == count

    @pytest.mark.parametrize(("value", "flag"), [(True, True), (False, False), ("yes", None), (1, None), (None, None)])
    def test_flags(self, value, flag):
        assert as_flag(value) is flag
