"""Runs on which the verdict was once wrong; each stands for a kind that `benchmarks/families.py` draws many of."""

from pathlib import Path

import pytest

from grokyolo import read_run
from grokyolo.verdict import Verdict, assess

FAULTS = Path(__file__).parents[3] / "shared" / "faults"

RIGHT = {
    "curves/02-warm-up-is-no-lr-step": {Verdict.GROKKED},
    "curves/03-nan-spell-memorising": {Verdict.MEMORISING},
    "curves/03-nan-spell-plain": {Verdict.GENERALISING},
    "curves/04-double-descent-called-memorising": {Verdict.DOUBLE_DESCENT},
    "curves/05-quick-memoriser-without-probe": {Verdict.DELAYED_JUMP},
    "curves/06-four-images-flip-overfitting": {Verdict.MEMORISING, Verdict.UNDECIDED},
    "curves/07-false-grok-loss-falls-1-to-4-percent": {Verdict.UNDECIDED, Verdict.DELAYED_JUMP},
    "curves/08-transient-grok-joint-jump-235": set(Verdict) - {Verdict.GROKKED},
    "curves/10-flapping-memorising-overfitting": {Verdict.MEMORISING},
    "field/01-val-set-changed/long-run": {Verdict.DELAYED_JUMP},
    "field/03-two-rows-per-epoch/every-1.csv": {Verdict.GENERALISING},
    "field/03-two-rows-per-epoch/every-5.csv": {Verdict.GENERALISING},
    "field/03-two-rows-per-epoch/merged.csv": {Verdict.GENERALISING},
    "field/04-semicolons/excel-de.csv": {Verdict.GENERALISING},
    "field/04-semicolons/sep-line.csv": {Verdict.GENERALISING},
    "field/04-semicolons/tabs.csv": {Verdict.GENERALISING},
    "field/09-cells-not-numbers/dates.csv": {Verdict.GENERALISING},
    "field/02-val-loss-nan/all-nan.csv": {Verdict.GENERALISING, Verdict.UNDECIDED},
    "field/02-val-loss-nan/cls-inf.csv": {Verdict.GENERALISING, Verdict.UNDECIDED},
}
WARNED = {
    "curves/03-nan-spell-memorising": "not finite",
    "curves/03-nan-spell-plain": "not finite",
    "field/02-val-loss-nan/all-nan.csv": "the validation loss was not finite",
    "field/03-two-rows-per-epoch/every-1.csv": "120 rows of 60 epochs complete each other",
    "field/04-semicolons/excel-de.csv": "separated by semicolons, with decimal commas",
    "field/04-semicolons/tabs.csv": "separated by tabs",
    "field/09-cells-not-numbers/dates.csv": "3 cells were no numbers",
    "field/02-val-loss-nan/cls-inf.csv": "the validation loss was not finite",
}


@pytest.mark.skipif(not FAULTS.exists(), reason="../shared/faults is not there")
@pytest.mark.parametrize("name", RIGHT)
def test_a_fault_found_in_use_is_mended(name):
    found = assess(read_run(FAULTS / name))
    assert found.verdict in RIGHT[name]
    assert WARNED.get(name, "") in " ".join(found.warnings)
