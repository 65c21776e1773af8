"""The eight words, one section each: what earns a word, and what just misses it."""

from itertools import pairwise

import numpy as np
import pytest

from grokyolo.gap.series import Event, EventKind
from grokyolo.verdict import Verdict, assess
from tests.verdict.runs import LATE, LOSS_UP, LOSS_UP_AND_DOWN, PROBE, control, negative_control, prefix, run


def verdict(series):
    return assess(series).verdict


class TestGrokked:
    def test_the_positive_control_groks(self):
        found = assess(control())
        assert found.verdict is Verdict.GROKKED
        assert found.memorised_epoch == 6
        assert found.jump.start == pytest.approx(101, abs=3)
        assert found.jump.epoch == pytest.approx(128, abs=3)
        assert found.jump.end == pytest.approx(172, abs=5)
        assert found.jump.lateness == pytest.approx(128 / 6, rel=0.05)

    def test_also_through_noise(self):
        assert all(verdict(control(noise=0.03, seed=seed)) is Verdict.GROKKED for seed in range(5))

    def test_also_when_the_probe_tops_out_lower(self):
        probe, val = ((1, 0.2), (6, 0.7)), tuple((e, 0.2 + 0.48 * v) for e, v in LATE)
        assert verdict(run(280, probe, val, LOSS_UP_AND_DOWN)) is Verdict.GROKKED

    def test_also_after_a_dip_below_chance(self):
        val = ((1, 0.03), (4, 0.09), (10, 0.0), *LATE[1:])
        assert verdict(run(280, PROBE, val, LOSS_UP_AND_DOWN)) is Verdict.GROKKED

    @pytest.mark.parametrize("length", [1_500, 3_360, 100_000, 1_000_000])
    def test_also_however_long_it_is_extended(self, length):
        assert verdict(run(length, PROBE, LATE, LOSS_UP_AND_DOWN)) is Verdict.GROKKED

    def test_also_when_the_loss_grows_again_afterwards(self):
        loss = (*LOSS_UP_AND_DOWN[:-1], (280, 0.5), (2000, 14.0))
        assert verdict(run(2000, PROBE, LATE, loss)) is Verdict.GROKKED

    def test_also_with_events_long_after(self):
        events = (Event(900, EventKind.RESTART), Event(1200, EventKind.MOSAIC_CLOSED))
        assert verdict(run(1500, PROBE, LATE, LOSS_UP_AND_DOWN, events=events)) is Verdict.GROKKED

    def test_also_when_measured_every_fifth_epoch(self):
        probe, val = ((1, 0.03), (9, 1.0)), tuple((1 + 5 * (e - 1), v) for e, v in LATE)
        loss = tuple((1 + 5 * (e - 1), v) for e, v in LOSS_UP_AND_DOWN)
        assert verdict(run(1400, probe, val, loss, every=5)) is Verdict.GROKKED

    def test_an_exact_resume_at_the_jump_changes_nothing(self):
        assert verdict(control(events=(Event(128, EventKind.RESUME),))) is Verdict.GROKKED

    def test_the_reason_names_numbers_of_the_table(self):
        series = control()
        found = assess(series)
        at_half = series.val_score[found.jump.epoch - 1]
        assert f"{at_half:.3f} at epoch {found.jump.epoch}" in found.reason
        assert "memorised at epoch 6" in found.reason


