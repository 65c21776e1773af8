"""The version of the rules: raised whenever a curve is called something else, so that kept verdicts are void."""

import hashlib
import json

import numpy as np

from grokyolo.gap import Series
from grokyolo.verdict import assess
from grokyolo.verdict.rules import RULES_VERSION
from tests.verdict.runs import LATE, LOSS_UP, LOSS_UP_AND_DOWN, PROBE, control, negative_control, run

JUDGED = {4: "68a975391074a2ce"}
"""Version: digest of what the curves below are called, rounded to three digits. Where this test fails since a rule has
changed, raise RULES_VERSION and put the new pair here."""


def curves() -> list[Series]:
    """Return runs of every shape, whole and cut off."""
    rng = np.random.default_rng(0)
    shapes = [
        control(),
        negative_control(),
        *(run(length, PROBE, LATE, LOSS_UP_AND_DOWN, noise=0.01, seed=length) for length in (60, 110, 150, 400)),
        run(300, PROBE, ((1, 0.0), (40, 0.6), (300, 0.6))),
        run(300, PROBE, ((1, 0.0), (40, 0.6), (300, 0.2)), LOSS_UP, noise=0.02),
        run(300, ((1, 0.0), (300, 0.2)), ((1, 0.0), (300, 0.2)), noise=0.01),
        run(40, ((1, 0.0), (40, 0.2)), ((1, 0.0), (40, 0.2))),
        run(12, ((1, 0.0), (2, 1.0)), ((6, 0.0), (7, 1.0)), ((6, 3.0), (7, 0.1))),
    ]
    for _ in range(40):
        jump, height = rng.uniform(50, 350), rng.uniform(0.0, 1.0)
        rise: tuple = ((1, 0.0), (jump, 0.02), (jump * 1.3, height), (jump * 1.6, height))
        shapes.append(run(400, PROBE, rise, LOSS_UP, noise=rng.uniform(0, 0.05), seed=int(jump)))
    return shapes


def rounded(value: object) -> object:
    """Return a JSON value whose numbers are the same on every machine."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.3g}") if isinstance(value, float) else value


def digest() -> str:
    """Return what all curves are called, as one word: verdict, confidence and when."""
    kept = ("verdict", "confidence", "memorised_epoch", "jump")
    judged = [[assess(series).to_json().get(key) for key in kept] for series in curves()]
    return hashlib.sha256(json.dumps(rounded(judged)).encode()).hexdigest()[:16]


def test_a_curve_that_is_called_something_else_raises_the_version():
    assert {RULES_VERSION: digest()} == JUDGED
