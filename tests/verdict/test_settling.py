"""A verdict that has held for long enough ends a run."""

import pytest

from grokyolo.verdict import Verdict
from grokyolo.verdict.settling import due, settled
from tests.verdict.runs import PROBE, control, negative_control, run

MEMORISING, GROKKED, OVERFITTING = Verdict.MEMORISING, Verdict.GROKKED, Verdict.OVERFITTING
FALLING = ((1, 0.0), (30, 0.6), (60, 0.6), (120, 0.2))


def ended(series, *words, share=0.2, epochs=None):
    """The first epoch after which the run would have ended, and by which verdict; None where it would not."""
    epochs = epochs or len(series)
    for epoch in range(1, len(series) + 1):
        if due(epoch, epochs) and (word := settled(series.until(epoch), words, share, epochs)):
            return epoch, word
    return None


def test_a_run_ends_once_its_verdict_has_held_for_its_share():
    epoch, word = ended(run(400, PROBE, FALLING), OVERFITTING)
    first, _ = ended(run(400, PROBE, FALLING), OVERFITTING, share=0.01)
    assert word is OVERFITTING
    assert epoch - first == pytest.approx(0.19 * 400, abs=8)


def test_a_grok_ends_after_it_has_lasted():
    epoch, word = ended(control(), GROKKED)
    first, _ = ended(control(), GROKKED, share=0.01)
    assert word is GROKKED
    assert epoch - first == pytest.approx(0.19 * 280, abs=8)


@pytest.mark.parametrize("words", [(), (OVERFITTING,), (Verdict.DIVERGED, GROKKED)])
def test_other_verdicts_end_nothing(words):
    assert ended(negative_control(), *words) is None


def test_what_changes_in_between_has_not_settled():
    assert ended(control(), MEMORISING, share=0.9) is None, "memorising until its jump, and not for so long"


def test_nothing_ends_before_the_share_has_passed():
    epoch, _ = ended(negative_control(), MEMORISING, share=0.5)
    assert epoch > 140


def test_the_share_is_one_of_the_planned_epochs():
    early, _ = ended(negative_control(), MEMORISING, share=0.1)
    late, _ = ended(negative_control(), MEMORISING, share=0.1, epochs=2000)
    assert early < 0.1 * 2000 < late


def test_a_run_without_measurements_goes_on():
    empty = negative_control().until(0)
    assert settled(empty, [MEMORISING], 0.2, 100) is None


def test_long_runs_are_judged_a_hundred_times():
    assert sum(due(epoch, 100_000) for epoch in range(1, 100_001)) == 100
    assert all(due(epoch, 50) for epoch in range(1, 51))
