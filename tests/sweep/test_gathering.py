"""From folders to runs: finished, unfinished, failed and missing ones, and folders that nobody called a sweep."""

import shutil
from pathlib import Path

import pytest
import yaml

from grokyolo.errors import RunError
from grokyolo.sweep import gathering
from grokyolo.sweep.gathering import failure_in, gather
from grokyolo.sweep.outcome import State, Word
from tests.gap import logs
from tests.sweep.folders import groks, write, write_run
from tests.verdict import runs as curves

LEVELS = {"weight_decay": [0.0, 1.0], "seed": [0, 1]}
BEGUN = "2026-01-01 10:00:00 grokyolo train --recipe grok-modular-addition --resume\n"


def words(known):
    return {run.name: run.outcome.word for run in known.runs}


class TestSweep:
    def test_each_point_with_its_values_and_its_verdict(self, workplace):
        write(Path("runs/a"), **LEVELS)
        known = gather("runs/a")
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
        assert list(words(gather("a")).values()) == [
            Word.NOT_STARTED,
            Word.UNFINISHED,
            Word.NOT_STARTED,
            Word.NOT_STARTED,
        ]

    def test_an_unfinished_one_has_a_verdict_so_far(self, workplace):
        write(Path("a"), epochs={"weight_decay=1,seed=0": 60}, **LEVELS)
        outcome = gather("a").runs[2].outcome
        assert (outcome.state, outcome.epochs, outcome.planned) == (State.UNFINISHED, 60, 280)
        assert outcome.verdict is not None

    def test_one_that_patience_ended_is_finished(self, workplace):
        write(Path("a"), epochs={"weight_decay=0,seed=0": 200}, **LEVELS)
        settings = Path("a/weight_decay=0,seed=0/grokyolo.yaml")
        settings.write_text(settings.read_text() + "stopped_early: 200\n")
        assert words(gather("a"))["weight_decay=0,seed=0"] is Word.MEMORISING

    def test_a_log_that_cannot_be_read_is_a_failure_and_said(self, workplace):
        write(Path("a"), **LEVELS)
        Path("a/weight_decay=0,seed=0/gap.csv").write_bytes(b"\0\1\2\3" * 100 + b"\n\n\n")
        known = gather("a")
        assert words(known)["weight_decay=0,seed=0"] is Word.FAILED
        assert known.notes == ("weight_decay=0,seed=0: this is not a training log but a binary file",)

    def test_many_failures_are_counted(self, workplace):
        write(Path("a"), weight_decay=[0.0], seed=list(range(5)))
        for log in Path("a").glob("*/gap.csv"):
            log.write_bytes(b"\0" + b"x\n" * 9)
        assert gather("a").notes[-1] == "and 2 more that failed"

    def test_models_are_counted(self, workplace):
        write(Path("a"), groks, model=["yolo26n.yaml", "yolo26s.yaml"])
        assert gather("a").parameters == pytest.approx({"yolo26n.yaml": 2572280, "yolo26s.yaml": 10009784}, rel=0.01)


class TestFailures:
    def failed(self, log):
        path = Path("a/logs/weight_decay=0,seed=0.log")
        path.parent.mkdir()
        path.write_text(log)
        return gather("a").runs[0].outcome

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
        assert gather("a").runs[2].outcome.word is Word.GROKKED

    def test_only_the_end_of_a_long_log_is_read(self):
        assert self.failed(BEGUN + "x" * 50_000 + "\nerror: disk full\n").reason == "disk full"

    def test_no_log(self):
        assert failure_in(Path("a/logs/none.log")) == ""


class TestOtherFolders:
    def test_what_differs_is_told_by_the_recipes(self, workplace):
        for seed, decay in [(0, 0.0), (1, 1.0)]:
            write_run(Path(f"runs/{seed}"), groks(), weight_decay=decay, seed=seed)
        known = gather("runs")
        assert known.keys == ("train.weight_decay", "train.seed")
        assert [dict(run.values)["train.weight_decay"] for run in known.runs] == [0.0, 1.0]

    def test_other_folders_between_them_are_passed_over(self, workplace):
        write_run(Path("runs/1"), groks())
        Path("runs/notes").mkdir()
        Path("runs/file").touch()
        assert [run.name for run in gather("runs").runs] == ["1"]

    def test_runs_of_ultralytics_are_runs_too(self, workplace):
        for rate in (0.01, 0.02):
            log = logs.log(logs.DETECT, range(1, 31))
            logs.run(Path(f"runs/{rate}"), log, args=yaml.safe_dump({"lr0": rate, "epochs": 30, "patience": 100}))
        known = gather("runs")
        assert known.keys == ("train.lr0",)
        assert {run.outcome.state for run in known.runs} == {State.FINISHED}
        assert {run.outcome.like_for_like for run in known.runs} == {False}

    def test_their_patience_counts_as_well(self, workplace):
        peak = logs.log(logs.DETECT, range(1, 31), {"metrics/mAP50-95(B)": lambda epoch: 0.5 if epoch == 10 else 0.2})
        logs.run(Path("runs/a"), peak, args=yaml.safe_dump({"epochs": 300, "patience": 20}))
        logs.run(Path("runs/b"), peak, args=yaml.safe_dump({"epochs": 300, "patience": 50}))
        assert [run.outcome.state for run in gather("runs").runs] == [State.FINISHED, State.UNFINISHED]

    def test_a_log_without_settings_is_said(self, workplace):
        logs.run(Path("runs/a"), logs.log(logs.DETECT, range(1, 31)))
        assert gather("runs").notes[0].startswith("no settings beside the log of 1 of 1 runs")

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
            gather(name)
        assert caught.value.what == what
        assert caught.value.hint

    def test_the_sweep_one_level_below_is_named(self, workplace):
        write(Path("runs/a"), **LEVELS)
        for run in Path("runs/a").glob("*/"):
            shutil.rmtree(run)
        with pytest.raises(RunError) as caught:
            gather("runs")
        assert caught.value.hint == "grokyolo sweep show runs/a"


class TestProcesses:
    def test_several_see_what_one_sees(self, workplace, monkeypatch):
        write(Path("a"), **LEVELS)
        alone = gather("a", jobs=1, keep=False)
        monkeypatch.setattr(gathering, "FEW", 1)
        monkeypatch.setattr(gathering, "BATCH", 1)
        told = []
        both = gather("a", jobs=2, keep=False, progress=lambda done, of: told.append((done, of)))
        assert both == alone
        assert (told[0], told[-1], len(told)) == ((0, 4), (4, 4), 5)

    def test_runs_stand_in_the_order_of_the_sweep(self, workplace):
        write(Path("a"), lambda seed, **_: curves.control() if seed else curves.negative_control(), seed=[1, 0])
        assert list(words(gather("a")).values()) == [Word.GROKKED, Word.MEMORISING]
