"""The page of a sweep: whole, without script or network, safe with any name."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from grokyolo.errors import UsageError
from grokyolo.view.phase import page as module
from grokyolo.view.phase.page import render, save_phase_page
from tests.view import sweeps

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Elements with attributes, all of them closed, and the text of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "style" not in self._open:
            self.words += data.split()

    def all(self, tag: str, name: str = "") -> list[dict[str, str | None]]:
        return [has for one, has in self.elements if one == tag and name in ["", *(has.get("class") or "").split()]]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def page(phases) -> Page:
    return Page(render(phases))


def test_each_cell_has_its_colour_and_its_numbers():
    found = page(sweeps.sweep())
    assert len(found.all("td", "w-grokked")) == 4
    assert len(found.all("td", "w-memorising")) == 5
    titles = {cell["title"].replace("\n", "") for cell in found.all("td", "w-grokked")}
    assert any("jump 132 (128–135)" in title for title in titles)


def test_law_critical_sizes_test_error_and_runs_are_there():
    text = page(sweeps.sweep()).text
    assert "The jump keeps the time of the decay budget" in text
    assert "between 0.4 and 0.6" in text
    assert "Test error over size, sample-wise" in text
    assert "weight_decay=1,fraction=0.8,seed=2" in text


def test_charts_are_drawings_with_words_for_those_who_cannot_see():
    drawings = page(sweeps.sweep()).all("svg")
    assert len(drawings) == 2
    assert all(drawing["aria-label"] for drawing in drawings)


def test_every_colour_that_it_uses_it_has_in_light_and_in_dark():
    text = render(sweeps.sweep())
    used, had = set(re.findall(r"var\((--[\w-]+)\)", text)), re.findall(r"(--[\w-]+):", text)
    assert {"--ink", "--paper", "--c0"} <= used
    assert sorted(name for name in used - {"--tone"} if had.count(name) < 3) == []  # light, dark, and dark by switch


def test_it_runs_nothing_and_loads_nothing():
    found = page(sweeps.sweep())
    assert found.all("script") == []
    assert not [has for _, has in found.elements if "src" in has or (has.get("href") or "#").startswith(("http", "//"))]
    (policy,) = [has["content"] for has in found.all("meta") if has.get("http-equiv")]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not any(key.startswith("on") for _, has in found.elements for key in has)


def test_names_are_words_never_elements():
    text = render(sweeps.hostile())
    assert sweeps.HOSTILE not in text
    assert page(sweeps.hostile()).all("script") == []
    assert sweeps.HOSTILE in page(sweeps.hostile()).text


@pytest.mark.parametrize("make", [sweeps.half_done, sweeps.panels, sweeps.wide, sweeps.models])
def test_every_sweep_has_a_page(make):
    assert "grokyolo sweep" in page(make()).text


def test_many_runs_are_cut_and_counted(monkeypatch):
    monkeypatch.setattr(module, "MOST_RUNS", 5)
    text = page(sweeps.sweep()).text
    assert "… and 22 more" in text


def test_the_same_sweep_makes_the_same_page():
    assert render(sweeps.sweep()) == render(sweeps.sweep())


def test_is_written_whole(workplace):
    save_phase_page(sweeps.sweep(), Path("a.html"))
    assert Path("a.html").read_text(encoding="utf-8") == render(sweeps.sweep())
    with pytest.raises(UsageError) as caught:
        save_phase_page(sweeps.sweep(), Path("no/a.html"))
    assert caught.value.hint == "mkdir -p no"
