"""The diagram: every run in one cell, a cell in one word, and nothing said that its runs do not say."""

import json
from dataclasses import replace

import pytest

from grokyolo.errors import UsageError
from grokyolo.sweep.axes import NOTHING
from grokyolo.sweep.diagram import Query, SweepRuns, answer, cell_json, lay_out
from grokyolo.sweep.outcome import Cell, Outcome, State, Word, spread
from grokyolo.verdict import Verdict
from tests.sweep.points import axes_of, finished, grid, grokked, memorising, run

UNFINISHED = replace(memorising(), state=State.UNFINISHED)
MISSING = Outcome(State.NOT_STARTED)


def cell(*outcomes):
    return Cell(tuple(run(outcome, seed=seed) for seed, outcome in enumerate(outcomes)))


class TestWordOfACell:
    def test_is_that_of_most_runs(self):
        assert cell(grokked(), memorising(), grokked()).word is Word.GROKKED
        assert cell(grokked(), memorising(), grokked()).share == (2, 3)

    def test_of_two_equals_the_weaker(self):
        assert cell(grokked(), memorising()).word is Word.MEMORISING
        assert cell(grokked(), finished(Verdict.DELAYED_JUMP)).word is Word.DELAYED_JUMP

    def test_finished_runs_outvote_all_others(self):
        assert cell(grokked(), MISSING, UNFINISHED).word is Word.GROKKED
        assert cell(grokked(), MISSING, UNFINISHED).share == (1, 3)

    def test_without_any_it_says_how_far_they_are(self):
        assert cell(MISSING, UNFINISHED, UNFINISHED).word is Word.UNFINISHED
        assert cell(Outcome(State.FAILED)).word is Word.FAILED

    def test_without_runs_there_is_none(self):
        assert cell().word is None


class TestNumbersOfACell:
    def test_median_least_and_largest(self):
        found = cell(grokked(120), grokked(128), grokked(140), memorising()).jump("epoch")
        assert (found.median, found.low, found.high, found.count) == (128, 120, 140, 3)

    def test_in_e_folds(self):
        assert cell(grokked(100, rate=0.02)).jump("budget").median == pytest.approx(2.0)

    def test_none_where_no_run_has_one(self):
        assert cell(memorising()).jump("epoch") is None
        assert spread([None]) is None

    def test_the_score_is_that_of_finished_runs(self):
        assert cell(grokked(score=0.9), replace(grokked(score=0.1), state=State.UNFINISHED)).score.median == 0.9


class TestLayOut:
    RUNS = grid(lambda **_: grokked(), weight_decay=[0.3, 1], fraction=[0.4, 0.6, 0.8], lr0=[1, 2], seed=[0, 1])

    def laid(self, **axes):
        found = {axis.key: axis for axis in axes_of(self.RUNS)}
        return lay_out(self.RUNS, list(found.values()), found[axes["down"]], found[axes["across"]])

    def test_every_run_is_in_one_cell(self):
        diagram = self.laid(down="weight_decay", across="fraction")
        names = [one.name for _, _, _, cell in diagram.cells() for one in cell.runs]
        assert sorted(names) == sorted(one.name for one in self.RUNS)

    def test_other_axes_get_panels_and_seeds_share_a_cell(self):
        diagram = self.laid(down="weight_decay", across="fraction")
        assert [dict(panel.fixed) for panel in diagram.panels] == [{"lr0": "1"}, {"lr0": "2"}]
        assert {len(cell.runs) for _, _, _, cell in diagram.cells()} == {2}
        assert [axis.key for axis in diagram.pooled] == ["seed"]

    def test_too_many_panels_are_put_together(self):
        runs = grid(lambda **_: grokked(), a=[1, 2], b=[1, 2], c=list(range(7)))
        axes = axes_of(runs)
        diagram = lay_out(runs, axes, axes[0], axes[1])
        assert len(diagram.panels) == 1
        assert [axis.key for axis in diagram.pooled] == ["c"]

    def test_levels_may_have_no_run(self):
        runs = [run(grokked(), a=1, b=1), run(grokked(), a=2, b=2)]
        axes = axes_of(runs)
        words = [[cell.word for cell in row] for row in lay_out(runs, axes, *axes).panels[0].cells]
        assert words == [[Word.GROKKED, None], [None, Word.GROKKED]]

    def test_one_axis_or_none_is_a_diagram_too(self):
        runs = [run(grokked(), seed=0), run(grokked(), seed=1)]
        (panel,) = lay_out(runs, axes_of(runs), NOTHING, NOTHING).panels
        assert [[len(cell.runs) for cell in row] for row in panel.cells] == [[2]]

    def test_a_cell_as_json_names_its_place_and_its_folders(self):
        diagram = self.laid(down="weight_decay", across="fraction")
        found = cell_json(diagram, *next(iter(diagram.cells())))
        assert found["cell"] == {"lr0": "1", "weight_decay": "0.3", "fraction": "0.4"}
        assert (found["word"], found["words"], found["runs"]) == ("grokked", {"grokked": 2}, 2)
        assert found["jump"]["epoch"] == {"median": 128.0, "low": 128.0, "high": 128.0, "count": 2}
        assert len(found["folders"]) == 2


