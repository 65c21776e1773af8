"""Curves in the dots of braille letters: size, axes, labels, and what is left out."""

import math

import numpy as np
import pytest

from grokyolo.view.chart import BLANK, LABELS, Line, Scale, chart, scale_of


def drawn(values, epoch=None, *, width: int = 47, height: int = 10, last: int = 0, **options) -> list[str]:
    """Return the lines of a chart with one curve."""
    values = np.asarray(values, dtype=float)
    epoch = np.arange(1, len(values) + 1) if epoch is None else np.asarray(epoch)
    options = {"score": True, "curves": [Line("val", values, "red")], **options}
    curves = options.pop("curves")
    lines = chart("top1", epoch, curves, width=width, height=height, last=last, **options)
    return [line.plain for line in lines]


def dots(line: str) -> str:
    """Return the part of a line that holds curves."""
    return line[LABELS:]


def has_dots(letter: str) -> bool:
    return BLANK < ord(letter) < BLANK + 256


@pytest.mark.parametrize(("width", "height"), [(20, 5), (47, 10), (200, 30)])
@pytest.mark.parametrize("score", [True, False])
def test_a_chart_has_the_size_asked_for(width, height, score):
    lines = drawn(np.linspace(0.01, 1, 300), width=width, height=height, score=score)
    assert len(lines) == height
    assert max(map(len, lines)) == width


def test_a_rising_curve_begins_at_the_lower_left_and_ends_at_the_upper_right():
    body = [dots(line) for line in drawn(np.linspace(0, 1, 300))[1:-2]]
    assert has_dots(body[-1][0])
    assert has_dots(body[0][-1])
    assert body[0][:20].strip() == ""
    assert body[-1][-1] == " "


def test_the_axis_of_epochs_is_logarithmic():
    labels = drawn(np.zeros(1000), width=LABELS + 61)[-1][LABELS:]
    assert labels.split() == ["1", "10", "100", "1,000"]
    tens, hundreds = labels.index("10 "), labels.index("100 ")
    assert abs(tens + 0.5 - 20) <= 1 and abs(hundreds + 1 - 40) <= 1


def test_the_axis_reaches_to_where_the_run_is_meant_to_end():
    body = [dots(line) for line in drawn(np.ones(10), last=1000)[1:-2]]
    filled = [column for column, letter in enumerate(body[0]) if has_dots(letter)]
    assert filled[0] == 0
    assert max(filled) == pytest.approx(len(body[0]) / 3, abs=2)


def test_a_run_that_went_beyond_its_plan_is_whole():
    assert drawn(np.ones(500), last=100)[-1].split()[-1] == "500"


def test_one_epoch_is_one_dot():
    body = "".join(dots(line) for line in drawn([0.5])[1:-2])
    assert sum(map(has_dots, body)) == 1


def test_every_extreme_of_a_long_curve_is_seen():
    values = np.full(100_000, 0.1)
    values[70_000] = 1.0
    body = [dots(line) for line in drawn(values)[1:-2]]
    assert any(map(has_dots, body[0]))


def test_a_gap_in_the_measurements_is_bridged_and_not_drawn_at_zero():
    values = np.full(100, 1.0)
    values[10:90] = np.nan
    body = [dots(line) for line in drawn(values)[1:-2]]
    assert all(map(has_dots, body[0]))
    assert not any(has_dots(letter) for line in body[1:] for letter in line)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_left_out(bad):
    lines = drawn([1.0, 0.5, bad, 0.2], score=False)
    assert not any("nan" in line or "inf" in line for line in lines)


def test_a_curve_without_any_value_is_said_to_be_unmeasured():
    lines = drawn([math.nan] * 5)
    assert "not measured" in lines[1]
    assert len(lines) == 10


def test_a_dashed_curve_is_told_apart_without_colour():
    row = [dots(line) for line in drawn([1.0] * 100, curves=[Line("probe", np.ones(100), "red", dashed=True)])][1]
    assert [has_dots(letter) for letter in row[:6]] == [True, True, False, True, True, False]


def test_a_dashed_curve_of_one_epoch_is_seen_wherever_it_lies():
    for epoch in range(1, 20):
        curve = Line("probe", np.array([0.5]), "red", dashed=True)
        body = "".join(dots(line) for line in drawn([0.5], [epoch], curves=[curve], last=20)[1:-2])
        assert sum(map(has_dots, body)) == 1


