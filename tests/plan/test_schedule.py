"""The schedule: against Ultralytics' loop written out batch by batch, and against real trainings."""

import math

import numpy as np
import pytest
import yaml

from grokyolo.dynamics import ema_window
from grokyolo.gap import read_run
from grokyolo.plan.schedule import schedule
from tests import data as small
from tests.cli.conftest import rows
from tests.plan.recipes import settings

pytestmark = pytest.mark.usefixtures("workplace")


def loop(s, images):
    """`BaseTrainer._do_train` without the training: epoch (from 0), learning rate and momentum of each step."""
    nb = math.ceil(images / min(s.batch, images))
    accumulate = min(max(round(s.nbs / s.batch), 1), nb * s.epochs)
    warm = min(s.warmup_epochs, max(s.epochs - 1, 0))
    nw = round(warm * nb) if warm > 0 else 0
    last, acc, steps = -1, accumulate, []
    for epoch in range(s.epochs):
        if s.cos_lr:
            factor = max((1 - math.cos(epoch * math.pi / s.epochs)) / 2, 0) * (s.lrf - 1) + 1
        else:
            factor = max(1 - epoch / s.epochs, 0) * (1.0 - s.lrf) + s.lrf
        lr, momentum = s.lr0 * factor, s.momentum
        for i in range(nb):
            ni = i + nb * epoch
            if nw and ni <= nw:
                acc = max(1, int(np.interp(ni, [0, nw], [1, accumulate]).round()))
                lr = float(np.interp(ni, [0, nw], [0.0, s.lr0 * factor]))
                momentum = float(np.interp(ni, [0, nw], [s.warmup_momentum, s.momentum]))
            if ni - last >= acc:
                steps.append((epoch, lr, momentum))
                last = ni
    return steps


@pytest.mark.parametrize("images", [1, 4, 15, 33, 200])
@pytest.mark.parametrize("batch, nbs", [(16, 64), (4, 4), (4, 64), (10, 64), (64, 16), (3, 8)])
@pytest.mark.parametrize(
    "rest",
    ["epochs=1", "epochs=12 warmup_epochs=0", "epochs=12 cos_lr=true lrf=0.1", "epochs=7 warmup_epochs=20 lrf=0.5"],
)
def test_steps_and_rates_are_those_of_the_loop(images, batch, nbs, rest):
    s = settings("optimizer=SGD", "momentum=0.8", f"batch={batch}", f"nbs={nbs}", *rest.split())
    planned, real = schedule(s, images, 80), loop(s, images)
    assert planned.steps == len(real)
    rates = [lr for _, lr, _ in real]
    assert planned.lr_start == pytest.approx(rates[0])
    assert planned.lr_peak == pytest.approx(max(rates))
    assert planned.lr_end == pytest.approx(rates[-1])
    assert planned.decay_budget == pytest.approx(sum(rates) * planned.weight_decay)
    acting = sum(lr / (1 - momentum) for _, lr, momentum in real) * planned.weight_decay
    assert planned.acting_budget == pytest.approx(acting)


@pytest.mark.parametrize("after", [1, 3, 7, 8])
@pytest.mark.parametrize("rest", ["warmup_epochs=0 cos_lr=true lrf=0.1", "warmup_epochs=4.5", "warmup_epochs=3 nbs=16"])
def test_decay_that_begins_late_counts_from_its_first_epoch(after, rest):
    arguments = ["optimizer=SGD", "momentum=0.8", "epochs=8", "batch=4", "nbs=4", *rest.split()]
    whole, late = settings(*arguments), settings(*arguments, f"accelerate.weight_decay_after={after}")
    planned, unchanged = schedule(late, 15, 80), schedule(whole, 15, 80)
    assert (planned.steps, planned.lr_peak, planned.lr_end) == (unchanged.steps, unchanged.lr_peak, unchanged.lr_end)
    decaying = [one for epoch, *one in loop(whole, 15) if epoch >= after]
    assert planned.decay_budget == pytest.approx(sum(lr for lr, _ in decaying) * planned.weight_decay)
    acting = sum(lr / (1 - momentum) for lr, momentum in decaying) * planned.weight_decay
    assert planned.acting_budget == pytest.approx(acting)


