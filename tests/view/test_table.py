"""The gap table of one run, and the table of many."""

import io

import numpy as np
import pytest
from rich.console import Console

from grokyolo.verdict import Verdict, assess
from grokyolo.view.table import STYLES, Unreadable, many_table, run_table, telling_rows, verdict_text
from tests.view.curves import event, grok, judged


def printed(what, width: int = 80) -> str:
    written = io.StringIO()
    Console(file=written, width=width, highlight=False, emoji=False).print(what)
    return "".join(f"{line.rstrip()}\n" for line in written.getvalue().splitlines())


def test_the_telling_epochs_of_a_grok():
    series, assessment = judged(grok())
    rows = telling_rows(series, assessment)
    assert [label for label, _ in rows] == [
        *("first", "memorised, widest gap", "jump starts", "half way", "jump ends"),
        "best, last",
    ]
    epochs = [int(series.epoch[i]) for _, i in rows]
    assert epochs == sorted(epochs)
    assert epochs[3] == assessment.jump.epoch


def test_one_epoch_is_one_row():
    assert telling_rows(*judged(grok(epochs=1))) == [("first, widest gap, best, last", 0)]


def test_rows_are_of_measured_epochs():
    series = grok(val_score=np.where(np.arange(1, 301) % 7 == 0, grok().val_score, np.nan), val_loss=None)
    for label, i in telling_rows(*judged(series)):
        assert label in {"first", "last"} or series.measured[i]


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("last", [0, 5])
def test_the_table_fits(width, last):
    out = printed(run_table(*judged(grok(run="runs/" + "x" * 60)), last=last), width)
    assert max(map(len, out.splitlines())) <= width


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e4, 1e12])
def test_the_table_fits_with_any_size_of_loss(scale):
    series = grok(train_loss=grok().train_loss * scale, val_loss=grok().val_loss * scale, epochs=300)
    assert max(map(len, printed(run_table(*judged(series))).splitlines())) <= 80


def test_no_word_of_a_long_sentence_is_broken():
    events = tuple(event(n, "lr-changed") for n in range(100, 120))
    _, assessment = judged(grok(events=events))
    words = set(verdict_text(assessment).plain.split())
    assert set(printed(verdict_text(assessment)).split()) == words


def test_confounders_are_lines_of_their_own():
    _, assessment = judged(grok(events=(event(105, "lr-changed"), event(108, "recover"))))
    out = printed(verdict_text(assessment)).splitlines()
    assert "confounder: lr-changed at epoch 105" in out
    assert "confounder: recover at epoch 108" in out


def test_a_plain_log_says_that_its_gap_is_rough():
    out = printed(run_table(*judged(grok(probe_score=None, probe_loss=None))))
    assert "rough gap (no probe: augmented train loss)" in " ".join(out.split())
    assert "rough" in out.splitlines()[4]
    assert "loss gap" in out


def test_heading_names_what_is_known_of_the_images():
    assert "576 training, 256 probe, 385 validation images" in " ".join(printed(run_table(*judged(grok()))).split())
    out = printed(run_table(*judged(grok(train_images=None, probe_images=None, val_images=None))))
    assert "images" not in out.splitlines()[1]


def test_what_was_not_measured_is_a_dash():
    series = grok(val_score=np.where(np.arange(1, 301) % 7 == 0, grok().val_score, np.nan), val_loss=None)
    row = next(line for line in printed(run_table(*judged(series))).splitlines() if line.startswith("first"))
    assert row.split()[-3:] == ["0.167", "–", "–"]


def test_every_verdict_has_a_style():
    assert set(STYLES) == set(Verdict)


# Many ------------------------------------------------------------------------------------------------------------


def test_many_runs():
    rows = [assess(grok(run="runs/a")), Unreadable("runs/b", "no log"), assess(grok(run="runs/c", epochs=5))]
    lines = printed(many_table(rows)).splitlines()
    assert lines[-3].split()[:3] == ["runs/a", "300", "grokked"]
    assert lines[-2].split() == ["runs/b", "refused", "–", "–", "–", "–"]
    assert lines[-1].split()[:3] == ["runs/c", "5", "undecided"]


def test_the_order_is_that_of_the_user():
    names = [f"runs/{name}" for name in "zaqm"]
    lines = printed(many_table([Unreadable(name, "") for name in names])).splitlines()
    assert [line.split()[0] for line in lines[-4:]] == names


@pytest.mark.parametrize("name", ["[red]a[/]", "größe", "a b", "x" * 120, ":smile:"])
def test_names_of_many_runs_are_shown_whole(name):
    out = printed(many_table([assess(grok(run=name)), Unreadable(name, "no log")]))
    assert max(map(len, out.splitlines())) <= 80
    assert out.replace("\n", "").replace(" ", "").count("x") >= 240 if name.startswith("x") else name in out


def test_the_gap_of_a_plain_log_is_marked_as_rough():
    out = printed(many_table([assess(grok(probe_score=None, probe_loss=None))]))
    row, note = out.splitlines()[-2:]
    assert row.split()[-1].startswith("~")
    assert note.strip() == "~ rough gap: of losses, no probe was measured"