def test_a_steep_dashed_curve_is_drawn_through():
    values = np.where(np.arange(100) < 50, 0.0, 1.0)
    body = [dots(line) for line in drawn(values, curves=[Line("probe", values, "red", dashed=True)])[1:-2]]
    assert all(any(map(has_dots, line)) for line in body)


def test_where_two_curves_meet_the_later_one_gives_the_colour():
    values = np.full(50, 0.5)
    lines = chart(
        "x",
        np.arange(1, 51),
        [Line("a", values, "red"), Line("b", values, "blue")],
        width=40,
        height=8,
        last=0,
        score=True,
    )
    styles = {str(span.style) for line in lines[1:-2] for span in line.spans}
    assert "blue" in styles
    assert "red" not in styles


def test_no_dot_has_the_colour_of_another_curve():
    flat, rising = np.zeros(50), np.linspace(0, 0.05, 50)
    alone = drawn(flat, curves=[Line("top", np.ones(1).repeat(50), ""), Line("val", flat, "blue")])
    met = drawn(
        flat, curves=[Line("top", np.ones(1).repeat(50), ""), Line("a", rising, "red"), Line("val", flat, "blue")]
    )
    assert met[-3] == alone[-3]


def test_the_legend_names_every_curve():
    curves = [Line("probe", np.ones(3), "red", dashed=True), Line("val", np.ones(3), "blue")]
    assert drawn(np.ones(3), curves=curves)[0].split() == ["top1", "⠤", "⠤", "probe", "⠤⠤⠤", "val"]


def test_marks_are_upright_lines_behind_the_curves():
    body = [dots(line) for line in drawn(np.full(1000, 1.0), marks=[100])[1:-2]]
    columns = {line.index("┊") for line in body[1:]}
    assert len(columns) == 1
    assert has_dots(body[0][columns.pop()])


def test_events_are_ticks_on_the_axis():
    assert drawn(np.ones(1000), events=[50])[-2].count("▲") == 1
    assert drawn(np.ones(1000), events=[5000])[-2].count("▲") == 0


# Scales ----------------------------------------------------------------------------------------------------------


def scale(values, *, score: bool) -> Scale | None:
    return scale_of([Line("x", np.asarray(values, dtype=float), "")], score=score)


@pytest.mark.parametrize(
    ("highest", "top"), [(0.99, 1.0), (0.51, 1.0), (0.5, 0.5), (0.23, 0.3), (0.3, 0.3), (0.004, 0.01), (0.0, 0.01)]
)
def test_scores_have_a_round_top(highest, top):
    found = scale([0.0, highest], score=True)
    assert (found.low, found.high, found.log) == (0.0, pytest.approx(top), False)


def test_losses_have_a_log_axis_where_that_is_possible():
    assert scale([0.01, 3.0], score=False) == Scale(0.01, 3.0, log=True)
    assert scale([0.0, 3.0], score=False) == Scale(0.0, 3.0, log=False)
    assert scale([-1.0, 3.0], score=False) == Scale(-1.0, 3.0, log=False)


def test_a_log_axis_labels_powers_of_ten():
    assert Scale(0.004, 30, log=True).ticks() == pytest.approx([0.01, 0.1, 1, 10])
    assert Scale(2.5, 3.5, log=True).ticks() == [2.5, 3.5]


def test_a_constant_loss_lies_in_the_middle():
    body = [dots(line) for line in drawn(np.full(10, 2.0), score=False, height=12)[1:-2]]
    assert [row for row, line in enumerate(body) if any(map(has_dots, line))] in ([4], [5])


@pytest.mark.parametrize("values", [[1e-12, 1e12], [0.5, 0.500001], [3e5, 9e6], [1e-9, 2e-9]])
def test_labels_fit_in_front_of_the_axis(values):
    lines = drawn(values, score=False)
    assert all(line[LABELS - 1] in "│┤" for line in lines[1:-2])
    assert max(map(len, lines)) == 47


@pytest.mark.parametrize(
    ("value", "label"),
    [(0.005, "0.005"), (0.0056, "0.0056"), (0.00012, "1e-4"), (0.5, "0.5"), (9.82, "9.82"), (12345.0, "12,345")],
)
def test_labels_are_numbers_as_people_write_them(value, label):
    top = drawn([value / 3, value], score=False)[1]
    assert top[: LABELS - 1].strip() == label