TRAININGS = {
    "steps span epochs, optimizer chosen": "epochs=30 batch=16 nbs=64 optimizer=auto weight_decay=0.01",
    "several steps an epoch, momentum warms up": "epochs=8 batch=4 nbs=8 optimizer=SGD lr0=0.01 lrf=0.1",
    "cosine, no warm-up, decay scaled": "epochs=8 batch=4 nbs=6 optimizer=AdamW cos_lr=true lrf=0.2 warmup_epochs=0",
    "one batch more than the accumulation": "epochs=9 batch=5 nbs=20 optimizer=MuSGD warmup_epochs=1.5",
}
PAIRS = ("data.modulus=5", "gap.probe=4", "warmup_epochs=3")
"""15 training images of 5 classes."""


@pytest.mark.parametrize("arguments", TRAININGS.values(), ids=TRAININGS)
def test_real_trainings_do_what_was_planned(grokyolo, workplace, arguments):
    from grokyolo.plan import settings_of
    from grokyolo.recipe import load

    given = [*PAIRS, "lrf=0.01", *arguments.split()]
    code, _, err = grokyolo("train", "--recipe", "grok-modular-addition", *given, "--name", "a")
    assert code == 0, err
    planned = schedule(settings_of(load("grok-modular-addition", given)), 15, 5)
    table = rows(workplace / "runs" / "a")
    steps = [int(row["step"]) for row in table]
    assert steps[-1] == planned.steps
    assert [float(row["weight_decay"]) for row in table] == pytest.approx([planned.weight_decay] * len(table))
    last = steps.index(steps[-1])  # the epoch in which the last step was taken
    assert float(table[last]["lr"]) == pytest.approx(planned.lr_end)
    args = yaml.safe_load((workplace / "runs" / "a" / "args.yaml").read_text())
    assert args["batch"] * planned.batches_per_epoch >= 15
    if not planned.warmup_batches:  # then one rate holds for all steps of an epoch
        taken = np.diff([0, *steps])
        spent = [-math.log1p(-float(row["lr"]) * float(row["weight_decay"])) for row in table]
        assert planned.decay_budget == pytest.approx(sum(taken * spent), rel=1e-4)
        assert planned.decay_budget == pytest.approx(read_run(workplace / "runs" / "a").decay_budget[-1], rel=1e-9)


def test_a_detector_takes_as_many_steps_as_planned(grokyolo, workplace):
    from grokyolo.plan import settings_of
    from grokyolo.recipe import load

    recipe = small.recipe("detect", workplace / "small", epochs=6, batch=4, nbs=16, optimizer="AdamW", warmup_epochs=2)
    assert grokyolo("train", "--recipe", str(recipe), "--name", "a")[0] == 0
    planned = schedule(settings_of(load(str(recipe))), 6, 2)
    assert int(rows(workplace / "runs" / "a")[-1]["step"]) == planned.steps


def test_the_run_of_the_glossary_is_250_steps_and_almost_no_decay():
    s = settings("epochs=1000", "patience=0", "weight_decay=0.01")
    planned = schedule(s, 4, 80)
    assert (planned.steps, planned.accumulate, planned.batches_per_epoch) == (250, 4, 1)
    assert planned.steps_per_epoch == 0.25
    assert planned.optimizer.name == "AdamW"
    assert planned.lr_peak == pytest.approx(0.000119, rel=0.01)
    assert planned.acting_budget == pytest.approx(0.00015, rel=0.01)


def test_the_positive_control_has_a_budget_of_five():
    planned = schedule(settings("optimizer=AdamW", *CONTROL), 576, 31)
    assert planned.steps == 2520
    assert planned.acting_budget == pytest.approx(-2520 * math.log1p(-0.002), rel=1e-4)
    assert 2.0 < planned.acting_budget * 128 / 280 < 2.7  # the jump of seed 0


