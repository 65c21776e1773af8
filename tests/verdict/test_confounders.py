"""What can have moved a curve: the events in reach, and steps of settings that nobody logged."""

import numpy as np
import pytest

from grokyolo.dynamics import ema_window
from grokyolo.gap.series import Event, EventKind, from_columns
from grokyolo.verdict.confounders import in_reach, pad, setting_steps
from tests.verdict.runs import control


@pytest.mark.parametrize(("step", "window"), [(1_000, 2), (10_000, 150), (1_000_000, 10_000)])
def test_the_window_of_the_weight_average(step, window):
    assert ema_window(step) == pytest.approx(window, rel=0.2)


def test_the_pad_is_five_epochs_early_and_three_windows_late():
    run = from_columns("x", range(1, 10_001), step=np.arange(1, 10_001) * 9.0)
    assert pad(run, 100) == 5
    assert pad(run, 9_000) == pytest.approx(3 * 10_000 / 9, rel=0.05)


def test_the_pad_without_steps_counts_batches_or_five_epochs():
    assert pad(from_columns("x", range(1, 10_001)), 9_000) == 5
    assert pad(from_columns("x", range(1, 10_001), batches_per_epoch=9), 9_000) > 3_000


def reached(epoch, kind=EventKind.WD_CHANGED):
    return bool(in_reach(control(events=(Event(epoch, kind),)), 100, 170))


@pytest.mark.parametrize(("epoch", "expected"), [(94, False), (95, True), (130, True), (170, True), (171, False)])
def test_reach_is_from_pad_before_the_start_to_the_end(epoch, expected):
    assert reached(epoch) is expected


@pytest.mark.parametrize("kind", list(EventKind))
def test_which_events_confound(kind):
    assert reached(130, kind) is kind.confounds


def test_exactly_resumed_is_no_confounder_but_restarted_is():
    assert not reached(130, EventKind.RESUME)
    assert reached(130, EventKind.RESTART)


def test_a_step_of_weight_decay_is_found_in_its_column():
    decay = np.where(np.arange(280) < 100, 0.0, 1.0)
    assert [(e.epoch, e.kind) for e in setting_steps(control(weight_decay=decay))] == [(101, EventKind.WD_CHANGED)]


@pytest.mark.parametrize(
    "lr",
    [
        0.01 * 0.97 ** np.arange(280),
        0.01 * np.cos(np.linspace(0, 1.5, 280)),
        np.linspace(0.01, 0.0001, 280),
        np.concatenate([np.linspace(0.0001, 0.01, 20), np.full(260, 0.01)]),
    ],
)
def test_smooth_schedules_have_no_steps(lr):
    assert setting_steps(control(lr=lr)) == ()


def test_a_step_that_the_log_names_is_not_named_twice():
    lr = np.where(np.arange(1, 281) < 130, 0.002, 0.0002)
    series = control(lr=lr, events=(Event(130, EventKind.LR_CHANGED),))
    assert len(in_reach(series, 100, 170)) == 1
