"""The picture of a sweep: every cell drawn, every chart that there is something for, in every format."""

from pathlib import Path

import pytest
from matplotlib.patches import Rectangle

from grokyolo.errors import UsageError
from grokyolo.sweep.outcome import Word
from grokyolo.view.phase.look import LOOKS
from grokyolo.view.phase.picture import draw_phases, save_phase_picture
from tests.view import sweeps


@pytest.fixture(scope="module")
def drawn():
    """The axes of one sweep's picture: the diagram, then its charts."""
    return axes(sweeps.sweep())


def axes(phases):
    figure = draw_phases(phases)
    figure.draw_without_rendering()
    return [ax for ax in figure.axes if ax.axison]


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def cells(ax) -> list[str]:
    from matplotlib.colors import to_hex

    patches = [patch for patch in ax.patches if isinstance(patch, Rectangle) and not patch.get_hatch()]
    return [to_hex(patch.get_facecolor()) for patch in patches]


def test_every_cell_has_its_colour_and_its_letter(drawn):
    diagram = drawn[0]
    assert cells(diagram).count(LOOKS[Word.GROKKED].colour) == 4
    assert cells(diagram).count(LOOKS[Word.MEMORISING].colour.lower()) == 5
    assert texts(diagram) == ["M", "M", "M", "M", "G\n263", "G\n197", "M", "G\n132", "G\n99"]


def test_numbers_grow_upwards_and_words_go_down(drawn):
    assert drawn[0].get_ylim() == (0, 3)
    runs = sweeps.grid(lambda **_: sweeps.grokked(), optimizer=["SGD", "AdamW"], lr0=[1, 2], seed=[0])
    words = axes(sweeps.shown(runs, axes=("optimizer", "lr0")))[0]
    assert words.get_ylim() == (2, 0)
    assert [label.get_text() for label in words.get_yticklabels()] == ["SGD", "AdamW"]


def test_a_line_stands_between_the_phases(drawn):
    lines = [(*line.get_xdata(), *line.get_ydata()) for line in drawn[0].lines]
    assert sorted(lines) == [(1, 1, 1, 2), (1, 1, 2, 3), (1, 2, 1, 1), (2, 3, 1, 1)]


def test_what_is_not_judged_is_hatched_and_has_no_border():
    diagram = axes(sweeps.half_done())[0]
    assert len([patch for patch in diagram.patches if patch.get_hatch()]) == 3
    assert texts(diagram) == ["G\n128", "…", "!", "·", "N"]
    assert not diagram.lines


def test_a_panel_for_each_level_of_another_axis():
    titles = [ax.get_title(loc="left") for ax in axes(sweeps.panels())[:2]]
    assert titles == ["lr0=0.002", "lr0=0.004"]


def test_charts_of_law_budgets_critical_sizes_and_test_error(drawn):
    charts = drawn[1:]
    assert [ax.get_xlabel() for ax in charts] == [
        "e-folds of decay an epoch",
        "",
        "fraction",
        "fraction (training images)",
    ]
    assert "4 of" not in " ".join(ax.get_title(loc="left") for ax in charts)


def test_without_a_jump_there_is_no_chart_of_it():
    runs = sweeps.grid(lambda **_: sweeps.memorising(), weight_decay=[0.1, 0.2], seed=[0, 1])
    assert len(axes(sweeps.shown(runs))) == 1


def test_models_stand_by_their_parameters():
    chart = axes(sweeps.models())[-1]
    assert chart.get_xlabel() == "model (parameters)"
    assert chart.get_xscale() == "log"


def test_crowded_cells_have_stars():
    assert "G*\n1234" in texts(axes(sweeps.wide(lr0=[1, 2, 3]))[0])


@pytest.mark.parametrize("make", [sweeps.panels, sweeps.models, sweeps.hostile])
def test_every_sweep_can_be_drawn(workplace, make):
    save_phase_picture(make(), Path("a.png"))
    assert Path("a.png").stat().st_size > 5000


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_in_every_format(workplace, suffix):
    save_phase_picture(sweeps.half_done(), Path(f"a.{suffix}"))
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert Path(f"a.{suffix}").read_bytes().startswith(start)


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_a_picture_for_a_paper_has_no_date_and_is_the_same_each_time(workplace, suffix):
    for name in ("a", "b"):
        save_phase_picture(sweeps.half_done(), Path(f"{name}.{suffix}"))
    first = Path(f"a.{suffix}").read_bytes()
    assert first == Path(f"b.{suffix}").read_bytes()
    assert b"CreationDate" not in first and b"dc:date" not in first


def test_its_words_stay_words(workplace):
    save_phase_picture(sweeps.half_done(), Path("a.svg"))
    assert b">batch</text>" in Path("a.svg").read_bytes()
    save_phase_picture(sweeps.half_done(), Path("a.pdf"))
    fonts = Path("a.pdf").read_bytes()
    assert b"/FontFile2" in fonts and b"/Type3" not in fonts  # TrueType, Type 42 of PostScript


def test_another_suffix_is_an_error(workplace):
    with pytest.raises(UsageError) as caught:
        save_phase_picture(sweeps.sweep(), Path("a.bmp"))
    assert caught.value.what == "cannot draw a .bmp"
