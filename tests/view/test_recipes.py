"""Recipes on a terminal: colours, and narrow ones."""

import re

import pytest

from grokyolo.recipe import Entry, KeyDifference, Value, every_value, load
from grokyolo.view.recipes import differences_table, entries_table, values_table, written
from tests.view.terminal import CONTROL, Terminal


def on_a_terminal(what, width=80) -> str:
    terminal = Terminal(width, color_system="standard", no_color=False)
    terminal.console.print(what)
    return terminal.raw


def styles(text: str, word: str) -> str:
    """The codes before a word: 2 dim, 1 bold, 3x colours."""
    return re.search(r"\x1b\[([0-9;]*)m[^\x1b]*" + re.escape(word), text)[1]


def test_values_have_the_colours_of_their_kind_and_keys_their_own():
    values = [
        Value("train.optimizer", "AdamW", "long.yaml:3"),
        Value("train.lr0", 0.001, "long.yaml:4"),
        Value("train.amp", False, "long.yaml:5"),
        Value("gap.budget", None, "command line"),
        Value("train.mosaic", 1.0, "Ultralytics default"),
    ]
    text = on_a_terminal(values_table(values))
    assert styles(text, "optimizer") == "34"
    assert [styles(text, word) for word in ("AdamW", "0.001", "false", "null")] == ["32", "36", "35", "35"]
    assert styles(text, "command line") == "1;33"
    assert [styles(text, word) for word in ("train.mosaic", "1.0", "Ultralytics default")] == ["2", "2", "2"]


def test_every_value_of_a_recipe_has_its_line():
    values = every_value(load("grok-modular-addition"))
    plain = CONTROL.sub("", on_a_terminal(values_table(values)))
    assert [line.split()[0] for line in plain.splitlines()[1:] if not line.startswith(" ")] == [v.key for v in values]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_nothing_is_cut_off_on_a_narrow_terminal(width):
    plain = CONTROL.sub("", on_a_terminal(values_table([Value("train.lr0", 0.001, "a" * 50)], width), width))
    assert plain.count("a") - plain.count("train") - plain.count("value") == 50
    assert "0.001" in plain


def test_own_recipes_are_told_from_built_in_ones():
    entries = [
        Entry("long", "base", 1000, "detect", "built-in long.yaml"),
        Entry("mine", "own [1]", 5, "detect", "recipes/mine.yaml", built_in=False),
        Entry("team", "ours", 5, "detect", "~/team.yaml", built_in=False, hides=("built-in team.yaml",)),
    ]
    lines = CONTROL.sub("", on_a_terminal(entries_table(entries))).splitlines()
    assert [line.rstrip() for line in lines[-3:]] == [
        "",
        "mine: recipes/mine.yaml",
        "team: ~/team.yaml, instead of built-in team.yaml",
    ]
    assert "own [1]" in "".join(lines)
    assert "long.yaml" not in on_a_terminal(entries_table(entries[:1]))


def test_a_difference_shows_both_sides():
    found = [KeyDifference("train.lr0", Value("train.lr0", 0.1, "a"), None)]
    text = on_a_terminal(differences_table(["a", "b"], found))
    assert (styles(text, "0.1"), styles(text, "–")) == ("31", "32")
    assert on_a_terminal(differences_table(["a", "b"], [])) == "no difference\n"


@pytest.mark.parametrize(
    "value, text", [(True, "true"), (None, "null"), (0.001, "0.001"), ([1, 2], "[1, 2]"), ("a: b", "a: b"), ("", "")]
)
def test_values_are_written_as_a_recipe_has_them(value, text):
    assert written(value) == text
