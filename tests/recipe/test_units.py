"""Times such as 11h30m, and amounts of memory such as 500MB."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.recipe import bytes_of, seconds
from grokyolo.recipe.units import number_remedy, size_remedy, size_text, time_remedy, time_text
from grokyolo.recipe.yaml_reader import plain
from tests.recipe.recipes import node


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", 30),
        ("10m", 600),
        ("1h", 3600),
        ("11h30m", 41_400),
        ("1d", 86_400),
        ("1d2h3m4s", 93_784),
        ("0s", 0),
        ("90m", 5400),
        (" 10m ", 600),
        ("007s", 7),
    ],
)
def test_a_time_is_read_as_seconds(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "10", "m", "10 m", "30m1h", "1.5h", "-10m", "10M", "1h1h", "٣m", "10m\n5s"])
def test_anything_else_is_no_time(text):
    with pytest.raises(ValueError, match="is not a time such as"):
        seconds(text)


@given(st.integers(0, 10**9))
def test_a_spelled_time_reads_back(time):
    assert seconds(time_text(time)) == time


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("10 min", "write 10m"),
        ("2 hours", "write 2h"),
        ("1 hour and 30 minutes", "write 1h30m"),
        ("0.5h", "write 30m"),
        ("600", "add the unit: 600s or 600m"),
        ("1:30", "write 1h30m or 1m30s"),
        ("never", ""),
        ("-10m", ""),
        ("", ""),
    ],
)
def test_a_mistyped_time_gets_the_right_spelling(text, hint):
    assert time_remedy(text) == hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [("500MB", 5 * 10**8), ("2GB", 2 * 10**9), ("1TB", 10**12), ("64kB", 64_000), (" 2GB ", 2 * 10**9), ("0", 0)],
)
def test_a_size_is_read_as_bytes(text, expected):
    assert bytes_of(text) == expected


@pytest.mark.parametrize(
    "text", ["", "10", "GB", "2 GB", "2gb", "2G", "2GiB", "1.5GB", "-2GB", "2GB1MB", "٣GB", "2GB\n1"]
)
def test_anything_else_is_no_size(text):
    with pytest.raises(ValueError, match="is not a size such as"):
        bytes_of(text)


@given(st.integers(0, 999_999), st.sampled_from(["kB", "MB", "GB", "TB"]))
def test_a_spelled_size_reads_back(count, unit):
    size = bytes_of(f"{count}{unit}")
    assert bytes_of(size_text(size)) == size


@pytest.mark.parametrize(("size", "text"), [(0, "0MB"), (1, "1kB"), (15 * 10**8, "1500MB"), (2 * 10**9, "2GB")])
def test_a_size_is_spelled_with_the_largest_unit(size, text):
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("2 GB", "write 2GB"),
        ("2gb", "write 2GB"),
        ("2G", "write 2GB"),
        ("500m", "write 500MB"),
        ("1.5GB", "write 1500MB"),
        ("512MiB", "write 537MB"),
        ("2 gigabytes", "write 2GB"),
        ("2048", "add the unit: 2048MB or 2048GB"),
        ("2000000000", "write 2GB"),
        ("1e9GB", ""),
        ("999999999TB", ""),
        ("half", ""),
        ("-2GB", ""),
        ("50%", ""),
        ("", ""),
    ],
)
def test_a_mistyped_size_gets_the_right_spelling(text, hint):
    assert size_remedy(text) == hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1e-3", "YAML reads 1e-3 as text: write 1.0e-3 or 0.001"),
        ("1E-3", "YAML reads 1E-3 as text: write 1.0e-3 or 0.001"),
        ("-1e-3", "YAML reads -1e-3 as text: write -1.0e-3 or -0.001"),
        ("1e-12", "YAML reads 1e-12 as text: write 1.0e-12"),
        ("2e3", "YAML reads 2e3 as text: write 2000.0"),
        (".5e1", "YAML reads .5e1 as text: write 5.0"),
        ("0,1", "write a point: 0.1"),
        ("5 %", "write a share of 1: 0.05"),
        ("5 epochs", "write the number alone: 5"),
        ("1/255", "nothing in a recipe is computed: write the result"),
        ("nan", "write a finite number"),
        ("e5", ""),
        ("abc", ""),
        ("-", ""),
    ],
)
def test_a_number_that_is_none_gets_the_right_spelling(text, hint):
    assert number_remedy(text, plain=True, whole=False) == hint


def test_a_number_in_quotes_is_no_number():
    assert number_remedy("0.1", plain=False, whole=False) == "remove the quotes: 0.1"


@given(st.integers(1, 9999), st.integers(-20, 20), st.sampled_from(["e", "E"]), st.sampled_from(["", "+"]))
def test_the_proposed_spelling_of_a_scientific_number_is_read_as_that_number(digits, power, letter, plus):
    text = f"{digits}{letter}{plus if power >= 0 else ''}{power}"
    proposals = number_remedy(text, plain=True, whole=False).partition("write ")[2].split(" or ")
    assert [plain(node(proposal)) for proposal in proposals] == [float(text)] * len(proposals)