class TestBordersOfGrokked:
    """Each number of the contract, from both sides."""

    @pytest.mark.parametrize(("left", "word"), [(0.2, Verdict.GROKKED), (0.3, Verdict.DELAYED_JUMP)])
    def test_a_quarter_of_the_gap_may_be_left(self, left, word):
        val = ((1, 0.0), (101, 0.0), (155, 1 - left))
        assert verdict(run(400, PROBE, val, LOSS_UP_AND_DOWN)) is word

    @pytest.mark.parametrize(("plateau", "word"), [(140, Verdict.GROKKED), (70, Verdict.DELAYED_JUMP)])
    def test_ten_measurements_lie_on_the_plateau(self, plateau, word):
        probe, loss = ((1, 0.03), (2, 0.9), (10, 1.0)), ((1, 3.0), (10, 9.0), (plateau, 9.0), (2 * plateau, 0.1))
        val = ((1, 0.0), (plateau + 10, 0.0), (2 * plateau, 0.97))
        found = assess(run(400, probe, val, loss, every=10))
        assert found.jump.lateness >= 10
        assert found.verdict is word

    @pytest.mark.parametrize(("ratio", "word"), [(3, Verdict.GROKKED), (8, Verdict.DELAYED_JUMP)])
    def test_the_end_comes_at_most_four_times_as_late_as_the_start(self, ratio, word):
        epochs = np.arange(1, 4001)
        span = ratio ** (1 / 0.8)  # straight in the logarithm: 10 to 90 % are 0.8 of it
        share = np.clip(np.log(epochs / 300) / np.log(span), 0, 1)
        series = run(4000, PROBE, LATE, LOSS_UP, val_score=0.97 * share, val_loss=9 - 8.5 * share)
        assert verdict(series) is word

    @pytest.mark.parametrize(("lateness", "word"), [(11, Verdict.GROKKED), (9, Verdict.DELAYED_JUMP)])
    def test_ten_times_as_late_as_memorising(self, lateness, word):
        jump = 20 * lateness
        val = ((1, 0.0), (jump - 30, 0.0), (jump + 30, 0.97))
        loss = ((1, 3.0), (20, 9.0), (jump - 30, 9.0), (jump + 30, 0.1))
        assert verdict(run(500, ((1, 0.0), (19, 0.9), (20, 1.0)), val, loss)) is word

    @pytest.mark.parametrize(("after", "word"), [(6, Verdict.GROKKED), (1, Verdict.MEMORISING)])
    def test_measurements_after_the_end_show_that_it_is_over(self, after, word):
        val = ((1, 0.0), (190, 0.0), (200, 0.5 if after == 1 else 0.97))
        loss = ((1, 3.0), (20, 9.0), (190, 9.0), (200, 1.0))
        assert verdict(run(200 + after, PROBE, val, loss)) is word


class TestDelayedJump:
    @pytest.mark.parametrize("kind", [kind for kind in EventKind if kind.confounds])
    def test_each_confounder_at_the_jump_is_named_with_its_epoch(self, kind):
        found = assess(control(events=(Event(120, kind),)))
        assert found.verdict is Verdict.DELAYED_JUMP
        assert [str(event) for event in found.confounders] == [f"{kind.value} at epoch 120"]
        assert f"{kind.value} at epoch 120" in found.reason

    def test_a_confounder_long_before_is_none(self):
        found = assess(control(events=(Event(40, EventKind.LR_CHANGED),)))
        assert (found.verdict, found.confounders) == (Verdict.GROKKED, ())

    def test_a_step_of_the_learning_rate_that_nobody_logged_counts_too(self):
        lr = np.where(np.arange(1, 281) < 110, 0.002, 0.0002)
        found = assess(control(lr=lr))
        assert found.verdict is Verdict.DELAYED_JUMP
        assert found.confounders[0].kind is EventKind.LR_CHANGED
        assert found.confounders[0].epoch == 110

    def test_a_cosine_schedule_is_no_step(self):
        lr = 0.001 * (1.02 + np.cos(np.pi * np.arange(280) / 280))
        assert verdict(control(lr=lr)) is Verdict.GROKKED

    def test_a_rough_gap_never_groks(self):
        nothing = np.full(280, np.nan)
        found = assess(control(probe_score=nothing, probe_loss=nothing))
        assert found.verdict is Verdict.DELAYED_JUMP
        assert not found.like_for_like
        assert "rough" in found.reason

    def test_less_than_ten_times_as_late(self):
        found = assess(run(280, ((1, 0.03), (25, 1.0)), LATE, LOSS_UP_AND_DOWN))
        assert found.verdict is Verdict.DELAYED_JUMP
        assert 3 < found.jump.lateness < 10

    def test_half_of_the_gap_left(self):
        val = tuple((epoch, 0.5 * score) for epoch, score in LATE)
        found = assess(run(280, PROBE, val, LOSS_UP_AND_DOWN))
        assert found.verdict is Verdict.DELAYED_JUMP
        assert "of the largest" in found.reason

    def test_a_plateau_of_fewer_than_10_measurements(self):
        probe, val = ((1, 0.5), (2, 1.0)), tuple((e, v) for e, v in LATE)
        assert verdict(run(280, probe, val, LOSS_UP_AND_DOWN, every=25)) is Verdict.DELAYED_JUMP

    def test_a_rise_over_two_decades_is_gradual(self):
        epochs = np.geomspace(6, 3000, 30)
        val = tuple((epoch, 0.95 * np.log(epoch / 6) / np.log(500)) for epoch in epochs)
        loss = tuple((epoch, 4 - 3.5 * np.log(epoch / 6) / np.log(500)) for epoch in epochs)
        assert verdict(run(4000, PROBE, val, loss)) is not Verdict.GROKKED


