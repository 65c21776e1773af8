"""Thinning: far fewer points, and no extreme lost."""

import numpy as np
import pytest

from grokyolo.view.panels import CELLS, COLUMNS, points_to_draw, rows_to_draw
from grokyolo.view.report.curves import FEWEST_CELLS, cells_for


def test_a_short_run_keeps_every_point():
    epoch = np.arange(1, 2 * COLUMNS + 1)
    assert (points_to_draw(epoch, np.sin(epoch)) == np.arange(len(epoch))).all()


@pytest.mark.parametrize("count", [2 * COLUMNS + 1, 20_000, 1_000_000])
def test_a_long_run_keeps_at_most_four_points_a_cell(count):
    epoch = np.arange(1, count + 1)
    kept = points_to_draw(epoch, np.random.default_rng(0).normal(size=count))
    assert len(kept) <= 4 * COLUMNS
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, count - 1)


@pytest.mark.parametrize("seed", range(5))
def test_every_lone_extreme_survives(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=50_000)
    spikes = rng.choice(50_000, 40, replace=False)
    values[spikes] = np.where(np.arange(40) % 2, 100.0, -100.0) + np.arange(40)
    kept = points_to_draw(np.arange(1, 50_001), values)
    position = np.minimum(np.log(spikes + 1) / np.log(50_000) * COLUMNS, COLUMNS - 1).astype(int)
    lone = [spike for spike, cell in zip(spikes, position, strict=True) if (position == cell).sum() == 1]
    assert len(lone) > 5
    assert set(lone) <= set(kept)


def test_the_drawn_range_of_each_cell_is_that_of_all_points():
    epoch = np.arange(1, 30_001)
    values = np.random.default_rng(1).normal(size=30_000)
    kept = points_to_draw(epoch, values)
    cell = np.minimum((np.log(epoch) / np.log(30_000) * COLUMNS).astype(int), COLUMNS - 1)
    for number in np.unique(cell)[::50]:
        inside, drawn = values[cell == number], values[kept][cell[kept] == number]
        assert (inside.min(), inside.max()) == (drawn.min(), drawn.max())


def test_a_run_that_begins_late():
    epoch = np.arange(90_000, 100_000)
    kept = points_to_draw(epoch, np.zeros(10_000))
    assert (kept[0], kept[-1]) == (0, 9_999)


# The rows that all curves of a run share ---------------------------------------------------------------------------


def noisy(count: int, seed: int = 0):
    random = np.random.default_rng(seed)
    return np.arange(1, count + 1), random.normal(size=count)


def test_few_epochs_are_all_drawn():
    epoch, values = noisy(2 * CELLS)
    assert rows_to_draw(epoch, [values]).tolist() == list(range(2 * CELLS))


@pytest.mark.parametrize("axis", ["log", "linear"])
def test_extremes_of_every_cell_survive(axis):
    epoch, values = noisy(50_000)
    kept = set(rows_to_draw(epoch, [values], cells=100).tolist())
    place = np.log(epoch) / np.log(epoch[-1]) if axis == "log" else (epoch - 1) / (epoch[-1] - 1)
    cell = np.minimum((place * 100).astype(int), 99)
    for number in np.unique(cell):
        rows = np.flatnonzero(cell == number)
        assert {int(rows[np.argmin(values[rows])]), int(rows[np.argmax(values[rows])])} <= kept
        assert {int(rows[0]), int(rows[-1])} <= kept


def test_a_single_spike_survives_in_any_curve():
    epoch, values = noisy(100_000)
    spiked = np.zeros(100_000)
    spiked[77_777] = 9.0
    rows = rows_to_draw(epoch, [values, spiked])
    assert 77_777 in rows
    assert len(rows) < 20_000


def test_rows_rise_without_repeats_and_hold_both_ends():
    epoch, values = noisy(30_000)
    rows = rows_to_draw(epoch, [values, -values])
    assert (np.diff(rows) > 0).all()
    assert (rows[0], rows[-1]) == (0, 29_999)


def test_marked_epochs_stay():
    epoch, values = noisy(100_000)
    unmarked = rows_to_draw(epoch, [values], cells=50)
    left_out = sorted(set(range(100_000)) - set(unmarked.tolist()))[1234]
    assert left_out in rows_to_draw(epoch, [values], cells=50, always=[left_out + 1])


def test_what_was_not_measured_keeps_nothing():
    epoch = np.arange(1, 10_001)
    nothing = np.full(10_000, np.nan)
    assert rows_to_draw(epoch, [nothing], cells=10).tolist() == [0, 9_999]


def test_sparse_measurements_of_a_long_run_all_survive():
    epoch = np.arange(1, 100_001)
    sparse = np.where(epoch % 500 == 0, 1.0 / epoch, np.nan)
    kept = epoch[rows_to_draw(epoch, [sparse])]
    assert set(range(500, 100_001, 500)) <= set(kept.tolist())


@pytest.mark.parametrize(("runs", "cells"), [(0, CELLS), (1, CELLS), (2, CELLS // 2), (50, FEWEST_CELLS)])
def test_several_runs_share_the_cells(runs, cells):
    assert cells_for(runs) == cells
