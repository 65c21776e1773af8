"""Words of a diagram: told apart by letter, by colour, and in grey; numbers that fit a cell."""

import re

import pytest

from grokyolo.sweep.axes import NOTHING, axis_of
from grokyolo.sweep.outcome import Spread, Word
from grokyolo.view.phase.look import LOOKS, clearest, from_top, law_line, law_parts, number, place, short, times
from tests.view.sweeps import panels, sweep


def brightness(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_word_has_a_letter_of_its_own_and_a_meaning():
    assert set(LOOKS) == set(Word)
    assert all(look.meaning for look in LOOKS.values())
    assert len({look.letter for look in LOOKS.values()}) == len(Word)


@pytest.mark.parametrize("word", list(Word))
def test_letters_can_be_read_on_their_colour(word):
    assert contrast(LOOKS[word].colour, LOOKS[word].ink) >= 3.5


def test_grokked_and_memorising_are_far_apart_in_grey():
    assert contrast(LOOKS[Word.GROKKED].colour, LOOKS[Word.MEMORISING].colour) > 3


def test_colours_are_told_apart():
    judged = [look.colour for word, look in LOOKS.items() if word.judged]
    assert len(set(judged)) == len(judged)
    assert all(re.fullmatch(r"#[0-9a-fA-F]{6}", colour) for colour in judged)


@pytest.mark.parametrize(
    ("value", "by", "text"),
    [
        (128.0, "epoch", "128"),
        (9999, "epoch", "9999"),
        (12_345, "epoch", "12.3k"),
        (2.5e6, "epoch", "2.5M"),
        (2.345, "budget", "2.35"),
    ],
)
def test_numbers_fit_a_cell(value, by, text):
    assert number(value, by) == text


def test_times_are_a_median_with_its_range():
    assert times(Spread(128, 121, 133, 3), "epoch") == "128 (121–133)"
    assert times(Spread(128, 128, 128, 1), "epoch") == "128"
    assert times(None, "epoch") == "–"


def test_numbers_grow_upwards_and_words_go_down():
    assert from_top(axis_of("weight_decay", [0, 1, 2])) == [2, 1, 0]
    assert from_top(axis_of("optimizer", ["SGD", "AdamW"])) == [0, 1]
    assert from_top(NOTHING) == [0]


def test_a_place_is_named_by_its_axes():
    assert place({"weight_decay": "1", "lr0": "0.002"}) == "weight_decay=1, lr0=0.002"
    assert place({}) == "all runs"


def test_the_courses_that_change_most_come_first():
    found = panels().descents
    most = clearest(found, 2)
    assert len(most) == 2
    assert min(one.range for one in most) >= max(one.range for one in found if one not in most)


def test_of_a_long_path_the_end_is_shown():
    assert short("0.002") == "0.002"
    assert short("/home/somebody/data sets/wave/data.yaml") == "…ata sets/wave/data.yaml"
    assert len(short("x" * 99)) == 24


def test_many_budgets_are_shown_as_one():
    law = sweep().law
    assert [label for label, _ in law_parts(law, 2)] == ["fraction=0.6", "fraction=0.8"]
    ((label, jumps),) = law_parts(law, 1)
    assert (label, len(jumps)) == ("", 12)


def test_the_fitted_line_goes_through_its_jumps():
    law = sweep().law
    _, jumps = law.parts[0]
    (left, above), (right, below) = law_line(law, jumps)
    assert left < jumps[:, 0].min() < jumps[:, 0].max() < right
    assert above * left == pytest.approx(below * right, rel=0.02)
    assert above * left == pytest.approx(2.37, rel=0.02)
