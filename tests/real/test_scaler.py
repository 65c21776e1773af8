"""AMP's gradient scaler is part of the state. GPUs have it; here a real one scales single precision on a CPU."""

import signal

import pytest
import torch

from grokyolo.errors import Stopped
from grokyolo.training import state, trainer
from tests.real.training import events, gone_on, log, same_weights, stop_after, trained, weights

FIRST_SCALE = 2.0**126
"""So large that gradients overflow until it has been halved some times."""


class Scaled(trainer.ClassifyTrainer):
    """Trains with scaled gradients; steps whose gradients overflow are left out."""

    def _build_train_pipeline(self):
        self.scaler = torch.amp.GradScaler("cpu", init_scale=FIRST_SCALE, growth_interval=4)
        super()._build_train_pipeline()


@pytest.fixture
def scaled(monkeypatch):
    monkeypatch.setitem(trainer.TRAINERS, "classify", Scaled)


def scaler_of(run):
    saved = state.load_newest(run, pytest.fail)
    assert saved is not None
    return saved["scaler"]


def test_stopped_and_resumed_is_the_same_as_never_stopped(scaled, small, workplace):
    recipe = small("classify", whole=True, epochs=8, batch=4, nbs=4)
    never = trained(recipe, "never")
    with pytest.raises(Stopped):
        trained(recipe, "stopped", epoch=stop_after(1, signal.SIGTERM))
    run = workplace / "runs" / "stopped"
    early = scaler_of(run)
    with pytest.raises(Stopped):
        gone_on(run, epoch=stop_after(4, signal.SIGTERM))
    gone_on(run)

    assert [epoch for epoch, words in events(run).items() if "resume" in words] == [2, 5]
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))
    assert scaler_of(run) == scaler_of(never)
    assert FIRST_SCALE > early["scale"] != scaler_of(run)["scale"], "it changed before the stop, and after"
