"""Times such as 11h30m."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.recipe import seconds
from grokyolo.recipe.durations import remedy, spelled


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
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="is not a time such as"):
        seconds(text)


@given(st.integers(0, 10**9))
def test_a_spelled_time_reads_back(time):
    assert seconds(spelled(time)) == time


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
    assert remedy(text) == hint
