"""⊥Grad, beside the published formula: g - (w·g / w·w) w, as long as g."""

import pytest
import torch

from grokyolo.training.accelerator_methods import OrthoGrad


def model_with(weights, gradient):
    model = torch.nn.Linear(len(weights), 1, bias=False)
    model.weight.data = torch.tensor([weights])
    model.weight.grad = torch.tensor([gradient])
    return model


def test_the_part_along_the_weights_goes_and_the_length_stays():
    model = model_with([2.0, 0.0], [3.0, 4.0])
    OrthoGrad().before_step(model)
    assert model.weight.grad.tolist() == [[0.0, 5.0]]


def test_it_is_the_published_formula_for_kernels_too():
    torch.manual_seed(0)
    model = torch.nn.Conv2d(3, 4, 2)
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)
    expected = {}
    for name, parameter in model.named_parameters():
        w, g = parameter.data.flatten(), parameter.grad.flatten()
        rest = g - w.dot(g) / w.dot(w) * w
        expected[name] = (rest * g.norm() / rest.norm()).view_as(parameter)
    OrthoGrad().before_step(model)
    for name, parameter in model.named_parameters():
        assert parameter.grad.flatten().dot(parameter.data.flatten()).item() == pytest.approx(0, abs=1e-5)
        assert torch.allclose(parameter.grad, expected[name], rtol=1e-4, atol=1e-6)


def test_the_scale_of_a_gradient_scaler_does_not_matter():
    one, other = model_with([1.0, 2.0, -1.0], [0.1, 0.2, 0.3]), model_with([1.0, 2.0, -1.0], [102.4, 204.8, 307.2])
    OrthoGrad().before_step(one)
    OrthoGrad().before_step(other, scale=1024.0)
    assert torch.allclose(other.weight.grad, one.weight.grad * 1024, rtol=1e-5)


def test_a_gradient_that_lies_along_the_weights_vanishes_instead_of_becoming_noise():
    torch.manual_seed(0)
    weights = torch.randn(50).tolist()
    model = model_with(weights, [0.37 * w for w in weights])
    OrthoGrad().before_step(model)
    assert model.weight.grad.abs().max().item() == 0.0


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1e-20, 0.0]])
def test_weights_of_no_length_let_the_gradient_pass(weights):
    model = model_with(weights, [3.0, 4.0])
    OrthoGrad().before_step(model)
    assert model.weight.grad.tolist() == [[3.0, 4.0]]


def test_a_single_number_is_left_alone():
    model = model_with([2.0], [3.0])
    OrthoGrad().before_step(model)
    assert model.weight.grad.tolist() == [[3.0]]


def test_no_gradient_at_all_is_no_trouble():
    model = model_with([1.0, 2.0], [0.0, 0.0])
    OrthoGrad().before_step(model)
    assert model.weight.grad.tolist() == [[0.0, 0.0]]
    OrthoGrad().before_step(torch.nn.Linear(2, 1))
