"""Numbers, sizes, times and names as people read them."""

import math

import pytest
import yaml

from grokyolo.format import (
    break_path,
    format_count,
    format_decimal,
    format_duration,
    format_integer,
    format_large,
    format_long_duration,
    format_loss,
    format_metric,
    format_name,
    format_number,
    format_rate,
    format_score,
    format_setting,
    format_size,
    printable,
)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "not fin."),
        (0.0, "0.0000"),
        (1.23456, "1.2346"),
        (12.3456, "12.346"),
        (0.00012, "1.2e-04"),
        (-0.5, "-0.5000"),
        (99999.0, "99999"),
        (1234567.0, "1.2e+06"),
    ],
)
def test_losses(value, said):
    assert format_loss(value) == said


@pytest.mark.parametrize(("value", "said"), [(None, "–"), (math.nan, "–"), (0.0, "0.000"), (0.98765, "0.988")])
def test_scores(value, said):
    assert format_score(value) == said


@pytest.mark.parametrize(
    "value, text",
    [(0, "0"), (0.00014963, "0.00015"), (0.25, "0.25"), (1.0, "1"), (3.5245, "3.5"), (99.4, "99"), (1234.5, "1,234")],
)
def test_numbers_have_two_telling_digits(value, text):
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0 ms"),
        (0.0084, "8 ms"),
        (0.27, "0.27 s"),
        (9.99, "9.99 s"),
        (48.2, "48 s"),
        (119, "119 s"),
        (180, "3 min"),
        (7199, "120 min"),
        (18720, "5.2 h"),
        (527040, "6.1 d"),
    ],
)
def test_times_in_one_unit(seconds, said):
    assert format_duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.25, "0.25 s"),
        (37.04, "37 s"),
        (60, "1 min 0 s"),
        (725, "12 min 5 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (97_200, "1 d 3 h"),
        (86_400 * 1200, "1,200 d"),
    ],
)
def test_time_in_at_most_two_units(seconds, words):
    assert format_long_duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (593_282, "593 kB"),
        (999_900, "1.0 MB"),
        (4_659_773, "4.7 MB"),
        (9_990_000, "10 MB"),
        (41e6, "41 MB"),
        (2e9, "2.0 GB"),
        (3 * 10**15, "3000 TB"),
    ],
)
def test_sizes(count, text):
    assert format_size(count) == text


@pytest.mark.parametrize(
    ("value", "words"), [(None, "null"), (True, "true"), (0.002, "0.002"), ("ram", "ram"), ([0, 1], "[0, 1]")]
)
def test_settings_are_written_as_in_yaml(value, words):
    assert format_setting(value) == words


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("runs/a", ["runs/a"]),
        ("runs/memorise-modular-addition", ["runs/", "memorise-modular-addition"]),
        ("/a/b/c/" + "d" * 28, ["/a/b/c/", "d" * 28]),
        ("x" * 60, ["x" * 60]),
        ("", [""]),
        ("/", ["/"]),
        ("runs/", ["runs/"]),
    ],
)
def test_long_paths_break_after_a_slash(path, lines):
    assert break_path(path) == "\n".join(lines)


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (1, "row", "1 row"),
        (2, "row", "2 rows"),
        (2, "batch", "2 batches"),
        (0, "image", "0 images"),
        (1203, "row", "1,203 rows"),
    ],
)
def test_counts(number, noun, text):
    assert format_count(number, noun) == text


@pytest.mark.parametrize(("value", "text"), [(1.0, "1.0"), (0.00015, "0.00015"), (1e-7, "0.0000001")])
def test_a_recipe_reads_a_decimal_as_a_number(value, text):
    assert format_decimal(value) == text
    assert yaml.safe_load(text) == value


@pytest.mark.parametrize(("value", "text"), [(2_572_280, "2.57 M"), (62_000, "62 k")])
def test_large_numbers(value, text):
    assert format_large(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (0.01, "0.01"), (0.00005, "0.00005"), (1.19e-6, "0.0000012")])
def test_rates_have_no_exponent(value, text):
    assert format_rate(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (1.5, "1.500"), (123.456, "123"), (float("nan"), "nan")])
def test_metrics_of_a_line_of_progress(value, text):
    assert format_metric(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (12345, "12,345")])
def test_whole_numbers(value, text):
    assert format_integer(value) == text


def test_what_a_terminal_would_act_on_is_written_out():
    assert printable("a\x1b[31m\nü\u202e") == "a\\x1b[31m\\nü\\u202e"
    assert printable("runs/\x1b[2Ja\nb") == r"runs/\x1b[2Ja\nb"
    assert format_name("runs/\x1b[2J") == r"runs/\x1b[2J"


def test_ends_of_lines_stay_where_they_may():
    assert printable("a\nb\r\n", keep_lines=True) == "a\nb\\r\n"


def test_letters_of_any_language_stay():
    assert printable("größer → 10\u00a0% ✓ 日本語 👍") == "größer → 10\u00a0% ✓ 日本語 👍"
