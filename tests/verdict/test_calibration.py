"""A small part of the benchmark, on held-out shapes: the goals of DESIGN section 5 hold."""

import sys
from pathlib import Path

import pytest

from grokyolo.verdict import Verdict, assess


@pytest.fixture(scope="module")
def judged():
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    try:
        from curves import HELD_OUT, KINDS, labelled_curve
    finally:
        sys.path.pop(0)
    curves = [labelled_curve(77, index, HELD_OUT) for index in range(6 * len(KINDS))]
    return [(curve, assess(curve.series)) for curve in curves]


def test_there_are_many_kinds(judged):
    assert len({curve.kind for curve, _ in judged}) >= 15


def test_no_false_grok(judged):
    assert [curve.kind for curve, found in judged if found.verdict is Verdict.GROKKED is not curve.verdict] == []


def test_true_groks_are_found(judged):
    groks = [found.verdict is Verdict.GROKKED for curve, found in judged if curve.verdict is Verdict.GROKKED]
    assert sum(groks) >= 0.95 * len(groks)


def test_verdicts_agree(judged):
    assert sum(found.verdict in {curve.verdict, *curve.also} for curve, found in judged) >= 0.92 * len(judged)
