"""What args.yaml, or opt.yaml and hyp.yaml, say about the run beside them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokyolo.gap import read_run
from grokyolo.gap.settings import (
    Settings,
    as_count,
    as_flag,
    as_number,
    batches_per_epoch,
    load_yaml,
    optimizer_steps,
    read_settings,
    warmup_batches,
)
from tests.gap import logs


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


def train(epochs, batches, accumulate, warmup, plan, lr0=0.01, least=100):
    """Do what the trainer's loop does to the learning rate and count its steps: (rates, steps) by epoch."""
    warm = max(round(warmup * batches), least) if warmup > 0 else -1
    rates, steps, done, last, needed = [], [], 0, -1, accumulate
    for epoch in range(epochs):
        rate = lr0 * plan(epoch)
        for i in range(batches):
            ni = i + batches * epoch
            if ni <= warm:
                needed = max(1, int(np.interp(ni, [0, warm], [1, accumulate]).round()))
                rate = float(np.interp(ni, [0, warm], [0, lr0 * plan(epoch)]))
            if ni - last >= needed:
                done, last = done + 1, ni
        rates.append(rate)
        steps.append(done)
    return rates, steps


def plan_of(epochs, cosine=False, lrf=0.01):
    return Settings(epochs=epochs, final_lr=lrf, cosine=cosine).schedule


EPOCHS = np.arange(1, 21)


class TestBatches:
    @given(st.integers(1, 300), st.booleans(), st.sampled_from([0.01, 0.1, 1.0]), st.floats(1e-5, 0.1))
    def test_to_the_batch(self, batches, cosine, lrf, lr0):
        plan = plan_of(20, cosine, lrf)
        rates, _ = train(20, batches, 4, 3.0, plan, lr0)
        written = np.array([float(f"{rate:.6g}") for rate in rates])
        assert batches_per_epoch(EPOCHS, written, plan) == pytest.approx(batches, rel=0.01, abs=0.5)

    def test_of_a_large_set_only_as_far_as_five_digits_tell(self):
        plan = plan_of(20)
        rates, _ = train(20, 5000, 1, 3.0, plan)
        found = batches_per_epoch(EPOCHS, np.array([float(f"{rate:.5g}") for rate in rates]), plan)
        assert found is None or found == pytest.approx(5000, rel=0.1)

    @pytest.mark.parametrize(
        "rates",
        [
            [0.01] * 20,
            np.linspace(0.01, 0.001, 20),
            np.linspace(0.001, 0.01, 20),  # by whole epochs, not by batches
            [0.001, 0.002, 0.01, *[0.01] * 17],
            [0.0, 0.001, 0.009, *[0.01] * 17],
            [0.0] * 20,
            [math.nan] * 20,
            [0.003, 0.007, math.inf, *[0.01] * 17],
        ],
    )
    def test_another_warm_up_tells_nothing(self, rates):
        assert batches_per_epoch(EPOCHS, np.array(rates), lambda _: 1.0) is None

    def test_nor_does_a_log_whose_beginning_is_lost(self):
        rates, _ = train(20, 10, 1, 3.0, plan_of(20))
        assert batches_per_epoch(EPOCHS[1:], np.array(rates[1:]), plan_of(20)) is None
        assert batches_per_epoch(EPOCHS[:2], np.array(rates[:2]), plan_of(20)) is None

    def test_nor_one_that_warms_up_for_less_than_three_epochs(self):
        rates, _ = train(20, 200, 1, 1.0, plan_of(20))
        assert batches_per_epoch(EPOCHS, np.array(rates), plan_of(20)) is None


class TestSteps:
    @given(
        batches=st.integers(1, 60),
        accumulate=st.integers(1, 64),
        warmup=st.sampled_from([0.0, 0.5, 3.0, 5.0]),
    )
    def test_as_the_trainer_counts_them(self, batches, accumulate, warmup):
        _, steps = train(40, batches, accumulate, warmup, lambda _: 1.0)
        warm = max(round(warmup * batches), 100) if warmup else 0
        assert optimizer_steps(np.arange(1, 41), batches, accumulate, warm).tolist() == steps

    def test_a_warm_up_that_none_can_be(self):
        assert np.isnan(optimizer_steps(np.array([1, 2, 3]), 10, 1, 10**13)).all()

    def test_of_epochs_with_holes_between_them(self):
        assert optimizer_steps(np.array([1, 50, 100]), 10, 1, 100).tolist() == [10, 500, 1000]


class TestLength:
    @given(
        batches=st.integers(1, 60),
        least=st.sampled_from([0, 100]),
        lrf=st.sampled_from([0.01, 1.0]),
        epochs=st.integers(6, 150),
    )
    def test_versions_with_and_without_a_floor_are_told_apart(self, batches, least, lrf, epochs):
        plan = plan_of(epochs, lrf=lrf)
        rates, _ = train(epochs, batches, 4, 3.0, plan, least=least)
        numbers = np.arange(1, epochs + 1)
        found = warmup_batches(numbers, np.array(rates), plan, batches, 3.0)
        assert found == max(3 * batches, least)

    def test_none_is_none(self):
        assert warmup_batches(EPOCHS, np.full(20, 0.01), lambda _: 1.0, 10, 0.0) == 0


ARGS = "epochs: 40\nbatch: {batch}\nnbs: 64\nlrf: 0.01\nweight_decay: 0.05\nwarmup_epochs: 3.0\noptimizer: SGD\n"


class TestInALog:
    def log(self, batches, accumulate):
        rates, steps = train(40, batches, accumulate, 3.0, plan_of(40))
        cells = {f"lr/pg{i}": lambda epoch: f"{rates[epoch - 1]:.6g}" for i in range(3)}
        return logs.log(logs.DETECT, range(1, 41), cells), rates, steps

    def test_steps_and_budget_are_known(self, tmp_path):
        text, rates, steps = self.log(10, 4)
        series = read_run(logs.run(tmp_path, text, args=ARGS.format(batch=16)))
        assert series.batches_per_epoch == 10
        assert series.step.tolist() == steps
        spent = sum(n * rate * 0.05 for n, rate in zip(np.diff(steps, prepend=0), rates, strict=True))
        assert series.decay_budget[-1] == pytest.approx(spent, rel=1e-4)
        assert any("10 batches an epoch" in note for note in series.notes)

    def test_with_an_automatic_batch_size_only_the_batches_are(self, tmp_path):
        text, _, _ = self.log(10, 4)
        series = read_run(logs.run(tmp_path, text, args=ARGS.format(batch=-1)))
        assert series.batches_per_epoch == 10
        assert np.isnan(series.step).all()

    def test_blocks_begin_where_the_steps_say(self, tmp_path):
        text, _, steps = self.log(2, 8)
        header = logs.DETECT.split(",")
        names = [name for name in header if name.startswith(("metrics/", "val/"))]
        lines = [line.split(",") for line in text.splitlines()]
        for line, step in zip(lines[1:], steps, strict=True):
            for name in names:
                line[header.index(name)] = f"{logs.value(name, step):.6g}"
        series = read_run(logs.run(tmp_path, "\n".join(map(",".join, lines)) + "\n", args=ARGS.format(batch=8)))
        assert series.measured.tolist() == (np.diff(steps, prepend=0) > 0).tolist()
        assert series.measured_every == 3  # the warm-up takes 100 batches: it is not over yet
