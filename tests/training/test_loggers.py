"""What loggers are shown of an epoch."""

import math
import sys
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from grokyolo.notify.figures import Figures
from grokyolo.training.loggers import ORDINALS, draw_over_epochs, scalars, shown
from grokyolo.verdict import Verdict
from tests.notify.reports import assessment, record, unmeasured


def figures(row, verdict=None, *, just_assessed=True, **values):
    known = {"decay_budget": 0.25, "usual_seconds": 2.0, "saved_epoch": 0, **values}
    return Figures(record=row, assessment=verdict, just_assessed=just_assessed, **known)


def test_a_measured_epoch_shows_everything():
    assert scalars(figures(record(3), assessment(Verdict.GROKKED))) == {
        "grokyolo/train_loss": 1.5,
        "grokyolo/probe_loss": 1.0,
        "grokyolo/val_loss": 3.0,
        "grokyolo/probe_score": 0.75,
        "grokyolo/val_score": 0.25,
        "grokyolo/loss_gap": 2.0,
        "grokyolo/score_gap": 0.5,
        "grokyolo/weight_decay": 0.5,
        "grokyolo/norm_decayed": 20.0,
        "grokyolo/norm_free": 5.0,
        "grokyolo/decay_budget": 0.25,
        "grokyolo/verdict": 5.0,
    }


def test_what_was_not_measured_is_absent():
    names = {name.removeprefix("grokyolo/") for name in scalars(figures(unmeasured(3), decay_budget=None))}
    assert names == {"train_loss", "weight_decay", "norm_decayed", "norm_free"}


def test_a_loss_that_was_measured_and_is_no_number_is_shown_as_such():
    assert math.isnan(scalars(figures(record(3, val_loss=math.nan)))["grokyolo/val_loss"])


def test_an_old_verdict_is_not_shown_again():
    assert "grokyolo/verdict" not in scalars(figures(record(3), assessment(), just_assessed=False))


def test_each_verdict_has_a_number_of_its_own():
    assert set(ORDINALS) == set(Verdict)
    assert len(set(ORDINALS.values())) == len(Verdict)


def test_every_value_is_a_plain_number():
    assert {type(value) for value in scalars(figures(record(3), assessment())).values()} == {float}


def trainer(metrics, row=None, epoch=3, verdict=None):
    """A trainer after an epoch, with what loggers read."""
    return SimpleNamespace(metrics=metrics, epoch=epoch - 1, figures=figures(row, verdict) if row else None)


class TestShown:
    def test_the_trainer_has_the_figures_for_that_moment_only(self):
        own = {"metrics/accuracy_top1": 0.25}
        one = trainer(own, record(3))
        with shown(one, "on_fit_epoch_end"):
            assert one.metrics["grokyolo/score_gap"] == 0.5
            assert one.metrics["metrics/accuracy_top1"] == 0.25
        assert one.metrics is own
        assert own == {"metrics/accuracy_top1": 0.25}

    def test_also_when_a_logger_fails(self):
        own = {"metrics/accuracy_top1": 0.25}
        one = trainer(own, record(3))
        with pytest.raises(ConnectionError), shown(one, "on_fit_epoch_end"):
            raise ConnectionError
        assert one.metrics is own

    @pytest.mark.parametrize("event", ["on_train_epoch_end", "on_train_batch_end", "on_model_save", "on_train_end"])
    def test_no_other_moment_has_them(self, event):
        one = trainer({"a": 1.0}, record(3))
        with shown(one, event):
            assert one.metrics == {"a": 1.0}

    def test_the_epoch_that_shows_the_best_weights_has_none(self):
        one = trainer({"a": 1.0}, record(3), epoch=4)
        with shown(one, "on_fit_epoch_end"):
            assert one.metrics == {"a": 1.0}

    def test_a_process_that_keeps_no_log_has_none(self):
        one = trainer({"a": 1.0})
        with shown(one, "on_fit_epoch_end"):
            assert one.metrics == {"a": 1.0}

    def test_ultralytics_placeholders_for_what_was_not_measured_are_left_out(self):
        one = trainer({"metrics/accuracy_top1": math.nan}, unmeasured(3))
        with shown(one, "on_fit_epoch_end"):
            assert "metrics/accuracy_top1" not in one.metrics

    def test_a_measured_metric_that_is_no_number_stays(self):
        one = trainer({"val/loss": math.nan}, record(3))
        with shown(one, "on_fit_epoch_end"):
            assert math.isnan(one.metrics["val/loss"])

    def test_the_start_of_a_training_tells_wandb_once(self, monkeypatch):
        run = Mock()
        monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(run=run))
        for event in ("on_train_start", "on_train_epoch_start", "on_fit_epoch_end"):
            with shown(trainer({}, record(3)), event):
                pass
        assert run.define_metric.call_count == 1


class TestDrawOverEpochs:
    def test_tells_the_run_of_wandb(self, monkeypatch):
        run = Mock()
        monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(run=run))
        draw_over_epochs()
        run.define_metric.assert_called_once_with("grokyolo/*", step_metric="epoch")

    @pytest.mark.parametrize("wandb", [None, SimpleNamespace(run=None)])
    def test_does_nothing_without_one(self, wandb, monkeypatch):
        monkeypatch.setitem(sys.modules, "wandb", wandb)
        assert draw_over_epochs() is None
