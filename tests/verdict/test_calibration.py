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


@pytest.fixture(scope="module")
def by_family():
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    try:
        from curves import HELD_OUT
        from families import FAMILIES, judged_run
    finally:
        sys.path.pop(0)
    names = [name for name in FAMILIES if "1,000,000" not in name]
    runs = [judged_run(name, 78, index, HELD_OUT) for name in names for index in range(8)]
    return [(run, assess(run.series)) for run in runs]


def test_no_family_of_harder_curves_gets_a_false_grok(by_family):
    false = [run for run, found in by_family if found.verdict is Verdict.GROKKED and Verdict.GROKKED not in run.right]
    assert [(run.family, run.kind) for run in false] == []


def test_harder_curves_are_judged_right(by_family):
    wrong = [(run.family, run.kind, found.verdict.value) for run, found in by_family if found.verdict not in run.right]
    assert len(wrong) <= 0.05 * len(by_family), wrong


def test_their_confounders_are_named(by_family):
    for run, found in by_family:
        assert set(run.confounders) <= {event.kind for event in found.confounders}, run.kind
