"""Runs next to each other as a table and as a picture."""

import numpy as np
import pytest

from grokyolo.compare import By, compare
from grokyolo.dynamics import decay_per_step
from grokyolo.errors import UsageError
from grokyolo.view.compare import COLOURS, compare_tables, draw_comparison, save_comparison
from tests.view.curves import grok, judged
from tests.view.test_table import printed

EPOCH = np.arange(1, 301)
CLOCKS = {
    "step": EPOCH * 9.0,
    "seconds": EPOCH * 60.0,
    "lr": np.full(300, 0.002),
    "weight_decay": np.full(300, 1.0),
}


def compared(*series, settings=None, by: By = By.EPOCH):
    return compare([judged(one) for one in series], settings or [{"train.seed": 0}] * len(series), by)


def two(by: By = By.EPOCH, **columns):
    a = grok("runs/a", **{**CLOCKS, **columns})
    b = grok("runs/b", **{**CLOCKS, "val_score": np.zeros(300), **columns})
    settings = [{"train.weight_decay": 1.0, "train.seed": 0}, {"train.weight_decay": 0.0, "train.seed": 0}]
    return compared(a, b, settings=settings, by=by)


def lines(comparison, width: int = 80) -> list[str]:
    return printed(compare_tables(comparison), width).splitlines()


def after(found: list[str], start: str) -> list[list[str]]:
    """Return the words of the lines that follow the one that starts so, up to an empty one."""
    at = next(i for i, line in enumerate(found) if line.startswith(start))
    rest = found[at + 1 :]
    return [line.split() for line in rest[: rest.index("") if "" in rest else len(rest)]]


def test_one_row_for_each_run():
    found = lines(two())
    assert found[2].split()[:5] == ["A", "runs/a", "grokked", "300", "6"]
    assert found[3].split() == ["B", "runs/b", "memorising", "300", "6", "–", "0.000"]


def test_who_was_first_and_at_what_cost():
    found = lines(two())
    assert "half of the best final level (0.490): first by epoch: A" in found
    assert after(found, "half of")[1:] == [
        ["A", "110", "990", "110", "min", "1.98"],
        ["B", "never", "–", "–", "–"],
    ]
    assert any(line.startswith("90 % of the best final level (0.882): first by epoch: A") for line in found)


def test_nobody_was_first():
    flat = [grok(name, val_score=np.where(EPOCH == 150, 0.5, 0.0)) for name in ("runs/a", "runs/b")]
    assert not any("first by" in line for line in lines(compared(*flat)))


@pytest.mark.parametrize(("by", "last"), [(By.EPOCH, "300"), (By.STEP, "2,700"), (By.TIME, "5.0"), (By.BUDGET, "5.41")])
def test_scores_at_the_same_place_on_the_clock(by, last):
    found = lines(two(by))
    rows = after(found, f"score by {by.value}")
    assert rows[-1][0] == last
    assert rows[-1][-2:] == ["0.980", "0.000"]


def test_what_differs_has_a_column_for_each_of_a_few_runs():
    assert lines(two())[-1].split() == ["train.weight_decay", "1.0", "0.0"]


