"""Nearest names: close ones only."""

import pytest

from grokyolo.recipe.arguments import train_arguments
from grokyolo.recipe.suggesting import alike, did_you_mean, question


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
