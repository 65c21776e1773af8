"""The parts of pictures: axes with numbers as people write them, names that fit, one legend."""

import numpy as np
import pytest

from grokyolo.view.panels import fit_name, scale_epochs, scale_losses, scale_scores, wide


@pytest.fixture
def ax():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots()


def numbers(axis) -> list[str]:
    """Return the numbers that stand at an axis, within what it shows."""
    axis.get_figure().draw_without_rendering()
    low, high = sorted(axis.get_view_interval())
    return [tick.label1.get_text() for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]


@pytest.mark.parametrize(
    ("losses", "told"),
    [
        ([1e-4, 1e-3, 10], ["0.0001", "0.001", "0.01", "0.1", "1", "10"]),
        ([0.5, 20], ["0.5", "1", "2", "5", "10", "20"]),
        ([7, 9, 10.4], ["7", "8", "9", "10"]),
    ],
)
def test_losses_have_plain_numbers(ax, losses, told):
    ax.plot([1, 2, 3][: len(losses)], losses)
    scale_losses(ax, [np.array(losses)])
    assert ax.get_yscale() == "log"
    assert numbers(ax.yaxis) == told


def test_losses_that_are_all_the_same(ax):
    ax.plot([1, 2], [3.0, 3.0])
    scale_losses(ax, [np.array([3.0, 3.0])])
    assert numbers(ax.yaxis)


@pytest.mark.parametrize("loss", [[0.0, 1.0], [-1.0, 1.0], [0.0, 0.0], [np.nan]])
def test_losses_without_a_logarithm_have_a_plain_axis(ax, loss):
    scale_losses(ax, [np.array(loss)])
    assert ax.get_yscale() == "linear"


def test_a_few_losses_without_a_logarithm_may_run_out_of_the_axes(ax):
    scale_losses(ax, [np.array([0.0, 0.01, 10.0])], cut=True)
    assert ax.get_yscale() == "log"
    assert ax.get_ylim() == pytest.approx((0.008, 12.5))


def test_a_loss_that_is_not_finite_does_not_count(ax):
    ax.plot([1, 2], [1.0, 100.0])
    scale_losses(ax, [np.array([np.inf, np.nan, 1.0, 100.0])])
    assert numbers(ax.yaxis)[-1] == "100"


@pytest.mark.parametrize(("highest", "top"), [(1.0, 1.03), (0.51, 1.03), (0.2, 0.2266), (0.0, 0.0515)])
def test_scores_have_the_whole_axis_or_just_enough_of_it(ax, highest, top):
    scale_scores(ax, [np.array([0.0, highest, np.nan])])
    assert ax.get_ylim()[1] == pytest.approx(top)


@pytest.mark.parametrize(
    ("last", "room", "told"),
    [
        (280, 12, ["1", "2", "5", "10", "20", "50", "100", "200"]),
        (280, 5, ["1", "10", "100"]),
        (100_000, 12, ["1", "10", "100", "1,000", "10,000", "100,000"]),
    ],
)
def test_epochs_have_as_many_numbers_as_there_is_room(ax, last, room, told):
    scale_epochs(ax, 1, last, room)
    assert numbers(ax.xaxis) == told


@pytest.mark.parametrize("name", ["runs/" + letter * 200 + "/exp1" for letter in "iMx_模"])
def test_a_name_keeps_its_end_and_fits_whatever_its_letters(name):
    shown = fit_name(name, 2.0, 8)
    assert wide(shown, 8) <= 2.0
    assert shown.startswith("…") and shown.endswith("/exp1")


def test_a_short_name_stays_and_says_nothing_to_tex():
    assert fit_name("runs/a", 2.0, 8) == "runs/a"
    assert fit_name("a $x$ \n", 2.0, 8) == r"a \$x\$ \n"


def test_where_there_is_no_room_a_name_is_a_hint():
    assert fit_name("runs/a", 0.01, 8) == "…"
