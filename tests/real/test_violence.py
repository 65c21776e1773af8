"""Killed at any moment, a run ends as if nothing had happened."""

import pytest

from tests.real.training import log, same_weights, trained, weights
from tests.real.violence import killed_again_and_again

EPOCHS = {"classify": 150, "detect": 30}
KILLS = {"classify": 40, "detect": 12}
"""How many processes die before the run may end; `benchmarks/violence.py` kills hundreds."""


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("task", KILLS)
def test_no_kill_leaves_a_trace(task, small, workplace):
    recipe = small(task, "violence", epochs=EPOCHS[task], checkpoint={"every": "1s", "keep": 2})
    never = trained(recipe, "never")
    run = killed_again_and_again(workplace, recipe, KILLS[task], log(never))
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))
