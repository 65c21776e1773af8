"""The critical size: between which two, how surely, and what can only be said of one side."""

import numpy as np
import pytest

from grokyolo.sweep.axes import axis_of
from grokyolo.sweep.critical import Border, critical_sizes, reached
from grokyolo.sweep.outcome import Outcome, State
from grokyolo.verdict import Verdict
from tests.sweep.points import axes_of, finished, grid, grokked, memorising, run

SIZES = [0.3, 0.4, 0.5, 0.6, 0.8]


def critical(runs, key="fraction", others=(), **options):
    found = {axis.key: axis for axis in axes_of(runs)}
    return critical_sizes(runs, found[key], [found[other] for other in others], **options)


def sweep(groks, sizes=SIZES, seeds=3):
    return grid(
        lambda fraction, seed: grokked() if groks(fraction, seed) else memorising(), fraction=sizes, seed=range(seeds)
    )


class TestBorder:
    def test_a_sharp_one_is_between_two_sizes(self):
        (found,) = critical(sweep(lambda fraction, _: fraction > 0.45))
        assert (found.border, found.below, found.above) == (Border.SHARP, 0.4, 0.5)
        assert found.estimate == pytest.approx(np.sqrt(0.4 * 0.5))
        assert 0.39 < found.low < found.high < 0.51
        assert found.sentence().startswith("fraction: smallest that generalises is between 0.4 and 0.5 (95 %")

    def test_with_one_seed_it_may_lie_further_off(self):
        (one,) = critical(sweep(lambda fraction, _: fraction > 0.45, seeds=1))
        (three,) = critical(sweep(lambda fraction, _: fraction > 0.45, seeds=3))
        assert one.border is Border.SHARP
        assert one.low < three.low < three.high < one.high

    def test_one_that_differs_by_seed_is_where_half_generalise(self):
        (found,) = critical(sweep(lambda fraction, seed: fraction > (0.35, 0.45, 0.55)[seed]))
        assert found.border is Border.BLURRED
        assert found.estimate == pytest.approx(0.45, rel=0.03)
        assert found.low < 0.42 < 0.48 < found.high

    def test_the_interval_holds_the_truth_about_as_often_as_it_says(self):
        rng = np.random.default_rng(0)
        hits = 0
        for _ in range(60):
            chance = {size: 1 / (1 + np.exp(-12 * np.log(size / 0.47))) for size in SIZES}
            drawn = {(size, seed): rng.random() < chance[size] for size in SIZES for seed in range(4)}
            (found,) = critical(sweep(lambda fraction, seed, drawn=drawn: drawn[fraction, seed], seeds=4))
            hits += (found.low or 0) < 0.47 < (found.high or np.inf)
        assert hits >= 52

    def test_all_of_them_generalise(self):
        (found,) = critical(sweep(lambda *_: True))
        assert (found.border, found.estimate, found.above) == (Border.BELOW, None, 0.3)
        assert found.low is None
        assert found.high < 0.3
        assert found.sentence() == "fraction: all 15 runs generalise, down to 0.3."

    def test_none_of_them_does(self):
        (found,) = critical(sweep(lambda *_: False))
        assert (found.border, found.below) == (Border.ABOVE, 0.8)
        assert (found.low > 0.8, found.high) == (True, None)
        assert found.sentence() == "fraction: none of 15 runs generalises, up to 0.8."

    def test_chance_has_no_border(self):
        (found,) = critical(sweep(lambda _, seed: seed == 1))
        assert (found.border, found.estimate) == (Border.NONE, None)

    def test_smaller_may_be_what_generalises(self):
        (found,) = critical(sweep(lambda fraction, _: fraction < 0.45))
        assert (found.border, found.rising, found.below, found.above) == (Border.SHARP, False, 0.4, 0.5)
        assert "largest that generalises" in found.sentence()

    def test_nought_has_no_logarithm_but_is_a_side_of_the_border(self):
        runs = grid(
            lambda weight_decay, seed: grokked() if weight_decay else memorising(),
            weight_decay=[0.0, 0.3, 1.0],
            seed=range(3),
        )
        (found,) = critical(runs, "weight_decay")
        assert (found.border, found.below, found.above) == (Border.SHARP, 0.0, 0.3)
        assert found.estimate == pytest.approx(0.15)

    @pytest.mark.parametrize("count", [80, 1000])
    def test_many_sizes_with_one_run_each(self, count):
        rng = np.random.default_rng(1)
        sizes = np.exp(rng.uniform(np.log(0.1), np.log(1), count)).tolist()
        able = [size * np.exp(0.1 * rng.standard_normal()) > 0.4 for size in sizes]
        runs = [run(grokked() if one else memorising(), fraction=size) for size, one in zip(sizes, able, strict=True)]
        (found,) = critical_sizes(runs, axis_of("fraction", sizes), [])
        assert found.border is Border.BLURRED
        assert found.low < 0.4 < found.high
        assert found.high / found.low < 1.4


class TestParts:
    def test_each_level_of_other_axes_has_a_border_of_its_own(self):
        def outcome(fraction, weight_decay, seed):
            return grokked() if fraction * weight_decay > 0.45 else memorising()

        runs = grid(outcome, fraction=SIZES, weight_decay=[0.8, 1.0], seed=[0, 1])
        weak, strong = critical(runs, others=["weight_decay"])
        assert (weak.fixed, strong.fixed) == ({"weight_decay": "0.8"}, {"weight_decay": "1"})
        assert (weak.above, strong.above) == (0.6, 0.5)

    def test_a_part_without_telling_runs(self):
        (found,) = critical([run(Outcome(State.NOT_STARTED), fraction=size) for size in SIZES])
        assert found.sentence() == "fraction: no run tells."
        assert found.left_out == 5


class TestReached:
    @pytest.mark.parametrize(
        ("verdict", "expected"),
        [
            (Verdict.GROKKED, True),
            (Verdict.DELAYED_JUMP, True),
            (Verdict.GENERALISING, True),
            (Verdict.MEMORISING, False),
            (Verdict.OVERFITTING, False),
            (Verdict.DIVERGED, None),
            (Verdict.UNDECIDED, None),
        ],
    )
    def test_by_verdict(self, verdict, expected):
        assert reached(finished(verdict)) is expected

    def test_one_that_rose_and_fell_again_does_not_tell(self):
        assert reached(memorising(peak=0.99)) is None
        assert reached(memorising(peak=0.05)) is False

    def test_unfinished_runs_do_not_tell(self):
        assert reached(Outcome(State.UNFINISHED)) is None

    def test_within_a_budget_a_later_jump_does_not_count(self):
        assert reached(grokked(100, rate=0.02), within=2.5) is True
        assert reached(grokked(200, rate=0.02), within=2.5) is False
        assert reached(grokked(200), within=150, by="epoch") is False

    def test_nor_does_a_run_tell_that_ended_before(self):
        assert reached(memorising(rate=0.02), within=10) is None
        assert reached(memorising(rate=0.02), within=6) is False

    def test_runs_that_do_not_tell_are_counted(self):
        runs = grid(lambda fraction: memorising(epochs=100 if fraction < 0.5 else 300), fraction=SIZES)
        (found,) = critical(runs, within=200, by="epoch")
        assert (found.left_out, len(found.tried)) == (2, 3)
