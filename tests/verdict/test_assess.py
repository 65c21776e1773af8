"""assess() takes any Series, says what the contract promises, and never raises."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grokyolo.gap.series import Event, EventKind, from_columns
from grokyolo.verdict import Assessment, Confidence, Verdict, assess
from grokyolo.verdict.assess import confidence
from tests.verdict.runs import LATE, LOSS_UP_AND_DOWN, PROBE, control, negative_control, run

ARRAYS = (
    *("step", "lr", "weight_decay", "train_loss", "probe_loss", "val_loss", "probe_score", "val_score"),
    *("norm_decayed", "norm_free"),
)
cells = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(0, 1),
    st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1.0]),
)


@st.composite
def anything(draw):
    """A Series of anything: any numbers in any column, any epochs that rise, any events."""
    count = draw(st.integers(0, 60))
    epochs = np.cumsum(draw(st.lists(st.integers(1, 9), min_size=count, max_size=count)))
    columns = {}
    for name in draw(st.sets(st.sampled_from(ARRAYS))):
        if draw(st.booleans()):
            columns[name] = draw(st.lists(cells, min_size=count, max_size=count))
        else:
            columns[name] = np.random.default_rng(draw(st.integers(0, 99))).random(count)
    kinds = draw(st.lists(st.sampled_from(list(EventKind)), max_size=4))
    events = tuple(Event(draw(st.integers(0, 300)), kind) for kind in kinds)
    counts = st.one_of(st.none(), st.integers(1, 5000))
    return from_columns(
        "any",
        epochs.astype(int),
        **columns,
        events=events,
        val_images=draw(counts),
        batches_per_epoch=draw(counts),
        measured_every=draw(st.integers(1, 30)),
    )


def check(found: Assessment) -> None:
    """What holds of every verdict (DESIGN section 5)."""
    assert found.verdict in Verdict
    assert found.reason.strip()
    parsed = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert set(parsed) >= {"run", "verdict", "reason", "epochs", "confidence", "jump", "gap", "best"}
    if found.verdict is Verdict.GROKKED:
        assert found.like_for_like
        assert found.jump.lateness >= 10
        assert found.confounders == ()
    if found.jump is not None:
        assert found.jump.start <= found.jump.epoch <= found.jump.end <= found.epochs


@settings(max_examples=400)
@given(anything())
def test_any_series_gets_a_verdict(series):
    check(assess(series))


@settings(max_examples=150)
@given(st.data(), st.booleans())
def test_a_run_with_broken_cells_gets_a_verdict(data, grokked):
    series = control() if grokked else negative_control()
    name = data.draw(st.sampled_from(ARRAYS))
    first = data.draw(st.integers(0, 279))
    last = data.draw(st.integers(first, 280))
    values = getattr(series, name).copy()
    values[first:last] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1.0, 1e308]))
    check(assess(replace(series, **{name: values})))


@pytest.mark.parametrize("count", [0, 1, 2, 5, 9, 10, 11])
def test_short_runs_get_a_verdict(count):
    epochs = np.arange(1, count + 1)
    score = np.linspace(0, 1, count)
    found = assess(from_columns("short", epochs, val_score=score, probe_score=score, val_loss=1 - score))
    check(found)
    assert found.epochs == count
    assert (found.verdict is Verdict.UNDECIDED) == (count < 10)


def test_all_cells_missing_is_undecided():
    found = assess(from_columns("empty", np.arange(1, 101)))
    assert found.verdict is Verdict.UNDECIDED
    assert found.best_epoch is None
    assert found.loss_gap is None


def test_the_same_series_gets_the_same_verdict_and_is_left_alone():
    series = control(noise=0.02)
    before = series.val_score.copy()
    assert assess(series) == assess(series)
    assert np.array_equal(series.val_score, before)


def test_the_numbers_are_those_of_the_log():
    series = control()
    found = assess(series)
    assert found.epochs == 280
    assert (found.best_epoch, found.best_score) == (220, pytest.approx(0.987))
    assert found.score_gap == pytest.approx(1 - 0.987)
    assert found.score_gap_max == pytest.approx(np.max(series.score_gap))
    assert found.loss_gap == pytest.approx(0.05 - 0.01)


def test_scaling_the_losses_changes_nothing():
    series = control()
    scaled = replace(series, val_loss=series.val_loss * 50, probe_loss=series.probe_loss * 50)
    assert assess(scaled).jump == assess(series).jump


@pytest.mark.parametrize(
    ("images", "word"),
    [(None, "firm"), (385, "firm"), (20, "firm"), (19, "indicative"), (8, "indicative"), (7, "loss-only")],
)
def test_confidence_follows_the_size_of_the_validation_set(images, word):
    assert confidence(images).value == word


def test_without_scores_the_losses_are_judged_and_never_grok():
    nothing = np.full(900, np.nan)
    found = assess(run(900, PROBE, LATE, LOSS_UP_AND_DOWN, val_score=nothing, probe_score=nothing))
    assert found.verdict is Verdict.DELAYED_JUMP
    assert found.confidence is Confidence.LOSS_ONLY
    assert found.jump.epoch == pytest.approx(168, rel=0.1)
    assert found.to_json()["jump"]["from"] is None
    assert "losses" in found.reason
