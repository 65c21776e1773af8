"""Scores of drawn images, intervals of scores, and when errors.csv gets a row."""

import errno
import itertools
import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from ultralytics.utils import LOGGER
from ultralytics.utils.metrics import ClassifyMetrics, DetMetrics

from grokyolo.gap import EpochRecord, GapWriter, Intervals, IntervalWriter, read_intervals
from grokyolo.run import logs
from grokyolo.training import bootstrap, intervals
from grokyolo.training.bootstrap import DRAWS, FEWEST, Detections, Hits, draw
from grokyolo.training.intervals import ErrorBars, step_of, steps


def found(seed, images=12, labels=3.0, detections=15, classes=4):
    """Return what a validator finds in some images; some hold nothing, in some nothing is found."""
    rng = np.random.default_rng(seed)
    lists = {"correct": [], "confidence": [], "predicted": [], "target": []}
    for _ in range(images):
        target = rng.integers(classes, size=rng.poisson(labels)).astype(np.float32)
        predicted = rng.integers(classes + 1, size=rng.integers(detections + 1)).astype(np.float32)
        overlap = rng.uniform(0.3, 1.1, size=len(predicted))
        hits = min(len(target), len(predicted) // 2)
        predicted[:hits], overlap[hits:] = target[:hits], 0
        lists["correct"].append(overlap[:, None] >= np.linspace(0.5, 0.95, 10))
        confidence = rng.random(len(predicted)).astype(np.float32)
        lists["confidence"].append(confidence if len(predicted) else np.zeros(0))
        lists["predicted"].append(predicted)
        lists["target"].append(target)
    return lists


def ultralytics_score(lists, images):
    """Return Ultralytics' mAP50-95 for these images, each as often as it is named."""
    metrics = DetMetrics(dict(enumerate("abcdefghij")))
    keys = {"tp": "correct", "conf": "confidence", "pred_cls": "predicted", "target_cls": "target"}
    for i in images:
        one = {key: lists[name][i] for key, name in keys.items()}
        metrics.update_stats({**one, "target_img": np.unique(one["target_cls"]), "im_name": str(i)})
    metrics.process()
    return metrics.results_dict["metrics/mAP50-95(B)"]


def once(images):
    return np.ones((1, images), dtype=np.int64)


class TestDetections:
    @pytest.mark.parametrize("classes", [1, 4, 9])
    @pytest.mark.parametrize("labels", [0.2, 1.0, 6.0])
    def test_every_image_once_is_the_score_of_ultralytics(self, labels, classes):
        for seed in range(20):
            lists = found(seed, labels=labels, classes=classes)
            (score,) = Detections(**lists).scores(once(12))
            assert score == pytest.approx(ultralytics_score(lists, range(12)), abs=1e-12)

    def test_a_draw_is_scored_as_ultralytics_scores_its_images(self):
        for seed in range(40):
            lists, counts = found(seed), draw(12, 5, np.random.default_rng(seed))
            expected = [ultralytics_score(lists, np.repeat(np.arange(12), row)) for row in counts]
            assert len(set(expected)) > 1
            assert Detections(**lists).scores(counts) == pytest.approx(expected, abs=1e-12)

    def test_the_same_confidence_everywhere(self):
        lists = found(0)
        lists["confidence"] = [np.full_like(values, 0.5) for values in lists["confidence"]]
        (score,) = Detections(**lists).scores(once(12))
        assert score == pytest.approx(ultralytics_score(lists, range(12)), abs=1e-12)

    def test_a_perfect_detector(self):
        target = [np.array([0.0, 1.0]), np.array([1.0])]
        correct = [np.ones((len(labels), 10), dtype=bool) for labels in target]
        scorer = Detections(correct, [labels * 0 + 0.9 for labels in target], target, target)
        counts = np.array([[1, 1], [2, 0], [0, 2]])
        expected = ultralytics_score(
            {"correct": correct, "confidence": target, "predicted": target, "target": target}, range(2)
        )
        assert scorer.scores(counts) == pytest.approx([expected] * 3, abs=1e-12)
        assert expected > 0.99

    def test_a_class_that_is_not_drawn_does_not_count(self):
        target = [np.array([0.0]), np.array([1.0])]
        correct = [np.ones((1, 10), dtype=bool), np.zeros((1, 10), dtype=bool)]
        scorer = Detections(correct, [np.array([0.9])] * 2, target, target)
        both, only_the_found, only_the_missed = scorer.scores(np.array([[1, 1], [2, 0], [0, 2]]))
        assert both == only_the_found / 2
        assert only_the_missed == 0

    @pytest.mark.parametrize("empty", ["labels", "detections"])
    def test_without_labels_or_detections_the_score_is_zero(self, empty):
        lists = found(0, **{empty: 0})
        assert Detections(**lists).scores(draw(12, 3, np.random.default_rng(0))).tolist() == [0.0] * 3
        assert ultralytics_score(lists, range(12)) == 0


class TestHits:
    @pytest.mark.parametrize("images", [3, 7, 961])
    def test_every_image_once_is_the_score_of_ultralytics(self, images):
        generator = torch.Generator().manual_seed(images)
        ranking = torch.stack([torch.randperm(5, generator=generator) for _ in range(images)])
        label = torch.randint(5, (images,), generator=generator)
        metrics = ClassifyMetrics()
        metrics.process([label], [ranking])
        assert Hits((ranking[:, 0] == label).numpy()).scores(once(images)).tolist() == [metrics.top1]

    def test_an_image_counts_as_often_as_it_is_drawn(self):
        scores = Hits(np.array([True, False, False, True])).scores(np.array([[4, 0, 0, 0], [0, 3, 1, 0], [1, 1, 1, 1]]))
        assert scores.tolist() == [1.0, 0.0, 0.5]


class TestDraw:
    def test_as_many_images_as_there_are_with_replacement(self):
        counts = draw(50, 400, np.random.default_rng(0))
        assert counts.shape == (400, 50)
        assert set(counts.sum(axis=1)) == {50}
        assert np.mean(counts == 0) == pytest.approx((1 - 1 / 50) ** 50, abs=0.01)
        assert counts.mean(axis=0) == pytest.approx(1, abs=0.25)


class Half:
    """Top-1 of a set of which one half is right."""

    def __init__(self, images=400):
        self.draws = 0
        self._hits = Hits(np.arange(images) % 2 == 0)
        self.images = self.size = images

    def scores(self, counts):
        self.draws += len(counts)
        return self._hits.scores(counts)


def bars(epoch=1, seed=0, val=None, probe=None, until=float("inf"), **options):
    return bootstrap.intervals(epoch, seed, val or Half(), probe, until=until, **options)


class TestIntervals:
    def test_it_is_as_wide_as_theory_has_it(self):
        rows = [bars(epoch, probe=Half()) for epoch in range(1, 51)]
        half_width = 1.645 * np.sqrt(0.25 / 400)
        for name in ("val", "probe"):
            assert np.mean([getattr(row, f"{name}_low") for row in rows]) == pytest.approx(0.5 - half_width, abs=0.002)
            assert np.mean([getattr(row, f"{name}_high") for row in rows]) == pytest.approx(0.5 + half_width, abs=0.002)

    def test_the_gap_grows_as_the_model_memorises(self):
        row = bars(probe=Hits(np.ones(100)))
        assert (row.probe_low, row.probe_high) == (1.0, 1.0)
        assert (row.gap_low, row.gap_high) == pytest.approx((1 - row.val_high, 1 - row.val_low))

    def test_that_of_the_gap_is_of_the_differences_not_of_the_ends(self):
        row = bars(probe=Half())
        half_width = 1.645 * np.sqrt(2 * 0.25 / 400)
        assert row.gap_low == pytest.approx(-half_width, abs=0.017)
        assert row.gap_high == pytest.approx(half_width, abs=0.017)
        assert row.gap_high < row.probe_high - row.val_low

    def test_without_a_probe_there_is_no_gap(self):
        row = bars()
        assert (row.probe_low, row.gap_low) == (None, None)
        assert row.val_low < 0.5 < row.val_high

    def test_seed_and_epoch_choose_the_draws(self):
        assert bars(epoch=3, seed=7) == bars(epoch=3, seed=7)
        assert (
            len({(row.val_low, row.val_high) for row in (bars(3, 7, val=Half(9999)), bars(4, 7, val=Half(9999)))}) == 2
        )
        assert bars(epoch=3, seed=7, val=Half(9999)) != bars(epoch=3, seed=8, val=Half(9999))

    def test_how_many_draws_fit_at_once_does_not_matter(self, monkeypatch):
        at_once = bars(probe=Half(100))
        monkeypatch.setattr(bootstrap, "BLOCK", 1)
        assert bars(probe=Half(100)) == at_once

    def test_random_states_outside_are_left_alone(self):
        before = random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()
        bars(probe=Half())
        assert (random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()) == before


class TestTimeLimit:
    @pytest.fixture(autouse=True)
    def one_draw_at_a_time(self, monkeypatch):
        monkeypatch.setattr(bootstrap, "BLOCK", 1)

    @staticmethod
    def clock():
        ticks = itertools.count(1)
        return lambda: float(next(ticks))

    def test_with_time_enough_all_are_drawn(self):
        val = Half()
        bars(val=val, until=1e9, clock=self.clock())
        assert val.draws == DRAWS

    def test_when_time_is_up_no_further_draw_is_begun(self):
        val, probe = Half(), Half()
        row = bars(val=val, probe=probe, until=100.5, clock=self.clock())
        assert val.draws == probe.draws == 101
        assert row.val_low < 0.5 < row.val_high

    def test_too_few_draws_are_no_interval(self):
        assert bars(until=FEWEST - 1.5, clock=self.clock()) is None
        assert bars(until=FEWEST - 0.5, clock=self.clock()) is not None


def test_the_epochs_that_have_error_bars_are_spaced_evenly_on_a_log_axis():
    first = list(itertools.islice(steps(), 18))
    assert first == [1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, 500, 800, 1200, 2000, 3000]
    assert all(step_of(step) == step for step in first)
    assert [step_of(epoch) for epoch in (4, 11, 199, 99_999)] == [3, 8, 120, 80_000]


class Validator:
    """As much of a validator of detections as is listened to: it forgets its lists when it makes a score of them."""

    def __init__(self, task="detect", seed=0):
        self.args = SimpleNamespace(task=task)
        lists = found(seed)
        keys = {"tp": "correct", "conf": "confidence", "pred_cls": "predicted", "target_cls": "target"}
        self.stats = {key: lists[name] for key, name in keys.items()}
        self.metrics = SimpleNamespace(stats={})

    def get_stats(self):
        self.metrics.stats.clear()
        return {"score": 1.0}

    def run(self):
        self.metrics.stats = {key: list(values) for key, values in self.stats.items()}
        return self.get_stats()


@pytest.fixture
def warnings(monkeypatch):
    said = []
    monkeypatch.setattr(LOGGER, "warning", said.append)
    return said


@pytest.fixture
def run(tmp_path):
    with GapWriter(tmp_path / "gap.csv") as log:
        log.append(EpochRecord(epoch=1, step=1, seconds=0.0))
    return tmp_path


def measure(error_bars, epoch, *, last=False, probe=True):
    """Let one epoch be measured."""
    validators = Validator(seed=1), Validator(seed=2) if probe else None
    with error_bars.listening(*validators):
        assert all(validator.run() == {"score": 1.0} for validator in validators if validator)
    error_bars.write(epoch, last=last)


def epochs(run):
    return [row.epoch for row in read_intervals(run)]


class TestErrorBars:
    def test_the_first_measured_epoch_from_each_step_on_and_the_last_have_a_row(self, run):
        error_bars = ErrorBars(run, 0, on=True)
        for epoch in (1, *range(4, 61, 4), 61):
            measure(error_bars, epoch, last=epoch == 61)
        assert epochs(run) == [1, 4, 8, 12, 20, 32, 52, 61]

    def test_what_the_row_holds(self, run):
        measure(ErrorBars(run, 5, on=True), 3)
        val, probe = (Detections(**found(seed)) for seed in (1, 2))
        assert read_intervals(run) == (bootstrap.intervals(3, 5, val, probe, until=float("inf")),)

    def test_the_task_says_which_hits_count(self):
        validator = Validator("segment")
        validator.metrics.stats = {**validator.stats, "tp_m": [np.ones((1, 10), dtype=bool)]}
        assert intervals.statistics(validator)["correct"] == validator.metrics.stats["tp_m"]

    def test_an_epoch_that_is_not_measured_has_no_row(self, run):
        error_bars = ErrorBars(run, 0, on=True)
        measure(error_bars, 1)
        error_bars.write(2, last=False)
        error_bars.write(3, last=True)
        assert epochs(run) == [1]

    def test_validators_are_listened_to_only_within_the_block(self, run):
        validator = Validator()
        with pytest.raises(ZeroDivisionError), ErrorBars(run, 0, on=True).listening(validator, None):
            assert "get_stats" in vars(validator)
            raise ZeroDivisionError
        assert "get_stats" not in vars(validator)

    def test_switched_off_it_does_nothing(self, run):
        error_bars, validator = ErrorBars(run, 0, on=False), Validator()
        with error_bars.listening(validator, None):
            assert "get_stats" not in vars(validator)
        measure(error_bars, 1, last=True)
        assert not (run / "errors.csv").exists()

    def test_going_on_cuts_off_what_lies_beyond(self, run):
        with IntervalWriter(run / "errors.csv") as log:
            for epoch in (1, 5, 20):
                log.append(Intervals(epoch, val_low=0.0, val_high=1.0))
        error_bars = ErrorBars(run, 0, on=True)
        error_bars.go_on_after(6)
        assert epochs(run) == [1, 5, 20], "the log is cut back with the others, when a new row is there"
        logs.go_back(run, 6, repeats=True)
        for epoch in (7, 8, 9, 20):
            measure(error_bars, epoch)
        assert epochs(run) == [1, 5, 8, 20], "as if it had never stopped: 5 was the last before 8"

    def test_too_little_time_costs_the_row_and_nothing_else(self, run, monkeypatch, warnings):
        monkeypatch.setattr(bootstrap, "BLOCK", 1)
        monkeypatch.setattr(intervals, "SECONDS", 0.0)
        measure(ErrorBars(run, 0, on=True), 1)
        assert epochs(run) == []
        assert warnings == []

    def test_a_full_disk_costs_rows_and_is_told_once(self, run, monkeypatch, warnings):
        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        error_bars = ErrorBars(run, 0, on=True)
        measure(error_bars, 1)
        with monkeypatch.context() as context:
            context.setattr(IntervalWriter, "append", full)
            measure(error_bars, 2)
            measure(error_bars, 3)
        measure(error_bars, 5)
        assert epochs(run) == [1, 5]
        assert warnings == ["no error bars in errors.csv: No space left on device; training goes on without them"]

    def test_another_file_of_that_name_stays_as_it_is(self, run, warnings):
        (run / "errors.csv").write_text("my,own\n")
        error_bars = ErrorBars(run, 0, on=True)
        error_bars.go_on_after(0)
        logs.go_back(run, 0, repeats=True)
        measure(error_bars, 1)
        assert (run / "errors.csv").read_text() == "my,own\n"
        assert len(warnings) == 1