class TestGeneralising:
    def test_validation_follows_the_probe(self):
        together = ((1, 0.1), (80, 0.9))
        assert verdict(run(200, together, together, ((1, 3.0), (80, 0.5)))) is Verdict.GENERALISING

    def test_both_jump_together_late(self):
        jump = ((1, 0.05), (100, 0.05), (120, 0.95))
        assert verdict(run(200, jump, jump, ((1, 3.0), (100, 3.0), (120, 0.4)))) is Verdict.GENERALISING

    def test_a_jump_less_than_three_times_as_late(self):
        probe, val = ((1, 0.0), (50, 1.0)), ((1, 0.0), (70, 0.0), (130, 0.97))
        assert verdict(run(300, probe, val, ((1, 3.0), (70, 3.0), (130, 0.3)))) is Verdict.GENERALISING

    def test_short_dips_of_warm_restarts_are_no_falls(self):
        dips = [point for at in (50, 100, 150) for point in ((at, 0.8), (at + 1, 0.65), (at + 5, 0.8))]
        both = ((1, 0.1), (30, 0.8), *dips)
        assert verdict(run(200, both, both, ((1, 3.0), (30, 0.5)))) is Verdict.GENERALISING

    def test_a_lucky_probe_has_not_memorised(self):
        level = np.interp(np.arange(300), (0, 60), (0.1, 0.8))
        lucky = np.where(np.random.default_rng(3).random(300) < 0.1, 1.0, level)
        found = assess(run(300, PROBE, ((1, 0.1), (60, 0.75)), ((1, 3.0), (60, 0.8)), probe_score=lucky))
        assert (found.verdict, found.memorised_epoch) == (Verdict.GENERALISING, None)


class TestMemorising:
    @pytest.mark.parametrize("length", [280, 560, 5000])
    def test_without_weight_decay_the_control_memorises(self, length):
        found = assess(negative_control(length))
        assert (found.verdict, found.memorised_epoch) == (Verdict.MEMORISING, 6)
        assert found.jump is None

    def test_a_loss_that_rises_and_then_stands_is_memorising(self):
        assert verdict(run(400, PROBE, ((1, 0.1), (5, 0.4)), ((1, 2.0), (60, 6.0)), noise=0.02)) is Verdict.MEMORISING

    def test_a_jump_that_is_still_going_on_is_said_so(self):
        found = assess(run(130, PROBE, LATE, LOSS_UP_AND_DOWN))
        assert found.verdict is Verdict.MEMORISING
        assert "still going on" in found.reason

    def test_without_a_probe_the_losses_tell(self):
        nothing = np.full(280, np.nan)
        found = assess(negative_control(probe_score=nothing, probe_loss=nothing))
        assert found.verdict is Verdict.MEMORISING
        assert "far above the train loss" in found.reason

    def test_without_a_probe_a_high_score_leaves_no_room_for_a_gap(self):
        nothing = np.full(280, np.nan)
        series = run(280, PROBE, ((1, 0.1), (6, 0.9)), LOSS_UP, probe_score=nothing, probe_loss=nothing)
        assert verdict(series) is Verdict.GENERALISING


