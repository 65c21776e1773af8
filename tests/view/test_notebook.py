"""A run as a notebook shows it."""

import subprocess
from base64 import b64decode
from html.parser import HTMLParser

import numpy as np
import pytest

import grokyolo
from grokyolo.view.notebook import html
from tests.gap.test_following import write
from tests.view.curves import event, grok


class Page(HTMLParser):
    """Takes a page apart, and fails where a tag is closed that is not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.cells, self.images, self.words = [], [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        else:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if self.open[-1] == "td":
            self.cells.append(data)


def test_a_run_that_was_read_shows_itself(tmp_path):
    write(tmp_path / "gap.csv", range(1, 21))
    page = Page(grokyolo.read_run(tmp_path)._repr_html_())
    assert {"img", "table"} <= set(page.tags)
    assert str(tmp_path) in page.words


def test_the_verdict_comes_first_with_its_reason_and_what_to_know():
    text = " ".join(Page(html(grok(events=(event(105, "lr-changed"),)))).words)
    assert "delayed-jump" in text
    assert "confounder: lr-changed at epoch 105" in text
    assert text.index("delayed-jump") < text.index("train loss")


def test_the_picture_is_inside_and_said_in_words():
    (image,) = Page(html(grok())).images
    kind, data = image["src"].split(",")
    assert kind == "data:image/png;base64"
    assert b64decode(data).startswith(b"\x89PNG")
    assert "runs/a" in image["alt"]


def test_the_table_has_the_telling_epochs():
    page = Page(html(grok()))
    assert page.tags.count("tr") == 7
    assert page.cells[-8:] == ["best, last", "300", "0.0100", "0.0067", "0.4000", "1.000", "0.980", "0.020"]


def test_a_plain_log_has_a_rough_gap():
    assert "rough loss gap" in html(grok(probe_score=None, probe_loss=None))
    assert "rough" not in html(grok())


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><b>', "a & b"])
def test_names_are_escaped(name):
    page = Page(html(grok(run=name)))
    assert "script" not in page.tags
    assert name in page.words
    assert name in page.images[0]["alt"]


def test_a_run_without_an_epoch_says_so():
    assert "no finished epoch yet" in html(grok(epochs=0, probe_score=None, val_score=None))


def test_nothing_is_fetched():
    assert "http" not in html(grok(val_loss=np.full(300, np.inf)))


@pytest.mark.parametrize("home", ["grokyolo", "grokyolo.gap"])
def test_it_does_so_wherever_its_reader_was_imported_from(home, python, tmp_path):
    write(tmp_path / "gap.csv", range(1, 21))
    code = f"from {home} import read_run; print(read_run({str(tmp_path)!r})._repr_html_()[:5])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "<div>\n"


def test_reading_a_run_loads_no_drawing(python, tmp_path):
    write(tmp_path / "gap.csv", range(1, 21))
    code = f"import sys, grokyolo; grokyolo.read_run({str(tmp_path)!r}); print('matplotlib' in sys.modules)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
