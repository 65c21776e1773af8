"""Charts of the page: those of the picture, in the page's colours, with words behind every dot."""

import xml.etree.ElementTree as ET

from grokyolo.view.phase.charts import FEWEST, descent_charts, law_charts
from grokyolo.view.phase.page import SVG, XLINK, chart_of
from tests.view import sweeps

WORDS = "<b>what it & shows</b>"


def drawn(phases, charts=law_charts):
    (draw,) = charts(phases)
    return ET.fromstring(chart_of(draw, WORDS).svg)


def elements(root, tag):
    return list(root.iter(f"{{{SVG}}}{tag}"))


def texts(root):
    return ["".join(one.itertext()) for one in elements(root, "text")]


def test_every_run_that_jumped_or_waited_is_a_dot_with_its_words():
    phases = sweeps.sweep()
    dots = [one.text for one in elements(drawn(phases), "title")]
    jumps = [text for text in dots if text.startswith("fraction=")]
    assert len(jumps) == len(phases.law.jumps) == 12
    assert any(text.startswith("fraction=0.6: epoch 128, 2.3") for text in jumps)
    assert len([text for text in dots if text.startswith("ended at epoch")]) == len(phases.law.waits) == 6


def test_every_error_is_a_dot_with_its_words():
    dots = [one.text for one in elements(drawn(sweeps.models(), descent_charts), "title")]
    assert dots == [
        f"all runs, model={model}: {error} (2 runs)"
        for model, error in (("n.yaml", "0.500"), ("s.yaml", "0.400"), ("m.yaml", "0.300"))
    ]


def test_words_are_text_in_the_colours_of_the_page():
    root = drawn(sweeps.sweep())
    assert {"e-folds of decay an epoch", "epoch"} <= set(texts(root))
    styles = " ".join(part.get("style", "") for part in root.iter())
    assert "var(--c0)" in styles and "var(--ink)" in styles
    assert "#0072b2" not in styles and "#000000" not in styles


def test_it_says_what_it_shows_and_not_when_it_was_made():
    (draw,) = law_charts(sweeps.sweep())
    found = chart_of(draw, WORDS)
    assert found.title == "When it jumps, over how fast weights decay"
    assert ET.fromstring(found.svg).get("aria-label") == WORDS
    assert "date" not in found.svg.lower()
    assert found == chart_of(draw, WORDS)


def test_names_that_nothing_refers_to_are_left_out():
    root = drawn(sweeps.sweep())
    referred = {one.get(f"{{{XLINK}}}href") for one in elements(root, "use")}
    referred |= {one.get("clip-path", "")[4:-1] for one in root.iter()}
    assert {f"#{one.get('id')}" for one in root.iter() if one.get("id")} <= referred


def test_through_few_jumps_no_law_is_drawn():
    def lines(epochs):
        runs = sweeps.grid(
            lambda weight_decay: sweeps.grokked(epochs[weight_decay], rate=weight_decay), weight_decay=list(epochs)
        )
        return " ".join(texts(drawn(sweeps.shown(runs))))

    few = {0.01 * i: round(3 / (0.01 * i)) for i in range(1, FEWEST)}
    assert "fitted" not in lines(few) and "slope" not in lines(few)
    assert "fitted: slope -1.00" in lines({**few, 0.01 * FEWEST: round(3 / (0.01 * FEWEST))})


def test_names_are_text():
    svg = chart_of(*descent_charts(sweeps.hostile_models()), sweeps.HOSTILE).svg
    assert sweeps.HOSTILE not in svg
    root = ET.fromstring(svg)
    assert root.get("aria-label") == sweeps.HOSTILE
    assert all("script>" in one.text and "[bold]$x$" in one.text for one in elements(root, "title"))
    assert elements(root, "script") == []