def groks(weight_decay, fraction, seed):
    if fraction < 0.5 or not weight_decay:
        return memorising(rate=0.018 * weight_decay, train_images=round(961 * fraction))
    return grokked(round(75 / weight_decay / fraction), rate=0.018 * weight_decay, train_images=round(961 * fraction))


def known(runs, **fields):
    return SweepRuns("runs/made-up", "recipe", tuple(runs[0].values), tuple(runs), **fields)


SWEEP = known(grid(groks, weight_decay=[0, 0.5, 1], fraction=[0.4, 0.6, 0.8], seed=[0, 1, 2]))


class TestDefaults:
    def test_axes_are_those_with_most_levels_and_data_goes_across(self):
        diagram = answer(SWEEP, Query()).diagram
        assert (diagram.down.key, diagram.across.key) == ("weight_decay", "fraction")
        assert [axis.key for axis in diagram.pooled] == ["seed"]

    def test_the_critical_amount_of_data_for_each_weight_decay(self):
        found = answer(SWEEP, Query()).criticals
        assert [(one.axis, one.fixed["weight_decay"], one.below) for one in found] == [
            ("fraction", "0", 0.8),
            ("fraction", "0.5", 0.4),
            ("fraction", "1", 0.4),
        ]

    def test_test_error_over_training_images(self):
        found = answer(SWEEP, Query()).descents
        assert [size.size for size in found[0].sizes] == [384, 577, 769]

    def test_a_sweep_over_seeds_alone_has_one_cell(self):
        phases = answer(known(grid(lambda seed: grokked(), seed=range(4))), Query())
        ((_, _, _, cell),) = phases.diagram.cells()
        assert cell.share == (4, 4)
        assert (phases.criticals, phases.descents) == ((), ())

    def test_words_count_runs(self):
        assert answer(SWEEP, Query()).words == {Word.GROKKED: 12, Word.MEMORISING: 15}


