"""What a sweep keeps of a run: numbers on two clocks, and the word of its cell."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from grokyolo.sweep.outcome import Moment, Outcome, State, Word, from_json, outcome_of
from grokyolo.verdict import Verdict, assess
from tests.sweep.points import finished, grokked
from tests.verdict import runs


def outcome(series, **options):
    return outcome_of(series, assess(series), **options)


class TestOfARun:
    def test_times_stand_on_both_clocks(self):
        found = outcome(runs.control())
        assert found.verdict is Verdict.GROKKED
        assert found.jump.epoch == assess(runs.control()).jump.epoch
        step = -math.log(1 - 0.002)  # in single precision a little less
        assert found.jump.budget == pytest.approx(found.jump.epoch * 9 * step, rel=1e-4)
        assert found.end == Moment(280, pytest.approx(280 * 9 * step, rel=1e-4))
        assert found.rate == pytest.approx(9 * step, rel=1e-4)

    def test_score_and_loss_are_those_of_the_end(self):
        found = outcome(runs.control())
        assert found.score == pytest.approx(0.987, abs=0.01)
        assert found.loss == pytest.approx(0.07, abs=0.05)

    def test_without_weight_decay_the_budget_is_nought(self):
        found = outcome(runs.negative_control())
        assert (found.jump, found.rate, found.word) == (None, 0.0, Word.MEMORISING)

    def test_what_the_log_does_not_tell_is_none(self):
        found = outcome(runs.control(step=np.full(280, np.nan), lr=np.full(280, np.nan)))
        assert found.jump.budget is None
        assert found.rate is None

    @pytest.mark.parametrize(("planned", "state"), [(None, "finished"), (280, "finished"), (281, "unfinished")])
    def test_a_run_is_finished_at_its_last_epoch(self, planned, state):
        assert outcome(runs.control(epochs_planned=planned)).state is State(state)

    def test_or_where_patience_ended_it(self):
        assert outcome(runs.control(epochs_planned=500), ended_early=True).state is State.FINISHED

    @pytest.mark.parametrize(("top", "learned"), [(0.03, False), (0.4, True)])
    def test_learned_is_what_lasts_on_the_probe(self, top, learned):
        assert outcome(runs.run(100, ((1, 0.0), (20, top)), ((1, 0.03),))).learned is learned

    def test_boxes_have_low_scores_by_nature(self):
        low = runs.run(100, ((1, 0.0), (20, 0.1)), ((1, 0.03),), score_name="mAP50-95")
        assert outcome(low).learned is True


class TestLost:
    @pytest.mark.parametrize("low", [0.02, 0.7])
    def test_a_rise_that_fell_again_is_no_run_that_waits(self, low):
        found = outcome(runs.run(285, ((1, 0.03), (6, 1.0)), ((1, 0.03), (6, 0.99), (100, 0.99), (120, low))))
        assert (found.jump, found.peak, found.score) == (None, pytest.approx(0.99), pytest.approx(low))
        assert found.lost

    def test_a_small_fall_is_no_loss(self):
        found = outcome(runs.run(285, ((1, 0.03), (6, 1.0)), ((1, 0.03), (6, 0.99), (100, 0.99), (120, 0.78))))
        assert (found.jump, found.lost) == (None, False)

    def test_of_a_jump_that_fell_again_the_verdict_knows_when_it_was(self):
        up_and_down = ((1, 0.0), (90, 0.0), (120, 0.99), (270, 0.99), (271, 0.02))
        found = outcome(runs.run(285, ((1, 0.03), (6, 1.0)), up_and_down))
        assert found.jump.epoch == 105
        assert not found.lost

    def test_others_have_lost_nothing(self):
        assert not outcome(runs.control()).lost
        assert not outcome(runs.negative_control()).lost
        assert not Outcome(State.NOT_STARTED).lost


class TestWord:
    @pytest.mark.parametrize("state", [State.UNFINISHED, State.FAILED, State.NOT_STARTED])
    def test_a_run_that_is_not_finished_has_no_verdict_yet(self, state):
        assert replace(grokked(), state=state).word is Word(state.value)

    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_a_finished_one_has_that_of_its_verdict(self, verdict):
        assert finished(verdict).word.value == verdict.value

    @pytest.mark.parametrize("verdict", [Verdict.UNDECIDED, Verdict.GENERALISING])
    def test_validation_that_follows_a_model_at_chance_has_learned_nothing(self, verdict):
        assert finished(verdict, learned=False).word is Word.NEVER_LEARNED


@pytest.mark.parametrize(
    "found", [Outcome(State.NOT_STARTED, reason="x"), grokked(), outcome(runs.control()), finished(Verdict.UNDECIDED)]
)
def test_survives_json(found):
    assert from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found


@pytest.mark.parametrize("found", [{}, {"state": "lost"}, {"state": "finished", "colour": "red"}])
def test_other_json_is_refused(found):
    with pytest.raises((ValueError, TypeError)):
        from_json(found)
