"""The filter of gradients, beside the published formula."""

import pytest
import torch

from grokyolo.training.accelerator_methods import Grokfast

CPU = torch.device("cpu")


def model_with(gradient):
    model = torch.nn.Linear(2, 1, bias=False)
    model.weight.grad = torch.tensor([gradient])
    return model


def test_the_first_gradient_is_amplified_by_its_own_copy():
    model = model_with([1.0, -2.0])
    Grokfast(alpha=0.9, lamb=2.0).before_step(model)
    assert model.weight.grad.tolist() == [[3.0, -6.0]]


def test_later_ones_by_the_moving_average():
    fast, average = Grokfast(alpha=0.9, lamb=2.0), 1.0
    model = model_with([1.0, 0.0])
    fast.before_step(model)
    for gradient in (0.5, -1.0, 0.25):
        model.weight.grad = torch.tensor([[gradient, 0.0]])
        fast.before_step(model)
        average = 0.9 * average + 0.1 * gradient
        assert model.weight.grad[0, 0].item() == pytest.approx(gradient + 2.0 * average)


def test_scaled_gradients_keep_their_scale_and_the_average_true_units():
    plain, scaled = Grokfast(0.9, 2.0), Grokfast(0.9, 2.0)
    one, other = model_with([1.0, 3.0]), model_with([1024.0, 3072.0])
    plain.before_step(one)
    scaled.before_step(other, scale=1024.0)
    assert torch.equal(other.weight.grad, one.weight.grad * 1024)
    assert torch.equal(scaled.slow["weight"], plain.slow["weight"])


def test_an_overflow_under_a_scaler_leaves_no_trace():
    fast = Grokfast(0.9, 2.0)
    fast.before_step(model_with([1.0, 1.0]), scale=2.0)
    before = fast.slow["weight"].clone()
    fast.before_step(model_with([float("inf"), 1.0]), scale=2.0)
    assert torch.equal(fast.slow["weight"], before)


def test_parameters_without_a_gradient_are_left_alone():
    fast = Grokfast(0.9, 2.0)
    fast.before_step(torch.nn.Linear(2, 1))
    assert fast.slow == {}


def test_its_state_is_the_averages():
    one, other = Grokfast(0.9, 2.0), Grokfast(0.9, 2.0)
    one.before_step(model_with([1.0, 0.0]))
    other.load_state_dict(one.state_dict(), CPU)
    left, right = model_with([0.5, -1.0]), model_with([0.5, -1.0])
    one.before_step(left)
    other.before_step(right)
    assert torch.equal(left.weight.grad, right.weight.grad)
