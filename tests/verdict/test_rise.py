"""The rise: crossings at 10, 50 and 90 % of a jump, however it is shaped and measured."""

import numpy as np
import pytest

from grokyolo.verdict.measurements import Curve
from grokyolo.verdict.rise import Rise, find_rises


def curve(values):
    values = np.asarray(values, dtype=float)
    return Curve(np.arange(1.0, len(values) + 1), values)


def straight(length, *points):
    at, value = zip(*points, strict=True)
    return curve(np.interp(np.arange(1, length + 1), at, value))


def find_rise(curve: Curve, since: int) -> Rise | None:
    """The largest of the rises."""
    return max(find_rises(curve, since), key=lambda rise: rise.size, default=None)


def test_crossings_of_a_straight_rise():
    rise = find_rise(straight(400, (100, 0.1), (200, 0.9)), 5)
    assert (rise.start, rise.middle, rise.end) == pytest.approx((110, 150, 190), abs=3)
    assert (rise.low, rise.high) == pytest.approx((0.1, 0.9), abs=0.01)
    assert rise.is_sharp(0.0)


@pytest.mark.parametrize("seed", range(5))
def test_crossings_through_noise(seed):
    clean = straight(400, (100, 0.1), (200, 0.9))
    noise = 0.04 * np.random.default_rng(seed).standard_normal(400)
    rise = find_rise(curve(clean.value + noise), 5)
    assert (rise.start, rise.middle, rise.end) == pytest.approx((110, 150, 190), abs=14)


def test_a_step_is_found_to_the_epoch():
    rise = find_rise(straight(300, (149, 0.0), (150, 0.9)), 5)
    assert rise.start <= 150 <= rise.end
    assert rise.end - rise.start <= 2


def test_stages_are_one_rise():
    rise = find_rise(straight(400, (100, 0.0), (110, 0.4), (150, 0.4), (160, 0.9)), 5)
    assert (rise.low, rise.high) == pytest.approx((0.0, 0.9), abs=0.02)
    assert rise.start == pytest.approx(102, abs=3)
    assert rise.end == pytest.approx(158, abs=3)


def test_what_the_curve_does_before_memorising_is_none_of_it():
    rise = find_rise(straight(400, (1, 0.0), (10, 0.4), (150, 0.4), (160, 0.8)), 10)
    assert rise.low == pytest.approx(0.4, abs=0.01)


def test_a_rise_that_is_lost_again_is_still_found():
    rise = find_rise(straight(400, (100, 0.0), (120, 0.9), (250, 0.9), (260, 0.1)), 5)
    assert rise.high == pytest.approx(0.9, abs=0.02)


def test_a_rise_in_the_last_twentieth_is_found():
    rise = find_rise(straight(400, (382, 0.0), (385, 0.9)), 5)
    assert rise.middle == pytest.approx(384, abs=2)
    assert rise.after >= 10


def test_a_rise_that_is_cut_off_climbs():
    cut = find_rise(straight(150, (100, 0.0), (200, 0.9)), 5)
    whole = find_rise(straight(300, (100, 0.0), (200, 0.9)), 5)
    assert cut.climbing > 0.15
    assert whole.climbing < 0.05


def test_a_rise_over_decades_is_not_sharp():
    epochs = np.arange(1, 3001)
    assert not find_rise(curve(np.log(epochs) / np.log(3000)), 5).is_sharp(0.0)


def test_a_straight_line_from_the_start_is_not_sharp():
    assert not find_rise(straight(400, (1, 0.1), (200, 0.9)), 1).is_sharp(0.0)


@pytest.mark.parametrize("length", [3, 9, 200])
def test_a_flat_curve_has_no_rise(length):
    assert find_rise(curve(np.full(length, 0.3)), 1) is None


def test_blocks_do_not_blur_a_long_run():
    rise = find_rise(straight(100_000, (60_000, 0.0), (60_500, 0.9)), 50)
    assert rise.middle == pytest.approx(60_250, rel=0.01)
    early = find_rise(straight(100_000, (900, 0.0), (1_000, 0.9)), 20)
    assert early.middle == pytest.approx(950, rel=0.02)


def test_two_rises_far_apart_are_two():
    first, second = find_rises(straight(3000, (100, 0.0), (120, 0.5), (1000, 0.5), (1100, 0.95)), 5)
    assert (first.low, first.high) == pytest.approx((0.0, 0.5), abs=0.02)
    assert (second.low, second.high) == pytest.approx((0.5, 0.95), abs=0.02)
    assert (first.middle, second.middle) == pytest.approx((110, 1050), rel=0.02)


def test_a_collapse_after_the_top_moves_no_crossing():
    rise = find_rise(straight(400, (100, 0.0), (120, 0.9), (200, 0.9), (201, 0.1), (220, 0.1), (221, 0.9)), 5)
    assert rise.end == pytest.approx(118, abs=3)


@pytest.mark.parametrize("length", [280, 3_360, 100_000, 1_000_000])
def test_a_rise_is_where_it_was_however_long_the_run_goes_on(length):
    rise = find_rise(straight(length, (100, 0.0), (160, 0.9)), 5)
    assert (rise.start, rise.middle, rise.end) == pytest.approx((106, 130, 154), abs=5)


def test_in_whole_images_a_step_on_the_way_up_is_no_top():
    rise = Rise(100, 130, 150, 0.0, 0.25, 0.0, 50, 20, 0.0, 0.0, 0.0)
    assert rise.top_is_seen(170, 1 / 500)
    assert not rise.top_is_seen(170, 1 / 12)
    assert rise.top_is_seen(220, 1 / 12)
