"""From folders to runs: finished, unfinished, failed and missing ones, and folders that nobody called a sweep."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from grokyolo.errors import RunError
from grokyolo.sweep import reader
from grokyolo.sweep.outcome import State, Word
from grokyolo.sweep.reader import NAME, CachedVerdict, failure_in, load_cache, read_runs, save_cache, signature_of
from tests.gap import logs
from tests.sweep.folders import groks, memorises, write, write_run
from tests.sweep.points import grokked
from tests.verdict import runs as curves

LEVELS = {"weight_decay": [0.0, 1.0], "seed": [0, 1]}
BEGUN = "2026-01-01 10:00:00 grokyolo train --recipe grok-modular-addition --resume\n"


def words(known):
    return {run.name: run.outcome.word for run in known.runs}


class TestSweep:
    def test_each_point_with_its_values_and_its_verdict(self, workplace):
        write(Path("runs/a"), **LEVELS)
        known = read_runs("runs/a")
        assert (known.name, known.recipe, known.keys) == ("runs/a", "grok-modular-addition", ("weight_decay", "seed"))
        assert [dict(run.values) for run in known.runs][1] == {"weight_decay": 0.0, "seed": 1}
        assert words(known) == {
            "weight_decay=0,seed=0": Word.MEMORISING,
            "weight_decay=0,seed=1": Word.MEMORISING,
            "weight_decay=1,seed=0": Word.GROKKED,
            "weight_decay=1,seed=1": Word.GROKKED,
        }

    def test_points_that_are_not_there_yet(self, workplace):
        write(Path("a"), skip={"weight_decay=0,seed=0"}, epochs={"weight_decay=0,seed=1": 100}, **LEVELS)
        Path("a/weight_decay=1,seed=0/gap.csv").write_text("epoch,val_loss\n")
        Path("a/weight_decay=1,seed=1/gap.csv").unlink()
        assert list(words(read_runs("a")).values()) == [
            Word.NOT_STARTED,
            Word.UNFINISHED,
            Word.NOT_STARTED,
            Word.NOT_STARTED,
        ]

    def test_an_unfinished_one_has_a_verdict_so_far(self, workplace):
        write(Path("a"), epochs={"weight_decay=1,seed=0": 60}, **LEVELS)
        outcome = read_runs("a").runs[2].outcome
        assert (outcome.state, outcome.epochs, outcome.planned) == (State.UNFINISHED, 60, 280)
        assert outcome.verdict is not None

    def test_one_that_patience_ended_is_finished(self, workplace):
        write(Path("a"), epochs={"weight_decay=0,seed=0": 200}, **LEVELS)
        settings = Path("a/weight_decay=0,seed=0/grokyolo.yaml")
        settings.write_text(settings.read_text() + "stopped_early: 200\n")
        assert words(read_runs("a"))["weight_decay=0,seed=0"] is Word.MEMORISING

    def test_a_log_that_cannot_be_read_is_a_failure_and_said(self, workplace):
        write(Path("a"), **LEVELS)
        Path("a/weight_decay=0,seed=0/gap.csv").write_bytes(b"\0\1\2\3" * 100 + b"\n\n\n")
        known = read_runs("a")
        assert words(known)["weight_decay=0,seed=0"] is Word.FAILED
        assert known.notes == ("weight_decay=0,seed=0: this is not a training log but a binary file",)

    def test_many_failures_are_counted(self, workplace):
        write(Path("a"), weight_decay=[0.0], seed=list(range(5)))
        for log in Path("a").glob("*/gap.csv"):
            log.write_bytes(b"\0" + b"x\n" * 9)
        assert read_runs("a").notes[-1] == "and 2 more that failed"

    def test_models_are_counted(self, workplace):
        write(Path("a"), groks, model=["yolo26n.yaml", "yolo26s.yaml"])
        assert read_runs("a").parameters == pytest.approx({"yolo26n.yaml": 2572280, "yolo26s.yaml": 10009784}, rel=0.01)


class TestFailures:
    def failed(self, log):
        path = Path("a/logs/weight_decay=0,seed=0.log")
        path.parent.mkdir()
        path.write_text(log)
        return read_runs("a").runs[0].outcome

    @pytest.fixture(autouse=True)
    def _sweep(self, workplace):
        write(Path("a"), epochs={"weight_decay=0,seed=0": 50}, **LEVELS)

    def test_the_error_of_the_last_training(self):
        outcome = self.failed(f"{BEGUN}error: stopped by SIGTERM\n{BEGUN}plan: x\nerror: disk full\nwhere: here\n")
        assert (outcome.word, outcome.reason, outcome.epochs) == (Word.FAILED, "disk full", 50)

    @pytest.mark.parametrize(
        "log",
        [
            f"{BEGUN}error: disk full\n{BEGUN}training into runs/a\n",
            f"{BEGUN}error: stopped at the time limit; saved up to epoch 50 of 280\n",
            f"{BEGUN}error: the run is being trained by process 1 on node\n",
            "",
        ],
    )
    def test_what_goes_on_has_not_failed(self, log):
        assert self.failed(log).word is Word.UNFINISHED

    def test_a_finished_point_has_not_failed_whatever_was_printed_before(self):
        log = Path("a/logs/weight_decay=1,seed=0.log")
        log.parent.mkdir()
        log.write_text(f"{BEGUN}error: disk full\n")
        assert read_runs("a").runs[2].outcome.word is Word.GROKKED

    def test_only_the_end_of_a_long_log_is_read(self):
        assert self.failed(BEGUN + "x" * 50_000 + "\nerror: disk full\n").reason == "disk full"

    def test_no_log(self):
        assert failure_in(Path("a/logs/none.log")) == ""


class TestOtherFolders:
    def test_what_differs_is_told_by_the_recipes(self, workplace):
        for seed, decay in [(0, 0.0), (1, 1.0)]:
            write_run(Path(f"runs/{seed}"), groks(), weight_decay=decay, seed=seed)
        known = read_runs("runs")
        assert known.keys == ("train.weight_decay", "train.seed")
        assert [dict(run.values)["train.weight_decay"] for run in known.runs] == [0.0, 1.0]

    def test_other_folders_between_them_are_passed_over(self, workplace):
        write_run(Path("runs/1"), groks())
        Path("runs/notes").mkdir()
        Path("runs/file").touch()
        assert [run.name for run in read_runs("runs").runs] == ["1"]

    def test_runs_of_ultralytics_are_runs_too(self, workplace):
        for rate in (0.01, 0.02):
            log = logs.log(logs.DETECT, range(1, 31))
            logs.run(Path(f"runs/{rate}"), log, args=yaml.safe_dump({"lr0": rate, "epochs": 30, "patience": 100}))
        known = read_runs("runs")
        assert known.keys == ("train.lr0",)
        assert {run.outcome.state for run in known.runs} == {State.FINISHED}
        assert {run.outcome.like_for_like for run in known.runs} == {False}

    def test_their_patience_counts_as_well(self, workplace):
        peak = logs.log(logs.DETECT, range(1, 31), {"metrics/mAP50-95(B)": lambda epoch: 0.5 if epoch == 10 else 0.2})
        logs.run(Path("runs/a"), peak, args=yaml.safe_dump({"epochs": 300, "patience": 20}))
        logs.run(Path("runs/b"), peak, args=yaml.safe_dump({"epochs": 300, "patience": 50}))
        assert [run.outcome.state for run in read_runs("runs").runs] == [State.FINISHED, State.UNFINISHED]

    def test_a_log_without_settings_is_said(self, workplace):
        logs.run(Path("runs/a"), logs.log(logs.DETECT, range(1, 31)))
        assert read_runs("runs").notes[0].startswith("no settings beside the log of 1 of 1 runs")

    @pytest.mark.parametrize(
        ("make", "name", "what"),
        [
            (lambda: None, "runs", "there is no folder `runs`"),
            (lambda: Path("runs").mkdir(), "runs", "no runs in this folder"),
            (lambda: write_run(Path("runs/a"), groks()), "runs/a", "`runs/a` is one run, no sweep"),
            (lambda: Path("runs").touch(), "runs", "cannot read the folder: Not a directory"),
        ],
    )
    def test_what_is_no_sweep(self, workplace, make, name, what):
        make()
        with pytest.raises(RunError) as caught:
            read_runs(name)
        assert caught.value.what == what
        assert caught.value.hint

    def test_the_sweep_one_level_below_is_named(self, workplace):
        write(Path("runs/a"), **LEVELS)
        for run in Path("runs/a").glob("*/"):
            shutil.rmtree(run)
        with pytest.raises(RunError) as caught:
            read_runs("runs")
        assert caught.value.hint == "grokyolo sweep show runs/a"


class TestProcesses:
    def test_several_see_what_one_sees(self, workplace, monkeypatch):
        write(Path("a"), **LEVELS)
        alone = read_runs("a", jobs=1, keep=False)
        monkeypatch.setattr(reader, "FEW", 1)
        monkeypatch.setattr(reader, "BATCH", 1)
        told = []
        both = read_runs("a", jobs=2, keep=False, progress=lambda done, of: told.append((done, of)))
        assert both == alone
        assert (told[0], told[-1], len(told)) == ((0, 4), (4, 4), 5)

    def test_runs_stand_in_the_order_of_the_sweep(self, workplace):
        write(Path("a"), lambda seed, **_: curves.control() if seed else curves.negative_control(), seed=[1, 0])
        assert list(words(read_runs("a")).values()) == [Word.GROKKED, Word.MEMORISING]


DECAYS = {"weight_decay": [0.0, 1.0]}


@pytest.fixture
def judged(monkeypatch) -> list[str]:
    """The names of the runs that were judged, since the last look."""
    names = []
    judge = reader._judge

    def noting(task):
        names.append(task[1])
        return judge(task)

    monkeypatch.setattr(reader, "_judge", noting)
    return names


class TestInUse:
    def test_what_did_not_change_is_judged_once(self, workplace, judged):
        write(Path("a"), **DECAYS)
        first = read_runs("a")
        assert len(judged) == 2
        judged.clear()
        assert read_runs("a") == first
        assert judged == []

    def test_a_log_that_grew_is_judged_again_and_no_other(self, workplace, judged):
        write(Path("a"), epochs={"weight_decay=1": 100}, **DECAYS)
        read_runs("a")
        judged.clear()
        longer = Path("b/weight_decay=1")
        write(Path("b"), **DECAYS)
        Path("a/weight_decay=1/gap.csv").write_bytes((longer / "gap.csv").read_bytes())
        assert read_runs("a").runs[1].outcome.word is Word.GROKKED
        assert judged == ["weight_decay=1"]

    def test_so_is_one_whose_settings_changed(self, workplace, judged):
        write(Path("a"), **DECAYS)
        read_runs("a")
        judged.clear()
        settings = Path("a/weight_decay=1/grokyolo.yaml")
        settings.write_text(settings.read_text().replace("epochs: 280", "epochs: 1280"))
        assert read_runs("a").runs[1].outcome.word is Word.UNFINISHED
        assert judged == ["weight_decay=1"]

    def test_other_rules_make_all_void(self, workplace, judged, monkeypatch):
        write(Path("a"), **DECAYS)
        read_runs("a")
        judged.clear()
        monkeypatch.setattr(reader.rules, "RULES_VERSION", -1)
        read_runs("a")
        assert len(judged) == 2

    def test_without_the_cache_all_are_judged_and_nothing_is_written(self, workplace, judged):
        write(Path("a"), **DECAYS)
        read_runs("a", keep=False)
        read_runs("a", keep=False)
        assert len(judged) == 4
        assert not Path("a", NAME).exists()

    def test_settings_are_kept_where_no_sweep_tells_them(self, workplace, judged):
        write_run(Path("runs/a"), groks(), weight_decay=1.0)
        write_run(Path("runs/b"), memorises(), weight_decay=0.0)
        first = read_runs("runs")
        judged.clear()
        assert read_runs("runs") == first
        assert judged == []
        assert [run.values["train.weight_decay"] for run in first.runs] == [1.0, 0.0]

    def test_a_point_without_a_log_is_looked_for_each_time(self, workplace, judged):
        write(Path("a"), skip={"weight_decay=1"}, **DECAYS)
        read_runs("a")
        write_run(Path("a/weight_decay=1"), groks())
        assert read_runs("a").runs[1].outcome.word is Word.GROKKED


KEPT = {"run": CachedVerdict((0, 1, 2), grokked(), {"train.lr0": 0.1, "train.classes": [1, 2]})}


class TestFile:
    def test_comes_back_with_settings_as_json_holds_them(self, workplace):
        assert save_cache(Path(), KEPT)
        assert load_cache(Path())["run"].outcome == grokked()
        assert load_cache(Path())["run"].settings == {"train.lr0": 0.1, "train.classes": "[1, 2]"}
        assert [path.name for path in workplace.iterdir()] == [NAME]

    @pytest.mark.parametrize("damage", [lambda text: text[:-40], lambda text: "", lambda text: text.replace("[", "{")])
    def test_a_damaged_one_is_nothing(self, workplace, damage):
        save_cache(Path(), KEPT)
        Path(NAME).write_text(damage(Path(NAME).read_text()))
        assert load_cache(Path()) == {}

    def test_one_of_a_newer_grokyolo_is_nothing(self, workplace):
        save_cache(Path(), KEPT)
        head, rest = Path(NAME).read_text().split("\n", 1)
        Path(NAME).write_text(json.dumps({**json.loads(head), "format": "2"}) + "\n" + rest)
        assert load_cache(Path()) == {}

    def test_where_it_cannot_be_written_the_sweep_is_shown_all_the_same(self, workplace):
        write(Path("a"), **DECAYS)
        Path("a", NAME).mkdir()
        assert len(read_runs("a").runs) == 2
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
