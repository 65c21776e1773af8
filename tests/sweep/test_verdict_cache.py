"""Kept verdicts: used while nothing changed, void when anything did, and never in the way."""

import json
from pathlib import Path

import pytest

from grokyolo.sweep import gathering, verdict_cache
from grokyolo.sweep.gathering import gather
from grokyolo.sweep.outcome import Word
from grokyolo.sweep.verdict_cache import NAME, Kept, load, save, signature_of
from tests.sweep.folders import groks, memorises, write, write_run
from tests.sweep.points import grokked

LEVELS = {"weight_decay": [0.0, 1.0]}


@pytest.fixture
def judged(monkeypatch) -> list[str]:
    """The names of the runs that were judged, since the last look."""
    names = []
    judge = gathering._judge

    def noting(task):
        names.append(task[1])
        return judge(task)

    monkeypatch.setattr(gathering, "_judge", noting)
    return names


class TestInUse:
    def test_what_did_not_change_is_judged_once(self, workplace, judged):
        write(Path("a"), **LEVELS)
        first = gather("a")
        assert len(judged) == 2
        judged.clear()
        assert gather("a") == first
        assert judged == []

    def test_a_log_that_grew_is_judged_again_and_no_other(self, workplace, judged):
        write(Path("a"), epochs={"weight_decay=1": 100}, **LEVELS)
        gather("a")
        judged.clear()
        longer = Path("b/weight_decay=1")
        write(Path("b"), **LEVELS)
        Path("a/weight_decay=1/gap.csv").write_bytes((longer / "gap.csv").read_bytes())
        assert gather("a").runs[1].outcome.word is Word.GROKKED
        assert judged == ["weight_decay=1"]

    def test_so_is_one_whose_settings_changed(self, workplace, judged):
        write(Path("a"), **LEVELS)
        gather("a")
        judged.clear()
        settings = Path("a/weight_decay=1/grokyolo.yaml")
        settings.write_text(settings.read_text().replace("epochs: 280", "epochs: 1280"))
        assert gather("a").runs[1].outcome.word is Word.UNFINISHED
        assert judged == ["weight_decay=1"]

    def test_other_rules_make_all_void(self, workplace, judged, monkeypatch):
        write(Path("a"), **LEVELS)
        gather("a")
        judged.clear()
        monkeypatch.setattr(verdict_cache, "_rules", lambda: "other")
        gather("a")
        assert len(judged) == 2

    def test_without_the_cache_all_are_judged_and_nothing_is_written(self, workplace, judged):
        write(Path("a"), **LEVELS)
        gather("a", keep=False)
        gather("a", keep=False)
        assert len(judged) == 4
        assert not Path("a", NAME).exists()

    def test_settings_are_kept_where_no_sweep_tells_them(self, workplace, judged):
        write_run(Path("runs/a"), groks(), weight_decay=1.0)
        write_run(Path("runs/b"), memorises(), weight_decay=0.0)
        first = gather("runs")
        judged.clear()
        assert gather("runs") == first
        assert judged == []
        assert [run.values["train.weight_decay"] for run in first.runs] == [1.0, 0.0]

    def test_a_point_without_a_log_is_looked_for_each_time(self, workplace, judged):
        write(Path("a"), skip={"weight_decay=1"}, **LEVELS)
        gather("a")
        write_run(Path("a/weight_decay=1"), groks())
        assert gather("a").runs[1].outcome.word is Word.GROKKED


KEPT = {"run": Kept((0, 1, 2), grokked(), {"train.lr0": 0.1, "train.classes": [1, 2]})}


class TestFile:
    def test_comes_back_with_settings_as_json_holds_them(self, workplace):
        assert save(Path(), KEPT)
        assert load(Path())["run"].outcome == grokked()
        assert load(Path())["run"].settings == {"train.lr0": 0.1, "train.classes": "[1, 2]"}
        assert [path.name for path in workplace.iterdir()] == [NAME]

    @pytest.mark.parametrize("damage", [lambda text: text[:-40], lambda text: "", lambda text: text.replace("[", "{")])
    def test_a_damaged_one_is_nothing(self, workplace, damage):
        save(Path(), KEPT)
        Path(NAME).write_text(damage(Path(NAME).read_text()))
        assert load(Path()) == {}

    def test_one_of_a_newer_grokyolo_is_nothing(self, workplace):
        save(Path(), KEPT)
        head, rest = Path(NAME).read_text().split("\n", 1)
        Path(NAME).write_text(json.dumps({**json.loads(head), "format": "2"}) + "\n" + rest)
        assert load(Path()) == {}

    def test_where_it_cannot_be_written_the_sweep_is_shown_all_the_same(self, workplace):
        write(Path("a"), **LEVELS)
        Path("a", NAME).mkdir()
        assert len(gather("a").runs) == 2
        assert not list(Path("a").glob(f".{NAME}*"))


class TestSignature:
    def test_is_that_of_log_and_settings(self, workplace):
        write_run(Path("a"), groks())
        log, settings = Path("a/gap.csv").stat(), Path("a/grokyolo.yaml").stat()
        assert signature_of("a") == (0, log.st_size, log.st_mtime_ns, 0, settings.st_size, settings.st_mtime_ns)

    def test_of_a_foreign_log(self, workplace):
        Path("results.csv").write_text("epoch\n")
        assert signature_of(".")[:2] == (1, 6)

    def test_without_a_log_there_is_none(self, workplace):
        assert signature_of(".") is None
