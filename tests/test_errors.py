"""Errors: three lines, an exit code each, and the nearest names."""

import pytest

from grokyolo import errors
from grokyolo.errors import GrokyoloError, RecipeError, alike, did_you_mean, question
from grokyolo.recipe.train_arguments import train_arguments

NAMES = ["train", "gap", "recipes", "resume", "extend", "verify"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.GrokyoloError, 1),
        (errors.UsageError, 2),
        (errors.RunError, 2),
        (errors.DataError, 2),
        (errors.VerdictMatched, 3),
        (errors.Stopped, 75),
        (errors.Interrupted, 130),
    ],
)
def test_each_error_knows_its_exit_code(kind, code):
    error = kind("what", where="where", hint="hint")
    assert isinstance(error, GrokyoloError)
    assert error.exit_code == code
    assert str(error) == "what"
    first = "what" if kind is errors.Interrupted else "error: what"  # Ctrl-C is no error
    assert error.lines() == [first, "where: where", "try:   hint"]


def test_lines_that_are_not_known_are_left_out():
    assert GrokyoloError("what").lines() == ["error: what"]
    assert GrokyoloError("what", hint="hint").lines() == ["error: what", "try:   hint"]
    assert GrokyoloError("what", where="where").lines() == ["error: what", "where: where"]


def test_a_recipe_error_is_its_first_problem_and_shows_all():
    error = RecipeError([GrokyoloError("one", where="a:1", hint="x"), GrokyoloError("two", where="a:2")])
    assert (error.exit_code, error.what, error.where, error.hint) == (2, "one", "a:1", "x")
    assert error.lines() == ["error: one", "where: a:1", "try:   x", "error: two", "where: a:2"]
    assert len(error.problems) == 2


@pytest.mark.parametrize(
    ("word", "first"),
    [("trian", "train"), ("TRAIN", "train"), ("gpa", "gap"), ("recipe", "recipes"), ("extnd", "extend")],
)
def test_the_nearest_name_comes_first(word, first):
    assert did_you_mean(word, NAMES).startswith(f"did you mean {first}")


@pytest.mark.parametrize("word", ["xyzzy", "", "-", "show"])
def test_nothing_is_near_to_nonsense(word):
    assert alike(word, NAMES) == []
    assert did_you_mean(word, NAMES) == ""


def test_names_keep_their_spelling():
    assert alike("adamw", ["AdamW", "SGD"]) == ["AdamW"]


def test_no_name_among_none():
    assert did_you_mean("train", []) == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("epoch", ["epochs"]),
        ("epcohs", ["epochs"]),
        ("Epochs", ["epochs"]),
        ("weight-decay", ["weight_decay"]),
        ("WEIGHT_DECAY", ["weight_decay"]),
        ("momentun", ["momentum"]),
        ("patiance", ["patience"]),
        ("flip_lr", ["fliplr"]),
        ("moasic", ["mosaic"]),
        ("hsv", ["hsv_v", "hsv_s", "hsv_h"]),
        ("qwertz", []),
        ("", []),
    ],
)
def test_a_typing_mistake_finds_what_was_meant(typed, meant):
    assert alike(typed, train_arguments()) == meant


def test_a_start_finds_what_it_starts_shortest_first():
    words = ["max-autotune-no-cudagraphs", "default", "max-autotune"]
    assert alike("max", words) == ["max-autotune", "max-autotune-no-cudagraphs"]


def test_at_most_three_are_proposed():
    assert len(alike("name", ["name1", "name2", "name3", "name4"])) == 3


def test_the_question_lists_them():
    assert question([]) == ""
    assert question(["a"]) == "did you mean a?"
    assert question(["a", "b"]) == "did you mean a or b?"
    assert question(["a", "b", "c"]) == "did you mean a, b or c?"
    assert did_you_mean("epoch", ["epochs"]) == "did you mean epochs?"


def test_a_long_word_costs_no_time_and_finds_nothing():
    assert alike("x" * 1_000_000, ["epochs"]) == []
