"""What loggers are shown of an epoch."""

import math
import sys
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from grokyolo.training.figures import Figures
from grokyolo.training.loggers import ORDINALS, draw_over_epochs, scalars, shown
from grokyolo.verdict import Verdict
from tests.training.reports import assessment, record, unmeasured


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


class TestShown:
    def test_the_trainer_has_the_figures_for_that_moment_only(self):
        own = {"metrics/accuracy_top1": 0.25}
        trainer = SimpleNamespace(metrics=own)
        with shown(trainer, figures(record(3))):
            assert trainer.metrics["grokyolo/score_gap"] == 0.5
            assert trainer.metrics["metrics/accuracy_top1"] == 0.25
        assert trainer.metrics is own
        assert own == {"metrics/accuracy_top1": 0.25}

    def test_also_when_a_logger_fails(self):
        own = {"metrics/accuracy_top1": 0.25}
        trainer = SimpleNamespace(metrics=own)
        with pytest.raises(ConnectionError), shown(trainer, figures(record(3))):
            raise ConnectionError
        assert trainer.metrics is own

    def test_ultralytics_placeholders_for_what_was_not_measured_are_left_out(self):
        trainer = SimpleNamespace(metrics={"metrics/accuracy_top1": math.nan})
        with shown(trainer, figures(unmeasured(3))):
            assert "metrics/accuracy_top1" not in trainer.metrics

    def test_a_measured_metric_that_is_no_number_stays(self):
        trainer = SimpleNamespace(metrics={"val/loss": math.nan})
        with shown(trainer, figures(record(3))):
            assert math.isnan(trainer.metrics["val/loss"])


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
