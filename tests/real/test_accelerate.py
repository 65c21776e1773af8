"""Accelerators in real trainings: they act, the log shows it, and a resume is exact to the bit."""

import signal

import pytest
from ultralytics.utils.callbacks import default_callbacks

from grokyolo.errors import Interrupted, Stopped
from grokyolo.gap import read_run
from grokyolo.training.engine import Engine
from tests.real.training import events, gone_on, log, same_weights, stop_after, trained, weights

GROKFAST = ("accelerate.grokfast.alpha=0.9", "accelerate.grokfast.lamb=1.0")
STILL = ("lr0=0.000000000001", "warmup_epochs=0")
"""Weights that do not move, so that losses and norms are those of the beginning."""
CASES = {
    "gradients": ("classify", (*GROKFAST, "accelerate.orthograd=true")),
    "weights": ("classify", ("accelerate.initial_scale=2.0", "accelerate.constrained_norm=0.7")),
    "loss-and-decay": ("classify", ("accelerate.stablemax=true", "accelerate.weight_decay_after=2")),
    "boxes": ("detect", (*GROKFAST, "accelerate.constrained_norm=0.9")),
}


def stopped_twice(recipe, *overrides, at=(1, 3)):
    with pytest.raises(Stopped):
        trained(recipe, "stopped", *overrides, epoch=stop_after(at[0], signal.SIGTERM))
    run = recipe.parent.cwd() / "runs" / "stopped"
    with pytest.raises(Interrupted):
        gone_on(run, epoch=stop_after(at[1], signal.SIGINT))
    gone_on(run)
    assert [epoch for epoch, words in events(run).items() if "resume" in words] == [at[0] + 1, at[1] + 1]
    return run


@pytest.mark.parametrize("case", CASES)
def test_a_resume_is_exact(case, small, workplace):
    task, overrides = CASES[case]
    recipe = small(task, case)
    never, run = trained(recipe, "never", *overrides), stopped_twice(recipe, *overrides)
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))


def test_each_of_them_acts(small, workplace):
    recipe = small("classify", "acts", epochs=2)
    of = {
        name: weights(trained(recipe, name or "none", *([f"accelerate.{name}"] if name else [])))
        for name in ("", "grokfast={}", "orthograd=true", "stablemax=true", "weight_decay_after=1")
    }
    plain = of.pop("")
    assert [name for name, found in of.items() if same_weights(found, plain)] == []


def test_the_wait_for_memorising_is_resumed_exactly(workplace):
    recipe = workplace / "control.yaml"
    recipe.write_text("extends: grok-modular-addition\ntrain: {epochs: 10, device: cpu}\n")
    overrides = ("accelerate.weight_decay_after=memorised",)
    never, run = trained(recipe, "never", *overrides), stopped_twice(recipe, *overrides, at=(4, 7))
    assert log(run) == log(never)
    assert same_weights(weights(run), weights(never))
    series = read_run(never)
    (begins,) = [epoch for epoch, words in events(never).items() if words == "wd-changed"]
    assert list(series.weight_decay) == [0.0] * (begins - 1) + [1.0] * (11 - begins)
    assert sorted(series.probe_score[begins - 6 : begins - 1])[2] >= 0.95, "of the five scores before it"
    assert sorted(series.probe_score[begins - 7 : begins - 2])[2] < 0.95
    assert series.decay_budget[begins - 2] == 0.0


def test_a_late_decay_is_logged_with_its_first_epoch(small, workplace):
    run = trained(small("classify", "late"), "run", "accelerate.weight_decay_after=2", "weight_decay=0.5")
    assert events(run) == {1: "start", 3: "wd-changed"}
    assert list(read_run(run).weight_decay) == [0.0, 0.0, 0.5, 0.5]


def test_the_norm_is_held_and_begins_where_it_is_told_to(small, workplace):
    recipe = small("classify", "norms", epochs=2)
    plain, scaled, moved = (
        read_run(trained(recipe, name, *overrides)).norm_decayed
        for name, overrides in {
            "plain": STILL,
            "scaled": (*STILL, "accelerate.initial_scale=3.0"),
            "moved": ("lr0=0.05", "accelerate.initial_scale=3.0", "accelerate.constrained_norm=0.5"),
        }.items()
    )
    assert list(scaled) == pytest.approx([3.0 * plain[0]] * 2)
    assert list(moved) == pytest.approx([1.5 * plain[0]] * 2)


def test_stablemax_changes_the_training_loss_and_neither_measured_ones_nor_checkpoints(small, workplace):
    from ultralytics import YOLO

    recipe = small("classify", "losses", epochs=2)
    plain = read_run(trained(recipe, "plain", *STILL))
    run = trained(recipe, "stable", *STILL, "accelerate.stablemax=true")
    stable = read_run(run)
    assert list(stable.val_loss) == pytest.approx(list(plain.val_loss), rel=1e-4)
    assert list(stable.probe_loss) == pytest.approx(list(plain.probe_loss), rel=1e-4)
    assert list(stable.train_loss) != pytest.approx(list(plain.train_loss), rel=1e-4)
    assert getattr(YOLO(run / "weights" / "last.pt").model, "criterion", None) is None


def test_what_was_gathered_goes_back_with_the_weights_after_a_loss_that_is_no_number(small, workplace, monkeypatch):
    poisoned = []

    def once(trainer):
        if trainer.epoch == 2 and not poisoned:
            poisoned.append(trainer.epoch)
            next(trainer.model.parameters()).data.view(-1)[0] = float("nan")

    monkeypatch.setitem(default_callbacks, "on_train_epoch_start", [once])
    run = trained(small("classify", "nan"), "run", *GROKFAST, "accelerate.constrained_norm=1.0")
    assert events(run) == {1: "start", 3: "recover"}
    assert all(tensor.isfinite().all() for tensor in weights(run)["model"].values())


def test_memory_that_runs_out_does_not_scale_the_weights_twice(small, workplace, monkeypatch):
    def hungry(trainer):
        if trainer.batch_size == 4:
            raise RuntimeError("CUDA out of memory")

    forward = Engine._forward_backward
    recipe, overrides = small("classify", "memory", epochs=1), (*STILL, "accelerate.initial_scale=2.0")
    plain = read_run(trained(recipe, "plain", *overrides)).norm_decayed
    monkeypatch.setattr(Engine, "_forward_backward", lambda self, i, batch: (hungry(self), forward(self, i, batch))[1])
    run = trained(recipe, "run", *overrides)
    assert events(run) == {1: "start|retry"}
    assert list(read_run(run).norm_decayed) == pytest.approx(list(plain))