class TestOverfitting:
    def test_without_a_probe_a_loss_that_turned_while_train_loss_fell(self):
        nothing = np.full(200, np.nan)
        train = np.linspace(3.0, 0.5, 200)
        loss = ((1, 3.0), (80, 1.0), (200, 1.6))
        series = run(200, PROBE, ((1, 0.1), (80, 0.6)), loss, train_loss=train, probe_score=nothing, probe_loss=nothing)
        found = assess(series)
        assert found.verdict is Verdict.OVERFITTING
        assert "rough" in found.reason

    def test_the_score_fell_and_stays_down(self):
        found = assess(run(200, PROBE, ((1, 0.1), (30, 0.7), (60, 0.7), (140, 0.5)), LOSS_UP))
        assert found.verdict is Verdict.OVERFITTING
        assert "fell from 0.7" in found.reason

    @pytest.mark.parametrize(("fall", "word"), [(0.1, Verdict.OVERFITTING), (0.03, Verdict.MEMORISING)])
    def test_how_far_a_score_falls(self, fall, word):
        val = ((1, 0.1), (30, 0.7), (60, 0.7), (140, 0.7 - fall))
        assert verdict(run(200, PROBE, val, ((1, 3.0),))) is word

    def test_a_loss_that_rises_with_the_root_goes_on_and_with_the_logarithm_dies_out(self):
        epochs = np.arange(1, 301)
        root, logarithm = 1.0 + 0.2 * np.sqrt(epochs), 1.0 + 0.5 * np.log(epochs)
        assert verdict(run(300, PROBE, ((1, 0.1), (6, 0.5)), val_loss=root)) is Verdict.OVERFITTING
        assert verdict(run(300, PROBE, ((1, 0.1), (6, 0.5)), val_loss=logarithm)) is Verdict.MEMORISING

    def test_the_score_is_flat_and_the_loss_goes_on_rising(self):
        found = assess(run(300, PROBE, ((1, 0.1), (6, 0.5)), ((1, 1.0), (6, 1.0), (300, 4.0))))
        assert found.verdict is Verdict.OVERFITTING
        assert "loss goes on rising" in found.reason

    def test_a_grok_that_was_lost_again(self):
        val = (*LATE, (280, 0.98), (310, 0.1))
        found = assess(run(450, PROBE, val, LOSS_UP_AND_DOWN))
        assert found.verdict is Verdict.OVERFITTING
        assert "lost again" in found.reason
        assert found.jump is not None

    def test_a_grok_that_fell_at_the_very_end_may_yet_come_back(self):
        val = (*LATE, (464, 0.99), (466, 0.05))
        found = assess(run(480, PROBE, val, LOSS_UP_AND_DOWN))
        assert found.verdict is Verdict.UNDECIDED
        assert "is undone at the end" in found.reason
        assert found.jump is not None


class TestDoubleDescent:
    def test_worse_and_then_back(self):
        val = ((1, 0.1), (20, 0.6), (60, 0.3), (100, 0.3), (160, 0.75))
        found = assess(run(300, ((1, 0.1), (40, 1.0)), val, ((1, 3.0), (60, 5.0), (160, 1.0))))
        assert found.verdict is Verdict.DOUBLE_DESCENT

    def test_half_regained_is_overfitting(self):
        val = ((1, 0.1), (20, 0.6), (60, 0.3), (100, 0.3), (160, 0.45))
        assert verdict(run(300, ((1, 0.1), (40, 1.0)), val)) is Verdict.OVERFITTING

    def test_a_low_peak_before_the_fall_is_a_dip_before_a_jump(self):
        val = ((1, 0.1), (4, 0.35), (20, 0.0), *LATE[1:])
        assert verdict(run(280, PROBE, val, LOSS_UP_AND_DOWN)) is Verdict.GROKKED


