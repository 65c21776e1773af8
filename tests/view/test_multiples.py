"""Several runs side by side: the same axes for all, and nothing written over anything else."""

import numpy as np
import pytest

from grokyolo.errors import UsageError
from grokyolo.view.plot import MOST, draw_multiples, save_multiples
from tests.view.curves import event, grok, judged


def drawn(*series):
    return draw_multiples([judged(one) for one in series])


def shown(figure):
    """Return the axes that are drawn: scores and losses of one run after the other."""
    return [ax for ax in figure.axes if ax.axison]


def words(figure):
    """Return every word with its place on the canvas."""
    renderer = figure.canvas.get_renderer()
    figure.draw_without_rendering()
    texts = [text for ax in shown(figure) for text in (ax._left_title, ax.xaxis.label, ax.yaxis.label, *ax.texts)]
    for ax in shown(figure):
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            texts += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    texts += figure.legends[0].get_texts()
    return [
        (text.get_text(), text.get_window_extent(renderer)) for text in texts if text.get_visible() and text.get_text()
    ]


def test_every_run_has_scores_above_losses_below_its_name_and_verdict():
    figure = drawn(grok("runs/a"), grok("runs/b", val_score=np.zeros(300)))
    axes = shown(figure)
    assert len(axes) == 4
    assert [ax.get_title(loc="left") for ax in axes if ax.get_title(loc="left")] == [
        "runs/a\ngrokked at 110 · memorised at 6 · firm",
        "runs/b\nmemorising · memorised at 6 · firm",
    ]


def test_all_runs_share_their_axes():
    figure = drawn(grok("a", epochs=300), grok("b", epochs=3000), grok("c", val_loss=np.full(300, 1e-5)))
    limits = {(ax.get_xlim(), ax.get_ylim()) for ax in shown(figure)}
    assert len(limits) == 2  # one for scores, one for losses
    assert {ax.get_xlim()[1] > 3000 for ax in shown(figure)} == {True}


@pytest.mark.parametrize(("count", "last"), [(2, 300), (3, 20_000), (7, 300), (12, 20_000)])
def test_no_word_is_written_over_another_or_cut_off(count, last):
    names = ["runs/a", "runs/" + "M" * 120, "a/b/" + "x_" * 60 + "/results.csv", "größe" * 30]
    events = (event(3, "recover"), event(150, "lr-changed"))
    runs = [grok(names[i % 4], epochs=(last, 40)[i % 2], events=events[: i % 3]) for i in range(count)]
    runs[1] = grok("runs/b", probe_score=None, probe_loss=None, score_name="mAP50-95(M)")
    figure = drawn(*runs)
    placed = words(figure)
    overlapping = [
        (one, other)
        for i, (one, first) in enumerate(placed)
        for other, second in placed[i + 1 :]
        if first.padded(-1).overlaps(second.padded(-1))
    ]
    assert overlapping == []
    width, height = figure.get_size_inches() * figure.dpi
    assert [
        word for word, box in placed if box.x0 < -1 or box.x1 > width + 1 or box.y0 < -1 or box.y1 > height + 1
    ] == []


def test_what_the_legend_says_is_in_the_picture():
    events = (event(150, "lr-changed"),)
    plain = grok("b", probe_score=None, probe_loss=None)
    legend = [text.get_text() for text in drawn(grok("a", events=events), plain).legends[0].get_texts()]
    assert legend == [
        "validation",
        "probe (training images)",
        "train (running mean, rough)",
        "gap",
        "rough gap",
        "memorised",
        "half way up the jump",
        "event that moves the curves",
    ]
    quiet = [text.get_text() for text in drawn(grok("a", val_score=np.zeros(300)), grok("b")).legends[0].get_texts()]
    assert "event that moves the curves" not in quiet


def test_a_run_without_scores_says_so_beside_others():
    figure = drawn(grok("a"), grok("b", val_score=None, probe_score=None))
    assert [text.get_text() for ax in shown(figure) for text in ax.texts] == ["no score in this log"]


def test_runs_without_any_score_have_losses_only():
    figure = drawn(*(grok(name, val_score=None, probe_score=None) for name in "ab"))
    assert [ax.get_ylabel() for ax in shown(figure)] == ["loss", ""]


def test_a_run_at_loss_zero_does_not_take_the_log_axis_from_the_others():
    figure = drawn(grok("a"), grok("b", train_loss=np.zeros(300)))
    assert {ax.get_yscale() for ax in shown(figure)[2:]} == {"log"}


def test_the_kind_of_score_is_named_wherever_it_changes():
    figure = drawn(grok("a"), grok("b", score_name="mAP50-95"), grok("c"))
    assert [ax.get_ylabel() for ax in shown(figure)[:3]] == ["top1", "mAP50-95", ""]


@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_writes_the_format_of_the_suffix(tmp_path, suffix, magic):
    save_multiples([judged(grok("a")), judged(grok("b"))], tmp_path / f"x{suffix}")
    assert (tmp_path / f"x{suffix}").read_bytes().startswith(magic)


def test_more_runs_than_anybody_can_read_are_refused(tmp_path):
    with pytest.raises(UsageError, match="37 runs do not fit into one picture: 36 at most"):
        save_multiples([judged(grok())] * (MOST + 1), tmp_path / "x.png")
    assert not (tmp_path / "x.png").exists()
