"""The diagram: every run in one cell, a cell in one word, and nothing said that its runs do not say."""

from dataclasses import replace

import pytest

from grokyolo.sweep.axes import NOTHING
from grokyolo.sweep.diagram import Cell, cell_json, lay_out, spread
from grokyolo.sweep.outcome import Outcome, State, Word
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
