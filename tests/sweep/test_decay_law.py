"""The law of the decay budget: found where it holds, refused where it does not, silent where nothing tells."""

import numpy as np
import pytest

from grokyolo.sweep.decay_law import Agreement, fit_law
from grokyolo.verdict import Verdict
from tests.sweep.points import EPOCHS, axes_of, finished, grid, grokked, memorising, run

STEPS = 9


def world(power=-1.0, noise=0.05, budget=2.3, of_fraction=lambda fraction: 1.0, epochs=EPOCHS):
    """Where a run jumps: at `budget` e-folds times a factor of the data, or with another power of the rate."""

    def outcome(weight_decay, seed=0, lr0=0.002, fraction=0.6):
        rate = STEPS * lr0 * weight_decay
        rng = np.random.default_rng([seed, int(1e7 * rate), int(100 * fraction)])
        wobble = np.exp(noise * rng.standard_normal())
        epoch = budget / 0.018 * (rate / 0.018) ** power * of_fraction(fraction) * wobble if rate else np.inf
        if epoch < 0.95 * epochs:
            return grokked(round(epoch), rate=rate, epochs=epochs)
        return memorising(rate=rate, epochs=epochs)

    return outcome


def law_of(runs):
    return fit_law(runs, axes_of(runs))


DECAYS, RATES, SEEDS = [0.3, 0.5, 0.7, 1.0], [0.002, 0.004], [0, 1, 2]


class TestSlope:
    def test_the_law_is_found_where_it_holds(self):
        law = law_of(grid(world(), weight_decay=DECAYS, lr0=RATES, seed=SEEDS))
        assert law.agreement is Agreement.KEEPS
        assert law.low < -1 < law.high
        assert law.budget == pytest.approx(2.3, rel=0.05)
        assert law.spread == pytest.approx(1.05, abs=0.03)
        assert law.epochs_spread > 1.5

    def test_runs_that_ended_before_the_jump_do_not_bend_it(self):
        runs = grid(world(noise=0.2), weight_decay=[0.2, 0.3, 0.4, 0.5, 0.7, 1], lr0=RATES, seed=range(5))
        law = law_of(runs)
        assert len(law.waits) > 10
        assert law.slope == pytest.approx(-1, abs=0.12)
        assert law.low < -1 < law.high

    @pytest.mark.parametrize(
        ("power", "keeping"), [(-0.7, Agreement.PARTLY), (-0.3, Agreement.DEPARTS), (0.0, Agreement.DEPARTS)]
    )
    def test_and_refused_where_it_does_not(self, power, keeping):
        law = law_of(grid(world(power), weight_decay=DECAYS, lr0=RATES, seed=SEEDS))
        assert law.agreement is keeping
        assert law.slope == pytest.approx(power, abs=0.1)

    def test_few_settings_with_much_scatter_do_not_tell(self):
        law = law_of(grid(world(noise=0.4), weight_decay=[0.7, 0.85, 1.0], seed=[0, 1]))
        assert law.agreement is Agreement.UNSURE

    def test_each_amount_of_data_may_have_a_budget_of_its_own(self):
        runs = grid(
            world(of_fraction=lambda fraction: (0.6 / fraction) ** 2),
            weight_decay=DECAYS,
            lr0=RATES,
            fraction=[0.5, 0.6, 0.8],
            seed=[0, 1],
        )
        law = law_of(runs)
        assert law.agreement is Agreement.KEEPS
        assert law.slope == pytest.approx(-1, abs=0.05)

    def test_data_on_which_nothing_jumps_does_not_take_part_in_the_fit(self):
        runs = grid(
            world(of_fraction=lambda fraction: 1.0 if fraction > 0.5 else 1000.0),
            weight_decay=DECAYS,
            fraction=[0.4, 0.6],
            seed=SEEDS,
        )
        law = law_of(runs)
        assert law.slope == pytest.approx(-1, abs=0.1)
        assert law.settings == len(DECAYS)
        assert len(law.waits) >= len(DECAYS) * len(SEEDS)

    def test_the_interval_holds_the_law_about_as_often_as_it_says(self):
        hits = 0
        for repeat in range(40):
            seeds = [3 * repeat, 3 * repeat + 1, 3 * repeat + 2]
            law = law_of(grid(world(noise=0.15), weight_decay=DECAYS, lr0=RATES, seed=seeds))
            hits += law.low < -1 < law.high
        assert hits >= 35

    def test_the_same_runs_give_the_same_answer(self):
        runs = grid(world(), weight_decay=DECAYS, lr0=RATES, seed=SEEDS)
        assert law_of(runs).to_json() == law_of(runs).to_json()


