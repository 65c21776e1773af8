"""The filter of gradients, beside the published formula."""

import pytest
import torch

from grokyolo.training.grokfast import Grokfast


def model_with(gradient):
    model = torch.nn.Linear(2, 1, bias=False)
    model.weight.grad = torch.tensor([gradient])
    return model


def test_the_first_gradient_is_amplified_by_its_own_copy():
    model = model_with([1.0, -2.0])
    Grokfast(alpha=0.9, lamb=2.0).filter(model)
    assert model.weight.grad.tolist() == [[3.0, -6.0]]


def test_later_ones_by_the_moving_average():
    fast, average = Grokfast(alpha=0.9, lamb=2.0), 1.0
    model = model_with([1.0, 0.0])
    fast.filter(model)
    for gradient in (0.5, -1.0, 0.25):
        model.weight.grad = torch.tensor([[gradient, 0.0]])
        fast.filter(model)
        average = 0.9 * average + 0.1 * gradient
        assert model.weight.grad[0, 0].item() == pytest.approx(gradient + 2.0 * average)


def test_scaled_gradients_keep_their_scale_and_the_average_true_units():
    plain, scaled = Grokfast(0.9, 2.0), Grokfast(0.9, 2.0)
    one, other = model_with([1.0, 3.0]), model_with([1024.0, 3072.0])
    plain.filter(one)
    scaled.filter(other, scale=1024.0)
    assert torch.equal(other.weight.grad, one.weight.grad * 1024)
    assert torch.equal(scaled.slow["weight"], plain.slow["weight"])


def test_an_overflow_that_the_scaler_will_skip_does_not_spoil_the_average():
    fast = Grokfast(0.9, 2.0)
    fast.filter(model_with([1024.0, 0.0]), scale=1024.0)
    fast.filter(model_with([float("inf"), 0.0]), scale=1024.0)
    assert fast.slow["weight"].tolist() == [[1.0, 0.0]]


def test_it_is_off_unless_named():
    assert Grokfast.from_settings(None) is None
    assert Grokfast.from_settings({}) is None
    assert Grokfast.from_settings({"grokfast": {"alpha": 0.9, "lamb": 1}}).lamb == 1.0
