"""Error bars of real trainings: right, harmless, exactly resumed, and shown."""

import csv
import signal
from dataclasses import replace

import numpy as np
import pytest

from grokyolo.errors import Interrupted, Stopped
from grokyolo.gap import EpochRecord, GapWriter, Intervals, IntervalWriter, read_intervals, read_run
from grokyolo.training import intervals, measuring
from grokyolo.verdict import assess
from grokyolo.view.plot import draw
from tests import data
from tests.real.training import gone_on, log, same_weights, stop_after, trained, weights

LEARNING = {**data.AUGMENTATION_OFF, "lr0": 0.01, "batch": 2, "nbs": 2}
"""Enough for scores above zero."""


def epochs(run):
    return [row.epoch for row in read_intervals(run)]


@pytest.fixture
def without(monkeypatch):
    """Switch error bars off for all trainings from here on."""

    def switch_off():
        made = intervals.ErrorBars.__init__
        monkeypatch.setattr(
            intervals.ErrorBars, "__init__", lambda self, run, seed, **_: made(self, run, seed, on=False)
        )

    return switch_off


@pytest.fixture
def listened(monkeypatch):
    """Return a list of (epoch, set, scores when nothing is drawn) of what training listens to."""
    found = []
    write = intervals.ErrorBars.write

    def noted(self, epoch, **options):
        for name, statistics in self._statistics.items():
            scorer = intervals.scorer(statistics)
            (score,) = scorer.scores(np.ones((1, scorer.images), dtype=np.int64))
            found.append((epoch, name, scorer.images, score))
        return write(self, epoch, **options)

    monkeypatch.setattr(intervals.ErrorBars, "write", noted)
    return found


@pytest.mark.parametrize("task", sorted(intervals.COUNTED))
def test_what_is_drawn_from_has_the_very_score_that_was_measured(task, small, workplace, listened):
    last = 28 if task == "obb" else 20
    run = trained(small(task, "learning", **LEARNING, epochs=last), "run", "gap.probe=5")
    with (run / "gap.csv").open(newline="") as file:
        rows = {int(row["epoch"]): row for row in csv.DictReader(file)}
    assert {(epoch, name) for epoch, name, *_ in listened} == {(e, name) for e in rows for name in ("val", "probe")}
    for epoch, name, images, score in listened:
        assert images == {"val": 4, "probe": 5}[name]
        assert score == pytest.approx(float(rows[epoch][f"{name}_score"]), abs=1e-12)
    assert any(score > 0 for *_, score in listened), "zeros prove nothing"
    assert epochs(run) == sorted({1, 2, 3, 5, 8, 12, 20, last})


@pytest.mark.parametrize("task", ["detect", "classify"])
def test_without_them_weights_and_log_are_the_same(task, small, workplace, without):
    recipe = small(task, "bars")
    with_bars = trained(recipe, "with")
    without()
    plain = trained(recipe, "without")
    assert not (plain / "errors.csv").exists()
    assert epochs(with_bars) == [1, 2, 3, 4]
    assert log(with_bars) == log(plain)
    assert same_weights(weights(with_bars), weights(plain))


@pytest.mark.parametrize("task", ["detect", "classify"])
def test_stopped_and_resumed_they_are_those_of_a_run_that_never_stopped(task, small, workplace):
    recipe = small(task, "learning-too", **LEARNING, epochs=9)
    never = trained(recipe, "never")
    with pytest.raises(Stopped):
        trained(recipe, "stopped", epoch=stop_after(3, signal.SIGTERM))
    run = workplace / "runs" / "stopped"
    with pytest.raises(Interrupted):
        gone_on(run, epoch=stop_after(6, signal.SIGINT))
    with IntervalWriter(run / "errors.csv") as rows:  # trained, but lost with its state
        rows.append(Intervals(7, val_low=0.0, val_high=1.0))
    gone_on(run)
    assert epochs(run) == [1, 2, 3, 5, 8, 9]
    assert (run / "errors.csv").read_bytes() == (never / "errors.csv").read_bytes()


def test_only_measured_epochs_have_them(small, workplace):
    run = trained(small("classify", "sparse-bars", epochs=14), "run", "gap.every=3")
    assert epochs(run) == [1, 3, 6, 9, 12, 14]


def test_a_run_that_stops_early_has_them_for_its_last_epoch(small, workplace):
    run = trained(small("classify", "patient", lr0=1e-9, epochs=40, patience=5), "run")
    last = int(log(run)[-1][0])
    assert last == 6
    assert epochs(run) == [1, 2, 3, 5, last]


def test_without_a_probe_only_the_validation_score_has_them(small, workplace):
    run = trained(small("classify", "no-probe"), "run", "gap.probe=0")
    for row in read_intervals(run):
        assert row.val_low is not None
        assert (row.probe_low, row.gap_low) == (None, None)


