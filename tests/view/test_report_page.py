"""The page as text: whole, without network, safe with any name, the same each time."""

import base64
import hashlib
import json
import os
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

from grokyolo.errors import UsageError
from grokyolo.gap.series import from_columns
from grokyolo.view.report import render, save_report
from tests.view.curves import event, grok, judged

HOSTILE = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Elements with attributes, and the text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.in_script = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.in_script = True
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.in_script = False

    def handle_data(self, data):
        if self.in_script:
            self.scripts[-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def data(self):
        return json.loads(self.scripts[0])

    def traces(self, part: str) -> list[dict]:
        """Return the traces of a part of the figure."""
        return [trace for trace in self.data["figures"]["light"]["data"] if trace["meta"]["part"] == part]


def page(*series) -> Page:
    return Page(render([judged(one) for one in series]))


@pytest.fixture(scope="module")
def text():
    return render([judged(grok())])


def without_scripts(text: str) -> str:
    return re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_verdict_comes_before_curves_and_tables(text):
    places = [
        text.index(part) for part in ("<h1>", "<strong>grokked</strong>", 'id="chart"', "Telling epochs", "Recipe")
    ]
    assert places == sorted(places)


def test_nothing_is_loaded_from_anywhere(text):
    found = Page(text)
    sources = [element.get(name) for _, element in found.elements for name in ("src", "srcset", "action", "data")]
    assert [source for source in sources if source] == []
    assert found.all("link") == found.all("iframe") == found.all("object") == []
    assert all(anchor["href"].startswith("#") for anchor in found.all("a"))
    assert "url(" not in text[text.index("<style>") : text.index("</style>")]


def test_the_policy_allows_these_scripts_and_no_network(text):
    found = Page(text)
    policy = next(meta["content"] for meta in found.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in found.scripts[1:]]
    assert rules["script-src"].split() == [f"'sha256-{digest}'" for digest in digests]
    assert "connect-src" not in rules


def test_no_inline_handlers_or_styles(text):
    names = {name for _, attributes in Page(text).elements for name in attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]


def test_a_hostile_name_stays_text_everywhere():
    series = replace(grok(run=HOSTILE), score_name=HOSTILE, notes=(f"{HOSTILE} & co",), events=(event(3, "recover"),))
    found = page(series, replace(grok(), run='"><img src=x onerror=alert(2)>'))
    assert len(found.all("script")) == 3
    assert found.all("img") == []
    assert found.data["runs"][0]["name"] == HOSTILE
    assert "alert" not in found.scripts[2]


def test_data_cannot_end_its_script_nor_open_a_comment():
    text = render([judged(grok(run="</script><!--<script>]]>&\u2028"))])
    start = text.index('<script type="application/json"')
    raw = text[start + 1 : text.index("</script>", start)]
    assert "<" not in raw[raw.index(">") :]
    assert json.loads(raw[raw.index(">") + 1 :])["runs"][0]["name"] == "</script><!--<script>]]>&\u2028"


def test_names_that_are_no_unicode_can_be_written():
    render([judged(grok(run="bad\udcff"))]).encode("utf-8", errors="replace")


def test_the_same_runs_make_the_same_page(text):
    assert render([judged(grok())]) == text


def test_curves_hold_the_numbers_of_the_series():
    series = grok()
    data = page(series).data
    columns = data["runs"][0]["columns"]
    assert columns["epoch"] == series.epoch.tolist()
    assert np.allclose(columns["val_loss"], series.val_loss, rtol=1e-5)
    assert np.allclose(columns["probe_score"], series.probe_score, rtol=1e-5)
    memorised, jump, middle = data["figures"]["light"]["layout"]["shapes"][::3]
    assert memorised["x0"] == memorised["x1"] == 6
    assert jump["x0"] < middle["x0"] < jump["x1"]


def test_both_themes_draw_the_same_columns():
    data = page(grok("runs/a"), grok("runs/b")).data
    light, dark = (data["figures"][theme]["data"] for theme in ("light", "dark"))
    assert [trace["meta"] for trace in light] == [trace["meta"] for trace in dark]
    for trace in light:
        columns = trace["meta"]["columns"]
        assert columns or "x" in trace
        assert set(columns.values()) <= data["runs"][trace["meta"]["run"]]["columns"].keys()
    assert light[0] != dark[0] or light[1] != dark[1]


def test_not_measured_is_null_and_not_finite_is_named():
    loss = np.ones(40)
    loss[[10, 11, 20]] = np.inf
    loss[30] = np.nan
    found = page(from_columns("r", np.arange(1, 41), val_loss=loss, train_loss=np.ones(40)))
    columns = found.data["runs"][0]["columns"]
    assert [i for i, value in enumerate(columns["val_loss"]) if value is None] == [10, 11, 20, 30]
    assert [trace["x"] for trace in found.traces("broken")] == [[11, 21]]
    assert set(columns) == {"epoch", "train_loss", "val_loss"}


def test_events_carry_detail_and_whether_they_move_curves():
    series = grok(events=(event(1, "start"), replace(event(40, "mosaic-closed"), detail="close_mosaic=10")))
    (trace,) = page(series).traces("events")
    assert trace["x"] == [1, 40]
    assert trace["customdata"] == ["start at epoch 1", "mosaic-closed at epoch 40 (close_mosaic=10)"]
    assert trace["marker"]["symbol"] == ["circle-open", "triangle-up"]


def test_more_events_than_anybody_reads_are_counted():
    text = without_scripts(render([judged(grok(events=tuple(event(3, "resume") for _ in range(1203))))]))
    assert text.count("<td>resume</td>") == 500
    assert "… and 703 more." in text


def test_several_runs_each_have_card_and_section():
    text = without_scripts(render([judged(grok(run=f"runs/{name}")) for name in "abc"]))
    assert "<h1>3 runs</h1>" in text
    for number, name in enumerate("abc", 1):
        assert f'<a href="#run-{number}"><bdi>runs/{name}</bdi></a>' in text
        assert f'<section aria-labelledby="run-{number}-title" id="run-{number}"' in text


def test_confounders_and_rough_gaps_are_said_beside_the_verdict():
    text = render([judged(grok(events=(event(108, "lr-changed"),)))])
    assert "<strong>Confounded by</strong> lr-changed at epoch 108" in text
    epoch = np.arange(1, 101)
    assert ">rough gap</span>" in render([judged(from_columns("r", epoch, train_loss=3 / epoch, val_loss=3 / epoch))])
    assert ">rough gap</span>" not in text


def test_the_plan_stands_between_curves_and_recipe(workplace):
    Path("a").mkdir()
    Path("a/args.yaml").write_text("optimizer: SGD\nlrf: 1.0\nwarmup_epochs: 0\n")
    text = without_scripts(render([judged(replace(grok(), run="a"))]))
    assert text.index('id="curves"') < text.index("<h3>Plan</h3>") < text.index("<h3>Recipe</h3>")
    assert '<th scope="row">optimizer</th><td>SGD; the learning rate stays</td><td></td>' in text


def test_a_hostile_plan_stays_text(workplace):
    Path("a").mkdir()
    meta = {"recipe": {"model": "/" + HOSTILE, "data": HOSTILE, "train": {"epochs": 300}}}
    Path("a/grokyolo.yaml").write_text(yaml.safe_dump(meta))
    found = page(replace(grok(), run="a"))
    assert len(found.all("script")) == 3


def test_long_names_may_break_at_their_joints(workplace):
    Path("a/weights").mkdir(parents=True)
    Path("a/weights/last_<b>.pt").touch()
    assert "<code>weights/<wbr>last_&lt;b&gt;.<wbr>pt</code>" in render([judged(replace(grok(), run="a"))])


def test_tables_and_regions_have_names_for_screen_readers(text):
    body = without_scripts(text)
    assert body.count("<table") == body.count("<caption")
    heads = re.findall(r"<th(?![a-z])([^>]*)>", body)
    assert heads and all("scope=" in head for head in heads)
    regions = re.findall(r'<[^>]*role="(?:region|application|group)"[^>]*>', body)
    assert regions and all("aria-label=" in region for region in regions)
    levels = [int(level) for level in re.findall(r"<h(\d)", body)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_every_reference_inside_the_page_has_its_target(text):
    found = Page(text)
    ids = [attributes["id"] for _, attributes in found.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for _, attributes in found.elements:
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert attributes.get(name, ids[0]) in ids


def test_a_hundred_thousand_epochs_stay_below_eight_megabytes():
    random = np.random.default_rng(0)
    noise = {name: random.normal(1, 0.1, 100_000) for name in ("train_loss", "probe_loss", "val_loss")}
    scores = {name: random.uniform(0, 1, 100_000) for name in ("probe_score", "val_score")}
    text = render([judged(from_columns("r", np.arange(1, 100_001), **noise, **scores))])
    assert len(text.encode()) < 8_000_000


# The file -----------------------------------------------------------------------------------------------------------


RUNS = [judged(grok())]


def test_writes_the_page_and_nothing_beside_it(workplace):
    save_report(RUNS, Path("a.html"))
    assert [path.name for path in workplace.iterdir()] == ["a.html"]
    assert Path("a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_new_page_has_the_permissions_of_any_new_file(workplace):
    Path("other").touch()
    save_report(RUNS, Path("a.html"))
    assert Path("a.html").stat().st_mode == Path("other").stat().st_mode


def test_an_old_page_is_replaced_and_keeps_its_permissions(workplace):
    Path("a.html").write_text("old")
    Path("a.html").chmod(0o640)
    save_report(RUNS, Path("a.html"))
    assert "grokked" in Path("a.html").read_text(encoding="utf-8")
    assert stat.S_IMODE(Path("a.html").stat().st_mode) == 0o640


def test_a_failure_leaves_the_old_page_whole(workplace, monkeypatch):
    Path("a.html").write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="cannot write the report: No space left on device"):
        save_report(RUNS, Path("a.html"))
    assert [path.name for path in workplace.iterdir()] == ["a.html"]
    assert Path("a.html").read_text() == "old"


@pytest.mark.parametrize("name", ["gap.csv", "results.csv", "page", "a.pdf"])
def test_only_html_is_written_so_that_no_log_is_lost(workplace, name):
    Path(name).write_text("precious")
    with pytest.raises(UsageError, match=r"a report is an \.html file") as caught:
        save_report(RUNS, Path(name))
    assert Path(name).read_text() == "precious"
    assert caught.value.hint == f"-o {Path(name).with_suffix('.html')}"


def test_a_missing_folder_is_named_with_its_remedy(workplace):
    with pytest.raises(UsageError) as caught:
        save_report(RUNS, Path("no/such/a.html"))
    assert caught.value.hint == "mkdir -p no/such"
    assert caught.value.where == "no/such/a.html"


def test_a_folder_is_no_file(workplace):
    Path("a.html").mkdir()
    with pytest.raises(UsageError, match="this is a folder") as caught:
        save_report(RUNS, Path("a.html"))
    assert caught.value.hint == "-o a.html/report.html"
