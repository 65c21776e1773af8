"""Weight decay that begins late: when, for what, and that the log says so."""

import pytest
import torch

from grokyolo.gap import EventKind
from grokyolo.training.accelerator_methods import LateDecay
from tests.training.accelerators.optimizers import optimizer_of

CPU = torch.device("cpu")


def decays(late, optimizer, scores):
    """Train through epochs with these probe scores; return weight decay and events of each."""
    found = []
    for epoch, score in enumerate(scores, start=1):
        events = late.begin_epoch(epoch, optimizer)
        found.append((optimizer.param_groups[1]["weight_decay"], events))
        assert optimizer.param_groups[0]["weight_decay"] == 0.0, "biases never decay"
        late.measured(epoch, score)
    return found


def started(after, weight_decay=0.5):
    optimizer, late = optimizer_of(torch.nn.Linear(2, 2), weight_decay), LateDecay(after)
    late.built(optimizer)
    return late, optimizer


OFF, ON, CHANGED = (0.0, ()), (0.5, ()), (0.5, (EventKind.WD_CHANGED,))


def test_after_an_epoch():
    assert decays(*started(2), [0.0] * 4) == [OFF, OFF, CHANGED, ON]


def test_once_the_median_of_five_probe_scores_reaches_95_percent():
    scores = [0.5, 0.9, 0.95, 0.96, 1.0, 0.2, 1.0, 1.0]
    assert decays(*started("memorised"), scores) == [OFF] * 5 + [CHANGED, ON, ON]
    assert decays(*started("memorised"), [1.0] * 4 + [0.94] * 4)[:6] == [OFF] * 5 + [CHANGED]


@pytest.mark.parametrize("scores", [[1.0] * 4, [0.94] * 9, [1.0, 1.0, 0.9, 0.9, 0.9] * 2])
def test_not_before(scores):
    assert decays(*started("memorised"), scores) == [OFF] * len(scores)


def test_epochs_that_were_not_measured_do_not_count():
    scores = [1.0, None, 1.0, None, 1.0, None, 1.0, None, 1.0, None]
    assert decays(*started("memorised"), scores) == [OFF] * 9 + [CHANGED]


def test_what_has_begun_stays():
    assert decays(*started("memorised"), [1.0] * 5 + [0.0] * 9)[-1] == ON


def test_no_decay_at_all_is_no_event():
    late, optimizer = started(1, weight_decay=0.0)
    assert decays(late, optimizer, [0.0] * 3) == [OFF] * 3


def test_an_epoch_done_again_is_the_same():
    late, optimizer = started(1)
    late.begin_epoch(1, optimizer)
    assert late.begin_epoch(2, optimizer) == (EventKind.WD_CHANGED,)
    assert late.begin_epoch(2, optimizer) == (), "the first attempt has told of it already"
    assert optimizer.param_groups[1]["weight_decay"] == 0.5


def test_a_resume_between_deciding_and_beginning_tells_of_it_once():
    late, optimizer = started("memorised")
    decays(late, optimizer, [1.0] * 5)
    again, fresh = started("memorised")
    again.load_state_dict(late.state_dict(), CPU)
    assert again.begin_epoch(6, fresh) == (EventKind.WD_CHANGED,)
    later, fresh = started("memorised")
    later.load_state_dict(again.state_dict(), CPU)
    assert later.begin_epoch(7, fresh) == ()
    assert fresh.param_groups[1]["weight_decay"] == 0.5


def test_a_resume_goes_on_counting():
    late, optimizer = started("memorised")
    decays(late, optimizer, [1.0] * 3)
    again, _ = started("memorised")
    again.load_state_dict(late.state_dict(), CPU)
    again.measured(4, 1.0)
    again.measured(5, 1.0)
    assert again.since == 6


def test_a_recovery_to_before_the_decision_switches_decay_off_and_says_so():
    late, optimizer = started("memorised")
    decays(late, optimizer, [1.0] * 3)
    saved = late.state_dict()
    late.measured(4, 1.0)
    late.measured(5, 1.0)
    late.begin_epoch(6, optimizer)
    late.load_state_dict(saved, CPU)
    assert late.begin_epoch(6, optimizer) == (EventKind.WD_CHANGED,)
    assert optimizer.param_groups[1]["weight_decay"] == 0.0


def test_an_optimizer_adapted_to_a_smaller_batch_brings_its_own_decay():
    late, optimizer = started(1)
    late.begin_epoch(1, optimizer)
    optimizer.param_groups[1]["weight_decay"] = 0.25
    late.built(optimizer)
    late.begin_epoch(2, optimizer)
    assert optimizer.param_groups[1]["weight_decay"] == 0.25
