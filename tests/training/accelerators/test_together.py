"""A recipe's accelerators together: which, in which order, on whose weights."""

import pytest
import torch

from grokyolo.errors import UsageError
from grokyolo.gap import EventKind
from grokyolo.recipe import Accelerate
from grokyolo.training.accelerators import Accelerators
from grokyolo.training.weights import norm
from tests.training.accelerators.optimizers import optimizer_of, step

ALL = {
    "initial_scale": 2.0,
    "constrained_norm": 0.5,
    "grokfast": {"alpha": 0.98, "lamb": 2.0},
    "orthograd": True,
    "stablemax": True,
    "weight_decay_after": 3,
}
CPU = torch.device("cpu")


def model_and_optimizer():
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    return model, optimizer_of(model)


@pytest.mark.parametrize("settings", [None, {}, {"orthograd": False, "initial_scale": None}])
def test_none_is_on_unless_it_is_named(settings):
    assert Accelerators(settings, "classify").named == {}


def test_every_accelerator_of_the_recipe_is_known():
    assert set(Accelerators(ALL, "classify").named) == set(Accelerate.model_fields) == set(ALL)


@pytest.mark.parametrize("task", ["detect", "segment", "pose", "obb"])
def test_stablemax_is_refused_where_there_is_no_softmax(task):
    with pytest.raises(UsageError) as caught:
        Accelerators({"stablemax": True}, task)
    assert str(caught.value.what) == f"stablemax takes the place of a softmax over classes, and {task} has none"


def test_weights_are_scaled_before_their_norm_is_held():
    model, optimizer = model_and_optimizer()
    first = norm([model.weight])
    Accelerators({"initial_scale": 4.0, "constrained_norm": 0.5}, "detect").built(optimizer, new=True)
    assert norm([model.weight]) == pytest.approx(2.0 * first)


def test_the_norm_is_held_within_the_optimizers_own_step():
    model, optimizer = model_and_optimizer()
    first = norm([model.weight])
    Accelerators({"constrained_norm": 1.0}, "detect").built(optimizer, new=True)
    step(model, optimizer)
    assert norm([model.weight]) == pytest.approx(first)


def test_an_optimizer_that_is_only_adapted_does_not_begin_again():
    model, optimizer = model_and_optimizer()
    first = norm([model.weight])
    accelerators = Accelerators({"initial_scale": 2.0}, "detect")
    accelerators.built(optimizer, new=True)
    accelerators.built(optimizer, new=False)
    assert norm([model.weight]) == pytest.approx(2.0 * first)


def test_the_slow_part_is_added_before_gradients_are_projected():
    model, _ = model_and_optimizer()
    model.weight.grad, model.bias.grad = torch.ones(2, 3), torch.ones(2)
    Accelerators({"grokfast": ALL["grokfast"], "orthograd": True}, "detect").before_step(model, 1.0)
    assert (model.weight.grad * model.weight).sum().item() == pytest.approx(0, abs=1e-5)
    assert model.weight.grad.norm().item() == pytest.approx(3 * 6**0.5)


def test_events_and_scores_reach_those_that_ask_for_them():
    _, optimizer = model_and_optimizer()
    accelerators = Accelerators({"weight_decay_after": "memorised"}, "classify")
    accelerators.built(optimizer, new=True)
    assert accelerators.begin_epoch(1, optimizer) == []
    for epoch in range(1, 6):
        accelerators.measured(epoch, 1.0)
    assert accelerators.begin_epoch(6, optimizer) == [EventKind.WD_CHANGED]


def test_the_state_holds_plain_values_and_comes_back(tmp_path):
    model, optimizer = model_and_optimizer()
    accelerators = Accelerators(ALL, "classify")
    accelerators.built(optimizer, new=True)
    model.weight.grad, model.bias.grad = torch.ones(2, 3), torch.ones(2)
    accelerators.before_step(model, 1.0)
    torch.save(accelerators.state_dict(), tmp_path / "state.pt")
    loaded = torch.load(tmp_path / "state.pt", weights_only=True)
    again = Accelerators(ALL, "classify")
    again.load_state_dict(loaded, CPU)
    assert again.named["constrained_norm"].target == accelerators.named["constrained_norm"].target
    assert torch.equal(again.named["grokfast"].slow["weight"], accelerators.named["grokfast"].slow["weight"])
