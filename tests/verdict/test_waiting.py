"""The outlook of a memorising run: where it stands beside runs that jumped, and no promise."""

import numpy as np
import pytest

from grokyolo.verdict import assess, outlook
from tests.verdict.runs import LATE, LOSS_UP_AND_DOWN, PROBE, control, negative_control, run


def outlook_of(series):
    return outlook(series, assess(series))


def test_only_a_memorising_run_has_an_outlook():
    assert outlook_of(control()) is None
    assert outlook_of(negative_control()) is not None


def test_without_decay_the_budget_is_never_reached():
    found = outlook_of(negative_control())
    assert (found.budget, found.epochs_to_control) == (0.0, None)
    assert any("never reaches" in sentence for sentence in found.sentences())


def test_with_decay_the_epochs_to_go_follow_from_the_rate():
    found = outlook_of(run(80, PROBE, LATE, LOSS_UP_AND_DOWN))
    assert found.budget == pytest.approx(80 * 9 * 0.002, rel=2e-3)
    assert found.budget_per_epoch == pytest.approx(9 * 0.002, rel=2e-3)
    assert found.epochs_to_control == (32, 70)


def test_a_budget_that_is_spent_says_so():
    found = outlook_of(run(400, PROBE, ((1, 0.0),), LOSS_UP_AND_DOWN[:3]))
    assert found.epochs_to_control == (0, 0)
    assert any("overdue" in sentence for sentence in found.sentences())


def test_a_log_without_settings_does_not_tell_the_budget():
    found = outlook_of(negative_control(step=np.full(280, np.nan)))
    assert found.budget is None
    assert any("does not tell the decay budget" in sentence for sentence in found.sentences())


def test_multiples_and_the_smallest_runs_that_would_show_a_jump():
    found = outlook_of(negative_control())
    assert found.multiples == pytest.approx(280 / 6)
    assert found.epochs_for_control_lateness == 150
    assert found.epochs_for_published_lateness == 6000


@pytest.mark.parametrize(
    ("last", "word"), [(10.0, "falling, by 33%"), (30.0, "rising, by 33%"), (20.0, "stands still")]
)
def test_the_trend_of_the_norms(last, word):
    norm = np.interp(
        np.arange(280), (0, 142, 170, 260), (20.0, 15.0 if last < 20 else 22.5, 15.0 if last < 20 else 22.5, last)
    )
    if last == 20.0:
        norm[:] = 20.0
    norm[142:172] = norm[142]
    norm[255:] = last
    found = outlook_of(negative_control(norm_decayed=norm))
    assert any(word in sentence for sentence in found.sentences())


def test_the_last_sentence_promises_nothing():
    assert "not a promise" in outlook_of(negative_control()).sentences()[-1]