class TestWhatCannotBeKnown:
    def test_no_jump(self):
        law = law_of(grid(lambda **_: memorising(), weight_decay=[0.1, 0.2], seed=[0, 1]))
        assert (law.agreement, law.slope, law.budget) == (Agreement.UNKNOWN, None, None)
        assert law.reason == "no run has jumped"
        assert len(law.waiting) == 4

    def test_one_rate(self):
        law = law_of(grid(world(), weight_decay=[1.0], seed=[0, 1, 2]))
        assert law.slope is None
        assert law.budget == pytest.approx(2.3, rel=0.1)

    def test_a_rate_that_differs_only_with_the_data(self):
        def outcome(fraction, seed):
            return grokked(100 + seed, rate=0.02 * fraction)

        law = law_of(grid(outcome, fraction=[0.5, 0.7], seed=[0, 1]))
        assert law.slope is None
        assert "alone" in law.reason

    def test_two_rates_have_a_slope_and_no_interval(self):
        law = law_of(grid(world(), weight_decay=[0.7, 1.0], seed=[0, 1, 2]))
        assert law.slope == pytest.approx(-1, abs=0.3)
        assert law.low is None
        assert law.agreement is Agreement.UNKNOWN

    def test_no_runs(self):
        assert fit_law([], []).agreement is Agreement.UNKNOWN


class TestCounting:
    def test_every_run_is_counted_once(self):
        runs = [
            run(grokked(), weight_decay=1.0),
            run(memorising(), weight_decay=0.2),
            run(memorising(rate=0.0), weight_decay=0.0),
            run(finished(Verdict.GENERALISING), weight_decay=0.9),
            run(finished(Verdict.DIVERGED, memorised=None), weight_decay=0.8),
            run(finished(Verdict.MEMORISING, end=None), weight_decay=0.7),
            run(memorising(peak=0.99), weight_decay=0.6),
        ]
        law = law_of(runs)
        reasons = ("no weight decay", "generalising", "diverged", "budget unknown", "lost again")
        assert law.left_out == dict.fromkeys(reasons, 1)
        assert law.waiting == ("weight_decay=0.2",)
        assert len(law.jumps) + len(law.waits) + sum(law.left_out.values()) == len(runs)

    def test_jumps_stand_together_with_those_of_the_same_budget(self):
        runs = grid(world(), weight_decay=[0.5, 1.0], fraction=[0.8, 0.6], seed=SEEDS)
        law = law_of(runs)
        assert [label for label, _ in law.parts] == ["fraction=0.6", "fraction=0.8"]
        assert sum(len(jumps) for _, jumps in law.parts) == len(law.jumps)
        assert [label for label, _ in law_of(grid(world(), weight_decay=[0.5, 1.0], seed=SEEDS)).parts] == [""]

    def test_groups_by_level(self):
        law = law_of(grid(world(), weight_decay=[0.1, 0.5, 1.0], seed=SEEDS))
        groups = {share.axis: {group.level: group for group in share.groups} for share in law.shares}
        assert (groups["weight_decay"]["0.1"].jumped, groups["weight_decay"]["0.1"].waiting) == (0, 3)
        assert groups["weight_decay"]["0.1"].budget is None
        assert groups["weight_decay"]["1"].budget == pytest.approx(2.3, rel=0.1)
        assert groups["seed"]["0"].jumped == 2

    def test_factor_of_an_axis_with_the_others_held_fixed(self):
        def tripled(weight_decay, fraction, seed):
            return grokked(round((300 if fraction < 0.6 else 100) / weight_decay), rate=0.02 * weight_decay)

        runs = grid(tripled, weight_decay=[1.0, 2.0], fraction=[0.5, 0.7], seed=[0, 1])
        del runs[0:2]  # unbalanced: the slow data only with strong decay
        factors = {share.axis: share.factor for share in law_of(runs).shares}
        assert factors["fraction"] == pytest.approx(3, rel=0.02)
        assert factors["weight_decay"] == pytest.approx(1, abs=0.02)

    def test_too_many_levels_are_not_listed(self):
        law = law_of(grid(world(), weight_decay=[0.5, 1.0], seed=range(20)))
        seeds = next(share for share in law.shares if share.axis == "seed")
        assert seeds.groups == ()
        assert seeds.factor > 1


class TestSentences:
    def test_kept(self):
        said = law_of(grid(world(), weight_decay=DECAYS, lr0=RATES, seed=SEEDS)).sentences()
        assert said[0].startswith("The jump comes at 2.29 e-folds")
        assert said[1].startswith("The jump keeps the time of the decay budget")
        assert "where the law says -1" in said[1]

    def test_not_kept(self):
        said = law_of(grid(world(0.0), weight_decay=DECAYS, lr0=RATES, seed=SEEDS)).sentences()
        assert said[1].startswith("The jump does not keep the budget's time")

    def test_kept_in_part(self):
        said = law_of(grid(world(-0.7), weight_decay=DECAYS, lr0=RATES, seed=SEEDS)).sentences()
        assert said[1].startswith("The jump keeps the budget's time only in part: slope -0.7")
        assert said[1].endswith("times more of it.")

    def test_waiting_runs_are_named_as_such(self):
        said = " ".join(law_of(grid(world(), weight_decay=[0.1, 0.5, 0.7, 1.0], seed=[0])).sentences())
        assert "1 run had memorised and ended before any jump, which counts as later than the end" in said

    def test_nothing_to_say(self):
        said = law_of(grid(lambda **_: memorising(), weight_decay=[0.1, 0.2])).sentences()
        assert said[0].startswith("No run has jumped")
