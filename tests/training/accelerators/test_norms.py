"""Control of the weight norm: of what, by how much, and what stays."""

import pytest
import torch

from grokyolo.training.accelerator_methods import ConstrainedNorm, InitialScale
from grokyolo.training.weights import norm
from tests.training.accelerators.optimizers import optimizer_of, step

CPU = torch.device("cpu")


@pytest.fixture
def model():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Linear(4, 2))


def matrices(model):
    return [p for p in model.parameters() if p.ndim > 1]


def test_matrices_begin_larger_and_nothing_else_does(model):
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    InitialScale(2.0).start(optimizer_of(model))
    for name, p in model.named_parameters():
        assert torch.equal(p, before[name] * (2.0 if p.ndim > 1 else 1.0)), name


def test_frozen_layers_keep_their_weights(model):
    model[0].weight.requires_grad = False
    before = model[0].weight.clone()
    optimizer = optimizer_of(model)
    InitialScale(3.0).start(optimizer)
    ConstrainedNorm(0.5).start(optimizer)
    assert torch.equal(model[0].weight, before)


@pytest.mark.parametrize("factor", [1.0, 0.3])
def test_the_joint_norm_is_held_by_one_factor(model, factor):
    first = norm(matrices(model))
    optimizer, held = optimizer_of(model), ConstrainedNorm(factor)
    held.start(optimizer)
    assert norm(matrices(model)) == pytest.approx(factor * first)
    for _ in range(5):
        step(model, optimizer)
        before, shares = norm(matrices(model)), [p.detach().clone() for p in matrices(model)]
        assert before != pytest.approx(factor * first)
        held.after_step(optimizer)
        assert norm(matrices(model)) == pytest.approx(factor * first)
        for new, old in zip(matrices(model), shares, strict=True):
            assert torch.allclose(new, old * (factor * first / before))


def test_biases_and_normalisation_go_where_they_will(model):
    optimizer, held = optimizer_of(model), ConstrainedNorm(1.0)
    held.start(optimizer)
    step(model, optimizer)
    before = [p.detach().clone() for p in model.parameters() if p.ndim <= 1]
    held.after_step(optimizer)
    assert all(map(torch.equal, before, [p for p in model.parameters() if p.ndim <= 1]))


def test_the_norm_to_hold_is_saved(model):
    optimizer, held = optimizer_of(model), ConstrainedNorm(0.5)
    held.start(optimizer)
    later = ConstrainedNorm(0.5)
    later.load_state_dict(held.state_dict(), CPU)
    assert later.target == held.target


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_weights_without_a_direction_stay(model, value):
    optimizer, held = optimizer_of(model), ConstrainedNorm(1.0)
    held.start(optimizer)
    for p in matrices(model):
        p.data.fill_(value)
    held.after_step(optimizer)
    assert all(torch.equal(p.nan_to_num(1, 1), torch.full_like(p, value).nan_to_num(1, 1)) for p in matrices(model))
