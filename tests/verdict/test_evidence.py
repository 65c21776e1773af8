"""What the rules are given: findings that are large enough to speak of."""

import numpy as np
import pytest

from grokyolo.verdict.evidence import Evidence, LossChange
from tests.verdict.runs import LATE, LOSS_UP, LOSS_UP_AND_DOWN, PROBE, control, negative_control, run


def test_the_rise_of_the_control():
    (rise,) = Evidence(control()).rises
    assert (rise.low, rise.high) == pytest.approx((0.0, 0.98), abs=0.03)


def test_a_rise_of_less_than_a_quarter_of_the_gap_is_none():
    low = tuple((epoch, 0.2 * score) for epoch, score in LATE)
    assert Evidence(run(280, PROBE, low, LOSS_UP)).rises == ()


def test_a_rise_of_one_validation_image_is_none():
    val = np.where(np.arange(1, 281) < 128, 0.25, 0.5)
    assert len(Evidence(control(val_score=val)).rises) == 1
    assert Evidence(control(val_score=val, val_images=4)).rises == ()


def test_without_memorising_there_is_no_rise_to_speak_of():
    both = ((1, 0.0), (100, 0.0), (110, 0.9))
    assert Evidence(run(200, both, both)).rises == ()


def test_the_loss_on_both_sides_of_the_rise():
    change = Evidence(control()).late[0].loss
    assert change.before > 8
    assert change.after < 0.6
    assert change.agrees


@pytest.mark.parametrize(
    ("after", "error", "agrees"), [(0.91, 0.0, True), (0.93, 0.0, False), (1.1, 0.0, False), (0.91, 0.05, False)]
)
def test_a_loss_agrees_when_it_lost_a_tenth_of_its_distance(after, error, agrees):
    assert LossChange(1.0, after, 0.8, error).agrees is agrees


def test_a_loss_that_was_not_measured_says_nothing():
    nothing = np.full(280, np.nan)
    assert Evidence(control(val_loss=nothing)).late[0].loss is None


def test_only_a_memorising_run_has_a_loss_that_goes_on_rising():
    rising = ((1, 1.0), (280, 4.0))
    assert Evidence(run(280, PROBE, ((1, 0.3),), rising)).loss_rise is not None
    both = ((1, 0.1), (30, 0.9))
    assert Evidence(run(280, both, both, rising)).loss_rise is None
    assert Evidence(negative_control()).loss_rise is None


def test_findings_are_worked_out_once():
    evidence = Evidence(run(280, PROBE, LATE, LOSS_UP_AND_DOWN))
    assert evidence.rises is evidence.rises
    assert evidence.measured is evidence.measured