class TestQuestions:
    def test_axes_by_name(self):
        diagram = answer(SWEEP, Query(axes=("fraction", "seed"))).diagram
        assert (diagram.down.key, diagram.across.key) == ("fraction", "seed")
        assert [axis.key for axis in diagram.split] == ["weight_decay"]

    def test_one_axis_goes_across(self):
        diagram = answer(SWEEP, Query(axes=("weight_decay",))).diagram
        assert (diagram.down.key, diagram.across.key) == ("", "weight_decay")

    def test_any_axis_of_numbers_may_be_critical(self):
        found = answer(SWEEP, Query(critical="weight_decay")).criticals
        assert {one.axis for one in found} == {"weight_decay"}
        assert [(one.below, one.above) for one in found if one.below is not None and one.above] == [(0, 0.5), (0, 0.5)]

    def test_within_a_budget(self):
        late = answer(SWEEP, Query(critical="fraction", within=2.0, by="budget")).criticals
        assert (late[2].below, late[2].above) == (0.6, 0.8)

    def test_test_error_over_any_axis(self):
        assert {one.axis for one in answer(SWEEP, Query(descent="weight_decay")).descents} == {"weight_decay"}

    @pytest.mark.parametrize(
        ("question", "what"),
        [
            (Query(axes=("a", "b", "c")), "two axes span a diagram"),
            (Query(axes=("seed", "seed")), "the two axes of a diagram differ"),
            (Query(axes=("lr0",)), "nothing in this sweep differs by lr0"),
            (Query(critical="lr0"), "nothing in this sweep differs by lr0"),
            (Query(descent="lr0"), "nothing in this sweep differs by lr0"),
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
            answer(known(runs), Query(critical="optimizer"))
        assert caught.value.what == "optimizer has no numbers"


class TestModels:
    def test_stand_by_their_parameters(self):
        scores = {"m.yaml": 0.5, "n.yaml": 0.2, "s.yaml": 0.3}
        runs = grid(
            lambda model, seed: finished(Verdict.GENERALISING, score=scores[model]), model=list(scores), seed=[0, 1]
        )
        sizes = {"n.yaml": 2e6, "s.yaml": 9e6, "m.yaml": 2e7}
        phases = answer(known(runs, parameters=sizes), Query())
        assert [level.label for level in phases.diagram.across.levels] == ["n.yaml", "s.yaml", "m.yaml"]
        assert [size.size for size in phases.descents[0].sizes] == [2e6, 9e6, 2e7]


class TestNotes:
    def test_unequal_budgets(self):
        assert any("not all had the same chance to jump" in note for note in answer(SWEEP, Query()).notes)

    def test_axes_that_share_a_cell(self):
        runs = grid(lambda **_: grokked(), a=[1, 2, 3], b=[1, 2, 3], c=list(range(3)), d=list(range(3)))
        notes = answer(known(runs), Query()).notes
        assert "put together in a cell: runs that differ by d" in notes

    def test_of_many_axes_the_first_are_named(self):
        runs = [
            run(grokked(), a=i % 3, b=i // 3, **{f"key{key}": i * key % 7 for key in range(1, 13)}) for i in range(7)
        ]
        note = next(note for note in answer(known(runs), Query(axes=("a", "b"))).notes if "put together" in note)
        assert note.endswith("key6 and 5 more keys")

    def test_bins(self):
        runs = grid(lambda **_: grokked(), lr0=[10 ** (-i / 10) for i in range(30)])
        assert "many different values, so in bins: lr0" in answer(known(runs), Query()).notes

    def test_rough_gaps(self):
        runs = grid(lambda seed: finished(Verdict.DELAYED_JUMP, like_for_like=seed > 0), seed=[0, 1])
        assert any(note.startswith("no probe in 1 of 2 runs") for note in answer(known(runs), Query()).notes)


class TestJson:
    def test_one_object_a_cell_and_one_of_the_whole(self):
        *cells, whole = answer(SWEEP, Query()).to_json()
        assert len(cells) == 9
        assert {cell["word"] for cell in cells} == {"grokked", "memorising"}
        assert whole["axes"]["fraction"] == ["0.4", "0.6", "0.8"]
        assert (whole["runs"], whole["down"], whole["across"]) == (27, "weight_decay", "fraction")
        assert whole["law"]["law"] in {"keeps", "unsure", "departs", "unknown"}
        assert len(whole["critical"]) == 3
        assert len(whole["double_descent"]) == 3

    def test_holds_no_nan(self):
        for found in answer(SWEEP, Query()).to_json():
            json.dumps(found, allow_nan=False)
