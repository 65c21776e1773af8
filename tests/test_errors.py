"""Errors: three lines, an exit code each, and the nearest names."""

import pytest

from grokyolo import errors
from grokyolo.errors import GrokyoloError, RecipeError, did_you_mean, nearest

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
    assert error.lines() == ["error: what", "where: where", "try:   hint"]


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
    assert nearest(word, NAMES)[0] == first
    assert did_you_mean(word, NAMES).startswith(f"did you mean {first}")


@pytest.mark.parametrize("word", ["xyzzy", "", "-"])
def test_nothing_is_near_to_nonsense(word):
    assert nearest(word, NAMES) == []
    assert did_you_mean(word, NAMES) == ""


def test_names_keep_their_spelling():
    assert nearest("adamw", ["AdamW", "SGD"]) == ["AdamW"]


def test_at_most_so_many_names():
    assert len(nearest("aaaa", ["aaab", "aaac", "aaad", "aaae"])) <= 3
    assert len(nearest("aaaa", ["aaab", "aaac", "aaad", "aaae"], count=1)) == 1


def test_no_name_among_none():
    assert did_you_mean("train", []) == ""
