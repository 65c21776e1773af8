"""Memorised: the probe stays at 95 % of its ceiling while validation does not follow."""

import numpy as np
import pytest

from grokyolo.verdict.measurements import measure
from grokyolo.verdict.memorising import ceiling_of, memorised
from tests.verdict.runs import LOSS_UP, PROBE, control, negative_control, run


def found(series):
    return memorised(measure(series))


def test_the_first_epoch_from_which_the_probe_stays():
    assert found(negative_control()).epoch == 6


def test_the_median_of_five_decides_not_one_lucky_measurement():
    probe = np.interp(np.arange(1, 101), (1, 40, 41), (0.1, 0.5, 1.0))
    probe[[9, 19]] = 1.0
    memory = found(run(100, PROBE, ((1, 0.0),), LOSS_UP, probe_score=probe))
    assert memory.epoch == pytest.approx(41, abs=1)


def test_a_slingshot_does_not_undo_it():
    probe = (*PROBE, (100, 1.0), (102, 0.2), (106, 1.0))
    assert found(run(280, probe, ((1, 0.0),), LOSS_UP)).epoch == 6


def test_a_ceiling_below_one_counts():
    memory = found(run(200, ((1, 0.1), (20, 0.7)), ((1, 0.1), (20, 0.3))))
    assert memory.ceiling == pytest.approx(0.7)
    assert memory.epoch == pytest.approx(19, abs=1)
    assert memory.gap_end == pytest.approx(0.4)


def test_a_model_whose_validation_follows_has_not_memorised():
    both = ((1, 0.1), (20, 0.9))
    assert found(run(200, both, both)) is None


def test_the_gap_left_is_a_share_of_the_largest():
    memory = found(control())
    assert memory.gap_max == pytest.approx(1.0, abs=0.01)
    assert memory.gap_left == pytest.approx(0.013, abs=0.002)


def test_without_probe_scores_the_probe_loss_tells():
    memory = found(control(probe_score=np.full(280, np.nan)))
    assert (memory.by, memory.epoch) == ("probe loss", 6)
    assert memory.gap_end is None


def test_without_a_probe_the_train_loss_tells():
    nothing = np.full(280, np.nan)
    memory = found(control(probe_score=nothing, probe_loss=nothing))
    assert (memory.by, memory.epoch) == ("train loss", 6)


def test_the_ceiling_is_the_highest_lasting_level():
    probe = measure(run(300, ((1, 0.1), (50, 0.8), (200, 0.8), (210, 0.3)), ((1, 0.1),))).probe_score
    assert ceiling_of(probe) == pytest.approx(0.8)
