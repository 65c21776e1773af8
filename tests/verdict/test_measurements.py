"""Only what was measured anew counts: blanks, infinite cells and frozen blocks do not."""

import numpy as np
import pytest

from grokyolo.gap.series import from_columns
from grokyolo.verdict.measurements import measure
from tests.verdict.runs import control


def test_blanks_are_no_measurements():
    series = control(every=5)
    measured = measure(series)
    assert measured.val_score.epoch.tolist() == [1, *range(5, 281, 5)]
    assert measured.cadence == 5


def test_infinite_losses_and_impossible_scores_are_left_out():
    series = from_columns("x", range(1, 6), val_loss=[1, np.inf, 2, 1e300, 3], val_score=[0, 0.5, 1.5, -1, 1])
    measured = measure(series)
    assert measured.val_loss.epoch.tolist() == [1, 3, 5]
    assert measured.val_score.epoch.tolist() == [1, 2, 5]


def blocks(**fields):
    score = np.repeat(np.linspace(0.1, 0.9, 10), 4)
    return from_columns("x", range(1, 41), val_score=score, val_loss=1 - score, measured_every=4, **fields)


@pytest.mark.parametrize("step", [None, np.repeat(np.arange(10.0), 4)])
def test_cells_frozen_in_blocks_count_once(step):
    measured = measure(blocks(step=step))
    assert measured.val_score.epoch.tolist() == list(range(1, 41, 4))


def test_equal_cells_between_which_the_weights_moved_all_count():
    assert len(measure(blocks(step=np.arange(40.0))).val_score) == 40


def test_a_settled_score_is_not_taken_for_frozen_blocks():
    series = from_columns("x", range(1, 41), val_score=np.ones(40), val_loss=np.ones(40))
    assert len(measure(series).val_score) == 40


def test_the_gap_is_taken_where_both_are_known():
    series = from_columns("x", range(1, 5), probe_score=[np.nan, 0.4, 0.6, 0.8], val_score=[0.1, np.nan, 0.2, 0.3])
    gap = measure(series).score_gap
    assert gap.epoch.tolist() == [3, 4]
    assert gap.value == pytest.approx([0.4, 0.5])


def test_without_scores_both_losses_share_one_logarithmic_scale():
    loss = np.geomspace(10, 0.1, 21)
    series = from_columns("x", range(1, 22), val_loss=loss, probe_loss=np.full(21, 1.0))
    measured = measure(series)
    assert measured.loss_only
    assert measured.val_score.value[10] == pytest.approx(0.5, abs=0.02)
    assert measured.probe_score.value == pytest.approx(np.full(21, 0.5), abs=0.02)


def test_the_end_is_a_level_of_five_measurements_at_least():
    measured = measure(control())
    assert measured.val_score.end == pytest.approx(0.987)