class TestDiverged:
    def test_the_loss_is_not_finite_at_the_end(self):
        series = negative_control()
        series.val_loss[-5:] = series.train_loss[-5:] = np.inf
        found = assess(series)
        assert found.verdict is Verdict.DIVERGED
        assert "epoch 276" in found.reason

    def test_four_such_measurements_are_not_enough(self):
        series = negative_control()
        series.val_loss[-4:] = series.train_loss[-4:] = np.inf
        assert verdict(series) is not Verdict.DIVERGED

    @pytest.mark.parametrize("first", [0, 100])
    def test_a_validation_loss_alone_is_a_warning(self, first):
        series = negative_control()
        series.val_loss[first:] = np.inf
        found = assess(series)
        assert found.verdict is Verdict.MEMORISING
        assert f"the validation loss was not finite in {280 - first} epochs, last at epoch 280" in found.warnings

    def test_the_probe_collapsed_and_stayed_down(self):
        probe = (*PROBE, (150, 1.0), (155, 0.1))
        assert verdict(run(280, probe, ((1, 0.0), (6, 0.3), (150, 0.3), (155, 0.05)))) is Verdict.DIVERGED

    def test_a_collapse_that_came_back_is_none(self):
        probe = (*PROBE, (150, 1.0), (153, 0.1), (156, 1.0))
        assert verdict(run(280, probe, LATE, LOSS_UP_AND_DOWN)) is Verdict.GROKKED

    def test_a_recovered_nan_is_a_warning(self):
        series = control(events=(Event(30, EventKind.RECOVER),))
        series.val_loss[29] = np.inf
        found = assess(series)
        assert found.verdict is Verdict.GROKKED
        assert "recovered from a loss that was not finite at epoch 30" in found.warnings


def test_a_grok_in_two_stages_is_one_from_its_end_on():
    stages = ((1, 0.0), (100, 0.0), (110, 0.5), (180, 0.5), (200, 1.0))
    whole = run(400, PROBE, stages, ((1, 3.0), (20, 6.0), (100, 6.0), (110, 3.0), (180, 3.0), (200, 0.3)), noise=0.01)
    assert {verdict(prefix(whole, rows)) for rows in (205, 212, 220, 240, 300, 400)} == {Verdict.GROKKED}


def test_a_probe_that_is_climbing_has_not_memorised_at_its_newest_level():
    probe, val = ((1, 0.2), (300, 0.8)), ((1, 0.1), (300, 0.67))
    whole = run(300, probe, val, ((1, 3.0), (300, 1.0)), noise=0.01)
    assert {verdict(prefix(whole, rows)) for rows in range(30, 301, 15)} == {Verdict.GENERALISING}


class TestUndecided:
    def test_too_few_measurements(self):
        found = assess(negative_control(9))
        assert found.verdict is Verdict.UNDECIDED
        assert "too few" in found.reason

    def test_too_noisy(self):
        found = assess(run(200, ((1, 0.5),), ((1, 0.5),), noise=0.4))
        assert found.verdict is Verdict.UNDECIDED
        assert "too noisy" in found.reason

    @pytest.mark.parametrize("rows", [10, 12, 20])
    def test_one_jump_is_no_noise_in_a_short_run(self, rows):
        half = rows // 2
        found = assess(run(rows, ((1, 0.0), (2, 1.0)), ((half, 0.0), (half + 1, 1.0)), ((half, 3.0), (half + 1, 0.1))))
        assert "too noisy" not in found.reason
        assert found.verdict is not Verdict.GROKKED

    def test_noise_is_noise_in_a_short_run(self):
        score = np.random.default_rng(0).random(12)
        found = assess(run(12, PROBE, ((1, 0.0),), val_score=score))
        assert found.verdict is Verdict.UNDECIDED
        assert "too noisy" in found.reason

    def test_nothing_learned(self):
        found = assess(run(200, ((1, 0.0),), ((1, 0.0),)))
        assert found.verdict is Verdict.UNDECIDED
        assert found.reason == "too short: nothing learned yet, all scores are 0"

    def test_hardly_anything_learned(self):
        found = assess(run(200, ((1, 0.004),), ((1, 0.004),)))
        assert found.reason == "too short: nothing learned yet, no score lasts above 0.0040"

    def test_guessing_is_not_learning(self):
        found = assess(run(200, ((1, 0.032),), ((1, 0.04),)))
        assert found.reason == "too short: nothing learned yet, no score lasts above 0.0400"

    def test_a_low_score_that_rose_was_learned(self):
        found = assess(run(200, ((1, 0.0), (100, 0.06)), ((1, 0.0), (100, 0.06))))
        assert found.verdict is Verdict.GENERALISING

    def test_what_was_learned_before_the_run_needs_no_gain(self):
        found = assess(run(200, ((1, 0.5),), ((1, 0.5),)))
        assert found.verdict is Verdict.GENERALISING

    def test_score_and_loss_disagree(self):
        found = assess(run(280, PROBE, LATE, LOSS_UP))
        assert found.verdict is Verdict.UNDECIDED
        assert "disagree" in found.reason