def test_a_file_that_cannot_be_written_costs_the_bars_and_nothing_else(small, workplace, without):
    recipe, warnings = small("classify", "unwritable"), []

    def in_the_way(record):
        if record.epoch == 1:
            (workplace / "runs" / "broken" / "errors.csv").mkdir()

    broken = trained(recipe, "broken", epoch=in_the_way, warnings=warnings)
    assert [text for text in warnings if "errors.csv" in text] == [
        "no error bars in errors.csv: Is a directory; training goes on without them"
    ]
    without()
    plain = trained(recipe, "plain")
    assert log(broken) == log(plain)
    assert same_weights(weights(broken), weights(plain))


def test_one_of_several_processes_writes_none(small, workplace, monkeypatch):
    monkeypatch.setattr(measuring, "RANK", 0)
    run = trained(small("classify", "several"), "several", "gap.probe=0")
    assert [row[0] for row in log(run)] == ["1", "2", "3", "4"]
    assert not (run / "errors.csv").exists()


HEADER = "epoch,probe_low,probe_high,val_low,val_high,gap_low,gap_high\n"


class TestShown:
    """`grokyolo gap` of a run whose best score, 0.75, is that of epoch 20, and whose last epoch is 40."""

    @pytest.fixture
    def run(self, workplace):
        with GapWriter(workplace / "gap.csv") as rows:
            for epoch in range(1, 41):
                val = 0.75 if epoch == 20 else 0.5 if epoch < 40 else 0.625
                rows.append(
                    EpochRecord(
                        epoch, epoch, float(epoch), probe_loss=0.1, val_loss=1.0, probe_score=0.875, val_score=val
                    )
                )
        return workplace

    @staticmethod
    def line(grokyolo, run, text):
        """Return what is said of intervals when errors.csv holds `text`."""
        (run / "errors.csv").write_text(text)
        code, out, _ = grokyolo("gap", str(run))
        assert code == 0
        return [" ".join(part.split()) for part in out.split("\n\n") if "interval" in part]

    def test_of_the_last_gap_and_of_the_best_score(self, run, grokyolo):
        rows = "20,0.8,0.9,0.7004,0.8,0.0,0.2\n40,0.8,0.9,0.55,0.7,-0.0625,0.25\n"
        assert self.line(grokyolo, run, HEADER + rows) == [
            "90 % interval by images: gap -0.062 to 0.250, best score 0.700 to 0.800"
        ]

    def test_where_these_have_none_the_epoch_that_has_is_named(self, run, grokyolo):
        rows = "1,0.8,0.9,0.4,0.6,0.2,0.5\n30,0.8,0.9,0.4,0.5,0.3,0.5\n40,,,0.55,0.7,,\n"
        (line,) = self.line(grokyolo, run, HEADER + rows)
        assert line.endswith(": gap 0.300 to 0.500 (epoch 30), score 0.550 to 0.700 (epoch 40)")

    def test_without_a_probe_there_is_only_the_score(self, run, grokyolo):
        (line,) = self.line(grokyolo, run, HEADER + "20,,,0.7,0.8,,\n")
        assert line == "90 % interval by images: best score 0.700 to 0.800"

    @pytest.mark.parametrize("rows", ["", "41,0.8,0.9,0.7,0.8,0.0,0.2\n", "20,,,,,,\n"])
    def test_nothing_is_said_without_any(self, run, grokyolo, rows):
        assert self.line(grokyolo, run, HEADER + rows) == []

    def test_a_file_that_cannot_be_read_is_told_and_hides_nothing(self, run, grokyolo):
        (line,) = self.line(grokyolo, run, "my,own\n1,2\n")
        assert line.startswith("note: no intervals from errors.csv: ")
        assert grokyolo("gap", str(run), "--plot")[0] == 0

    def test_as_thin_bars_in_the_picture(self, run, grokyolo):
        (run / "errors.csv").write_text(HEADER + "1,0.8,0.9,0.4,0.6,0.2,0.5\n40,,,0.55,1.0,,\n")
        series = read_run(run)
        scores, losses = draw(series, assess(series)).axes
        probe, val = (container.lines[2][0] for container in scores.containers)
        assert [line.round(6).tolist() for line in probe.get_segments()] == [[[1, 0.8], [1, 0.9]]]
        assert [line.round(6).tolist() for line in val.get_segments()] == [
            [[1, 0.4], [1, 0.6]],
            [[40, 0.55], [40, 1.0]],
        ]
        assert scores.get_ylim()[1] > 1.0
        assert losses.containers == []
        assert [text for text in scores.get_legend_handles_labels()[1] if "interval" in text] == [
            "90 % interval by images"
        ]

    def test_bars_above_the_scores_are_not_cut_off(self, run):
        series = read_run(run)
        low = replace(series, probe_score=series.probe_score / 4, val_score=series.val_score / 4)
        (run / "errors.csv").write_text(HEADER + "40,0.8,0.9,0.4,0.6,0.2,0.5\n")
        assert draw(low, assess(low)).axes[0].get_ylim()[1] > 0.9
