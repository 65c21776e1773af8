"""Diverged: losses that are no numbers to the end, probes that collapsed for good."""

import numpy as np
import pytest

from grokyolo.gap.series import from_columns
from grokyolo.verdict.divergence import broken_since, collapsed_since
from tests.verdict.test_rise import straight


def series(losses, name="val_loss", **fields):
    return from_columns("x", range(1, len(losses) + 1), **{name: losses}, **fields)


@pytest.mark.parametrize("name", ["val_loss", "probe_loss", "train_loss"])
def test_any_loss_counts(name):
    assert broken_since(series([1.0] * 20 + [np.inf] * 5, name)) == 21


def test_five_measurements_are_needed_and_blanks_are_none():
    sparse = [1.0, np.nan] * 10 + [np.inf, np.nan] * 5
    assert broken_since(series(sparse)) == 21
    assert broken_since(series(sparse[:-2])) is None


def test_one_finite_value_at_the_end_is_a_recovery():
    assert broken_since(series([1.0] * 20 + [np.inf] * 9 + [1.0])) is None


def test_a_run_that_was_never_finite():
    assert broken_since(series([np.inf] * 20)) == 1


def test_a_run_without_losses_is_not_broken():
    assert broken_since(series([np.nan] * 20)) is None


def test_a_collapsed_probe():
    assert collapsed_since(straight(200, (1, 0.1), (20, 0.9), (100, 0.9), (101, 0.2))) == pytest.approx(101, abs=1)


@pytest.mark.parametrize(
    "points",
    [
        ((1, 0.1), (20, 0.9)),
        ((1, 0.9), (100, 0.5)),
        ((1, 0.9), (100, 0.9), (101, 0.1), (110, 0.9)),
        ((1, 0.05), (9, 0.0)),
    ],
)
def test_probes_that_did_not_collapse(points):
    assert collapsed_since(straight(200, *points)) is None
