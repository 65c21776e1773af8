"""From what the user typed to a Series, or to one clear error."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grokyolo.errors import RunError
from grokyolo.gap import EpochRecord, EventKind, GapWriter, Source, find_runs, read_run
from tests.gap import logs

META = """\
format: 1
score_name: top1
train_images: 576
probe_images: 256
val_images: 385
batches_per_epoch: 9
recipe: {train: {epochs: 280}}
from_the_future: {x: 1}
"""
HEADER = "epoch,step,val_loss,val_score,probe_loss,probe_score,event"


@pytest.fixture
def plain(tmp_path):
    return logs.run(tmp_path / "runs" / "plain", logs.log(logs.DETECT, range(1, 6)))


def write_own(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with GapWriter(folder / "gap.csv") as log:
        log.append(EpochRecord(epoch=1, step=9, seconds=0.5, val_loss=1.0, val_score=0.5))
    return folder


class TestFinding:
    def test_folder_file_and_text_name_the_same_run(self, plain):
        for given_as in (plain, str(plain), plain / "results.csv"):
            series = read_run(given_as)
            assert series.epoch.tolist() == [1, 2, 3, 4, 5]
            assert series.run == str(given_as)

    def test_gap_csv_comes_before_results_csv(self, plain):
        assert read_run(write_own(plain)).source is Source.GROKYOLO

    def test_the_header_decides_and_not_the_name(self, plain, tmp_path):
        (plain / "results.csv").rename(plain / "gap.csv")
        assert read_run(plain).source is Source.ULTRALYTICS
        own = write_own(tmp_path / "own")
        (own / "gap.csv").rename(own / "results.csv")
        assert read_run(own / "results.csv").source is Source.GROKYOLO

    def test_any_name(self, plain):
        renamed = (plain / "results.csv").rename(plain / "exp 12 (copy).log")
        assert len(read_run(renamed)) == 5

    def test_results_txt(self, tmp_path):
        row = "{}/9 2.1G 0.1 0.2 0.3 0.6 12 640 0.5 0.4 0.3 0.2 0.1 0.1 0.1\n"
        folder = logs.run(tmp_path / "old", "".join(row.format(epoch) for epoch in range(3)), "results.txt")
        assert read_run(folder).epoch.tolist() == [1, 2, 3]


class TestFoldersOfRuns:
    """A folder stands for the runs below it."""

    @pytest.fixture
    def runs(self, workplace):
        for name in ("exp10", "exp2", "sweep/lr=0.1/seed=1", "sweep/lr=0.1/seed=10", "sweep/lr=0.1/seed=2"):
            write_own(workplace / "runs" / name)
        logs.run(workplace / "runs" / "detect" / "train", logs.log(logs.DETECT, range(1, 6)))
        (workplace / "runs" / "sweep" / "sweep.yaml").write_text("format: 1\n")
        (workplace / "runs" / "exp2" / "weights").mkdir()
        return workplace / "runs"

    def test_in_natural_order(self, runs):
        found, others = find_runs(["runs"])
        below = ["detect/train", "exp2", "exp10", *(f"sweep/lr=0.1/seed={seed}" for seed in (1, 2, 10))]
        assert found == [f"runs/{name}" for name in below]
        assert others == []

    def test_a_run_stands_for_itself_whatever_is_in_it(self, runs):
        write_own(runs / "exp2" / "weights" / "inner")
        assert find_runs(["runs/exp2"]) == (["runs/exp2"], [])

    def test_what_was_typed_is_not_found_again(self, runs):
        assert find_runs(["runs/exp2", "runs/detect/train", "runs/detect"])[0] == ["runs/exp2", "runs/detect/train"]
        assert find_runs(["runs/exp2", "runs/exp2"])[0] == ["runs/exp2", "runs/exp2"], "typed twice, shown twice"

    def test_what_is_no_folder_is_for_the_reader_to_refuse(self, runs):
        assert find_runs(["runs/nope", "runs/exp2/gap.csv"])[0] == ["runs/nope", "runs/exp2/gap.csv"]

    def test_links_and_hidden_folders_are_not_followed(self, runs, tmp_path_factory):
        elsewhere = write_own(tmp_path_factory.mktemp("elsewhere") / "run")
        (runs / "link").symlink_to(elsewhere, target_is_directory=True)
        (runs / "loop").symlink_to(runs, target_is_directory=True)
        (runs / "linked").mkdir()
        (runs / "linked" / "gap.csv").symlink_to(elsewhere / "gap.csv")
        write_own(runs / ".trash" / "run")
        assert not [name for name in find_runs(["runs"])[0] if "link" in name or "loop" in name or "trash" in name]
        assert find_runs(["runs/link"])[0] == ["runs/link"], "one that was typed is followed"

    def test_not_deeper_than_sweeps_go(self, runs):
        write_own(runs / "a" / "b" / "c" / "d")
        write_own(runs / "a" / "b" / "c" / "e" / "f")
        assert [name for name in find_runs(["runs"])[0] if name.startswith("runs/a")] == ["runs/a/b/c/d"]

    def test_not_without_end(self, runs, monkeypatch):
        monkeypatch.setattr("grokyolo.gap.run.MOST_FOLDERS", 5)
        with pytest.raises(RunError, match="more than 5 folders") as caught:
            find_runs(["runs"])
        assert caught.value.hint == "ls runs"

    def test_folders_without_a_run_are_said(self, runs):
        (runs / "empty").mkdir()
        found, (other,) = find_runs(["runs/empty", "runs/exp2"])
        assert found == ["runs/exp2"]
        assert "no log in this folder" in other.what
        assert other.where == "runs/empty"

    def test_nothing_but_such_folders_is_an_error(self, runs):
        (runs / "empty").mkdir()
        with pytest.raises(RunError, match="no log in this folder"):
            find_runs(["runs/empty"])

    def test_a_run_without_a_finished_epoch_waits_for_it_only_where_asked(self, runs):
        (runs / "begun").mkdir()
        (runs / "begun" / "grokyolo.yaml").write_text("format: 1\n")
        GapWriter(runs / "detect" / "gap.csv").close()
        assert "runs/begun" not in find_runs(["runs"])[0]
        assert {"runs/begun", "runs/detect"} <= set(find_runs(["runs"], unfinished=True)[0])
        assert find_runs(["runs/nope", "runs/begun"], unfinished=True)[0] == ["runs/nope", "runs/begun"]
        with pytest.raises(RunError, match="no finished epoch in this run yet"):
            find_runs(["runs/begun"])

    def test_a_folder_that_must_not_be_read_is_passed_by(self, runs, monkeypatch):
        scandir = os.scandir

        def denied(path):
            if str(path).endswith("exp2"):
                raise PermissionError(13, "Permission denied")
            return scandir(path)

        monkeypatch.setattr("os.scandir", denied)
        assert "runs/exp10" in find_runs(["runs"])[0]


class TestErrors:
    def refused(self, path):
        with pytest.raises(RunError) as caught:
            read_run(path)
        error = caught.value
        assert error.where
        assert error.hint
        assert error.exit_code == 2
        return error

    def test_no_such_run(self, plain):
        error = self.refused(plain.parent / "plan")
        assert error.what.startswith("there is no run")
        assert error.hint == f"grokyolo gap {plain}"

    def test_no_such_run_and_nothing_near(self, tmp_path):
        assert self.refused(tmp_path / "a" / "b").hint == "name a folder that holds a run"

    def test_an_empty_folder(self, tmp_path):
        assert "no log in this folder" in self.refused(tmp_path).what

    def test_a_run_that_has_only_just_started(self, tmp_path):
        (tmp_path / "grokyolo.yaml").write_text("format: 1\n")
        error = self.refused(tmp_path)
        assert error.what == "no finished epoch in this run yet"
        assert error.hint == f"grokyolo resume {tmp_path}"

    def test_a_folder_of_runs(self, plain, tmp_path):
        error = self.refused(plain.parent)
        assert error.what.endswith("is not a run")
        assert error.hint == f"grokyolo gap {plain}"
        write_own(plain.parent / "other")
        assert "holds 2 of them" in self.refused(plain.parent).what

    def test_a_name_with_spaces_is_quoted_in_the_next_command(self, tmp_path):
        inner = write_own(tmp_path / "my runs" / "exp 1")
        assert self.refused(inner.parent).hint == f"grokyolo gap '{inner}'"

    def test_a_folder_in_the_place_of_the_log(self, tmp_path):
        (tmp_path / "gap.csv").mkdir()
        assert "gap.csv is a folder" in self.refused(tmp_path).what

    @pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000])
    def test_names_that_no_file_can_have(self, workplace, name):
        self.refused(name)

    def test_neither_file_nor_folder(self):
        assert "neither a file nor a folder" in self.refused("/dev/null").what

    def test_a_file_that_must_not_be_read(self, plain, monkeypatch):
        def denied(*_args, **_options):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("os.open", denied)
        error = self.refused(plain)
        assert error.what == "cannot read the log: Permission denied"
        assert error.hint == f"ls -l {plain / 'results.csv'}"


SEEDS = [
    logs.log(logs.DETECT, range(1, 6)).encode(),
    logs.padded(logs.log(logs.V5, range(4))).encode(),
    logs.log(logs.CLASSIFY, [1, 2, 1, 3, 2]).encode(),
    b"epoch,step,val_loss,probe_loss,val_score,event\n1,9,0.5,0.25,0.5,start\n2,18,0.4,0.2,0.6,\n",
    b"0/9 2.1G 0.1 0.2 0.3 0.6 12 640 0.5 0.4 0.3 0.2 0.1 0.1 0.1\n" * 3,
]
TOKENS = [
    b",",
    b"\n",
    b"nan",
    b"inf",
    b"-1",
    b"0",
    b"1",
    b"epoch",
    b'"',
    b"\r",
    b"\0",
    b"\xff",
    b" ",
    b"1e308",
    b"99999999999",
]


@st.composite
def broken(draw):
    """A log with bytes cut out, put in, or doubled in a few places."""
    raw = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(raw)))
        to = draw(st.integers(at, min(len(raw), at + 40)))
        new = draw(st.sampled_from([b"", raw[at:to] * 2, *TOKENS]) | st.binary(max_size=4))
        raw = raw[:at] + new + raw[to:]
    return raw


def reads_or_refuses(path):
    try:
        series = read_run(path)
    except RunError as error:
        assert error.where
        assert error.hint
        return
    assert len(series) > 0
    assert (np.diff(series.epoch) > 0).all()
    assert series.measured.any()
    assert series.measured_every >= 1
    measured = series.val_score[~np.isnan(series.val_score)]
    assert ((measured >= 0) & (measured <= 1)).all()
    assert not np.isneginf(series.val_loss).any()


class TestAnyBytes:
    """Whatever the file holds: a Series that keeps its promises, or a RunError; never another exception."""

    @given(raw=st.binary(max_size=300), name=st.sampled_from(["gap.csv", "results.csv", "results.txt"]))
    def test_junk(self, tmp_path, raw, name):
        (tmp_path / name).write_bytes(raw)
        reads_or_refuses(tmp_path / name)

    @settings(max_examples=300)
    @given(raw=broken())
    def test_broken_logs(self, tmp_path, raw):
        (tmp_path / "log.csv").write_bytes(raw)
        reads_or_refuses(tmp_path / "log.csv")

    @given(raw=broken(), yaml=st.text(max_size=60) | st.binary(max_size=60))
    def test_with_broken_settings_beside_them(self, tmp_path, raw, yaml):
        (tmp_path / "log.csv").write_bytes(raw)
        for name in ("args.yaml", "grokyolo.yaml"):
            (tmp_path / name).write_bytes(yaml if isinstance(yaml, bytes) else yaml.encode("utf-8", "replace"))
        reads_or_refuses(tmp_path / "log.csv")


def record(epoch, **cells):
    filled = {
        "val_loss": 3.0 - 0.1 * epoch,
        "val_score": 0.01 * epoch,
        "probe_loss": 0.5,
        "probe_score": 0.9,
    } | cells
    return EpochRecord(
        epoch=epoch,
        step=cells.pop("step", 9 * epoch),
        seconds=0.5 * epoch,
        **{name: value for name, value in filled.items() if name != "step"},
    )


def write(folder, records):
    with GapWriter(folder / "gap.csv") as log:
        for row in records:
            log.append(row)
    return folder


def text(folder, *rows, header=HEADER):
    (folder / "gap.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder


class TestCurves:
    def test_like_for_like(self, tmp_path):
        series = read_run(write(tmp_path, [record(epoch) for epoch in range(1, 5)]))
        assert series.source is Source.GROKYOLO
        assert series.like_for_like
        assert series.score_gap == pytest.approx([0.89, 0.88, 0.87, 0.86])
        assert series.loss_gap == pytest.approx([2.4, 2.3, 2.2, 2.1])
        assert series.notes == ()

    def test_without_a_probe_the_gap_is_rough(self, tmp_path):
        rows = [record(e, probe_loss=None, probe_score=None, train_loss=1.0) for e in (1, 2)]
        series = read_run(write(tmp_path, rows))
        assert not series.like_for_like
        assert series.loss_gap == pytest.approx([1.9, 1.8])

    def test_measured_every_fifth_epoch(self, tmp_path):
        blank = {"val_loss": None, "val_score": None, "probe_loss": None, "probe_score": None}
        rows = [record(e) if e in {1, 5, 10, 15, 20, 22} else record(e, **blank) for e in range(1, 23)]
        series = read_run(write(tmp_path, rows))
        assert series.measured_every == 5
        assert series.epoch[series.measured].tolist() == [1, 5, 10, 15, 20, 22]

    def test_events(self, tmp_path):
        rows = [
            record(1, events=(EventKind.START,)),
            record(2),
            record(3, events=(EventKind.RESUME, EventKind.STOP)),
        ]
        series = read_run(write(tmp_path, rows))
        assert [(event.epoch, event.kind) for event in series.events] == [
            (1, EventKind.START),
            (3, EventKind.RESUME),
            (3, EventKind.STOP),
        ]

    def test_every_word_of_the_contract_is_an_event(self, tmp_path):
        words = ["start", "resume", "restart", "recover", "retry", "mosaic-closed"]
        words += ["lr-changed", "wd-changed", "data-changed", "stop"]
        series = read_run(text(tmp_path, f"1,9,1.0,0.5,,,{'|'.join(words)}"))
        assert [event.kind.value for event in series.events] == words

    def test_decay_budget(self, tmp_path):
        series = read_run(write(tmp_path, [record(e, lr=0.002, weight_decay=1.0) for e in range(1, 101)]))
        assert series.decay_budget[-1] == pytest.approx(-100 * 9 * math.log1p(-0.002), rel=1e-4)


class TestStandingStill:
    """A set smaller than nbs: where no optimizer step was made, the same cells are no new measurement."""

    def test_rows_without_a_step_are_blank(self, tmp_path):
        rows = [record(e, step=(e + 3) // 4, val_loss=3.0 - (e + 3) // 4, val_score=0.5) for e in range(1, 17)]
        series = read_run(write(tmp_path, rows))
        assert series.measured_every == 4
        assert series.epoch[series.measured].tolist() == [1, 5, 9, 13]
        assert np.isnan(series.probe_loss).tolist() == (~series.measured).tolist()

    def test_a_settled_curve_with_steps_is_measured(self, tmp_path):
        series = read_run(write(tmp_path, [record(e, val_loss=1.0, val_score=1.0) for e in range(1, 31)]))
        assert series.measured.all()
        assert series.measured_every == 1


class TestMetadata:
    def test_what_grokyolo_yaml_says(self, tmp_path):
        (tmp_path / "grokyolo.yaml").write_text(META)
        series = read_run(write(tmp_path, [record(1)]))
        assert series.score_name == "top1"
        assert (series.train_images, series.probe_images, series.val_images) == (576, 256, 385)
        assert series.batches_per_epoch == 9
        assert series.epochs_planned == 280

    @pytest.mark.parametrize(
        "yaml", ["", "- 1\n- 2\n", "score_name: 3\nval_images: many\nrecipe: 5\n", "recipe: {train: 1}"]
    )
    def test_what_it_does_not_say_is_unknown(self, tmp_path, yaml):
        (tmp_path / "grokyolo.yaml").write_text(yaml)
        series = read_run(write(tmp_path, [record(1)]))
        assert series.score_name == ""
        assert series.val_images is series.epochs_planned is None

    def test_broken_yaml_costs_only_what_it_says(self, tmp_path):
        (tmp_path / "grokyolo.yaml").write_text("score_name: top1\nval_images: 385\n{{{")
        series = read_run(write(tmp_path, [record(1)]))
        assert (series.score_name, series.val_images) == ("top1", 385)
        assert "not valid YAML from line 3 on" in series.notes[0]


class TestDamage:
    def test_of_repeated_epochs_the_later_row_counts(self, tmp_path):
        series = read_run(text(tmp_path, "1,9,3,0.1,,,", "2,18,2,0.2,,,start", "2,18,1,0.3,,,resume", "3,27,1,0.4,,,"))
        assert series.epoch.tolist() == [1, 2, 3]
        assert series.val_score.tolist() == [0.1, 0.3, 0.4]
        assert [event.kind for event in series.events] == [EventKind.RESUME]
        assert "1 repeated" in series.notes[0]

    def test_missing_columns_are_not_measured(self, tmp_path):
        series = read_run(text(tmp_path, "1,0.5", "2,0.6", header="epoch,val_score"))
        assert series.val_score.tolist() == [0.5, 0.6]
        assert np.isnan(series.step).all()
        assert np.isnan(series.decay_budget).all()

    def test_unknown_columns_and_events_are_ignored(self, tmp_path):
        series = read_run(text(tmp_path, "1,0.5,7,moon", header="epoch,val_score,moon,event"))
        assert series.events == ()
        assert series.notes == ("unknown event `moon` ignored",)

    def test_rows_without_an_epoch_are_left_out(self, tmp_path):
        series = read_run(text(tmp_path, "1,0.5", "x,0.5", header="epoch,val_score"))
        assert series.epoch.tolist() == [1]
        assert "1 row left out" in series.notes[0]

    def test_an_open_line_is_being_written(self, tmp_path):
        (tmp_path / "gap.csv").write_text("epoch,val_score\n1,0.5\n2,0.6")
        assert read_run(tmp_path).epoch.tolist() == [1]

    def test_a_measured_loss_that_is_not_finite(self, tmp_path):
        series = read_run(text(tmp_path, "1,NaN,0.5", "2,,0.5", "3,-inf,0.5", header="epoch,val_loss,val_score"))
        assert np.isposinf(series.val_loss).tolist() == [True, False, True]
        assert np.isnan(series.val_loss).tolist() == [False, True, False]

    def test_a_score_that_no_score_can_be_is_left_out(self, tmp_path):
        rows = ("1,0.5,0.5", "2,6,-1", "3,inf,NaN")
        series = read_run(text(tmp_path, *rows, header="epoch,val_score,probe_score"))
        np.testing.assert_array_equal(series.val_score, [0.5, np.nan, np.nan])
        np.testing.assert_array_equal(series.probe_score, [0.5, np.nan, np.nan])
        assert "not between 0 and 1" in series.notes[0]


class TestRefused:
    def test_no_finished_epoch(self, tmp_path):
        with pytest.raises(RunError, match="no finished epoch") as caught:
            read_run(write(tmp_path, []))
        assert caught.value.hint == f"grokyolo resume {tmp_path}"

    def test_validation_never_measured(self, tmp_path):
        with pytest.raises(RunError, match="never measured") as caught:
            read_run(text(tmp_path, "1,9,,,0.5,0.5,"))
        assert "gap.every" in caught.value.hint