CONTROL = ["epochs=280", "lr0=0.002", "lrf=1.0", "weight_decay=1.0", "batch=64", "nbs=64", "warmup_epochs=0"]


def test_decay_that_is_rescaled_has_no_known_budget():
    assert schedule(settings("optimizer=Adam"), 100, 2).acting_budget is None
    assert schedule(settings("optimizer=Adam", "weight_decay=0.0"), 100, 2).acting_budget == 0


def test_the_last_smaller_batch_counts_but_for_compiled_models():
    assert schedule(settings("batch=4"), 15, 2).batches_per_epoch == 4
    assert schedule(settings("batch=4", "compile=true"), 15, 2).batches_per_epoch == 3
    assert schedule(settings("batch=4", "compile=true"), 3, 2).batches_per_epoch == 1


def test_several_gpus_share_a_batch():
    assert schedule(settings("batch=4", "device=[0, 1]"), 15, 2).batches_per_epoch == 4
    assert schedule(settings("batch=16", "device=[0, 1]"), 15, 2).batches_per_epoch == 1


def test_decay_is_scaled_where_the_batch_is_no_divisor_of_nbs():
    assert schedule(settings("batch=48", "weight_decay=0.5"), 480, 2).weight_decay == 0.5 * 48 / 64
    assert schedule(settings("batch=128", "weight_decay=0.5"), 480, 2).weight_decay == 1.0


def test_a_run_of_very_many_epochs_is_summed_by_its_mean():
    few, many = (
        schedule(settings("optimizer=AdamW", "lrf=0.1", f"epochs={n}", "warmup_epochs=0"), 640, 2)
        for n in (1_000_000, 1_000_001)
    )
    assert many.steps == pytest.approx(few.steps, rel=1e-5)
    assert many.acting_budget == pytest.approx(few.acting_budget, rel=1e-5)
    assert (many.lr_peak, many.lr_end) == (0.01, pytest.approx(0.001))


def test_late_decay_in_a_run_of_very_many_epochs():
    given = ("optimizer=AdamW", "lrf=1.0", "warmup_epochs=0", "accelerate.weight_decay_after=250000")
    few, many = (schedule(settings(*given, f"epochs={n}"), 640, 2) for n in (1_000_000, 1_000_001))
    assert many.acting_budget == pytest.approx(few.acting_budget, rel=1e-5)


def test_the_window_of_the_average_is_that_of_ultralytics():
    from ultralytics.utils.torch_utils import ModelEMA

    class Nothing:
        def eval(self):
            return self

        def parameters(self):
            return ()

    ema = ModelEMA(Nothing())
    for steps in (1, 250, 10_000, 10**6):
        assert ema_window(steps) == pytest.approx(1 / (1 - ema.decay(steps)))


@pytest.mark.parametrize("name", ["SGD", "MuSGD", "AdamW"])
def test_decay_alone_shrinks_real_weights_by_the_acting_budget(name):
    import torch
    from ultralytics.optim import MuSGD

    given = (
        f"optimizer={name} lr0=0.01 lrf=1.0 momentum=0.9 weight_decay=0.02 epochs=1000 warmup_epochs=0 batch=4 nbs=4"
    )
    planned = schedule(settings(*given.split()), 4, 2)
    weight = torch.nn.Parameter(torch.ones(3, 3, dtype=torch.float64))
    kind = MuSGD if name == "MuSGD" else getattr(torch.optim, name)
    more = {} if name == "AdamW" else {"momentum": 0.9, "nesterov": True}
    optimizer = kind([weight], lr=0.01, weight_decay=0.02, **more)
    weight.grad = torch.zeros_like(weight)
    for _ in range(planned.steps):
        optimizer.step()
    assert -math.log(float(weight[0, 0].detach())) == pytest.approx(planned.acting_budget, rel=0.02)