def test_a_setback_on_the_way_up_a_late_rise_is_no_double_descent():
    slingshot = ((1, 0.0), (100, 0.0), (150, 0.9), (152, 0.35), (185, 0.9), (200, 0.99), (400, 0.99))
    assert verdict(run(400, PROBE, slingshot, LOSS_UP_AND_DOWN)) is Verdict.GROKKED


def test_a_first_peak_while_it_memorises_is_one():
    twice = ((1, 0.0), (10, 0.8), (60, 0.4), (150, 0.4), (220, 0.9), (400, 0.9))
    assert verdict(run(400, PROBE, twice, LOSS_UP_AND_DOWN)) is Verdict.DOUBLE_DESCENT


def test_validation_that_is_left_behind_does_not_follow():
    climbing = ((1, 0.0), (100, 0.0), (200, 0.3))
    found = assess(run(200, climbing, ((1, 0.0), (200, 0.0)), LOSS_UP))
    assert found.verdict is not Verdict.GENERALISING
    half = ((1, 0.0), (100, 0.0), (200, 0.2))
    assert verdict(run(200, climbing, half, ((1, 3.0), (200, 2.0)))) is Verdict.GENERALISING


class TestCollapses:
    """What fell and came back is named; the word is that of the rest of the curve."""

    PROBE = (*PROBE, (220, 1.0), (222, 0.2), (240, 0.2), (242, 1.0))

    def test_a_grok_stays_one_and_its_collapse_is_named(self):
        val = (*LATE, (220, 0.987), (222, 0.1), (240, 0.1), (242, 0.987))
        found = assess(run(400, self.PROBE, val, LOSS_UP_AND_DOWN))
        assert found.verdict is Verdict.GROKKED
        assert (found.collapses[0].what, found.collapses[0].low) == ("val_score", pytest.approx(0.1, abs=0.02))
        assert "collapsed from 0.98" in found.reason

    def test_probe_and_validation_that_fall_alike_are_no_double_descent(self):
        val = ((1, 0.1), (20, 0.7), (220, 0.7), (222, 0.1), (280, 0.1), (285, 0.7))
        probe = ((1, 0.1), (20, 0.8), (220, 0.8), (222, 0.1), (280, 0.1), (285, 0.8))
        assert verdict(run(400, probe, val, ((1, 3.0), (20, 1.0)))) is Verdict.GENERALISING

    def test_planned_restarts_of_the_rate_are_none_either(self):
        phase = np.arange(400) % 100
        dent = np.where((np.arange(400) >= 100) & (phase < 40), 0.3 * (1 - phase / 40), 0.0)
        epochs = np.arange(1, 401)
        rate, learned = 0.01 * (0.505 + 0.495 * np.cos(np.pi * phase / 100)), np.interp(epochs, (1, 20), (0.1, 0.9))
        val, fields = 0.95 * learned - dent, {"lr": rate, "probe_score": learned - 0.1 * dent}
        assert verdict(run(400, PROBE, LATE, ((1, 3.0), (20, 1.0)), val_score=val, **fields)) is Verdict.GENERALISING

    def test_zeros_of_a_spell_of_nan_are_no_measurements(self):
        series = run(300, PROBE, ((1, 0.1), (6, 0.5)), LOSS_UP, events=(Event(121, EventKind.RECOVER),))
        for loss in (series.train_loss, series.val_loss, series.probe_loss):
            loss[100:120] = np.inf
        series.val_score[100:121] = series.probe_score[100:120] = 0.0
        found = assess(series)
        assert (found.verdict, found.collapses) == (Verdict.MEMORISING, ())
        assert "recovered from a loss that was not finite at epoch 121" in found.warnings


