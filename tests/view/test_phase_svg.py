"""Charts as SVG text: points where their values say, round numbers at the axes, and nothing that a name could break."""

import xml.etree.ElementTree as ET

import pytest

from grokyolo.view.phase.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Layer, Scale, chart


def drawn(layers, x=Scale("x"), y=Scale("y")):  # noqa: B008 - frozen
    return ET.fromstring(chart(layers, x, y, "words"))


def dots(root):
    return [(float(one.get("cx")), float(one.get("cy"))) for one in root.iter("circle")]


def labels(root):
    return [one.text for one in root.iter("text") if one.get("class") is None]


def test_points_lie_where_their_values_say():
    (one, two, three) = dots(drawn([Layer([(1, 1, "a"), (2, 2, "b"), (3, 3, "c")])]))
    assert one[0] < two[0] < three[0]
    assert one[1] > two[1] > three[1]
    assert two[0] == pytest.approx((LEFT + WIDTH - RIGHT) / 2)
    assert two[1] == pytest.approx((TOP + HEIGHT - BOTTOM) / 2)


def test_equal_ratios_are_equal_distances_on_a_log_axis():
    (one, two, three) = dots(drawn([Layer([(1, 1, "a"), (10, 1, "b"), (100, 1, "c")])], x=Scale("x", log=True)))
    assert two[0] - one[0] == pytest.approx(three[0] - two[0], abs=0.2)


def test_axes_have_round_numbers():
    assert {"0.2", "0.4", "0.6"} <= set(labels(drawn([Layer([(0.1, 0.1, "a"), (0.9, 0.9, "b")])])))
    assert {"10", "100", "1,000"} <= set(labels(drawn([Layer([(5, 1, "a"), (5000, 1, "b")])], x=Scale("x", log=True))))


def test_or_those_that_are_given():
    assert {"n", "s"} <= set(
        labels(drawn([Layer([(0, 1, "a"), (1, 2, "b")])], x=Scale("x", ticks=((0, "n"), (1, "s")))))
    )


def test_from_nought_where_asked():
    assert "0" in labels(drawn([Layer([(1, 0.9, "a"), (2, 1.0, "b")])], y=Scale("y", zero=True)))


def test_one_point_is_a_chart():
    assert len(dots(drawn([Layer([(1, 1, "a")])]))) == 1


def test_lines_bars_and_open_marks():
    root = drawn(
        [Layer([(1, 1, ""), (2, 2, "")], "line", 3), Layer([(1, 1, "a")], "open"), Layer([(1, 1, "a")], bars=[(0, 2)])]
    )
    assert root.find("polyline").get("class") == "line c3 d3"
    assert root.find("path").get("class") == "open c0"
    assert len([one for one in root.iter("line") if (one.get("class") or "").startswith("bar")]) == 1


def test_names_are_text():
    name = "<b>&\"'</b>"
    root = drawn([Layer([(1, 1, name)])], x=Scale(name))
    assert root.find("circle/title").text == name
    assert next(one.text for one in root.iter("text") if one.get("class") == "name") == name
