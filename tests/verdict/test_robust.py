"""Robust statistics: right on clean input, unmoved by outliers."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grokyolo.verdict.robust import (
    block_edges,
    block_medians,
    correlated_share,
    first_stay,
    jitter,
    lasting_levels,
    level,
    median,
    monotone_fit,
    running_median,
    scatter,
)

curves = arrays(np.float64, st.integers(1, 60), elements=st.floats(-10, 10, width=16))


@given(curves)
def test_median_is_that_of_numpy(values):
    assert median(values) == np.median(values)


@given(curves, st.sampled_from([1, 3, 5, 9]))
def test_running_median_is_the_median_of_each_window(values, width):
    half = min(width // 2, (len(values) - 1) // 2)
    expected = [np.median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))]
    assert running_median(values, width) == pytest.approx(expected)


@pytest.mark.parametrize("sigma", [0.01, 0.05])
def test_scatter_is_the_noise_whatever_the_trend_and_the_jumps(sigma):
    rng = np.random.default_rng(1)
    curve = np.linspace(0, 3, 2000) + (np.arange(2000) > 900) + sigma * rng.standard_normal(2000)
    curve[::100] += 5
    assert scatter(curve) == pytest.approx(sigma, rel=0.2)


def test_scatter_sees_that_neighbours_of_wandering_noise_differ_too_little():
    rng = np.random.default_rng(1)
    wander = np.convolve(rng.standard_normal(4000), 0.9 ** np.arange(60))[:4000] * np.sqrt(1 - 0.81)
    assert 0.6 < scatter(wander) < 1.1


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0], [3.0] * 50])
def test_scatter_and_jitter_of_nothing_are_zero(values):
    assert scatter(np.array(values)) == 0.0
    assert jitter(np.array(values)) == 0.0


def test_jitter_sees_noise_that_is_cut_off_at_zero():
    noise = np.clip(np.random.default_rng(1).normal(-0.2, 0.4, 1000), 0, 1)
    assert scatter(noise) < 0.12 < jitter(noise)


def test_level_is_between_whole_images_and_ignores_slingshots():
    flicker = np.tile([0.0, 0.0, 0.2, 0.2], 10)
    assert level(flicker) == pytest.approx(0.1, abs=0.02)
    assert level(np.array([0.9] * 20 + [0.0] * 3)) == pytest.approx(0.9)


@given(st.integers(1, 3000), st.sampled_from([50, 400]))
def test_blocks_cover_every_measurement_once_and_early_ones_singly(count, limit):
    edges = block_edges(count, limit)
    assert edges[0] == 0
    assert edges[-1] == count
    assert (np.diff(edges) > 0).all()
    assert (np.diff(edges)[: min(count, 40)] == 1).all()


def test_blocks_of_a_long_run_are_few():
    assert len(block_edges(100_000, 400)) < 600


@given(curves)
def test_block_medians_are_medians_of_the_blocks(values):
    edges = np.unique([0, len(values) // 3, len(values)])
    expected = [np.median(values[a:b]) for a, b in pairwise(edges)]
    assert block_medians(values, edges) == pytest.approx(expected)


@given(curves)
def test_monotone_fit_never_falls_and_keeps_the_mean(values):
    fit = monotone_fit(values)
    assert (np.diff(fit) >= -1e-9).all()
    assert fit.mean() == pytest.approx(values.mean(), abs=1e-9)


@given(curves)
def test_monotone_fit_leaves_a_monotone_curve_alone(values):
    assert monotone_fit(np.sort(values)) == pytest.approx(np.sort(values))


def test_lasting_levels_do_not_trust_the_last_few_values():
    values = np.array([0.0] * 30 + [1.0, 1.0])
    assert running_median(values, 9)[-1] == 0.0
    assert lasting_levels(np.array([0.0] * 29 + [1.0] * 3), 9).max() == 0.0


@pytest.mark.parametrize(
    ("holds", "run", "share", "first"),
    [
        ([0, 1, 1, 1, 1], 3, 1.0, 1),
        ([1, 0, 1, 1, 1], 2, 1.0, 2),
        ([1, 1, 1, 0, 1, 1, 1, 1], 3, 0.8, 0),
        ([1, 1, 1, 0, 0, 0, 0, 0], 3, 0.8, None),
        ([0, 0, 0], 1, 0.5, None),
        ([], 1, 0.5, None),
    ],
)
def test_first_stay(holds, run, share, first):
    assert first_stay(np.array(holds, dtype=bool), run, share) == first


@pytest.mark.parametrize(("rho", "low", "high"), [(0.0, 0.0, 0.3), (0.9, 0.6, 0.95)])
def test_noise_that_wanders_is_told_from_independent_noise(rho, low, high):
    found = []
    for seed in range(8):
        white = np.random.default_rng(seed).standard_normal(400)
        found.append(correlated_share(np.convolve(white, rho ** np.arange(80))[:400] if rho else white))
    assert low <= np.median(found) <= high
