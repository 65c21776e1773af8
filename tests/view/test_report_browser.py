"""The page in a real browser: drawn without an error, and everything that a reader can do to it."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grokyolo.gap import Intervals, IntervalWriter
from grokyolo.gap.series import from_columns
from grokyolo.view.report import save_report
from tests.view.curves import event, grok, judged

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 180_000
"""Milliseconds for a page to open: a browser that starts on a busy machine is no fault of the page."""
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium; a machine without one fails these tests, for they must not be passed over silently."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(
            f"no browser to test the report with: install one of {', '.join(BROWSERS)} (apt-get install chromium)"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield browser
        browser.close()


class Reader:
    """A page that is open, and all that it complained about or asked for."""

    def __init__(self, page, path: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(path.absolute().as_uri())
        page.wait_for_selector("html[data-ready]")

    def traces(self, part: str, kind: str | None = None) -> list[dict]:
        """Return the traces that Plotly draws for a part of the picture."""
        every = self.page.evaluate(
            "document.getElementById('chart').data.map(t => ({...t.meta, x: t.x, y: t.y, colour: t.line?.color}))"
        )
        return [trace for trace in every if trace["part"] == part and kind in (None, trace["kind"])]

    def layout(self, path: str):
        return self.page.evaluate(f"document.getElementById('chart').layout.{path}")

    def epochs(self) -> list[float]:
        """Return the first and the last epoch in monitor."""
        low, high = self.layout("xaxis.range")
        return [10**low, 10**high] if self.layout("xaxis.type") == "log" else [low, high]

    def paths(self, kind: str) -> int:
        """Return how many curves there really are in the picture."""
        subplot = {"score": "xy", "loss": "xy2"}[kind]
        return self.page.locator(f"#chart .subplot.{subplot} .scatterlayer path.js-line[d^=M]").evaluate_all(
            "lines => lines.filter(line => parseFloat(getComputedStyle(line).strokeWidth) > 0).length"
        )

    def panel(self) -> dict[str, float]:
        """Return where the upper panel lies."""
        return self.page.locator("#chart .draglayer .xy .nsewdrag").bounding_box()

    def hover(self, part: str, kind: str, run: int, subplot: str) -> None:
        """Point at the first point of a curve."""
        number = self.page.evaluate(
            "([part, kind, run]) => document.getElementById('chart').data.findIndex("
            "t => t.meta.part === part && t.meta.kind === kind && t.meta.run === run)",
            [part, kind, run],
        )
        point = f"[{{curveNumber: {number}, pointNumber: 0}}]"
        self.page.evaluate(f"Plotly.Fx.hover(document.getElementById('chart'), {point}, '{subplot}')")
        self.page.wait_for_timeout(100)  # Plotly answers at most every 50 ms

    def check(self, label: str, on: bool = True) -> None:
        self.page.get_by_label(label, exact=True).set_checked(on)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.locator("#chart").press(key)


@pytest.fixture
def read(browser, workplace):
    """Write the report of some runs and open it; whatever happens, nothing may complain or be loaded."""
    opened = []

    def start(*series, width=1280, scheme="light", **options):
        save_report([judged(one) for one in series], Path("report.html"))
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        context.set_default_timeout(PATIENCE)
        reader = Reader(context.new_page(), Path("report.html"))
        opened.append((context, reader))
        return reader

    yield start
    for context, reader in opened:
        context.close()
        assert reader.complaints == []
        assert [url for url in reader.requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_curves_of_a_grok_are_drawn(read):
    reader = read(grok())
    assert [len(reader.traces(part, "score")) for part in ("val", "probe", "train")] == [1, 1, 0]
    assert [len(reader.traces(part, "loss")) for part in ("val", "probe", "train")] == [1, 1, 1]
    assert len(reader.traces("gap")) == 4  # two edges in each panel
    assert reader.paths("score") == 2
    assert reader.paths("loss") == 3
    assert reader.traces("val", "score")[0]["x"] == list(range(1, 301))
    line = reader.page.locator("#chart .subplot.xy .scatterlayer .trace").last.bounding_box()
    assert line["width"] > 0.9 * reader.panel()["width"] and line["height"] > 0.8 * reader.panel()["height"]


def test_memorised_and_jump_are_marked_and_named(read):
    reader = read(grok())
    texts = reader.page.locator("#chart .annotation-text").all_text_contents()
    assert texts[0] == "memorised: 6"
    assert re.fullmatch(r"jump: 110 \(\d+–\d+\)", texts[1])
    assert 6 in [shape["x0"] for shape in reader.layout("shapes")]
    reader.check("marks", on=False)
    assert reader.page.locator("#chart .annotation-text").count() == 0
    assert reader.layout("shapes") == []


@pytest.mark.parametrize("label", ["validation", "probe", "train (rough)", "gap"])
def test_each_layer_goes_and_comes_back(read, label):
    part = {"validation": "val", "probe": "probe", "train (rough)": "train", "gap": "gap"}[label]
    reader = read(grok())
    before = len(reader.traces(part))
    reader.check(label, on=False)
    assert (before > 0, reader.traces(part)) == (True, [])
    reader.check(label)
    assert len(reader.traces(part)) == before


def test_runs_go_and_come_back_by_the_legend(read):
    reader = read(grok("runs/a"), grok("runs/b"), grok("runs/c"))
    assert sorted(trace["run"] for trace in reader.traces("val", "score")) == [0, 1, 2]
    reader.check("b", on=False)
    assert sorted(trace["run"] for trace in reader.traces("val", "score")) == [0, 2]
    assert reader.paths("score") == 4
    reader.page.get_by_role("button", name="none").click()
    assert reader.traces("val") == []
    reader.page.get_by_role("button", name="all").click()
    assert len(reader.traces("val", "score")) == 3


def test_runs_differ_in_colour_and_the_legend_shows_which(read):
    reader = read(*[grok(f"runs/{number}") for number in range(12)])
    colours = [trace["colour"] for trace in reader.traces("val", "score")]
    assert len(set(colours)) == 12
    swatches = reader.page.locator("#runs label line")
    assert [swatches.nth(i).get_attribute("stroke") for i in range(12)] == colours


def test_the_epoch_axis_switches_and_keeps_what_is_in_monitor(read):
    reader = read(grok())
    assert reader.layout("xaxis.type") == "log"
    reader.page.get_by_role("button", name="Zoom in").click()
    before = reader.epochs()
    reader.page.locator("#epoch-axis").get_by_label("linear").check()
    assert reader.layout("xaxis.type") == "linear"
    assert reader.epochs() == pytest.approx(before, rel=1e-6)


def test_the_loss_axis_switches(read):
    reader = read(grok())
    assert reader.layout("yaxis2.type") == "log"
    reader.page.locator("#loss-axis").get_by_label("linear").check()
    assert reader.layout("yaxis2.type") == "linear"


def test_losses_at_zero_begin_on_a_linear_axis(read):
    reader = read(from_columns("r", np.arange(1, 31), val_loss=np.linspace(3, 0, 30)))
    assert reader.layout("yaxis2.type") == "linear"
    assert reader.page.locator("#loss-axis").get_by_label("linear").is_checked()


def test_dragging_zooms_and_a_double_click_shows_all(read):
    reader = read(grok())
    whole = reader.epochs()
    box = reader.panel()
    reader.page.mouse.move(box["x"] + 300, box["y"] + 40)
    reader.page.mouse.down()
    reader.page.mouse.move(box["x"] + 500, box["y"] + 41, steps=5)
    reader.page.mouse.up()
    low, high = reader.epochs()
    assert whole[0] < low < high < whole[1]
    reader.page.mouse.dblclick(box["x"] + 300, box["y"] + 80)
    reader.page.wait_for_function(f"10 ** document.getElementById('chart').layout.xaxis.range[1] > {high * 1.01}")
    assert reader.epochs() == pytest.approx(whole)


def test_the_chart_is_worked_with_keys_alone(read):
    reader = read(grok())
    whole = reader.epochs()
    reader.press("+", "+")
    near = reader.epochs()
    assert near[1] / near[0] < whole[1] / whole[0]
    reader.press("ArrowRight")
    assert reader.epochs()[0] > near[0]
    reader.press("ArrowLeft", "ArrowLeft")
    assert reader.epochs()[0] < near[0]
    reader.press("0")
    assert reader.epochs() == pytest.approx(whole)
    reader.press("l")
    assert reader.layout("xaxis.type") == "linear"
    assert reader.page.locator("#epoch-axis").get_by_label("linear").is_checked()
    assert reader.page.locator("#status").inner_text().endswith("linear axis.")


def test_zooming_out_or_moving_ends_at_the_ends_of_the_run(read):
    reader = read(grok())
    whole = reader.epochs()
    reader.press("-", "-", "ArrowLeft", "ArrowRight")
    assert reader.epochs() == pytest.approx(whole)


FOCUSED = "document.activeElement.id || document.activeElement.parentElement.textContent.trim()"


def test_every_control_is_reached_by_tab(read):
    reader = read(grok("runs/a"), grok("runs/b"))
    seen = set()
    for _ in range(60):
        reader.page.keyboard.press("Tab")
        seen.add(
            reader.page.evaluate("document.activeElement.id || document.activeElement.parentElement.textContent.trim()")
        )
    assert {"theme", "a", "b", "validation", "probe", "left", "in", "reset", "save", "chart", "at"} <= seen


def test_hovering_tells_the_values_of_an_epoch(read):
    reader = read(grok())
    box = reader.panel()
    reader.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
    hover = reader.page.locator("#chart .hoverlayer")
    hover.get_by_text("validation top1").wait_for()
    text = hover.text_content()
    for name in ("epoch ", "validation top1", "probe top1", "validation loss", "probe loss", "train (rough) loss"):
        assert name in text


def test_values_at_an_epoch_can_be_asked_for(read):
    reader = read(grok("runs/a"), grok("runs/b", epochs=100))
    reader.page.get_by_label("Values at epoch").fill("150")
    rows = [
        row.all_inner_texts()
        for row in (reader.page.locator("#values tbody tr").nth(i).locator("th, td") for i in (0, 1))
    ]
    assert [row[:2] for row in rows] == [["a", "150"], ["b", "100"]]
    assert rows[0][2:4] == ["0.973", "1.000"]
    reader.check("a", on=False)
    assert reader.page.locator("#values tbody tr").count() == 1


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_the_theme_follows_the_system_and_the_button(read, scheme, other):
    reader = read(grok(), scheme=scheme)
    ground = "getComputedStyle(document.body).backgroundColor"
    first, paper = reader.page.evaluate(ground), reader.layout("paper_bgcolor")
    assert (sum(map(int, re.findall(r"\d+", first))) > 384) == (scheme == "light")
    reader.page.get_by_role("button", name=f"Switch to {other} colours").click()
    assert reader.page.evaluate(ground) != first
    assert reader.layout("paper_bgcolor") != paper
    reader.page.get_by_role("button", name=f"Switch to {scheme} colours").click()
    assert (reader.page.evaluate(ground), reader.layout("paper_bgcolor")) == (first, paper)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(read, scheme):
    reader = read(grok(), grok("runs/b", epochs=80), scheme=scheme)
    assert reader.page.evaluate(LOW_CONTRAST) == []


LOW_CONTRAST = """() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("main *, header *, footer *")].filter((e) => !e.closest("svg"))
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .map((e) => {
      const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
      return [e.textContent.trim().slice(0, 40), (a + 0.05) / (b + 0.05)];
    }).filter(([, ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("width", [320, 400, 1280])
def test_nothing_sticks_out_at_any_width(read, width):
    reader = read(grok("runs/" + "a_long_name_" * 12), grok(), width=width)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width


def test_events_are_drawn_and_labelled(read):
    events = (event(1, "start"), event(30, "wd-changed"), event(31, "wd-changed"), event(200, "resume"))
    reader = read(grok(events=events))
    assert reader.traces("events")[0]["x"] == [1, 30, 31, 200]
    texts = reader.page.locator("#chart .subplot.xy3 text").all_text_contents()
    assert [text for text in texts if text] == ["start", "wd-changed ×2", "resume"]
    moving = {shape["x0"] for shape in reader.layout("shapes")}
    assert {30, 31} <= moving and 200 not in moving
    reader.check("events", on=False)
    assert reader.traces("events") == []


def test_error_bars_are_drawn_where_there_are_some(read, workplace):
    (workplace / "gap.csv").write_text("epoch,val_loss\n1,1.0\n")
    with IntervalWriter(workplace / "errors.csv") as log:
        log.append(Intervals(epoch=120, probe_low=0.9, probe_high=1.0, val_low=0.7, val_high=0.8))
    reader = read(replace(grok(), run="gap.csv"))
    assert sorted(trace["y"][0] for trace in reader.traces("bars")) == pytest.approx([0.75, 0.95])
    assert reader.page.locator("#chart .errorbar path.yerror").count() == 2
    reader.check("90 % interval", on=False)
    assert reader.page.locator("#chart .errorbar path.yerror").count() == 0


def test_a_loss_that_was_not_finite_is_crossed(read):
    loss = np.where(np.arange(1, 301) == 150, np.inf, grok().val_loss)
    reader = read(grok(val_loss=loss))
    assert reader.traces("broken")[0]["x"] == [150]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_runs_are_drawn_as_dots(read, count):
    epoch = np.arange(1, count + 1)
    reader = read(from_columns("r", epoch, val_loss=1.0 / epoch, val_score=epoch / 10))
    assert reader.page.locator("#chart .subplot.xy .scatterlayer .point").count() == count


def test_a_run_without_scores_shows_its_losses_alone(read):
    epoch = np.arange(1, 101)
    reader = read(from_columns("r", epoch, train_loss=2.0 / epoch, val_loss=3.0 / epoch))
    assert reader.traces("val", "score") == []
    assert reader.paths("loss") == 2
    assert reader.page.get_by_label("rough gap").is_checked()
    assert reader.layout("yaxis2.domain")[1] > 0.8


def test_a_gap_is_never_shown_without_its_label(read):
    epoch = np.arange(1, 101)
    rough = from_columns("rough", epoch, train_loss=2.0 / epoch, val_loss=3.0 / epoch)
    assert read(grok()).page.get_by_label("gap", exact=True).count() == 1
    assert read(rough).page.get_by_label("rough gap", exact=True).count() == 1
    assert read(grok(), rough).page.get_by_label("gap, rough without a probe", exact=True).count() == 1


LINK = '<a href="//evil.example">%{y} &amp; <b>b</b></a>'
HOVERS = (
    ("val", "score", "xy", f"validation {HOSTILE}: 0.000"),
    ("val", "loss", "xy2", "validation loss: 5.3"),
    ("events", "strip", "xy3", "retry at epoch 9"),
)


def test_hostile_names_run_nothing_and_read_as_they_are(read):
    reader = read(grok(HOSTILE, score_name=HOSTILE), grok(LINK, score_name=HOSTILE, events=(event(9, "retry"),)))
    assert reader.page.locator("h3 bdi").first.inner_text() == HOSTILE
    assert reader.page.locator("#chart .ytitle").first.text_content() == HOSTILE
    hover = reader.page.locator("#chart .hoverlayer")
    for part, kind, subplot, words in HOVERS:
        reader.hover(part, kind, run=1, subplot=subplot)
        hover.get_by_text(words).first.wait_for()
        assert LINK in hover.text_content()
    assert reader.page.locator("#chart a").count() == 0


def test_the_picture_can_be_saved(read):
    reader = read(grok(), accept_downloads=True)
    with reader.page.expect_download() as download:
        reader.page.get_by_role("button", name="Save as SVG").click()
    assert download.value.suggested_filename == "grokyolo.svg"
    assert "<svg" in Path(download.value.path()).read_text(encoding="utf-8")


def test_the_page_is_read_without_scripts(browser, workplace):
    save_report([judged(grok())], Path("report.html"))
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(Path("report.html").absolute().as_uri())
    assert page.locator(".word strong").inner_text() == "grokked"
    assert page.get_by_text("need JavaScript").is_visible()
    assert page.get_by_role("table", name="Telling epochs").is_visible()
    assert not page.locator("#controls").is_visible()
    context.close()


def test_a_hundred_thousand_epochs_are_drawn_with_their_extremes(read):
    random = np.random.default_rng(0)
    score = random.uniform(0.2, 0.3, 100_000)
    score[[54_321, 76_543]] = 0.9, 0.01
    reader = read(from_columns("r", np.arange(1, 100_001), val_loss=random.normal(2, 0.1, 100_000), val_score=score))
    drawn = dict(zip(reader.traces("val", "score")[0]["x"], reader.traces("val", "score")[0]["y"], strict=True))
    assert (drawn[54_322], drawn[76_544]) == (0.9, 0.01)
    assert reader.paths("score") == 1
