"""Every mistake in tests/bad_recipes/ gives exactly its message."""

import pytest

from grokyolo.errors import RecipeError
from grokyolo.recipe import load
from tests.recipe.bad_recipes import Case, cases

CASES = cases()


@pytest.mark.parametrize("case", [case for case in CASES if case.warns is None], ids=str)
def test_a_mistake_is_refused_with_its_message(case: Case, workplace):
    case.prepare(workplace)
    with pytest.raises(RecipeError) as caught:
        load(case.load, case.arguments)
    assert caught.value.lines() == case.says
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("case", [case for case in CASES if case.warns is not None], ids=str)
def test_a_doubtful_value_is_loaded_with_its_warning(case: Case, workplace):
    case.prepare(workplace)
    assert load(case.load, case.arguments).warnings == case.warns


def test_there_are_at_least_150_different_mistakes():
    assert len({str(case) for case in CASES}) == len(CASES) >= 150


def test_nothing_in_a_recipe_is_executed(workplace):
    for case in CASES:
        case.prepare(workplace)
        try:
            load(case.load, case.arguments)
        except RecipeError:
            continue
    assert not (workplace / "pwned").exists()


def test_the_command_line_prints_the_message_and_exits_with_2(grokyolo, workplace):
    case = next(case for case in CASES if str(case) == "rules/several-at-once")
    case.prepare(workplace)
    code, out, err = grokyolo("recipes", "check", "recipe.yaml")
    assert (code, out) == (2, "")
    assert err.splitlines() == case.says