def test_of_many_runs_those_with_one_value_share_a_line():
    settings = [{"train.seed": n // 2} for n in range(5)]
    found = lines(compared(*(grok(f"runs/{n}") for n in range(5)), settings=settings))
    assert found[-3].split() == ["train.seed", "0", "A", "B"]
    assert found[-1].split() == ["2", "E"]


def test_nothing_differs_and_nothing_is_known():
    assert lines(compared(grok("a"), grok("b")))[-1] == "what differs: nothing in their settings"
    unknown = lines(compared(grok("a"), grok("b"), settings=[{}, {}]))
    assert "what differs: not known" in unknown


def test_runs_without_a_score():
    found = lines(compared(*(grok(name, val_score=None, probe_score=None) for name in "ab")))
    assert "who came to half of the best first: no run has a score" in found


@pytest.mark.parametrize("count", [2, 3, 4, 9, 30])
def test_everything_fits_80_columns(count):
    runs = [grok(f"runs/{'folder-' * 3}{n}/{'long-name-' * 8}{n}", **CLOCKS) for n in range(count)]
    settings = [{"train.cache": f"{'value ' * 10}{n}", "data": "x" * 100} for n in range(count)]
    assert max(map(len, lines(compared(*runs, settings=settings)))) <= 80


def test_letters_that_move_the_cursor_are_not_printed():
    found = printed(compare_tables(compared(grok("\x1b[2Ja"), grok("b"), settings=[{"model": "\x1b[1m"}, {}])))
    assert "\x1b" not in found


def test_square_brackets_in_names_are_letters():
    assert any("runs/[red]a" in line for line in lines(compared(grok("runs/[red]a"), grok("b"))))


# The picture -----------------------------------------------------------------------------------------------------


def drawn(comparison):
    figure = draw_comparison(comparison)
    return figure, *figure.axes


def test_each_run_has_its_colour_and_markers_in_both_halves():
    _, above, below = drawn(two())
    for ax in (above, below):
        strong = [line for line in ax.lines if line.get_linewidth() > 1 and line.get_linestyle() != "None"]
        assert [line.get_color() for line in strong] == list(COLOURS[:2])
        assert len({line.get_marker() for line in strong}) == 2


def test_probe_lines_are_thin():
    _, above, _ = drawn(two())
    assert sum(line.get_linewidth() < 1 for line in above.lines) == 2


def test_a_jump_has_a_dot_half_way_up():
    comparison = two()
    _, above, _ = drawn(comparison)
    (dot,) = [line for line in above.lines if line.get_linestyle() == "None"]
    assert dot.get_marker() == "o"
    assert dot.get_xdata()[0] == comparison.runs[0].assessment.jump.epoch


@pytest.mark.parametrize(
    ("by", "words", "last"),
    [
        (By.EPOCH, "epoch", 300),
        (By.STEP, "optimizer step", 2700),
        (By.TIME, "seconds trained", 18000),
        (By.BUDGET, "e-folds of decay", 2700 * float(decay_per_step(0.002))),
    ],
)
def test_the_axis_is_the_clock_and_logarithmic(by, words, last):
    _, above, below = drawn(two(by))
    assert below.get_xlabel() == words
    assert below.get_xscale() == "log"
    assert max(line.get_xdata()[-1] for line in above.lines) == pytest.approx(last)


def test_the_clock_has_numbers_as_people_write_them():
    axis = draw_comparison(two(By.BUDGET)).axes[-1].xaxis
    axis.get_figure().draw_without_rendering()
    low, high = axis.get_view_interval()
    shown = [tick.label1.get_text() for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    assert shown == ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"]


def test_the_legend_names_every_run_with_its_verdict():
    figure, *_ = drawn(two())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "A  runs/a · grokked",
        "B  runs/b · memorising",
    ]


def test_a_run_without_the_clock_is_left_out():
    figure, above, _ = drawn(compared(grok("a", **CLOCKS), grok("b"), by=By.STEP))
    assert {line.get_color() for line in above.lines} == {COLOURS[0]}
    assert len(figure.legends[0].get_texts()) == 1


@pytest.mark.parametrize("count", [2, 9, 30])
def test_any_number_of_runs_can_be_drawn(tmp_path, count):
    save_comparison(compared(*(grok(f"runs/{n}") for n in range(count))), tmp_path / "many.png")
    assert (tmp_path / "many.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_the_suffix_decides_the_format(tmp_path, name, start):
    save_comparison(two(), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize("name", ["$x$", "runs/日本", "a\x1b[0m", "runs/_{^"])
def test_any_name_can_be_drawn(tmp_path, name):
    save_comparison(compared(grok(name), grok("b")), tmp_path / "a.png")
    assert (tmp_path / "a.png").is_file()


def test_another_suffix_is_an_error(tmp_path):
    with pytest.raises(UsageError) as caught:
        save_comparison(two(), tmp_path / "a.gif")
    assert caught.value.hint.endswith("a.png")


def test_a_place_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="cannot write the picture"):
        save_comparison(two(), tmp_path / "none" / "a.png")


def test_dashes_mean_the_probe_here_too():
    above, below = draw_comparison(two()).axes
    for ax in (above, below):
        looks = [line.get_linestyle() for line in ax.lines if len(line.get_xdata()) > 1]
        assert looks == ["-", "--"] * 2
