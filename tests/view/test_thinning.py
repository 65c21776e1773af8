"""Thinning: far fewer points, and no extreme lost."""

import numpy as np
import pytest

from grokyolo.view.thinning import COLUMNS, telling


def test_a_short_run_keeps_every_point():
    epoch = np.arange(1, 2 * COLUMNS + 1)
    assert (telling(epoch, np.sin(epoch)) == np.arange(len(epoch))).all()


@pytest.mark.parametrize("count", [2 * COLUMNS + 1, 20_000, 1_000_000])
def test_a_long_run_keeps_at_most_four_points_a_cell(count):
    epoch = np.arange(1, count + 1)
    kept = telling(epoch, np.random.default_rng(0).normal(size=count))
    assert len(kept) <= 4 * COLUMNS
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, count - 1)


@pytest.mark.parametrize("seed", range(5))
def test_every_lone_extreme_survives(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=50_000)
    spikes = rng.choice(50_000, 40, replace=False)
    values[spikes] = np.where(np.arange(40) % 2, 100.0, -100.0) + np.arange(40)
    kept = telling(np.arange(1, 50_001), values)
    position = np.minimum(np.log(spikes + 1) / np.log(50_000) * COLUMNS, COLUMNS - 1).astype(int)
    lone = [spike for spike, cell in zip(spikes, position, strict=True) if (position == cell).sum() == 1]
    assert len(lone) > 5
    assert set(lone) <= set(kept)


def test_the_drawn_range_of_each_cell_is_that_of_all_points():
    epoch = np.arange(1, 30_001)
    values = np.random.default_rng(1).normal(size=30_000)
    kept = telling(epoch, values)
    cell = np.minimum((np.log(epoch) / np.log(30_000) * COLUMNS).astype(int), COLUMNS - 1)
    for number in np.unique(cell)[::50]:
        inside, drawn = values[cell == number], values[kept][cell[kept] == number]
        assert (inside.min(), inside.max()) == (drawn.min(), drawn.max())


def test_a_run_that_begins_late():
    epoch = np.arange(90_000, 100_000)
    kept = telling(epoch, np.zeros(10_000))
    assert (kept[0], kept[-1]) == (0, 9_999)
