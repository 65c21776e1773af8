"""The page of a sweep in a real browser: nothing to complain about, all drawn, also in the dark and on a telephone."""

from pathlib import Path

import pytest

from grokyolo.view.phase.page import save_phase_page
from tests.view import sweeps
from tests.view.test_report_browser import PATIENCE, browser

__all__ = ["browser"]


@pytest.fixture
def opened(browser, tmp_path):
    """Open the page of a sweep; returns the tab and what it complained about or asked for."""
    tabs = []

    def open_page(phases, **options):
        path = Path(tmp_path, "a.html")
        save_phase_page(phases, path)
        tab = browser.new_page(**options)
        tab.set_default_timeout(PATIENCE)
        tabs.append(tab)
        noticed: list[str] = []
        tab.on("console", lambda message: noticed.append(message.text))
        tab.on("pageerror", lambda error: noticed.append(str(error)))
        tab.on("dialog", lambda dialog: (noticed.append(dialog.message), dialog.dismiss()))
        tab.on("request", lambda request: noticed.append(request.url) if request.url != path.as_uri() else None)
        tab.goto(path.as_uri())
        return tab, noticed

    yield open_page
    for tab in tabs:
        tab.close()


def colour(dot) -> str:
    return dot.evaluate("one => getComputedStyle(one).fill")


@pytest.mark.parametrize("make", [sweeps.sweep, sweeps.hostile])
def test_nothing_to_complain_about(opened, make):
    tab, noticed = opened(make())
    assert tab.locator("table.phase td b").count() == len(list(make().diagram.cells()))
    assert noticed == []


def test_charts_are_drawn(opened):
    tab, _ = opened(sweeps.sweep())
    sizes = tab.locator("svg").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert len(sizes) == 2
    assert min(sizes) > 200
    assert colour(tab.locator("svg .dots").nth(1).locator("use").first) == "rgb(0, 114, 178)"


def test_in_the_dark(opened):
    tab, _ = opened(sweeps.sweep(), color_scheme="dark")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 26)"
    assert colour(tab.locator("svg .dots").nth(1).locator("use").first) == "rgb(86, 180, 233)"
    grokked = tab.locator("td.w-grokked").first.evaluate("one => getComputedStyle(one).backgroundColor")
    assert grokked == "rgb(0, 122, 89)"


def test_on_a_narrow_screen_nothing_sticks_out(opened):
    tab, _ = opened(sweeps.wide(), viewport={"width": 380, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 380


def test_each_cell_in_numbers_opens(opened):
    tab, _ = opened(sweeps.sweep())
    row = tab.get_by_text("jump 132 (128–135)")
    assert not row.is_visible()
    tab.get_by_text("Each cell in numbers").click()
    assert row.is_visible()
