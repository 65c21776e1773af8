"""The positive control groks and says so; the negative one memorises and says so."""

import pytest

from grokyolo import Verdict, assess, read_run
from tests.real.training import trained


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_modular_addition_groks(seed, workplace):
    series = read_run(trained("grok-modular-addition", "grok", f"seed={seed}"))
    found = assess(series)
    assert found.verdict is Verdict.GROKKED, found.reason
    assert found.memorised_epoch <= 10
    assert 100 <= found.jump.epoch <= 160
    assert found.jump.lateness >= 10
    assert found.confounders == ()
    assert series.val_score[-1] > 0.95


def test_without_weight_decay_it_only_memorises(workplace):
    series = read_run(trained("memorise-modular-addition", "memorise", "epochs=280"))
    found = assess(series)
    assert found.verdict is Verdict.MEMORISING, found.reason
    assert found.jump is None
    assert series.val_score[-1] < 0.1
    assert series.probe_score[-1] == 1.0
