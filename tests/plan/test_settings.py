"""What a recipe trains with, defaults included: arguments, optimizer, accelerators."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from grokyolo.findings import Severity
from grokyolo.plan import BUDGET, make_plan
from grokyolo.plan.planning import to_json
from grokyolo.plan.settings import KINDS, Decay, effects, iterations_of, resolve
from grokyolo.recipe import Accelerate, Grokfast, load
from grokyolo.recipe.train_arguments import train_arguments
from grokyolo.view.plan import brief, plan_rows
from tests.plan.recipes import QUIET_MACHINE, settings

pytestmark = pytest.mark.usefixtures("workplace")
ALL = Accelerate(
    grokfast=Grokfast(), initial_scale=0.5, constrained_norm=0.8, orthograd=True, stablemax=True, weight_decay_after=20
)


def test_what_nobody_says_is_the_default_of_ultralytics():
    from ultralytics.cfg import get_cfg

    s, real = settings(), get_cfg()
    for name in ("epochs", "batch", "nbs", "lr0", "lrf", "momentum", "weight_decay", "warmup_epochs", "patience"):
        assert getattr(s, name) == getattr(real, name), name
    assert (s.optimizer, s.imgsz, s.workers) == ("auto", 640, 8)


def test_a_batch_that_the_gpu_chooses_is_assumed():
    assert (settings("batch=-1").batch, settings("batch=-1").batch_assumed) == (16, True)
    assert (settings("batch=0.7").batch, settings("batch=0.7").batch_assumed) == (16, True)
    assert (settings("batch=8").batch, settings("batch=8").batch_assumed) == (8, False)


@pytest.mark.parametrize("given, gpus", [("0", 1), ("[0, 1]", 2), ("'0,1,2'", 3), ("cpu", 1), ("null", 1)])
def test_gpus_that_share_a_batch(given, gpus):
    assert settings(f"device={given}").gpus == gpus


@pytest.mark.parametrize(
    "given, devices",
    [
        ("null", (0,)),
        ("cpu", (0,)),
        ("1", (1,)),
        ("[0, 2]", (0, 2)),
        ("'0,2'", (0, 2)),
        ("-1", (-1,)),
        ("cuda:1", (1,)),
    ],
)
def test_the_numbers_of_the_gpus(given, devices):
    assert settings(f"device={given}").devices == devices


def test_images_are_rounded_up_and_small_for_a_classifier():
    assert settings("imgsz=100").imgsz == 128
    assert settings(model="yolo26n-cls.yaml", data="folder").imgsz == 224
    assert settings("imgsz=64", model="yolo26n-cls.yaml", data="folder").imgsz == 64


@pytest.mark.parametrize(
    "given, both", [("0.5", (0.5, 1.0)), ("8", (8, 1.0)), ("[0.5, 8]", (0.5, 8)), ("1.0", (1.0, 1.0))]
)
def test_fractions_of_both_splits(given, both):
    from ultralytics.data.utils import get_split_fraction

    s = settings(f"fraction={given}")
    assert s.fraction == both
    value = eval(given)
    assert s.fraction == (get_split_fraction(value, "train"), get_split_fraction(value, "val"))


def test_frozen_layers():
    assert settings("freeze=3").freeze == (0, 1, 2)
    assert settings("freeze=[4, 23.cv2]").freeze == (4, "23.cv2")
    assert settings().freeze == ()


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


def planned(*overrides, recipe="grok-modular-addition"):
    return make_plan(load(recipe, [f"accelerate.{one}" for one in overrides]), machine=QUIET_MACHINE)


def rows(plan):
    return dict(plan_rows(plan))


def about(plan, text):
    return [one for one in plan.advice if text in one.what]


def test_nothing_is_said_where_none_is_named():
    plan = planned()
    assert plan.accelerators == ()
    assert to_json(plan)["accelerate"] == {}
    assert not about(plan, "accelerated")


def test_every_accelerator_has_a_line():
    found = {effect.key.partition(".")[2]: effect.what for effect in effects(ALL)}
    assert found == {
        "initial_scale": "matrices and kernels begin 0.5 times as large",
        "constrained_norm": "that of matrices and kernels is held at 0.8 times the initial one",
        "grokfast": "each gradient + 2 times its average over about 50 steps",
        "orthograd": "no step along the weights themselves",
        "stablemax": "in the training loss; validation and probe keep the cross-entropy",
        "weight_decay_after": "weight decay acts from epoch 21 on, none before",
    }
    assert set(found) == set(ALL.to_dict())


def test_lines_stand_on_the_screen_in_the_json_and_at_the_start_of_a_training():
    plan = planned("orthograd=true", "weight_decay_after=memorised")
    assert rows(plan)["orthograd"] == "no step along the weights themselves"
    assert rows(plan)["late"] == "weight decay acts once the probe is memorised, none before"
    assert list(to_json(plan)["accelerate"]) == ["orthograd", "weight_decay_after"]
    assert "plan: orthograd: no step along the weights themselves" in brief(plan)


def test_the_control_to_compare_with_can_be_typed():
    plan = planned("orthograd=true", "grokfast.alpha=0.9")
    (one,) = about(plan, "only the same recipe without it, and the same seed, tells whether that helps")
    assert (one.severity, one.remedy) == (Severity.INFO, "accelerate.grokfast=null accelerate.orthograd=false")
    off = load("grok-modular-addition", ["accelerate.orthograd=true", *one.remedy.split()])
    assert off.accelerate == Accelerate()


def test_late_decay_spends_less():
    whole, late = planned().schedule, planned("weight_decay_after=100").schedule
    assert late.decay_budget == pytest.approx(whole.decay_budget * 180 / 280)
    assert late.acting_budget == pytest.approx(late.decay_budget)
    assert rows(planned("weight_decay_after=100"))["budget"].startswith("3.2 e-folds")


def test_decay_that_waits_for_the_probe_spends_at_most_all():
    assert rows(planned("weight_decay_after=memorised"))["budget"].startswith("at most 5 e-folds")


def test_a_held_norm_leaves_no_budget_to_speak_of():
    plan = planned("constrained_norm=1.0")
    assert rows(plan)["budget"] == "none: the norm is held, decay cannot shrink it. Control: 2.0 to 2.7"
    assert plan.ways == plan.alone == ()
    assert not [one for one in plan.advice if one.location == BUDGET]


def test_a_detector_seldom_memorises_that_well():
    plan = planned("weight_decay_after=memorised", recipe="long-coco8")
    (one,) = about(plan, "weight decay waits for a probe score of 95 %, which a detector seldom reaches")
    assert (one.severity, one.remedy) == (Severity.WARNING, "accelerate.weight_decay_after=100")
    assert not about(planned("weight_decay_after=memorised"), "weight decay waits")


@pytest.mark.parametrize("one", ["initial_scale=0.5", "constrained_norm=1.0"])
def test_rescaled_weights_that_feed_a_normalisation(one):
    assert about(planned(one, recipe="long-coco8"), "98.5 % of the rescaled weights feed a normalisation")
    assert not about(planned(one), "rescaled weights")


def test_averages_of_gradients_are_counted_in_a_state():
    plain, fast = planned().costs.state_bytes, planned("grokfast.alpha=0.9").costs.state_bytes
    assert fast - plain == 4 * planned().model.weights.total
