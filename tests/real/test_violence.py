"""Killed at any moment, a run ends as if nothing had happened."""

import pytest

from tests.real.violence import LENGTH, killed_again_and_again, undisturbed

KILLS = {"classify": 25, "detect": 10}
"""How many processes die before the run may end, in five ways; `benchmarks/violence.py` kills hundreds."""


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("task", KILLS)
def test_no_kill_leaves_a_trace(task, small, workplace):
    recipe = small(task, "violence", checkpoint={"every": "1s", "keep": 2})
    never = undisturbed(workplace, recipe)
    by_patience = len(never.ended) < LENGTH
    assert by_patience == (task == "classify"), "patience does not count while a detector scores 0"
    assert killed_again_and_again(workplace, recipe, KILLS[task], never)
