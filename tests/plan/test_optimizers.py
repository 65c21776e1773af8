"""Which optimizer it will be: against `BaseTrainer.build_optimizer` itself."""

from types import SimpleNamespace

import pytest

from grokyolo.plan.optimizers import KINDS, Decay, iterations_of, resolve
from grokyolo.recipe.train_arguments import train_arguments
from tests.plan.recipes import settings

pytestmark = pytest.mark.usefixtures("workplace")


def built(s, iterations, classes):
    """The optimizer that Ultralytics builds for a small model."""
    from torch import nn
    from ultralytics.engine.trainer import BaseTrainer

    args = SimpleNamespace(lr0=s.lr0, optimizer=s.optimizer, warmup_bias_lr=0.1)
    trainer = SimpleNamespace(args=args, data={"nc": classes})
    model = nn.Module()
    model.model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    return BaseTrainer.build_optimizer(trainer, model, s.optimizer, s.lr0, s.momentum, 0.01, iterations)


@pytest.mark.parametrize("name", ["auto", "SGD", "MuSGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop"])
@pytest.mark.parametrize("iterations", [10_000, 10_001])
@pytest.mark.parametrize("classes", [1, 5, 80])
def test_it_is_the_optimizer_that_ultralytics_builds(name, iterations, classes):
    s = settings(f"optimizer={name}", "lr0=0.003", "momentum=0.8", "warmup_epochs=0")
    planned, real = resolve(s, iterations, classes), built(s, iterations, classes)
    group = next(g for g in real.param_groups if g["weight_decay"] and g["params"])
    assert planned.name == type(real).__name__ or (planned.name, type(real).__name__) == ("RMSprop", "RMSprop")
    assert planned.lr == group["lr"]
    assert planned.momentum == group.get("momentum", group.get("betas", (None,))[0])
    assert planned.chosen == (name == "auto")


def test_a_warm_up_leads_the_momentum_away_from_what_auto_chose():
    warm = resolve(settings("momentum=0.8", "warmup_momentum=0.5"), 20_000, 80)
    assert (warm.name, warm.warmup_momentum, warm.momentum) == ("MuSGD", 0.5, 0.8)
    cold = resolve(settings("momentum=0.8", "warmup_epochs=0"), 20_000, 80)
    assert (cold.name, cold.warmup_momentum, cold.momentum) == ("MuSGD", 0.9, 0.9)


def test_iterations_are_counted_by_nominal_batches():
    assert iterations_of(settings("batch=16", "nbs=64", "epochs=10"), 65) == 20
    assert iterations_of(settings("batch=128", "nbs=64", "epochs=10"), 129) == 20


def test_every_optimizer_of_ultralytics_is_known():
    names = train_arguments()["optimizer"].choices
    assert {name.lower() for name in names} - {"auto"} == set(KINDS)


def test_only_adamw_decays_by_itself():
    assert [name for name, kind in KINDS.items() if kind is Decay.DECOUPLED] == ["adamw"]


@pytest.mark.parametrize("name", ["Adam", "NAdam", "RAdam", "Adamax", "RMSprop"])
def test_pytorch_rescales_the_decay_of_the_others(name):
    import torch

    def weight(gradient: float, decay: float) -> float:
        parameter = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
        optimizer = getattr(torch.optim, name)([parameter], lr=0.001, weight_decay=decay)
        for i in range(100):  # a gradient that leads nowhere
            parameter.grad = torch.full((1,), gradient * (-1) ** i, dtype=torch.float64)
            optimizer.step()
        return float(parameter.detach())

    def shrunk(gradient: float) -> float:
        return weight(gradient, 0.0) - weight(gradient, 0.1)

    assert shrunk(0.0) > 1.2 * 100 * 0.001 * 0.1  # without a gradient, decay alone is made as large as any
    assert shrunk(100.0) < 0.2 * shrunk(0.0)


@pytest.mark.parametrize("name", ["SGD", "MuSGD", "AdamW", "Adam", "RMSprop", "Adamax", "NAdam", "RAdam"])
def test_states_are_those_that_the_optimizer_keeps(name):
    import torch

    s = settings(f"optimizer={name}", "momentum=0.8", "warmup_epochs=0")
    optimizer = built(s, 10, 5)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    matrix = max((p for g in optimizer.param_groups for p in g["params"]), key=torch.numel)
    kept = [v for v in optimizer.state[matrix].values() if torch.is_tensor(v) and v.shape == matrix.shape]
    assert resolve(s, 10, 5).states == len(kept)
