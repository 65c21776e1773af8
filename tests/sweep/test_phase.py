"""Everything at once: questions with defaults, answers as JSON, and notes on what was put together."""

import json

import pytest

from grokyolo.errors import UsageError
from grokyolo.sweep.outcome import Word
from grokyolo.sweep.phase import Known, Question, answer
from grokyolo.verdict import Verdict
from tests.sweep.points import finished, grid, grokked, memorising, run


def groks(weight_decay, fraction, seed):
    if fraction < 0.5 or not weight_decay:
        return memorising(rate=0.018 * weight_decay, train_images=round(961 * fraction))
    return grokked(round(75 / weight_decay / fraction), rate=0.018 * weight_decay, train_images=round(961 * fraction))


def known(runs, **fields):
    return Known("runs/made-up", "recipe", tuple(runs[0].values), tuple(runs), **fields)


SWEEP = known(grid(groks, weight_decay=[0, 0.5, 1], fraction=[0.4, 0.6, 0.8], seed=[0, 1, 2]))


class TestDefaults:
    def test_axes_are_those_with_most_levels_and_data_goes_across(self):
        diagram = answer(SWEEP, Question()).diagram
        assert (diagram.down.key, diagram.across.key) == ("weight_decay", "fraction")
        assert [axis.key for axis in diagram.pooled] == ["seed"]

    def test_the_critical_amount_of_data_for_each_weight_decay(self):
        found = answer(SWEEP, Question()).criticals
        assert [(one.axis, one.fixed["weight_decay"], one.below) for one in found] == [
            ("fraction", "0", 0.8),
            ("fraction", "0.5", 0.4),
            ("fraction", "1", 0.4),
        ]

    def test_test_error_over_training_images(self):
        found = answer(SWEEP, Question()).descents
        assert [size.size for size in found[0].sizes] == [384, 577, 769]

    def test_a_sweep_over_seeds_alone_has_one_cell(self):
        phases = answer(known(grid(lambda seed: grokked(), seed=range(4))), Question())
        ((_, _, _, cell),) = phases.diagram.cells()
        assert cell.share == (4, 4)
        assert (phases.criticals, phases.descents) == ((), ())

    def test_words_count_runs(self):
        assert answer(SWEEP, Question()).words == {Word.GROKKED: 12, Word.MEMORISING: 15}


class TestQuestions:
    def test_axes_by_name(self):
        diagram = answer(SWEEP, Question(axes=("fraction", "seed"))).diagram
        assert (diagram.down.key, diagram.across.key) == ("fraction", "seed")
        assert [axis.key for axis in diagram.split] == ["weight_decay"]

    def test_one_axis_goes_across(self):
        diagram = answer(SWEEP, Question(axes=("weight_decay",))).diagram
        assert (diagram.down.key, diagram.across.key) == ("", "weight_decay")

    def test_any_axis_of_numbers_may_be_critical(self):
        found = answer(SWEEP, Question(critical="weight_decay")).criticals
        assert {one.axis for one in found} == {"weight_decay"}
        assert [(one.below, one.above) for one in found if one.below is not None and one.above] == [(0, 0.5), (0, 0.5)]

    def test_within_a_budget(self):
        late = answer(SWEEP, Question(critical="fraction", within=2.0, by="budget")).criticals
        assert (late[2].below, late[2].above) == (0.6, 0.8)

    def test_test_error_over_any_axis(self):
        assert {one.axis for one in answer(SWEEP, Question(descent="weight_decay")).descents} == {"weight_decay"}

    @pytest.mark.parametrize(
        ("question", "what"),
        [
            (Question(axes=("a", "b", "c")), "two axes span a diagram"),
            (Question(axes=("seed", "seed")), "the two axes of a diagram differ"),
            (Question(axes=("lr0",)), "nothing in this sweep differs by lr0"),
            (Question(critical="lr0"), "nothing in this sweep differs by lr0"),
            (Question(descent="lr0"), "nothing in this sweep differs by lr0"),
        ],
    )
    def test_what_there_is_not_is_an_error(self, question, what):
        with pytest.raises(UsageError) as caught:
            answer(SWEEP, question)
        assert caught.value.what == what
        assert caught.value.hint

    def test_words_have_no_critical_value(self):
        runs = grid(lambda **_: grokked(), optimizer=["SGD", "AdamW"], seed=[0, 1])
        with pytest.raises(UsageError) as caught:
            answer(known(runs), Question(critical="optimizer"))
        assert caught.value.what == "optimizer has no numbers"


class TestModels:
    def test_stand_by_their_parameters(self):
        scores = {"m.yaml": 0.5, "n.yaml": 0.2, "s.yaml": 0.3}
        runs = grid(
            lambda model, seed: finished(Verdict.GENERALISING, score=scores[model]), model=list(scores), seed=[0, 1]
        )
        sizes = {"n.yaml": 2e6, "s.yaml": 9e6, "m.yaml": 2e7}
        phases = answer(known(runs, parameters=sizes), Question())
        assert [level.label for level in phases.diagram.across.levels] == ["n.yaml", "s.yaml", "m.yaml"]
        assert [size.size for size in phases.descents[0].sizes] == [2e6, 9e6, 2e7]


class TestNotes:
    def test_unequal_budgets(self):
        assert any("not all had the same chance to jump" in note for note in answer(SWEEP, Question()).notes)

    def test_axes_that_share_a_cell(self):
        runs = grid(lambda **_: grokked(), a=[1, 2, 3], b=[1, 2, 3], c=list(range(3)), d=list(range(3)))
        notes = answer(known(runs), Question()).notes
        assert "put together in a cell: runs that differ by d" in notes

    def test_of_many_axes_the_first_are_named(self):
        runs = [
            run(grokked(), a=i % 3, b=i // 3, **{f"key{key}": i * key % 7 for key in range(1, 13)}) for i in range(7)
        ]
        note = next(note for note in answer(known(runs), Question(axes=("a", "b"))).notes if "put together" in note)
        assert note.endswith("key6 and 5 more keys")

    def test_bins(self):
        runs = grid(lambda **_: grokked(), lr0=[10 ** (-i / 10) for i in range(30)])
        assert "many different values, so in bins: lr0" in answer(known(runs), Question()).notes

    def test_rough_gaps(self):
        runs = grid(lambda seed: finished(Verdict.DELAYED_JUMP, like_for_like=seed > 0), seed=[0, 1])
        assert any(note.startswith("no probe in 1 of 2 runs") for note in answer(known(runs), Question()).notes)


class TestJson:
    def test_one_object_a_cell_and_one_of_the_whole(self):
        *cells, whole = answer(SWEEP, Question()).to_json()
        assert len(cells) == 9
        assert {cell["word"] for cell in cells} == {"grokked", "memorising"}
        assert whole["axes"]["fraction"] == ["0.4", "0.6", "0.8"]
        assert (whole["runs"], whole["down"], whole["across"]) == (27, "weight_decay", "fraction")
        assert whole["law"]["law"] in {"keeps", "unsure", "departs", "unknown"}
        assert len(whole["critical"]) == 3
        assert len(whole["double_descent"]) == 3

    def test_holds_no_nan(self):
        for found in answer(SWEEP, Question()).to_json():
            json.dumps(found, allow_nan=False)
