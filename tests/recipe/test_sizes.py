"""Amounts of memory such as 500MB."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.recipe.sizes import bytes_of, remedy, spelled


@pytest.mark.parametrize(
    ("text", "expected"),
    [("500MB", 5 * 10**8), ("2GB", 2 * 10**9), ("1TB", 10**12), ("64kB", 64_000), (" 2GB ", 2 * 10**9), ("0", 0)],
)
def test_a_size_is_read_as_bytes(text, expected):
    assert bytes_of(text) == expected


@pytest.mark.parametrize(
    "text", ["", "10", "GB", "2 GB", "2gb", "2G", "2GiB", "1.5GB", "-2GB", "2GB1MB", "٣GB", "2GB\n1"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="is not a size such as"):
        bytes_of(text)


@given(st.integers(0, 999_999), st.sampled_from(["kB", "MB", "GB", "TB"]))
def test_a_spelled_size_reads_back(count, unit):
    size = bytes_of(f"{count}{unit}")
    assert bytes_of(spelled(size)) == size


@pytest.mark.parametrize(("size", "text"), [(0, "0MB"), (1, "1kB"), (15 * 10**8, "1500MB"), (2 * 10**9, "2GB")])
def test_a_size_is_spelled_with_the_largest_unit(size, text):
    assert spelled(size) == text


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
    assert remedy(text) == hint