class TestFewImages:
    def test_four_images_that_flip_while_the_loss_stands(self):
        flips = np.repeat([0.25, 0.75, 0.25, 1.0, 0.25, 0.5], 50)
        found = assess(run(300, PROBE, LATE, ((1, 3.0),), noise=0.05, val_score=flips, val_images=4))
        assert found.verdict in {Verdict.MEMORISING, Verdict.UNDECIDED}
        assert found.confidence.value == "loss-only"

    def test_under_ten_measurements_nothing_is_firm(self):
        assert assess(negative_control(9)).confidence.value == "indicative"


class TestPrefixes:
    def test_a_joint_jump_is_no_grok_at_any_time(self):
        probe = ((1, 0.1), (6, 0.58), (100, 0.58), (172, 0.95))
        found = [verdict(run(length, probe, LATE, LOSS_UP_AND_DOWN)) for length in range(100, 281, 3)]
        assert Verdict.GROKKED not in found

    @pytest.mark.parametrize("seed", range(3))
    def test_a_memorising_run_has_one_word(self, seed):
        whole = run(600, PROBE, ((1, 0.1), (6, 0.3)), ((1, 2.0), (10, 5.0)), noise=0.05, seed=seed)
        words = {verdict(prefix(whole, rows)) for rows in range(30, 601, 19)}
        assert words == {Verdict.MEMORISING}


class TestGrowing:
    """As a run grows, noise does not turn its word, and what is not over yet is not named."""

    @pytest.mark.parametrize("seed", range(4))
    def test_a_score_of_few_images_that_scatters_has_not_fallen(self, seed):
        noise = np.random.default_rng(seed).standard_normal(600)
        score = np.round(np.clip(0.4 + 0.08 * noise, 0, 1) * 20) / 20
        series = run(600, PROBE, LATE, LOSS_UP, val_score=score, val_images=20)
        assert {verdict(prefix(series, rows)) for rows in range(100, 600, 50)} == {Verdict.MEMORISING}

    def test_a_rise_that_has_not_ended_is_not_known_to_be_sharp(self):
        epochs = np.arange(1, 4001)
        share = 1 / (1 + (500 / epochs) ** 2.88)  # end / start of 4.6
        series = run(4000, PROBE, LATE, LOSS_UP, val_score=0.97 * share, val_loss=9 - 8.5 * share)
        assert Verdict.GROKKED not in {verdict(prefix(series, rows)) for rows in range(500, 4000, 100)}

    def test_a_gap_about_a_border_does_not_cross_it_with_every_measurement(self):
        epochs = np.arange(1, 801)
        score = 0.8 + 0.008 * np.sin(epochs / 15)
        series = run(800, PROBE, LATE, LOSS_UP, val_score=score)
        words = [verdict(prefix(series, rows)) for rows in range(50, 800, 10)]
        assert sum(a is not b for a, b in pairwise(words)) <= 1

    def test_restarts_of_the_learning_rate_that_dent_the_score_are_no_fall(self):
        epochs = np.arange(1, 501)
        phase = (epochs - 1) % 100 / 100
        dent = 1 - 0.25 * np.clip(1 - phase / 0.4, 0, 1) * (epochs > 100)
        lr = 0.01 * (0.505 + 0.495 * np.cos(np.pi * phase))
        series = run(500, PROBE, LATE, LOSS_UP, lr=lr, val_score=0.4 * dent, probe_score=np.minimum(epochs / 6, 1))
        assert {verdict(prefix(series, rows)) for rows in range(50, 500, 25)} == {Verdict.MEMORISING}


@pytest.mark.parametrize(("before", "word"), [(16, Verdict.GROKKED), (3, Verdict.DELAYED_JUMP)])
def test_a_confounder_just_out_of_reach_is_none(before, word):
    val = ((1, 0.0), (190, 0.0), (290, 0.97))  # 10 % at epoch 200
    loss = ((1, 3.0), (20, 9.0), (190, 9.0), (290, 0.1))
    events = (Event(200 - before, EventKind.RESTART),)
    assert verdict(run(400, PROBE, val, loss, events=events, noise=0.005)) is word
