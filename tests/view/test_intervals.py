"""Error bars in words and in pictures, only where a run has them."""

from pathlib import Path

import numpy as np
import pytest

from grokyolo.gap import GapWriter, Intervals, IntervalWriter
from grokyolo.gap.series import from_columns
from grokyolo.verdict import assess
from grokyolo.view.panels import PROBE, VALIDATION, draw_intervals
from grokyolo.view.table import interval_lines
from tests.view.curves import grok


@pytest.fixture
def folder(tmp_path) -> Path:
    """A run folder with error bars at epochs 100 and 300."""
    GapWriter(tmp_path / "gap.csv").close()
    with IntervalWriter(tmp_path / "errors.csv") as log:
        for epoch in (100, 300):
            log.append(Intervals(epoch, 0.9, 1.0, 0.1, 0.3, 0.6, 0.9))
    return tmp_path


def said(series) -> str:
    return " ".join(line.plain for line in interval_lines(series, assess(series))).strip()


def bars(series):
    from matplotlib.colors import to_hex
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    draw_intervals(ax, series)
    return [to_hex(container.lines[2][0].get_color()[0]).upper() for container in ax.containers]


def test_the_last_gap_and_the_best_score_have_their_intervals(folder):
    assert said(grok(run=str(folder))) == "90 % interval by images: gap 0.600 to 0.900, best score 0.100 to 0.300"


def test_a_run_without_error_bars_says_nothing(tmp_path):
    GapWriter(tmp_path / "gap.csv").close()
    assert said(grok(run=str(tmp_path))) == ""
    assert bars(grok(run=str(tmp_path))) == []


def test_both_scores_have_bars(folder):
    assert bars(grok(run=str(folder))) == [PROBE, VALIDATION]


def test_without_a_probe_neither_its_bars_nor_those_of_the_gap_are_shown(folder):
    rough = grok(run=str(folder), probe_score=None, probe_loss=None)
    assert said(rough) == "90 % interval by images: best score 0.100 to 0.300"
    assert bars(rough) == [VALIDATION]


def test_bars_of_epochs_that_the_log_has_not_are_left_out(folder):
    assert bars(from_columns(str(folder), np.arange(1, 51), val_score=np.ones(50))) == []


def test_a_broken_errors_csv_is_said_and_not_drawn(folder):
    (folder / "errors.csv").write_text("a,b\n1,2\n")
    assert said(grok(run=str(folder))).startswith("note: no intervals from errors.csv: ")
    assert bars(grok(run=str(folder))) == []
