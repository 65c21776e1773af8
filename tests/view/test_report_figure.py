"""The figure of the report: what each trace draws, and which words stand at events."""

import numpy as np
import pytest

from grokyolo.gap.series import from_columns
from grokyolo.view.page import DARK, LIGHT, with_opacity
from grokyolo.view.report.curves import WIDTH, curves_of, event_labels, literal, short_names
from grokyolo.view.report.facts import read_facts
from grokyolo.view.report.figure import figure, layers
from tests.view.curves import event, grok, judged


def curves(*series):
    return curves_of([read_facts(*judged(one)) for one in series])


def traces(*series, part, theme=LIGHT):
    return [trace for trace in figure(curves(*series), "top1", theme).data if trace.meta["part"] == part]


def test_each_curve_names_its_columns():
    val = traces(grok(), part="val")
    assert [trace.meta["kind"] for trace in val] == ["score", "loss"]
    assert val[0].meta["columns"] == {"x": "epoch", "y": "val_score"}
    assert val[0].x is None


def test_the_band_lies_between_the_curves_that_it_compares():
    lower, upper = traces(grok(), part="gap")[:2]
    assert (lower.meta["columns"]["y"], upper.meta["columns"]["y"]) == ("probe_score", "val_score")
    assert (lower.fill, upper.fill) == (None, "tonexty")


def test_the_band_ends_where_one_of_its_curves_does():
    epoch = np.arange(1, 41)
    val = np.where(epoch > 10, 3.0 / epoch, np.nan)
    lower, upper = traces(from_columns("r", epoch, train_loss=2.0 / epoch, val_loss=val), part="gap")
    assert list(lower.x) == list(upper.x) == list(range(11, 41))


def test_colours_are_of_the_theme_and_of_the_run_among_several():
    assert traces(grok(), part="val", theme=DARK)[0].line.color == DARK.parts["val"]
    several = traces(grok("a"), grok("b"), part="val")
    assert [several[0].line.color, several[2].line.color] == [LIGHT.run(0), LIGHT.run(1)]


def test_what_can_be_switched_is_what_is_there():
    one = layers(curves(grok()))
    assert [(layer["part"], layer["on"]) for layer in one] == [
        ("val", True),
        ("probe", True),
        ("train", True),
        ("gap", True),
        ("marks", True),
    ]
    several = {layer["part"]: layer["on"] for layer in layers(curves(grok("a"), grok("b")))}
    assert (several["train"], several["gap"]) == (False, False)


def labels(*events):
    return event_labels(events, lambda epoch: epoch)


def test_events_close_together_share_their_words():
    found = labels(event(1, "start"), event(300, "wd-changed"), event(310, "wd-changed"), event(330, "recover"))
    assert found["text"] == ["start", "", "", "wd-changed ×2, recover"]


def test_words_stand_where_there_is_room_or_nowhere():
    found = labels(event(WIDTH - 5, "lr-changed"))
    assert (found["text"], found["textposition"]) == (["lr-changed"], ["middle left"])
    crowded = labels(*(event(40 * i, "resume") for i in range(1, 15)))
    assert set(crowded["text"][1:-1]) == {""}


def test_events_that_move_curves_choose_first():
    found = labels(event(300, "resume"), event(340, "lr-changed"), event(420, "resume"))
    assert found["text"][1] == "lr-changed"


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["runs/a", "runs/b/"], ["a", "b"]),
        (["runs/a"], ["runs/a"]),
        (["x/a/b", "x/c"], ["a/b", "c"]),
        (["a", "a"], ["a", "a"]),
    ],
)
def test_names_without_the_folders_that_all_share(names, short):
    assert short_names(names) == short


def test_text_is_no_markup():
    assert literal("<b>%{y} & co</b>") == "&lt;b&gt;&#37;{y} &amp; co&lt;/b&gt;"


@pytest.mark.parametrize(
    ("colour", "text"), [("#0072b2", "rgba(0, 114, 178, 0.2)"), ("hsl(20, 60%, 38%)", "hsla(20, 60%, 38%, 0.2)")]
)
def test_colours_that_let_the_ground_through(colour, text):
    assert with_opacity(colour, 0.2) == text
