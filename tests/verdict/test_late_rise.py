"""A late rise: what it needs to be a grok, named one at a time."""

import numpy as np
import pytest

from grokyolo.gap.series import Event, EventKind
from grokyolo.verdict import Verdict
from grokyolo.verdict.evidence import Evidence
from grokyolo.verdict.late_rise import judge_late_rises
from tests.verdict.runs import LATE, LOSS_UP_AND_DOWN, PROBE, control, negative_control, run


def judged(series):
    return judge_late_rises(Evidence(series))


def test_a_run_without_a_late_rise_is_left_to_other_rules():
    assert judged(negative_control()) is None
    assert Evidence(negative_control()).late == ()


def test_a_rise_that_is_cut_off_is_left_to_other_rules():
    assert judged(run(130, PROBE, LATE, LOSS_UP_AND_DOWN)) is None


def test_a_rise_that_did_not_last_is_left_to_other_rules():
    val = (*LATE, (280, 0.98), (310, 0.1))
    assert judged(run(450, PROBE, val, LOSS_UP_AND_DOWN)) is None


@pytest.mark.parametrize(
    ("series", "words"),
    [
        (control(events=(Event(120, EventKind.RESTART),)), "restart at epoch 120 can have made it"),
        (control(probe_score=np.full(280, np.nan)), "no scores were measured"),
        (control(val_loss=np.full(280, np.nan)), "no validation loss"),
        (run(280, ((1, 0.0), (25, 1.0)), LATE, LOSS_UP_AND_DOWN), "at least 10 times as late"),
        (run(280, PROBE, tuple((e, 0.6 * s) for e, s in LATE), LOSS_UP_AND_DOWN), "of the largest"),
    ],
)
def test_each_shortcoming_is_named(series, words):
    decision = judged(series)
    assert decision.verdict is Verdict.DELAYED_JUMP
    assert words in decision.reason


def test_whole_images_blur_the_reach_of_confounders():
    steps = np.round(np.interp(np.arange(1, 281), *zip(*LATE, strict=True)) * 4) / 4
    event = (Event(200, EventKind.LR_CHANGED),)
    fine, coarse = control(events=event), control(events=event, val_score=steps, val_images=4)
    assert judged(fine).confounders == ()
    assert judged(coarse).confounders == event


def test_while_it_still_climbs_a_confounder_after_its_end_counts():
    climbing = ((1, 0.0), (93, 0.01), (140, 0.6), (200, 0.8), (280, 0.97))
    event = (Event(270, EventKind.LR_CHANGED),)
    assert judged(run(280, PROBE, climbing, LOSS_UP_AND_DOWN, events=event)).confounders == event
    assert judged(control(events=event)).confounders == ()


def test_a_rise_of_the_probe_along_with_it_is_left_to_other_rules():
    probe = ((1, 0.1), (6, 0.58), (100, 0.58), (172, 0.95))
    assert judged(run(178, probe, LATE, LOSS_UP_AND_DOWN)) is None


def test_a_rise_made_in_the_epoch_of_a_resume_is_suspect():
    step = ((1, 0.0), (127, 0.0), (128, 0.97))
    loss = ((1, 3.0), (20, 9.0), (127, 9.0), (128, 0.1))
    resume = (Event(128, EventKind.RESUME),)
    assert judged(run(280, PROBE, step, loss)).verdict is Verdict.GROKKED
    assert judged(run(280, PROBE, step, loss, events=resume)).confounders == resume
    assert judged(control(events=resume)).verdict is Verdict.GROKKED
