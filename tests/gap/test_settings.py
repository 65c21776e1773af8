"""What grokyolo.yaml, args.yaml, or opt.yaml and hyp.yaml, say about the run beside them."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.gap.settings import (
    RunFile,
    Settings,
    as_count,
    as_flag,
    as_number,
    load_yaml,
    read_run_file,
    read_settings,
    run_file_of,
)


def read(folder, **files):
    for stem, text in files.items():
        (folder / f"{stem}.yaml").write_text(text)
    return read_settings(folder)


class TestFiles:
    def test_args_yaml(self, tmp_path):
        found = read(tmp_path, args="epochs: 40\noptimizer: AdamW\nwarmup_epochs: 0\nval: false\n")
        assert found.file == "args.yaml"
        assert (found.epochs, found.optimizer, found.warmup_epochs, found.val) == (40, "adamw", 0.0, False)

    def test_opt_and_hyp_yaml(self, tmp_path):
        found = read(
            tmp_path, opt="epochs: 300\nbatch_size: 16\nnoval: true\n", hyp="weight_decay: 0.0005\nmosaic: 1.0\n"
        )
        assert found.file == "opt.yaml"
        assert (found.epochs, found.mosaic, found.val) == (300, 1.0, False)
        assert found.effective_decay == 0.0005

    def test_hyp_within_opt(self, tmp_path):
        found = read(tmp_path, opt="epochs: 300\nbatch_size: 64\nhyp:\n  weight_decay: 0.001\n")
        assert found.effective_decay == 0.001

    def test_none(self, tmp_path):
        assert read(tmp_path) == Settings()

    def test_broken(self, tmp_path):
        found = read(tmp_path, args="{{{")
        assert found.file == ""
        assert "not valid YAML" in found.notes[0]

    @pytest.mark.parametrize(
        "text", ["epochs: many\nbatch: [1]\nmosaic: {a: 1}\nclose_mosaic: -3\nnbs: 0\n", "epochs: 0\n"]
    )
    def test_values_of_the_wrong_type_are_unknown(self, tmp_path, text):
        found = read(tmp_path, args=text)
        assert found.epochs is None
        assert found.close_mosaic == 0
        assert math.isnan(found.effective_decay)

    def test_a_time_limit_leaves_the_length_open(self, tmp_path):
        assert read(tmp_path, args="epochs: 40\ntime: 1.5\n").epochs is None


class TestEffectiveDecay:
    @pytest.mark.parametrize(
        ("batch", "nbs", "effective"),
        [(64, 64, 0.01), (16, 64, 0.01), (24, 64, 0.01125), (128, 64, 0.02), (16, 16, 0.01), (4, 64, 0.01)],
    )
    def test_as_the_trainers_scale_it(self, tmp_path, batch, nbs, effective):
        found = read(tmp_path, args=f"weight_decay: 0.01\nbatch: {batch}\nnbs: {nbs}\n")
        assert found.effective_decay == pytest.approx(effective)

    @pytest.mark.parametrize("batch", ["-1", "0.9", "null"])
    def test_unknown_with_an_automatic_batch(self, tmp_path, batch):
        assert math.isnan(read(tmp_path, args=f"weight_decay: 0.01\nbatch: {batch}\n").effective_decay)


class TestSchedule:
    def test_a_line(self):
        plan = Settings(epochs=100, final_lr=0.1).schedule
        assert [plan(epoch) for epoch in (0, 50, 100, 120)] == pytest.approx([1, 0.55, 0.1, 0.1])

    def test_a_cosine(self):
        plan = Settings(epochs=100, final_lr=0.1, cosine=True).schedule
        assert [plan(epoch) for epoch in (0, 25, 50, 100)] == pytest.approx(
            [1, 0.1 + 0.9 * (1 + 0.5**0.5) / 2, 0.55, 0.1]
        )

    def test_of_unknown_length(self):
        assert Settings(final_lr=0.1).schedule(50) == 1

    def test_as_the_settings_say(self, tmp_path):
        found = read(tmp_path, args="epochs: 100\nlrf: 0.0\ncos_lr: true\nbatch: 16\n")
        assert (found.final_lr, found.cosine, found.accumulate) == (0.0, True, 4)
        assert read(tmp_path, args="epochs: 100\nbatch: -1\n") == Settings("args.yaml", epochs=100)


class TestMosaic:
    CLOSING = Settings(file="args.yaml", epochs=100, close_mosaic=10, mosaic=1.0)

    @pytest.mark.parametrize(("last", "epoch"), [(100, 91), (91, 91), (90, None), (101, None)])
    def test_when_it_closed(self, last, epoch):
        assert self.CLOSING.mosaic_closed_at(last, "mAP50-95") == epoch

    @pytest.mark.parametrize(
        "settings",
        [
            Settings(epochs=100, close_mosaic=0, mosaic=1.0),
            Settings(epochs=100, close_mosaic=10, mosaic=0.0),
            Settings(epochs=None, close_mosaic=10, mosaic=1.0),
            Settings(epochs=100, close_mosaic=100, mosaic=1.0),
        ],
    )
    def test_where_there_was_none_to_close(self, settings):
        assert settings.mosaic_closed_at(100, "mAP50-95") is None

    def test_classifiers_have_none(self):
        assert self.CLOSING.mosaic_closed_at(100, "top1") is None

    def test_its_kin_close_with_it(self, tmp_path):
        found = read(tmp_path, args="epochs: 100\nclose_mosaic: 10\nmosaic: 0.0\nmixup: 0.5\n")
        assert found.mosaic_closed_at(100, "mAP50-95") == 91


class TestNotes:
    def test_nothing_to_say(self):
        assert Settings(file="args.yaml", epochs=100, optimizer="sgd").notes_for(100, 0) == ()

    @pytest.mark.parametrize(
        ("settings", "restarts", "words"),
        [
            (Settings(), 0, "no args.yaml or opt.yaml"),
            (Settings(file="args.yaml", epochs=50), 0, "args.yaml plans 50 epochs, the log has 100"),
            (Settings(file="args.yaml", optimizer="auto"), 0, "optimizer `auto`"),
            (Settings(file="args.yaml", resumed=True), 0, "was resumed, and the log does not show where"),
            (Settings(notes=("args.yaml holds no settings",)), 0, "args.yaml holds no settings"),
        ],
    )
    def test_each_of_them_alone(self, settings, restarts, words):
        (note,) = settings.notes_for(100, restarts)
        assert words in note

    def test_a_resumption_that_the_log_shows(self):
        assert Settings(file="args.yaml", resumed=True).notes_for(100, 1) == ()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "args.yaml"


class TestLoading:
    def test_a_map(self, path):
        path.write_text("epochs: 40\nval: true\nmodel: yolo26n.pt\n")
        assert load_yaml(path) == ({"epochs": 40, "val": True, "model": "yolo26n.pt"}, ())

    def test_a_file_that_is_not_there(self, path):
        assert load_yaml(path) == ({}, ())

    def test_an_empty_file(self, path):
        path.write_text("")
        assert load_yaml(path) == ({}, ())

    def test_something_else(self, path):
        path.write_text("- 1\n")
        assert load_yaml(path) == ({}, ("args.yaml holds no settings",))

    def test_a_folder(self, path):
        path.mkdir()
        loaded, (note,) = load_yaml(path)
        assert loaded == {}
        assert "cannot be read" in note

    def test_torn_in_its_last_line(self, path):
        path.write_text("epochs: 40\nval: true\nsave_dir: runs/a\nns/a")
        loaded, (note,) = load_yaml(path)
        assert loaded["epochs"] == 40
        assert "not valid YAML from line" in note

    def test_broken_from_its_first_line(self, path):
        path.write_text("{{{\nepochs: 40\n")
        assert load_yaml(path) == ({}, ("args.yaml is not valid YAML: its settings are unknown",))

    @pytest.mark.parametrize(
        "text",
        [
            "a: !!python/object/apply:os.system [ls]\n",
            "a: !!bool maybe\n",
            "a: 2026-99-99\n",
            "b: 1\na: !!bool maybe\n",
        ],
    )
    def test_nothing_is_executed_and_nothing_escapes(self, path, text):
        path.write_text(text)
        loaded, notes = load_yaml(path)
        assert loaded == {}
        assert notes

    @given(st.binary(max_size=120) | st.text("ab:1 -\n{}[]&*!|>'\"%@`#,?\t", max_size=120).map(str.encode))
    def test_any_bytes(self, path, raw):
        path.write_bytes(raw)
        loaded, notes = load_yaml(path)
        assert all(isinstance(key, str) for key in loaded)
        assert all(note.startswith("args.yaml ") for note in notes)


class TestValues:
    @pytest.mark.parametrize(
        ("value", "number"),
        [
            (3, 3.0),
            (0.5, 0.5),
            ("1e-3", 0.001),
            ("x", None),
            (True, None),
            (None, None),
            (math.nan, None),
            (math.inf, None),
        ],
    )
    def test_numbers(self, value, number):
        assert as_number(value) == number

    def test_a_number_too_large_for_a_float(self):
        assert as_number(10**400) is None

    @pytest.mark.parametrize(
        ("value", "count"),
        [(1, 1), (3, 3), (3.0, 3), ("64", 64), (0, None), (-1, None), (0.9, None), (True, None), ([], None)],
    )
    def test_counts(self, value, count):
        assert as_count(value) == count

    @pytest.mark.parametrize(("value", "flag"), [(True, True), (False, False), ("yes", None), (1, None), (None, None)])
    def test_flags(self, value, flag):
        assert as_flag(value) is flag


class TestRunFile:
    WHOLE = (
        "format: 1\ntrained_by: ultralytics\nrecipe: {train: {optimizer: SGD, epochs: 9}}\n"
        "provenance: {train.epochs: 'my.yaml:3'}\n"
        "recipe_hash: abc\nversions: {torch: 2.14.1}\ncreated: '2026-01-02T03:04:05+00:00'\n"
        "device: cpu\ntask: classify\n"
        "score_name: top1\ntrain_images: 576\nprobe_images: 256\nval_images: 385\nbatches_per_epoch: 9\nevaluated: 0\n"
        "extended: 5\nstopped_early: 7\nended_by: patience\nchanges: []\nof another version: 1\n"
    )

    def test_every_key_is_read(self, tmp_path):
        (tmp_path / "grokyolo.yaml").write_text(self.WHOLE)
        found, notes = read_run_file(tmp_path)
        assert notes == ()
        assert (found.optimizer, found.epochs, found.provenance) == ("sgd", 9, {"train.epochs": "my.yaml:3"})
        assert (found.recipe_hash, found.trained_by, found.versions) == ("abc", "ultralytics", {"torch": "2.14.1"})
        assert (found.device, found.task, found.score_name) == ("cpu", "classify", "top1")
        assert (found.train_images, found.probe_images, found.val_images, found.batches_per_epoch) == (576, 256, 385, 9)
        assert (found.evaluated, found.extended, found.stopped_early, found.ended_by) == (0, 5, 7, "patience")
        assert found.created == "2026-01-02T03:04:05+00:00"
        assert not [name for name, value in vars(found).items() if value in (None, "", {})]  # none is left out above

    def test_a_run_without_one_says_nothing(self, tmp_path):
        assert read_run_file(tmp_path) == (RunFile(), ())

    @pytest.mark.parametrize("value", ["[1]", "{a: 1}", "null", "true", "-1.5", "text"])
    def test_a_value_of_another_kind_does_no_harm(self, value):
        keys = [field.name for field in fields(RunFile)]
        content = yaml.safe_load("\n".join(f"{key}: {value}" for key in keys))
        found = run_file_of(content)
        assert (found.epochs, found.optimizer, found.train_images, found.evaluated) == (None, "", None, None)
        assert isinstance(found.recipe, dict) and isinstance(found.versions, dict)
