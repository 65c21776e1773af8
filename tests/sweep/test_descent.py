"""Double descent over size: said only where rise and fall exceed what seeds explain."""

import numpy as np
import pytest

from grokyolo.sweep.descent import Course, descents
from grokyolo.sweep.outcome import Outcome, State
from grokyolo.verdict import Verdict
from tests.sweep.points import axes_of, finished, grid, run

WIDTHS = [1, 2, 4, 8, 16, 32]
TWICE = dict(zip(WIDTHS, [0.5, 0.3, 0.45, 0.35, 0.2, 0.1], strict=True))


def sweep(errors, noise=0.01, seeds=3, key="width"):
    rng = np.random.default_rng(0)

    def outcome(seed, **size):
        return finished(Verdict.GENERALISING, score=1 - errors[size[key]] - noise * rng.standard_normal())

    return grid(outcome, **{key: list(errors)}, seed=range(seeds))


def descent(runs, key="width", others=(), sizes=None):
    found = {axis.key: axis for axis in axes_of(runs)}
    return descents(runs, found[key], [found[other] for other in others], sizes)


class TestCourse:
    def test_down_up_and_down_again_is_double_descent(self):
        (found,) = descent(sweep(TWICE))
        assert (found.course, found.kind, found.sizes[found.peak].label) == (Course.DESCENDS_TWICE, "model-wise", "4")
        assert found.rise == pytest.approx(0.15, abs=0.03)
        assert found.fall == pytest.approx(0.35, abs=0.03)
        assert found.sure
        assert found.noise == pytest.approx(0.01, abs=0.006)
        assert found.sentence().startswith("model-wise (width): double descent: test error rises by 0.1")

    def test_a_peak_without_a_descent_before_is_only_a_peak(self):
        (found,) = descent(sweep({1: 0.3, 2: 0.45, 4: 0.3, 8: 0.1}))
        assert found.course is Course.PEAKS
        assert found.sentence().endswith("no descent before it was tried.")

    def test_scatter_may_explain_it(self):
        (found,) = descent(sweep(TWICE, noise=0.3))
        assert (found.course, found.sure) == (Course.UNKNOWN, False)
        assert "may explain" in found.sentence()

    def test_with_one_seed_nothing_tells(self):
        (found,) = descent(sweep(TWICE, seeds=1))
        assert (found.course, found.sure) == (Course.UNKNOWN, None)
        assert "one run a size" in found.sentence()

    @pytest.mark.parametrize(
        ("errors", "course"),
        [
            ([0.5, 0.3, 0.2], Course.FALLS),
            ([0.2, 0.3, 0.5], Course.RISES),
            ([0.5, 0.2, 0.5], Course.DIPS),
            ([0.3, 0.3, 0.3], Course.FLAT),
        ],
    )
    def test_plain_courses(self, errors, course):
        (found,) = descent(sweep(dict(zip([1, 2, 4], errors, strict=True)), noise=0.0))
        assert (found.course, found.peak) == (course, None)
        assert found.sentence().endswith("no second descent.")

    def test_chance_is_seldom_called_double_descent(self):
        rng = np.random.default_rng(3)
        called = 0
        for _ in range(200):
            runs = grid(
                lambda **_: finished(Verdict.GENERALISING, score=0.6 + 0.05 * rng.standard_normal()),
                width=WIDTHS,
                seed=range(3),
            )
            (found,) = descent(runs)
            called += found.course in {Course.DESCENDS_TWICE, Course.PEAKS}
        assert called <= 10


class TestSizes:
    def test_amounts_of_data_are_sample_wise(self):
        (found,) = descent(
            sweep({0.2: 0.5, 0.4: 0.3, 0.8: 0.1}, key="fraction"),
            "fraction",
            sizes={"0.2": 192.0, "0.4": 384.0, "0.8": 768.0},
        )
        assert found.kind == "sample-wise"
        assert [one.size for one in found.sizes] == [192, 384, 768]
        assert found.unit == "training images"

    def test_without_counts_sizes_are_what_the_axis_says(self):
        (found,) = descent(sweep({0.2: 0.5, 0.4: 0.3, 0.8: 0.1}, key="fraction"), "fraction")
        assert ([one.size for one in found.sizes], found.unit) == ([0.2, 0.4, 0.8], "")

    def test_models_whose_size_is_not_known_keep_their_order(self):
        (found,) = descent(sweep({"b.yaml": 0.5, "a.yaml": 0.4, "c.yaml": 0.3}, key="model"), "model")
        assert [(one.label, one.size) for one in found.sizes] == [("b.yaml", None), ("a.yaml", None), ("c.yaml", None)]

    def test_each_level_of_other_axes_has_a_course_of_its_own(self):
        def outcome(width, weight_decay, seed):
            return finished(Verdict.GENERALISING, score=1 - TWICE[width] / (1 + weight_decay))

        runs = grid(outcome, width=WIDTHS, weight_decay=[0, 1], seed=[0, 1])
        assert [one.fixed for one in descent(runs, others=["weight_decay"])] == [
            {"weight_decay": "0"},
            {"weight_decay": "1"},
        ]

    def test_two_sizes_have_no_course(self):
        assert descent(sweep({1: 0.5, 2: 0.3})) == ()

    def test_only_finished_runs_count(self):
        runs = [*sweep(TWICE), run(Outcome(State.UNFINISHED, score=0.0), width=1, seed=9)]
        (found,) = descent(runs)
        assert len(found.sizes[0].errors) == 3
