"""Pictures: what is drawn, for which runs, in which formats."""

import warnings

import numpy as np
import pytest
from PIL import Image

from grokyolo.compare import By
from grokyolo.errors import UsageError
from grokyolo.gap.series import from_columns
from grokyolo.verdict import assess
from grokyolo.view.panels import PROBE, VALIDATION, Look
from grokyolo.view.plot import draw, group_label, save_plot
from tests.view.curves import event, grok, judged


def texts(figure) -> list[str]:
    found = [text.get_text() for ax in figure.axes for text in ax.texts]
    return found + [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def boxes(figure) -> list[tuple[str, object]]:
    """Return the place of every word on the canvas but the numbers at the vertical axes."""
    renderer = figure.canvas.get_renderer()
    figure.draw_without_rendering()
    labels = [text for ax in figure.axes for text in [*ax.texts, ax.xaxis.label, ax.yaxis.label, ax._left_title]]
    labels += [*figure.axes[-1].get_xticklabels(), *figure.legends[0].get_texts()]
    shown = {id(text): text for text in labels if text.get_text() and text.get_visible()}
    return [(text.get_text(), text.get_window_extent(renderer)) for text in shown.values()]


@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_writes_the_format_of_the_suffix(tmp_path, suffix, magic):
    for name in (f"a{suffix}", f"b{suffix.upper()}"):
        save_plot(*judged(grok()), tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(magic)


@pytest.mark.parametrize(("name", "what"), [("a.gif", ".gif"), ("a.jpg", ".jpg"), ("a", "file without suffix")])
def test_refuses_other_formats(tmp_path, name, what):
    with pytest.raises(UsageError, match=f"cannot draw a {what}") as caught:
        save_plot(*judged(grok()), tmp_path / name)
    assert caught.value.hint.endswith("a.png")
    assert not (tmp_path / name).exists()


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="cannot write the picture"):
        save_plot(*judged(grok()), tmp_path / "nowhere" / "a.png")


def test_the_picture_of_a_grok():
    figure = draw(*judged(grok()))
    scores, losses = figure.axes
    assert scores.get_ylabel() == "top1"
    assert losses.get_ylabel() == "loss"
    assert losses.get_xlabel() == "epoch"
    assert scores.get_xscale() == losses.get_xscale() == losses.get_yscale() == "log"
    assert legend(figure) == ["validation", "probe (training images)", "train (running mean, rough)", "gap"]
    said = texts(figure)
    assert any(text.startswith("memorised: ") for text in said)
    assert any(text.startswith("jump: ") for text in said)
    assert any(text.startswith("runs/a · grokked at epoch ") for text in said)


def test_the_curves_are_those_of_the_run():
    series = grok()
    scores, _ = draw(*judged(series)).axes
    curves = {line.get_color(): line for line in scores.lines if len(line.get_xdata()) == len(series)}
    assert curves[PROBE].get_ydata() == pytest.approx(series.probe_score)
    assert curves[VALIDATION].get_ydata() == pytest.approx(series.val_score)


def test_probe_and_validation_differ_in_grey_too():
    scores, _ = draw(*judged(grok())).axes
    probe, validation = (next(line for line in scores.lines if line.get_color() == c) for c in (PROBE, VALIDATION))
    assert probe.is_dashed()
    assert not validation.is_dashed()


@pytest.mark.parametrize("epochs", [300, 3000, 100_000])
@pytest.mark.parametrize("jump", [True, False])
def test_no_two_labels_overlap(epochs, jump):
    events = (event(3, "recover"), event(150, "lr-changed"), event(152, "wd-changed"), event(280, "mosaic-closed"))
    columns = {} if jump else {"val_score": np.zeros(epochs)}
    placed = boxes(draw(*judged(grok(epochs=epochs, events=events, **columns))))
    assert len(placed) > 10
    overlapping = [
        (one, other)
        for i, (one, first) in enumerate(placed)
        for other, second in placed[i + 1 :]
        if first.padded(-1).overlaps(second.padded(-1))
    ]
    assert overlapping == []


def test_a_run_without_scores_has_losses_only():
    figure = draw(*judged(grok(val_score=None, probe_score=None)))
    (losses,) = figure.axes
    assert losses.get_ylabel() == "loss"


def test_a_plain_log_has_a_rough_gap_and_says_so():
    figure = draw(*judged(grok(probe_score=None, probe_loss=None)))
    assert "probe (training images)" not in legend(figure)
    assert "rough gap" in legend(figure)
    assert any(text.endswith("· rough gap") for text in texts(figure))


@pytest.mark.parametrize("epochs", [1, 2, 3, 9])
def test_short_runs(tmp_path, epochs):
    save_plot(*judged(grok(epochs=epochs)), tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").size == (1200, 900)


def test_one_epoch_is_a_dot():
    scores, losses = draw(*judged(grok(epochs=1))).axes
    assert [line.get_marker() for line in scores.lines] == ["o", "o"]
    assert [line.get_marker() for line in losses.lines] == ["o", "o", "o"]


def test_a_run_that_begins_late(tmp_path):
    series = from_columns("a", [5000, 5001, 5002], val_loss=[1.0, 2.0, 3.0], train_loss=[1.0, 1.0, 1.0])
    figure = draw(*judged(series))
    low, high = figure.axes[0].get_xlim()
    assert low < 5000 < 5002 < high


@pytest.mark.parametrize("loss", [0.0, -1.0])
def test_losses_that_have_no_logarithm(loss):
    figure = draw(*judged(grok(val_loss=np.full(300, loss))))
    assert figure.axes[-1].get_yscale() == "linear"


def test_epochs_without_measurement_are_bridged():
    val = np.where(np.arange(1, 301) % 5 == 0, grok().val_score, np.nan)
    scores, _ = draw(*judged(grok(val_score=val))).axes
    line = next(line for line in scores.lines if line.get_color() == VALIDATION)
    assert len(line.get_xdata()) == 60
    assert not np.isnan(line.get_ydata()).any()


def test_a_loss_that_is_not_finite_is_crossed():
    loss = grok().val_loss.copy()
    loss[100:120] = np.inf
    loss[200] = np.inf
    figure = draw(*judged(grok(val_loss=loss)))
    assert "loss not finite from here" in legend(figure)
    cross = next(line for line in figure.axes[-1].lines if line.get_marker() == "x")
    assert list(cross.get_xdata()) == [101, 201]


def test_a_run_of_nothing_finite_can_be_drawn(tmp_path):
    nothing = np.full(20, np.inf)
    series = grok(epochs=20, train_loss=nothing, probe_loss=nothing, val_loss=nothing)
    save_plot(*judged(series), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_low_scores_fill_the_axes():
    scores, _ = draw(*judged(grok(val_score=grok().val_score / 20, probe_score=grok().probe_score / 20))).axes
    assert scores.get_ylim()[1] < 0.06


def test_confounding_events_are_ticked_and_named():
    events = (event(1, "start"), event(50, "lr-changed"), event(200, "resume"), event(250, "recover"))
    figure = draw(*judged(grok(events=events)))
    ticks = [line.get_xdata() for line in figure.axes[-1].lines if line.get_marker() == "^"]
    assert [list(epochs) for epochs in ticks] == [[50, 250]]
    assert [text for text in texts(figure) if text in {"lr-changed", "recover", "resume", "start"}] == [
        "lr-changed",
        "recover",
    ]


@pytest.mark.parametrize(("loss", "place"), [(5.0, "bottom"), (0.01, "top")])
def test_the_name_of_an_event_stands_where_the_curves_leave_room(loss, place):
    losses = np.where(np.arange(300) < 5, 0.3, loss)
    series = grok(events=(event(150, "lr-changed"),), val_loss=losses, probe_loss=losses)
    (label,) = (text for text in draw(*judged(series)).axes[-1].texts if text.get_text() == "lr-changed")
    assert label.get_va() == place


@pytest.mark.parametrize(
    ("kinds", "label"),
    [
        (["recover"], "recover"),
        (["recover", "recover"], "recover ×2"),
        (["lr-changed", "recover", "lr-changed"], "lr-changed ×2, recover"),
        (["a", "b", "c", "d"], "a, b, c, …"),
    ],
)
def test_neighbouring_events_share_a_label(kinds, label):
    assert group_label(kinds) == label


@pytest.mark.parametrize(
    "name",
    ["a $x$ b", "$", "größe", "模型", "\\alpha", "a_b^c{d}", "<script>", "x" * 300, "tab\there", "line\nbreak", "%"],
)
@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_any_name_can_be_drawn(tmp_path, name, suffix):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_plot(*judged(grok(run=name, epochs=30)), tmp_path / f"a{suffix}")
    assert (tmp_path / f"a{suffix}").stat().st_size > 1000


def test_a_long_name_keeps_its_end():
    figure = draw(*judged(grok(run="x" * 100 + "/exp1", epochs=30)))
    assert any(text.startswith("…x") and "x/exp1 · " in text for text in texts(figure))


def test_drawing_leaves_the_run_as_it_was():
    series = grok()
    before = series.val_score.copy(), series.epoch.copy()
    draw(series, assess(series))
    assert (series.val_score == before[0]).all() and (series.epoch == before[1]).all()


CLOCKED = {
    "step": np.arange(1, 301) * 9.0,
    "seconds": np.arange(1, 301) * 60.0,
    "lr": np.full(300, 0.002),
    "weight_decay": np.full(300, 1.0),
}


@pytest.mark.parametrize(
    ("by", "label", "last"),
    [(By.STEP, "optimizer step", 2000), (By.TIME, "seconds trained", 10_000), (By.BUDGET, "e-folds of decay", 5)],
)
def test_another_clock_lies_along_the_picture(by, label, last):
    figure = draw(*judged(grok(**CLOCKED)), Look(by=by))
    axis = figure.axes[-1].xaxis
    assert axis.label.get_text() == f"{label}; marks name epochs"
    figure.draw_without_rendering()
    numbers = [float(text.get_text().replace(",", "")) for text in axis.get_ticklabels() if text.get_text()]
    assert numbers == sorted(numbers)
    assert numbers[-1] == last
    epochs = axis.get_ticklocs()
    shown = {By.STEP: 9.0, By.TIME: 60.0, By.BUDGET: 9 * 0.002}[by]
    assert np.array(epochs) * shown == pytest.approx(numbers, rel=0.01), "each number stands at its epoch"


def test_a_clock_that_the_log_does_not_tell_is_refused():
    with pytest.raises(UsageError, match="does not tell its e-folds"):
        draw(*judged(grok()), Look(by=By.BUDGET))


def test_size_and_title_are_those_that_were_asked_for():
    figure = draw(*judged(grok()), Look(size=(3.3, 2.8), title="Fig. 1"))
    assert tuple(figure.get_size_inches()) == pytest.approx((3.3, 2.8))
    assert figure.axes[0].get_title(loc="left") == "Fig. 1"
    assert not draw(*judged(grok()), Look(title="")).axes[0].get_title(loc="left")


def test_the_legend_fits_into_a_narrow_picture():
    figure = draw(*judged(grok()), Look(size=(3.6, 4)))
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.x1
