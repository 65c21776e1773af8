"""The one type that every log becomes."""

import dataclasses
import math

import numpy as np
import pytest

from grokyolo.gap import Event, EventKind, Series
from grokyolo.gap.series import COLUMNS, from_columns


def series(**columns):
    return from_columns("runs/a", range(1, 5), **columns)


class TestBuilding:
    def test_columns_left_out_are_not_measured(self):
        built = series(val_score=[0, 1, 2, 3])
        assert isinstance(built, Series)
        assert len(built) == 4
        assert built.val_score.dtype == np.float64
        assert np.isnan(built.probe_loss).all()

    def test_it_cannot_be_changed(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            series().run = "x"

    def test_unknown_columns_are_an_error(self):
        with pytest.raises(TypeError):
            series(colour=[1, 2, 3, 4])


class TestGap:
    def test_like_for_like(self):
        built = series(probe_loss=[1, 1, 1, 1], val_loss=[1, 2, 3, 4], probe_score=[1] * 4, val_score=[0.5] * 4)
        assert built.like_for_like
        assert built.loss_gap.tolist() == [0, 1, 2, 3]
        assert built.score_gap.tolist() == [0.5] * 4

    def test_rough(self):
        built = series(train_loss=[1, 1, 1, 1], val_loss=[1, 2, 3, 4])
        assert not built.like_for_like
        assert built.loss_gap.tolist() == [0, 1, 2, 3]
        assert np.isnan(built.score_gap).all()

    def test_one_measured_probe_is_enough(self):
        assert series(probe_score=[np.nan, np.nan, np.nan, 0.5]).like_for_like

    def test_between_infinities_it_is_unknown(self):
        built = series(probe_loss=[np.inf] * 4, val_loss=[np.inf] * 4)
        assert np.isnan(built.loss_gap).all()

    def test_measured(self):
        built = series(val_loss=[1, np.nan, np.inf, np.nan], val_score=[np.nan, 1, np.nan, np.nan])
        assert built.measured.tolist() == [True, True, True, False]


class TestDecayBudget:
    def test_the_sum_of_steps_times_rate_times_decay(self):
        built = series(optimizer="sgd", step=[10, 20, 30, 50], lr=[0.1, 0.1, 0.2, 0.1], weight_decay=[0.5] * 4)
        assert built.decay_budget == pytest.approx([0.5, 1.0, 2.0, 3.0])

    def test_of_adamw_it_is_what_the_weights_lose(self):
        built = series(optimizer="adamw", step=[10, 20, 30, 50], lr=[0.1, 0.1, 1e-8, 0.1], weight_decay=[0.5] * 4)
        each = -math.log(0.95)
        assert built.decay_budget == pytest.approx([10 * each, 20 * each, 20 * each, 40 * each], rel=1e-5)

    def test_single_unknown_cells_count_as_nothing(self):
        built = series(optimizer="sgd", step=[10, 20, 30, 40], lr=[0.1, np.nan, 0.1, 0.1], weight_decay=[0.5] * 4)
        assert built.decay_budget == pytest.approx([0.5, 0.5, 1.0, 1.5])

    @pytest.mark.parametrize("unknown", ["step", "lr", "weight_decay"])
    def test_what_is_not_known_at_all_is_not_zero(self, unknown):
        columns = {"step": [1, 2, 3, 4], "lr": [0.1] * 4, "weight_decay": [0.5] * 4}
        del columns[unknown]
        assert np.isnan(series(**columns).decay_budget).all()


class TestEvents:
    def test_an_exact_resume_confounds_nothing(self):
        assert not EventKind.RESUME.confounds
        assert not EventKind.START.confounds
        assert not EventKind.STOP.confounds
        assert all(kind.confounds for kind in EventKind if kind.value not in {"start", "resume", "stop"})

    def test_in_words(self):
        assert (
            str(Event(31, EventKind.MOSAIC_CLOSED, "close_mosaic=10")) == "mosaic-closed at epoch 31 (close_mosaic=10)"
        )
        assert str(Event(7, EventKind.RESTART)) == "restart at epoch 7"

    def test_of_some_kinds(self):
        events = tuple(Event(i, kind) for i, kind in enumerate(EventKind, 1))
        built = series(events=events)
        assert built.events_of([EventKind.STOP, EventKind.START]) == (events[0], events[-1])


class TestAsATable:
    """The columns of gap.csv, for whoever goes on with pandas or polars."""

    @pytest.fixture
    def run(self):
        events = (Event(1, EventKind.START), Event(3, EventKind.RESUME), Event(3, EventKind.STOP))
        return series(
            probe_loss=[1] * 4, val_loss=[1, np.nan, np.inf, 4], val_score=[0, np.nan, 0.5, 0.75], events=events
        )

    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_columns_and_values(self, run, library):
        table = getattr(run, f"to_{library}")()
        assert tuple(table.columns) == COLUMNS
        assert (
            table["epoch"].to_list() == [1, 2, 3, 4] if library == "polars" else table["epoch"].tolist() == [1, 2, 3, 4]
        )
        assert list(table["event"]) == ["start", "", "resume|stop", ""]
        np.testing.assert_array_equal(table["loss_gap"].to_numpy(), [0, np.nan, np.inf, 3])

    def test_not_measured_is_missing(self, run):
        assert run.to_polars()["val_score"].to_list() == [0, None, 0.5, 0.75]
        assert run.to_pandas()["val_score"].isna().tolist() == [False, True, False, False]

    def test_a_prompt_shows_one_short_line(self, run):
        assert repr(run) == "<Series 'runs/a': 4 epochs of grokyolo, like-for-like, score 0.75>"
        assert repr(series(val_loss=[1] * 4)) == "<Series 'runs/a': 4 epochs of grokyolo, rough>"
